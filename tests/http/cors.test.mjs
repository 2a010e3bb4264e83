// Which sites may use an organization's widget: told to the browser, and refused by the server too.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { expect, useWorld, word } from '../lib/world.mjs';

const world = await useWorld();

// domains, origin, allowed
const cases = [
	['shop.example', 'https://shop.example', true],
	['shop.example', 'http://shop.example', true],
	['shop.example', 'https://SHOP.example', true],
	['shop.example', 'https://shop.example:8443', false],
	['shop.example:8443', 'https://shop.example:8443', true],
	['shop.example:8443', 'https://shop.example', false],
	['shop.example', 'https://www.shop.example', false],
	['shop.example', 'https://evilshop.example', false],
	['shop.example', 'https://shop.example.evil', false],
	['shop.example', 'https://shop.exampl', false],
	['shop.example', 'https://shop.example.', false],
	['shop.example', 'https://hop.example', false],
	['shop.example', 'https://shop-example', false],
	['shop.example', 'https://shopxexample', false],
	['shop.example', 'https://evil.example/shop.example', false],
	['shop.example', 'https://evil.example?shop.example', false],
	['shop.example', 'https://evil.example#shop.example', false],
	['shop.example', 'https://shop.example@evil.example', false],
	['shop.example', 'https://evil.example@shop.example', false],
	['shop.example', 'https://shop.example/', false],
	['shop.example', 'https://shop.example\\evil', false],
	['shop.example', 'null', false],
	['shop.example', 'shop.example', false],
	['shop.example', '//shop.example', false],
	['shop.example', 'ftp://shop.example', false],
	['shop.example', 'file://shop.example', false],
	['shop.example', 'https:shop.example', false],
	['shop.example', 'https://', false],
	['shop.example', 'https://shop.example https://evil.example', false],
	['shop.example', 'https://evil.example, https://shop.example', false],
	['shop.example', 'https://127.0.0.1', false],
	['shop.example', 'http://localhost', false],
	['shop.example', 'https://xn--shp-6na.example', false],
	['shop.example', 'chrome-extension://abcdefgh', false],
	['*.shop.example', 'https://www.shop.example', true],
	['*.shop.example', 'https://a.b.shop.example', true],
	['*.shop.example', 'https://shop.example', false],
	['*.shop.example', 'https://evilshop.example', false],
	['*.shop.example', 'https://.shop.example', false],
	['*.shop.example', 'https://www.shop.example.evil', false],
	['*.shop.example', 'https://www.shop.example:444', false],
	['shop.example, *.shop.example', 'https://shop.example', true],
	['shop.example,other.example', 'https://other.example', true],
	['shop.example\nother.example', 'https://other.example', true],
	[' shop.example , other.example ', 'https://other.example', true],
	['shop.example,other.example', 'https://shop.example,other.example', false],
	['*', 'https://evil.example', false],
	['*.', 'https://evil.example.', false],
	['*.*', 'https://a.b', false],
	['*example', 'https://shop.example', false],
	['.shop.example', 'https://www.shop.example', false],
	['localhost', 'http://localhost', true],
	['localhost:3000', 'http://localhost:3000', true],
	['localhost', 'http://localhost:3000', false],
	['127.0.0.1', 'http://127.0.0.1', true],
	['127.0.0.1', 'http://127.0.0.10', false],
	['[::1]', 'http://[::1]', true],
	[null, 'https://anywhere.example', true],
	['', 'https://anywhere.example', true],
	[null, 'null', false],
	[null, 'https://evil.example/path', false],
];

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
