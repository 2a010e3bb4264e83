// What visitors think of conversations.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { expect, useWorld, word } from '../lib/world.mjs';

const world = await useWorld();
const { sql } = world;

async function rated(shop, score, { agent = 'agent', comment } = {}) {
	const visitor = await shop.visitor(), { conversation } = await visitor.begin();
	const path = `/api/v1/conversations/${conversation.id}`;
	if (agent)
		expect(await shop.api.post(`${path}/assignments`, { agentId: shop.members[agent].id }), 200);
	const rate = (body) => visitor.post(`conversations/${conversation.id}/rating`, body);
	if (score)
		expect(await rate({ score, comment }), 201);
	return { visitor, id: conversation.id, path, rate };
}
const ratingOf = async (shop, path) => expect(await shop.api.get(`${path}/rating`), 200).json.rating;
const events = async (client, path, cursor) => {
	const { json } = expect(await client.get(`${path}?wait=0&cursor=${encodeURIComponent(cursor)}`), 200);
	return json.events.filter(({ type }) => type === 'rating.created').map(({ data }) => data.rating);
};

describe('a rating', () => {
	test('is of the agent who has the conversation, and tells the agents', async () => {
		const shop = await world.organization();
		const { cursor } = expect(await shop.api.get('/api/v1/events?wait=0'), 200).json;
		const { visitor, id, path, rate } = await rated(shop);
		assert.equal(await ratingOf(shop, path), null);
		const { rating: own } = expect(await rate({ score: 4, comment: 'Quick\nand kind' }), 201).json;
		assert.deepEqual(Object.keys(own), ['conversationId', 'score', 'comment', 'createdAt', 'updatedAt'], 'no agent\'s id');
		const rating = await ratingOf(shop, path);
		assert.deepEqual([rating.conversationId, rating.score, rating.comment, rating.agentId, rating.agentName],
			[id, 4, 'Quick\nand kind', shop.members.agent.id, shop.members.agent.name]);
		assert.deepEqual(await events(shop.api, '/api/v1/events', cursor), [rating]);
		assert.deepEqual(await events(visitor.client, '/api/v1/widget/events', visitor.session.cursor), [], 'the visitor knows');
	});

	test('takes the place of the one before', async () => {
		const shop = await world.organization(), { path, rate } = await rated(shop, 5, { comment: 'Good' });
		const first = await ratingOf(shop, path);
		const { cursor } = expect(await shop.api.get('/api/v1/events?wait=0'), 200).json;
		expect(await shop.api.post(`${path}/assignments`, { agentId: shop.members.admin.id }), 200);
		assert.equal(expect(await rate({ score: 1 }), 200).json.rating.comment, null);
		const second = await ratingOf(shop, path);
		assert.deepEqual([second.id, second.createdAt, second.score, second.comment, second.agentId],
			[first.id, first.createdAt, 1, null, shop.members.admin.id]);
		assert.deepEqual(await events(shop.api, '/api/v1/events', cursor), [second]);
		assert.equal(await sql.value`SELECT count(*)::int FROM parlor.ratings WHERE organization_id = ${shop.id}`, 1);
		const all = await Promise.all([1, 2, 3, 4, 5].map((score) => rate({ score })));
		assert.ok(all.every(({ status }) => status === 200));
	});

	test('is of whoever had the conversation last, when nobody has it', async () => {
		const shop = await world.organization(), { path, rate } = await rated(shop);
		expect(await shop.api.post(`${path}/assignments`, { agentId: null }), 200);
		expect(await rate({ score: 3 }), 201);
		assert.equal((await ratingOf(shop, path)).agentId, shop.members.agent.id);
		const nobodys = await rated(shop, 3, { agent: null });
		assert.equal((await ratingOf(shop, nobodys.path)).agentId, null);
	});

	test('outlives the agent, and goes with the conversation', async () => {
		const shop = await world.organization(), { id, path } = await rated(shop, 2);
		await sql.exec`DELETE FROM members WHERE id = ${shop.members.agent.id}`;
		assert.deepEqual([(await ratingOf(shop, path)).agentId, (await ratingOf(shop, path)).score], [null, 2]);
		await sql.exec`DELETE FROM conversations WHERE id = ${id}`;
		expect(await shop.api.get(`${path}/rating`), 404);
		assert.deepEqual(expect(await shop.api.get('/api/v1/ratings'), 200).json.data, []);
	});

	test('has a score from 1 to 5 and a comment of a bounded length', async () => {
		const shop = await world.organization(), { rate } = await rated(shop);
		for (const [body, pointer] of [[{}, '/score'], [{ score: 0 }, '/score'], [{ score: 6 }, '/score'], [{ score: '5' }, '/score'],
			[{ score: 2.5 }, '/score'], [{ score: null }, '/score'], [{ score: 5, comment: 'x'.repeat(2001) }, '/comment'],
			[{ score: 5, memberId: 'x' }, '/memberId']])
			assert.equal(expect(await rate(body), 422).json.errors[0].pointer, pointer);
		expect(await rate({ score: 5, comment: 'ü'.repeat(2000) }), 201);
	});

	test('is only for one\'s own conversation, and not given without end', async () => {
		const shop = await world.organization(), { id, rate } = await rated(shop, 5);
		const stranger = await shop.visitor();
		expect(await stranger.post(`conversations/${id}/rating`, { score: 1 }), 404);
		let answer;
		for (let i = 0; i < 40 && answer?.status !== 429; i++)
			answer = await rate({ score: 1 + i % 5 });
		expect(answer, 429);
	});
});

describe('the list of ratings', () => {
	test('comes in pages, newest first, and is filtered', async () => {
		const shop = await world.organization(), made = [];
		for (const [score, agent] of [[1, 'agent'], [5, 'admin'], [5, 'agent'], [3, 'agent']])
			made.unshift((await rated(shop, score, { agent })).id);
		const list = async (query, client = shop.api) => {
			const { data, next } = expect(await client.get(`/api/v1/ratings?${query}`), 200).json;
			return [data.map((r) => made.indexOf(r.conversationId)), next];
		};
		assert.deepEqual(await list(''), [[0, 1, 2, 3], null]);
		const [first, next] = await list('limit=3');
		assert.deepEqual([first, await list(`limit=3&after=${encodeURIComponent(next)}`)], [[0, 1, 2], [[3], null]]);
		assert.deepEqual(await list(`member=${shop.members.agent.id}`), [[0, 1, 3], null]);
		assert.deepEqual(await list('member=me', await shop.staff('agent')), [[0, 1, 3], null]);
		assert.deepEqual(await list('score=5'), [[1, 2], null]);
		await sql.exec`UPDATE parlor.ratings SET created_at = '2026-03-05 23:59:59.5' WHERE conversation_id = ${made[2]}`;
		assert.deepEqual(await list('from=2026-03-05&to=2026-03-05'), [[2], null]);
		assert.deepEqual(await list('to=2026-03-05T23:59:59Z'), [[], null]);
		assert.deepEqual(await list('score=5&from=2026-03-06'), [[1], null]);
		assert.deepEqual(await list(`member=${word()}`), [[], null]);
		for (const query of ['score=0', 'score=x', 'from=yesterday', 'to=2026-02-30', 'after=x', 'limit=0'])
			expect(await shop.api.get(`/api/v1/ratings?${query}`), 400);
	});
});
