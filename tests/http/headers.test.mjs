// The request line and the headers, byte by byte: every line of tests/vectors/headers.txt gets its answer.
// What is ambiguous is refused; what only pretends is no matter.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { exchange } from '../lib/raw.mjs';
import { vectors } from '../lib/vectors.mjs';
import { useWorld, word } from '../lib/world.mjs';

const world = await useWorld();
const shop = await world.organization();
const visitor = await shop.visitor();
const { conversation } = await visitor.begin();
const staff = await shop.staff('agent');
const cases = vectors('headers.txt');

const names = { host: new URL(world.url).host, url: world.url, auth: `Authorization: Bearer ${shop.secretKey}`, secret: shop.secretKey,
	cookie: `Cookie: ${staff.headers.Cookie}`, token: visitor.token, key: shop.key,
	messages: `/api/v1/conversations/${conversation.id}/messages` };

function bytes(template) {
	const id = word();
	const text = template.replace(/\{(\w+)\}/g, (all, name) => (/^\d+$/.test(name) ? 'x'.repeat(Number(name))
		: name === 'id' ? id : names[name] ?? all));
	const body = text.slice(text.indexOf('\r\n\r\n') + 4);
	return { id, text: text.replaceAll('{length}', String(body.length)) };
}

describe('a request with', () => {
	for (const [wanted, what, template] of cases)
		test(`${what}: ${wanted}`, async () => {
			const { id, text } = bytes(template);
			const answer = await exchange(world.url, text);
			assert.ok(wanted.split('|').map(Number).includes(answer.status), `${answer.status}: ${answer.text.slice(0, 600)}`);
			const sent = await world.sql.value`SELECT count(*)::int AS n FROM messages WHERE client_id = ${id}`;
			assert.equal(sent, answer.status === 201 ? 1 : 0);
			if (answer.status === 200 && template.includes('/api/v1/me'))
				assert.equal(JSON.parse(answer.body).organizationId, shop.id);
			else
				assert.ok(!answer.body.includes(shop.id));
			assert.doesNotMatch(answer.head, /^server:.*\d/im);
		});

	test('enough of them', () => assert.ok(cases.length >= 90, `${cases.length}`));
});
