// ETag, If-None-Match and If-Match: nobody undoes what somebody else just changed.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { expect, useWorld, word } from '../lib/world.mjs';

const world = await useWorld();
const shop = await world.organization();
const visitor = await shop.visitor();
const { conversation } = await visitor.begin();
const PATH = `/api/v1/conversations/${conversation.id}`, IDENTITY = '/api/v1/organization/identity';
const own = `/api/v1/widget/conversations/${conversation.id}`;

const tagOf = async (client, path) => expect(await client.get(path), 200).headers.etag;
const ifMatch = (tag) => ({ headers: { 'If-Match': tag } });
const seen = (tag) => ({ headers: { 'If-None-Match': tag } });
const patch = (body, tag) => shop.api.patch(PATH, body, tag && ifMatch(tag));
const refused = (answer) => assert.equal(expect(answer, 412).json.code, 'precondition_failed');

describe('what is read', () => {
	const things = { conversation: [shop.api, PATH], 'own conversation': [visitor.client, own],
		visitor: [shop.api, `/api/v1/visitors/${visitor.id}`], identity: [shop.api, IDENTITY] };
	for (const [name, [client, path]] of Object.entries(things))
		test(`is not sent again to who has it: ${name}`, async () => {
			const tag = await tagOf(client, path);
			assert.match(tag, /^(W\/)?"[\w.]+(-\w+)?"$/);
			for (const value of [tag, `"x", ${tag}`, `W/${tag.replace('W/', '')}`, '*']) {
				const answer = expect(await client.get(path, seen(value)), 304);
				assert.equal(answer.headers.etag, tag);
			}
			expect(await client.get(path, seen('"x"')), 200);
			expect(await client.get(path, seen(tag.replace('"', '"x'))), 200);
		});

	test('has another tag when anything in it is another', async () => {
		const before = await tagOf(shop.api, PATH);
		await world.sql.exec`UPDATE chat_users SET name = ${word()} WHERE id = ${visitor.id}`;
		assert.notEqual(await tagOf(shop.api, PATH), before);
		expect(await shop.api.get(PATH, seen(before)), 200);
	});
});

describe('what is changed only as it was seen', () => {
	test('is changed when it is so, and tells its new tag', async () => {
		const changed = expect(await patch({ subject: word() }, await tagOf(shop.api, PATH)), 200);
		assert.equal(await tagOf(shop.api, PATH), changed.headers.etag);
		expect(await patch({ subject: word() }, changed.headers.etag), 200);
	});

	for (const [what, change] of Object.entries({
		status: (sql) => sql.exec`UPDATE conversations SET status = 'waiting' WHERE id = ${conversation.id}`,
		priority: (sql) => sql.exec`UPDATE conversations SET priority = 'urgent' WHERE id = ${conversation.id}`,
		subject: (sql) => sql.exec`UPDATE conversations SET subject = NULL WHERE id = ${conversation.id}`,
		tags: (sql) => sql.exec`UPDATE conversations SET tags = '["x"]' WHERE id = ${conversation.id}`,
		assignee: (sql) => sql.exec`UPDATE conversations SET assigned_agent_id = ${shop.members.agent.id} WHERE id = ${conversation.id}`,
	}))
		test(`is not when another program changed its ${what}`, async () => {
			expect(await patch({ subject: word(), status: 'open', priority: 'low', tags: [] }), 200);
			const tag = await tagOf(shop.api, PATH);
			await change(world.sql);
			const before = expect(await shop.api.get(PATH), 200).text;
			refused(await patch({ subject: 'mine' }, tag));
			assert.equal(expect(await shop.api.get(PATH), 200).text, before);
		});

	test('does not mind a message or a read mark', async () => {
		const tag = await tagOf(shop.api, PATH);
		expect(await shop.api.post(`${PATH}/messages`, { clientId: word(), content: 'Hello' }), 201);
		expect(await shop.api.post(`${PATH}/read`, { seq: 2 }), 204);
		assert.notEqual(await tagOf(shop.api, PATH), tag);
		expect(await patch({ subject: word() }, tag), 200);
	});

	test('takes one of several, weak ones, any, and none that is not ours', async () => {
		const tag = await tagOf(shop.api, PATH), strong = tag.replace('W/', '');
		for (const value of [`"a-b", ${strong}`, `W/${strong}`, '*'])
			expect(await patch({ tags: [] }, value), 200);
		for (const value of ['"x"', 'x', '""', '"', `${strong.slice(1, -1)}`, '"-"'])
			refused(await patch({ subject: word() }, value));
		expect(await patch({ subject: word() }), 200);
		expect(await shop.api.patch('/api/v1/conversations/none', { subject: 'x' }, ifMatch(tag)), 404);
		const stranger = await world.organization();
		expect(await stranger.api.patch(PATH, { subject: 'x' }, ifMatch(tag)), 404);
	});

	for (const round of [1, 2, 3, 4])
		test(`is changed by one of twenty at once (${round})`, async () => {
			const tag = await tagOf(shop.api, PATH);
			const answers = await Promise.all(Array.from({ length: 20 }, () => patch({ subject: word() }, tag)));
			assert.deepEqual(answers.map((a) => a.status).sort(), [200, ...Array(19).fill(412)]);
			const { subject } = answers.find((a) => a.status === 200).json.conversation;
			assert.equal(expect(await shop.api.get(PATH), 200).json.conversation.subject, subject);
		});

	test('holds for the rules of identity, too', async () => {
		const o = await world.organization();
		expect(await o.api.post(`${IDENTITY}/secrets`), 201);
		const tag = await tagOf(o.api, IDENTITY);
		const answers = await Promise.all(Array.from({ length: 20 }, (_, n) =>
			o.api.patch(IDENTITY, { mode: n % 2 ? 'users' : 'everybody' }, ifMatch(tag))));
		assert.deepEqual(answers.map((a) => a.status).sort(), [200, ...Array(19).fill(412)]);
		const { mode } = answers.find((a) => a.status === 200).json;
		assert.equal(expect(await o.api.get(IDENTITY), 200).json.mode, mode);
		expect(await o.api.patch(IDENTITY, { mode: 'optional' }, ifMatch(await tagOf(o.api, IDENTITY))), 200);
	});
});
