// The pages that visitors look at.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { expect, useWorld } from '../lib/world.mjs';

const world = await useWorld();
const { sql } = world;
const shop = await world.organization();
const view = (visitor, url, more) => visitor.post('page', { url, ...more });
const pathOf = (visitor) => `/api/v1/visitors/${visitor.id}/page-views`;
const viewsOf = async (visitor, query = '') => expect(await shop.api.get(`${pathOf(visitor)}${query}`), 200).json;

describe('a page that a visitor looks at', () => {
	test('is told to staff, the newest first, in pages', async () => {
		const visitor = await shop.visitor();
		assert.deepEqual(await viewsOf(visitor), { data: [], next: null });
		expect(await view(visitor, 'https://shop.example/', { title: 'Home', referrer: 'https://search.example/?q=mugs' }), 204);
		for (const name of ['mugs', 'cart', 'mugs'])
			expect(await view(visitor, `https://shop.example/${name}`), 204);
		const { data, next } = await viewsOf(visitor, '?limit=3');
		assert.deepEqual(data.map(({ url }) => url.split('/').pop()), ['mugs', 'cart', 'mugs']);
		const rest = await viewsOf(visitor, `?limit=3&after=${next}`);
		const [{ id, createdAt, ...first }] = rest.data;
		assert.deepEqual(first, { url: 'https://shop.example/', title: 'Home', referrer: 'https://search.example/?q=mugs' });
		assert.ok(/^\d+$/.test(id) && !Number.isNaN(Date.parse(createdAt)));
		assert.deepEqual([rest.data.length, rest.next], [1, null]);
		for (const after of ['x', '-1', '0', '1e3', '9'.repeat(30)])
			expect(await shop.api.get(`${pathOf(visitor)}?after=${after}`), 400);
	});

	test('is kept without what could be a secret, also as the page of a conversation', async () => {
		const visitor = await shop.visitor();
		const secret = 'zaunkoenig', url = `https://ann:${secret}@shop.example/reset?lang=en&token=${secret}#id_token=${secret}`;
		expect(await view(visitor, url, { referrer: url }), 204);
		expect(await visitor.post('conversations', { clientId: 'c', content: 'Hi', pageUrl: url, referrer: url }), 201);
		const kept = 'https://shop.example/reset?lang=en';
		const [{ url: page, referrer }] = (await viewsOf(visitor)).data;
		const [{ page_url: at, referrer: from }] = await sql.rows`SELECT page_url, referrer FROM conversations WHERE chat_user_id = ${visitor.id}`;
		assert.deepEqual([page, referrer, at, from], [kept, kept, kept, kept]);
		for (const wrong of ['javascript:alert(1)', 'data:text/html,x', 'shop.example', 'https://', ' https://shop.example/'])
			assert.equal(expect(await view(visitor, wrong), 422).json.errors[0].pointer, '/url');
		expect(await view(visitor, 'https://shop.example/', { referrer: 'android-app://com.example' }), 204);
		assert.equal((await viewsOf(visitor)).data[0].referrer, null);
	});

	test('puts out the oldest when there are two hundred', async () => {
		const visitor = await shop.visitor(), neighbour = await shop.visitor();
		expect(await view(neighbour, 'https://shop.example/next'), 204);
		await sql.exec`INSERT INTO parlor.page_views (organization_id, chat_user_id, url, created_at)
			SELECT ${shop.id}, ${visitor.id}, concat('https://shop.example/', n), now() AT TIME ZONE 'UTC' - interval '1 hour' + n * interval '1 second'
				FROM generate_series(1, 205) n`;
		expect(await view(visitor, 'https://shop.example/last'), 204);
		const kept = await sql.rows`SELECT url FROM parlor.page_views WHERE chat_user_id = ${visitor.id} ORDER BY id`;
		assert.deepEqual([kept.length, kept[0].url, kept.at(-1).url], [200, 'https://shop.example/7', 'https://shop.example/last']);
		assert.equal((await viewsOf(neighbour)).data.length, 1);
	});

	test('says that the visitor is there, and writes so twice a minute at most', async () => {
		const visitor = await shop.visitor(), seen = () => sql.value`SELECT xmin::text || last_seen_at FROM chat_users WHERE id = ${visitor.id}`;
		const before = await seen();
		expect(await view(visitor, 'https://shop.example/'), 204);
		assert.equal(await seen(), before, 'no second row within the half minute');
		await sql.exec`UPDATE chat_users SET last_seen_at = now() AT TIME ZONE 'UTC' - interval '31 seconds' WHERE id = ${visitor.id}`;
		expect(await view(visitor, 'https://shop.example/'), 204);
		assert.ok(await sql.value`SELECT last_seen_at > now() AT TIME ZONE 'UTC' - interval '20 seconds' FROM chat_users WHERE id = ${visitor.id}`);
	});

	test('is not written without end, goes after 30 days, and with the visitor', async () => {
		const visitor = await shop.visitor();
		let answer;
		for (let i = 0; i < 90 && answer?.status !== 429; i++)
			answer = await view(visitor, 'https://shop.example/');
		expect(answer, 429);
		const count = () => sql.value`SELECT count(*)::int FROM parlor.page_views WHERE chat_user_id = ${visitor.id}`;
		assert.ok(await count() >= 60);
		await sql.exec`UPDATE parlor.page_views SET created_at = created_at - interval '31 days' WHERE chat_user_id = ${visitor.id}
			AND id <> (SELECT max(id) FROM parlor.page_views WHERE chat_user_id = ${visitor.id})`;
		await sql.exec`UPDATE parlor.jobs SET run_at = now() AT TIME ZONE 'UTC' WHERE kind = 'retention'`;
		await world.stack.parlor('jobs', '--once');
		assert.equal(await count(), 1);
		await sql.exec`DELETE FROM chat_users WHERE id = ${visitor.id}`;
		assert.equal(await count(), 0);
		expect(await shop.api.get(pathOf(visitor)), 404);
	});
});
