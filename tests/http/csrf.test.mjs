// Writes by a browser's session: every one of the route table is taken from the own page only, with the
// token of the own session. And what only reads changes nothing, wherever it is asked from.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, test } from 'node:test';
import { ask, good, ownIds, peopleOf, routesOf } from '../lib/requests.mjs';
import { difference, rowsOf } from '../lib/rows.mjs';
import { expect, signCookie, useWorld } from '../lib/world.mjs';

const world = await useWorld();
const routes = await routesOf(world);
const writes = routes.filter(({ method, actors, form }) => method !== 'GET' && (form || actors.includes('agent')));
const url = world.url, evil = 'https://evil.example';
const tokenOf = (session) => createHmac('sha256', world.secret).update(`csrf:${session}`).digest('hex');
const here = { Origin: url, 'Sec-Fetch-Site': 'same-origin' };

// What a browser, or who pretends to be one, says of where the request comes from.
const elsewhere = {
	'another site': { Origin: evil, 'Sec-Fetch-Site': 'cross-site' },
	'another site that lies about its Origin': { Origin: url, 'Sec-Fetch-Site': 'cross-site' },
	'a sister site': { Origin: url.replace('//', '//www.'), 'Sec-Fetch-Site': 'same-site' },
	'a sister site that says no Origin': { 'Sec-Fetch-Site': 'same-site' },
	'an unknown word': { Origin: url, 'Sec-Fetch-Site': 'same-origin-ish' },
	'an empty word': { Origin: evil, 'Sec-Fetch-Site': '' },
	'another site, older browser': { Origin: evil },
	'a sandbox, older browser': { Origin: 'null' },
	'another port, older browser': { Origin: url.replace(/\d+$/, '1') },
	'a longer name, older browser': { Origin: `${url}.evil.example` },
	'a longer path, older browser': { Origin: `${evil}/${url}` },
	'a name before an at, older browser': { Origin: `http://${new URL(url).host}@evil.example` },
	'nowhere': {},
	'a referrer alone': { Referer: `${url}/inbox` },
};
const wrongTokens = (own, others) => ({ 'no token': undefined, 'an empty token': '', 'another session\'s token': others, 'a cut token': own.slice(0, -1),
	'a longer token': `${own}0`, 'a token in capitals': own.toUpperCase() === own ? '0'.repeat(64) : own.toUpperCase(),
	'a made-up token': '0'.repeat(64), 'the session itself': 'x' });

async function place(route) {
	const shop = await world.organization({ roles: ['admin', 'agent'] }), { who } = await peopleOf(shop);
	const session = await world.session(shop.members.admin.user, { organization: shop.id });
	const others = await world.session(shop.members.agent.user, { organization: shop.id });
	const cookie = { Cookie: `better-auth.session_token=${signCookie(session, world.secret)}` };
	const ids = await ownIds(world, route, shop, who);
	return { shop, token: tokenOf(session), others: tokenOf(others),
		send: (headers, body) => ask(shop.client({ ...cookie, ...headers }), route, { shop }, ids, { body }) };
}

describe('a write', () => {
	for (const route of writes)
		test(route.key, async () => {
			const { shop, token, others, send } = await place(route);
			const before = await rowsOf(world, shop);
			const refused = (answer, why) => {
				assert.equal(answer.status, 403, `from ${why}: ${answer.status} ${answer.text.slice(0, 200)}`);
				assert.equal(answer.headers['set-cookie'], undefined);
			};
			for (const [why, headers] of Object.entries(elsewhere))
				refused(await send({ ...headers, 'X-CSRF-Token': token }), why);
			if (!route.open)
				for (const [why, wrong] of Object.entries(wrongTokens(token, others))) {
					refused(await send({ ...here, ...wrong === undefined ? {} : { 'X-CSRF-Token': wrong } }), why);
					if (route.form && wrong !== undefined)
						refused(await send(here, (body) => ({ ...body, csrf: wrong })), `${why}, in the form`);
				}
			assert.deepEqual(difference(before, await rowsOf(world, shop)), { columns: [], more: {} });
			good(route, await send(...(route.open ? [here] : route.form ? [here, (body) => ({ ...body, csrf: token })]
				: [{ ...here, 'X-CSRF-Token': token }])));
		});

	test('of the own page passes in an older browser, too', async () => {
		const route = routes.find(({ key }) => key === 'POST /inbox/:conversation/status'), { token, send } = await place(route);
		expect(await send({ Origin: url, 'X-CSRF-Token': token }), 303);
	});

	test('needs a token wherever there is a session', () => {
		assert.ok(writes.length >= 12, `${writes.length} writes`);
		assert.deepEqual(writes.filter(({ open, actors, key }) => open && !actors.includes('anyone') && key !== 'POST /sign-out')
			.map(({ key }) => key), [], 'what needs no token of a session is asked before there is one, or ends it');
	});
});

describe('what reads', () => {
	for (const route of routes.filter(({ method }) => method === 'GET'))
		test(`${route.key} changes nothing`, async () => {
			const { shop, send } = await place(route), before = await rowsOf(world, shop);
			for (const headers of [here, elsewhere['another site'], {}])
				assert.ok((await send(headers)).status < 500);
			assert.deepEqual(difference(before, await rowsOf(world, shop)), { columns: [], more: {} });
		});
});
