// Which sites may use an organization's widget: told to the browser, and refused by the server too.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { vectors } from '../lib/vectors.mjs';
import { expect, useWorld, word } from '../lib/world.mjs';

const world = await useWorld();

// tests/unit/test_cors.c puts all of them to the matcher; here they go through the server, whose answer
// has to fit what the browser is told. What a header cannot hold is left out.
const cases = vectors('origins.txt').map(([verdict, domains, origin]) => [domains === '-' ? null : domains, origin, verdict === 'allow'])
	.filter(([domains, origin]) => origin && !/^[ \t]|[ \t]$|[^\x20-\x7e]/.test(origin) && !/[^\t\n\x20-\x7e]/.test(domains ?? ''));

test('there are vectors', () => assert.ok(cases.length >= 120, `${cases.length}`));

describe('an origin', () => {
	const byDomains = new Map();
	for (const [domains, origin, allowed] of cases)
		test(`${origin} is ${allowed ? 'allowed' : 'refused'} for ${JSON.stringify(domains)}`, async () => {
			if (!byDomains.has(domains))
				byDomains.set(domains, (async () => {
					const o = await world.organization({ domains });
					return { o, visitor: await o.visitor() };
				})());
			const { o, visitor } = await byDomains.get(domains);
			const from = { Origin: origin, 'Sec-Fetch-Site': 'cross-site' };
			const answers = await Promise.all([
				o.client(from).get(`/api/v1/widget/settings?key=${o.key}`),
				o.client(from).post('/api/v1/widget/session', { key: o.key }),
				visitor.client.with(from).get('/api/v1/widget/conversations'),
				visitor.client.with(from).get('/api/v1/widget/events?wait=0'),
			]);
			for (const answer of answers) {
				expect(answer, allowed ? 200 : 403);
				assert.match(answer.headers.vary ?? '', /Origin/);
				assert.ok([undefined, origin].includes(answer.headers['access-control-allow-origin']));
				if (allowed)
					assert.equal(answer.headers['access-control-allow-origin'], origin);
				else
					assert.match(answer.json.code, /^(origin_not_allowed|forbidden)$/);
			}
			// A preflight knows no organization yet: it tells what an origin of that form may ask.
			const preflight = expect(await o.client({ ...from, 'Access-Control-Request-Method': 'POST' })
				.request('OPTIONS', '/api/v1/widget/session'), 204);
			assert.match(preflight.headers.vary ?? '', /Origin/);
			assert.ok([undefined, origin].includes(preflight.headers['access-control-allow-origin']));
			if (allowed)
				assert.equal(preflight.headers['access-control-allow-origin'], origin);
		});

	test('that is our own, or none, is always good', async () => {
		const o = await world.organization({ domains: 'shop.example' });
		const visitor = await o.visitor();
		for (const headers of [{}, { Origin: world.url }, { Origin: world.url, 'Sec-Fetch-Site': 'same-origin' }])
			expect(await visitor.client.with(headers).get('/api/v1/widget/conversations'), 200);
	});

	test('that is refused leaves no visitor and no message behind', async () => {
		const o = await world.organization({ domains: 'shop.example' });
		const visitor = await o.visitor();
		const evil = { Origin: 'https://evil.example' };
		expect(await o.client(evil).post('/api/v1/widget/session', { key: o.key }), 403);
		expect(await visitor.client.with(evil).post('/api/v1/widget/conversations', { clientId: word(), content: 'x' }),
			403);
		const [{ visitors, conversations }] = await world.sql.rows`SELECT
			(SELECT count(*)::int FROM chat_users WHERE organization_id = ${o.id}) AS visitors,
			(SELECT count(*)::int FROM conversations WHERE organization_id = ${o.id}) AS conversations`;
		assert.deepEqual([visitors, conversations], [1, 0]);
	});
});

describe('a preflight', () => {
	const ask = (client, path, headers) => client.request('OPTIONS', path, { headers: { Origin: 'https://shop.example',
		'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'authorization,content-type',
			...headers } });

	test('of the widget\'s paths is answered without a credential', async () => {
		const o = await world.organization({ domains: 'shop.example' });
		for (const [path, methods] of [['/api/v1/widget/session', /POST/], ['/api/v1/widget/settings', /GET/],
			['/api/v1/widget/conversations', /GET.*POST/],
			['/api/v1/widget/conversations/x/messages', /GET.*POST/], ['/api/v1/widget/events', /GET/]]) {
			const { headers } = expect(await ask(o.client(), path), 204);
			assert.equal(headers['access-control-allow-origin'], 'https://shop.example');
			assert.match(headers['access-control-allow-methods'], methods);
			assert.match(headers['access-control-allow-headers'], /authorization/);
			assert.match(headers['access-control-allow-headers'], /content-type/);
			assert.match(headers.vary, /Origin/);
			assert.equal(headers['access-control-allow-credentials'], undefined);
		}
	});

	test('of the agents\' paths and of pages is not', async () => {
		const o = await world.organization();
		for (const path of ['/api/v1/me', '/api/v1/conversations', '/api/v1/events', '/inbox', '/sign-in']) {
			const answer = expect(await ask(o.client(), path), 405);
			assert.equal(answer.headers['access-control-allow-origin'], undefined);
		}
	});
});

test('the agents\' API gives no other origin anything to read', async () => {
	const o = await world.organization();
	const staff = await o.staff();
	for (const client of [o.api, staff]) {
		const { headers } = await client.with({ Origin: 'https://evil.example',
			'Sec-Fetch-Site': 'cross-site' }).get('/api/v1/conversations');
		assert.equal(headers['access-control-allow-origin'], undefined);
		assert.equal(headers['cross-origin-resource-policy'], 'same-origin');
	}
});
