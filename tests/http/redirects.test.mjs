// Where a "next" or a "back" leads: a path of this site, whatever it says. Every line of
// tests/vectors/redirects.txt through each of the doors.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { vectors } from '../lib/vectors.mjs';
import { useWorld } from '../lib/world.mjs';

const world = await useWorld();
const shop = await world.organization();
const staff = await shop.staff('agent'), { url } = world;
const cases = vectors('redirects.txt').map(([verdict, target = '']) => [verdict, target]);
const encoded = (bytes) => [...Buffer.from(bytes, 'latin1')].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');

function check(answer, [verdict, target], door) {
	const where = `${door}: ${JSON.stringify(target)} -> ${answer.status} ${answer.headers.location}`;
	assert.equal(answer.status, 303, where);
	const { location } = answer.headers;
	assert.equal(new URL(location, url).origin, url, where);
	// What a browser makes of it before it looks: blanks and controls dropped, backslashes turned.
	assert.match(location, /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/, where);
	assert.equal(location, verdict === 'keep' ? target : '/inbox', where);
}

test('there are vectors', () => {
	assert.ok(cases.length >= 150, `${cases.length}`);
	assert.ok(cases.every(([verdict]) => ['keep', 'refuse'].includes(verdict)));
});

test('a sign-in page for one who is signed in', async () => {
	for (const one of cases)
		check(await staff.get(`/sign-in?next=${encoded(one[1])}`), one, 'next');
});

test('the sign-in page carries on only what is kept', async () => {
	for (const [verdict, target] of cases) {
		const { text } = await shop.client().get(`/sign-in?next=${encoded(target)}`);
		const [, value] = /name="next" value="([^"]*)"/.exec(text);
		assert.equal(value.replace(/&#39;/g, "'").replace(/&quot;/g, '"').replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&'),
			verdict === 'keep' ? target : '/inbox');
	}
});

test('a form that goes back', async () => {
	for (const one of cases) {
		const answer = await staff.request('POST', '/me/presence', { body: `online=true&back=${encoded(one[1])}`,
			headers: { 'Content-Type': 'application/x-www-form-urlencoded' } });
		// A form with control characters, or that is no UTF-8, is refused as such.
		if (![400, 422].includes(answer.status) || one[0] === 'keep')
			check(answer, one, 'back');
	}
});

test('one who is not signed in comes back to the path that was asked', async () => {
	for (const [, target] of cases.filter(([verdict]) => verdict === 'keep')) {
		const answer = await shop.client().get(`/inbox?next=${encoded(target)}`);
		assert.match(answer.headers.location, /^\/sign-in\?next=%2Finbox/);
	}
});
