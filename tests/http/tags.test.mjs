// Tags, teams and canned responses.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { eventually, expect, useWorld, word } from '../lib/world.mjs';

const world = await useWorld();

async function conversation(o) {
	const { conversation: c } = await (await o.visitor()).begin();
	return { id: c.id, path: `/api/v1/conversations/${c.id}` };
}

const audited = async (o, pattern) => (await world.sql.rows`SELECT action FROM parlor.audit_log
	WHERE organization_id = ${o.id} AND action LIKE ${pattern} ORDER BY id`).map(({ action }) => action);

async function pages(client, path, limit) {
	const all = [];
	for (let after = '', n = 0; after !== null && n < 50; n++) {
		const { data, next } = expect(await client.get(`${path}${path.includes('?') ? '&' : '?'}limit=${limit}`
			+ (after && `&after=${encodeURIComponent(after)}`)), 200).json;
		all.push(...data);
		after = next;
	}
	return all;
}

describe('tags', () => {
	test('are added and removed one by one, and none is lost to somebody else\'s', async () => {
		const o = await world.organization();
		const { path } = await conversation(o);
		const names = Array.from({ length: 12 }, (_, i) => `tag ${i}`);
		await Promise.all(names.map(async (tag) => expect(await o.api.post(`${path}/tags`, { tag }), 200)));
		const tags = async () => (await o.api.get(path)).json.conversation.tags;
		assert.deepEqual((await tags()).sort(), [...names].sort());
		await Promise.all(names.slice(1).map(async (tag) =>
			expect(await o.api.request('DELETE', `${path}/tags?tag=${encodeURIComponent(tag)}`), 200)));
		assert.deepEqual(await tags(), names.slice(0, 1));
		const again = expect(await o.api.post(`${path}/tags`, { tag: names[0] }), 200);
		assert.deepEqual(again.json.conversation.tags, names.slice(0, 1));
		expect(await o.api.request('DELETE', `${path}/tags?tag=absent`), 200);
		assert.equal(again.headers.etag, (await o.api.get(path)).headers.etag);
	});

	test('are at most twenty of a conversation, of 1 to 64 characters', async () => {
		const o = await world.organization();
		const { path } = await conversation(o);
		expect(await o.api.patch(path, { tags: Array.from({ length: 20 }, (_, i) => `t${i}`) }), 200);
		assert.equal(expect(await o.api.post(`${path}/tags`, { tag: 'one more' }), 422).json.errors[0].pointer, '/tag');
		expect(await o.api.post(`${path}/tags`, { tag: 't3' }), 200);
		for (const tag of ['', 'x'.repeat(65), 'a\nb', 1, null])
			expect(await o.api.post(`${path}/tags`, { tag }), 422);
		for (const query of ['', '?tag=', `?tag=${'x'.repeat(65)}`])
			expect(await o.api.request('DELETE', `${path}/tags${query}`), 400);
		for (const missing of ['/api/v1/conversations/none/tags', `/api/v1/conversations/${word()}/tags`]) {
			expect(await o.api.post(missing, { tag: 'x' }), 404);
			expect(await o.api.request('DELETE', `${missing}?tag=x`), 404);
		}
	});

	test('are listed with how many conversations have them, in pages', async () => {
		const o = await world.organization(), other = await world.organization();
		for (const tags of [['b', 'ä'], ['b'], ['a b', '"q"']])
			expect(await o.api.patch((await conversation(o)).path, { tags }), 200);
		expect(await other.api.patch((await conversation(other)).path, { tags: ['theirs'] }), 200);
		const wanted = [{ name: '"q"', conversations: 1 }, { name: 'a b', conversations: 1 }, { name: 'b', conversations: 2 },
			{ name: 'ä', conversations: 1 }];
		for (const limit of [1, 2, 3, 4, 100])
			assert.deepEqual(await pages(o.api, '/api/v1/tags', limit), wanted);
		for (const after of ['x', '6', '00', 'c3', 'C3A4', '6'.repeat(900)])
			expect(await o.api.get(`/api/v1/tags?after=${after}`), 400);
	});

	test('follow what another program writes, whatever that is', async () => {
		const o = await world.organization();
		const { id } = await conversation(o);
		const has = async () => (await pages(o.api, '/api/v1/tags', 100)).map(({ name }) => name);
		for (const [tags, wanted] of [['["a","b"]', ['a', 'b']], ['["b"]', ['b']], ['x,y', ['x', 'y']], ['["\\u0000"]', ['["\\u0000"]']],
			['["\\ud800"]', ['["\\ud800"]']], [`["${'long'.repeat(2000)}"]`, []], ['{', ['{']], ['["a","a"]', ['a']], ['', []], [null, []]]) {
			await world.sql.exec`UPDATE conversations SET tags = ${tags} WHERE id = ${id}`;
			assert.deepEqual(await has(), wanted, tags);
		}
		await world.sql.exec`UPDATE conversations SET tags = '["last"]' WHERE id = ${id}`;
		await world.sql.exec`DELETE FROM conversations WHERE id = ${id}`;
		assert.deepEqual(await has(), []);
	});

	test('of before are taken in by a job', async () => {
		const o = await world.organization();
		const { id, path } = await conversation(o);
		expect(await o.api.patch(path, { tags: ['old', 'older'] }), 200);
		await world.sql.exec`DELETE FROM parlor.conversation_tags WHERE conversation_id = ${id}`;
		await world.sql.exec`INSERT INTO parlor.jobs (kind) VALUES ('tags')`;
		await eventually('the tags are there', async () => (await pages(o.api, '/api/v1/tags', 100)).length === 2);
	});
});

describe('teams', () => {
	const TEAMS = '/api/v1/teams';

	test('are made, renamed, filled and deleted', async () => {
		const o = await world.organization();
		const { team } = expect(await o.api.post(TEAMS, { name: 'Sales' }), 201).json;
		assert.deepEqual([team.name, team.memberIds], ['Sales', []]);
		const path = `${TEAMS}/${team.id}`, read = expect(await o.api.get(path), 200);
		assert.deepEqual(read.json.team, team);
		expect(await o.api.get(path, { headers: { 'If-None-Match': read.headers.etag } }), 304);
		const renamed = expect(await o.api.patch(path, { name: 'Support' }, { headers: { 'If-Match': read.headers.etag } }), 200);
		assert.equal(renamed.json.team.name, 'Support');
		assert.equal(renamed.headers.etag, (await o.api.get(path)).headers.etag);
		expect(await o.api.patch(path, { name: 'Mine' }, { headers: { 'If-Match': read.headers.etag } }), 412);
		const memberId = o.members.agent.id;
		for (let i = 0; i < 2; i++)
			assert.deepEqual(expect(await o.api.post(`${path}/members`, { memberId }), 200).json.team.memberIds, [memberId]);
		expect(await o.api.request('DELETE', `${path}/members/${memberId}`), 204);
		expect(await o.api.request('DELETE', `${path}/members/${memberId}`), 404);
		expect(await o.api.request('DELETE', path), 204);
		for (const method of ['GET', 'DELETE'])
			expect(await o.api.request(method, path), 404);
		assert.deepEqual(await audited(o, 'team.%'),
			['team.created', 'team.renamed', 'team.member_added', 'team.member_removed', 'team.deleted']);
	});

	test('have names of their own, and are listed by them', async () => {
		const o = await world.organization();
		const names = ['Alpha', 'Beta', 'Gamma'];
		for (const name of [...names].reverse())
			expect(await o.api.post(TEAMS, { name }), 201);
		assert.equal(expect(await o.api.post(TEAMS, { name: 'Beta' }), 409).json.code, 'name_taken');
		const all = await pages(o.api, TEAMS, 2);
		assert.deepEqual(all.map(({ name }) => name), names);
		assert.equal(expect(await o.api.patch(`${TEAMS}/${all[0].id}`, { name: 'Beta' }), 409).json.code, 'name_taken');
		for (const name of ['', 'x'.repeat(65), 'a\nb', null, undefined])
			expect(await o.api.post(TEAMS, { name }), 422);
	});

	test('take members of the organization only', async () => {
		const o = await world.organization(), other = await world.organization();
		const { team } = expect(await o.api.post(TEAMS, { name: 'Sales' }), 201).json;
		for (const memberId of [other.members.agent.id, 'nobody', o.members.agent.user])
			assert.equal(expect(await o.api.post(`${TEAMS}/${team.id}/members`, { memberId }), 422).json.errors[0].pointer, '/memberId');
		expect(await other.api.post(`${TEAMS}/${team.id}/members`, { memberId: other.members.agent.id }), 404);
		const agent = await o.staff('agent');
		expect(await agent.get(`${TEAMS}/${team.id}`), 200);
		expect(await agent.post(TEAMS, { name: 'Mine' }), 403);
	});

	test('have conversations, and their members are told', async () => {
		const o = await world.organization(), other = await world.organization();
		const { team } = expect(await o.api.post(TEAMS, { name: 'Sales' }), 201).json;
		const { team: theirs } = expect(await other.api.post(TEAMS, { name: 'Sales' }), 201).json;
		const { path, id } = await conversation(o);
		const { cursor } = (await o.api.get('/api/v1/events?wait=0')).json;
		const assigned = async () => (await o.api.get(`/api/v1/events?wait=0&cursor=${encodeURIComponent(cursor)}`)).json.events
			.filter(({ type }) => type === 'conversation.assigned').map(({ data }) => [data.agentId, data.teamId]);
		const me = (await o.api.get('/api/v1/me')).json.memberId;

		// A bot takes it, and hands it over.
		const taken = expect(await o.api.post(`${path}/assignments`, { agentId: 'me' }), 200).json.conversation;
		assert.deepEqual([taken.assignedAgentId, taken.teamId], [me, null]);
		const given = expect(await o.api.post(`${path}/assignments`, { agentId: null, teamId: team.id }), 200).json.conversation;
		assert.deepEqual([given.assignedAgentId, given.teamId], [null, team.id]);
		const own = expect(await o.api.post(`${path}/assignments`, { agentId: o.members.agent.id }), 200).json.conversation;
		assert.deepEqual([own.assignedAgentId, own.teamId], [o.members.agent.id, team.id], 'the team stays');
		assert.deepEqual(await assigned(), [[me, null], [null, team.id], [o.members.agent.id, team.id]]);

		const before = (await o.api.get(path)).headers.etag;
		assert.equal(expect(await o.api.patch(path, { teamId: null }, { headers: { 'If-Match': before } }), 200).json.conversation.teamId, null);
		assert.equal(expect(await o.api.patch(path, { teamId: team.id }, { headers: { 'If-Match': before } }), 412).json.code,
			'precondition_failed');
		expect(await o.api.patch(path, { teamId: team.id }), 200);
		for (const teamId of [theirs.id, 'nobody'])
			for (const answer of [await o.api.patch(path, { teamId }), await o.api.post(`${path}/assignments`, { teamId }),
				await o.api.patch(path, { teamId }, { headers: { 'If-Match': before } })])
				assert.equal(expect(answer, 422).json.errors[0].pointer, '/teamId');
		expect(await o.api.post(`${path}/assignments`, {}), 422);
		expect(await o.api.request('DELETE', `${TEAMS}/${team.id}`), 204);
		assert.equal((await o.api.get(path)).json.conversation.teamId, null, `of ${id}`);
		assert.deepEqual((await assigned()).at(-1), [o.members.agent.id, null]);
	});
});

describe('canned responses', () => {
	const CANNED = '/api/v1/canned-responses';

	test('are made, found by the beginning of their shortcut, changed as they were seen, and deleted', async () => {
		const o = await world.organization();
		const make = async (shortcut) => expect(await o.api.post(CANNED, { shortcut, content: `Text of ${shortcut}` }), 201).json.cannedResponse;
		const made = {};
		for (const shortcut of ['hello', 'hell', 'bye', 'grüße', '100%', 'under_score'])
			made[shortcut] = await make(shortcut);
		assert.deepEqual([made.bye.title, made.bye.createdBy], ['', o.members.admin.id]);
		const found = async (q) => (await pages(o.api, `${CANNED}?q=${encodeURIComponent(q)}`, 2)).map(({ shortcut }) => shortcut).sort();
		assert.deepEqual(await found('hel'), ['hell', 'hello']);
		for (const [q, wanted] of [['grü', ['grüße']], ['%', []], ['100%', ['100%']], ['_', []], ['x', []]])
			assert.deepEqual(await found(q), wanted, q);
		assert.equal((await found('')).length, 6);

		const path = `${CANNED}/${made.bye.id}`, read = expect(await o.api.get(path), 200);
		assert.deepEqual(read.json.cannedResponse, made.bye);
		const ifMatch = { headers: { 'If-Match': read.headers.etag } };
		const changed = expect(await o.api.patch(path, { content: 'Good bye\nfor now', title: 'Leaving' }, ifMatch), 200);
		assert.deepEqual([changed.json.cannedResponse.shortcut, changed.json.cannedResponse.content, changed.json.cannedResponse.title],
			['bye', 'Good bye\nfor now', 'Leaving']);
		expect(await o.api.patch(path, { content: 'mine' }, ifMatch), 412);
		assert.equal(expect(await o.api.patch(path, { shortcut: 'hell' }), 409).json.code, 'shortcut_taken');
		assert.equal(expect(await o.api.post(CANNED, { shortcut: 'bye', content: 'x' }), 409).json.code, 'shortcut_taken');
		expect(await o.api.request('DELETE', path), 204);
		for (const answer of [await o.api.get(path), await o.api.patch(path, { content: 'x' }), await o.api.patch(path, { content: 'x' }, ifMatch),
			await o.api.request('DELETE', path)])
			expect(answer, 404);
		assert.deepEqual((await audited(o, 'canned%')).slice(-2), ['canned_response.changed', 'canned_response.deleted']);
	});

	test('are the organization\'s: agents read them, others do not', async () => {
		const o = await world.organization(), other = await world.organization();
		const { cannedResponse: one } = expect(await o.api.post(CANNED, { shortcut: 'hi', content: 'Hello' }), 201).json;
		expect(await other.api.post(CANNED, { shortcut: 'hi', content: 'Theirs' }), 201);
		const agent = await o.staff('agent');
		assert.deepEqual((await agent.get(CANNED)).json.data, [one]);
		expect(await agent.patch(`${CANNED}/${one.id}`, { content: 'x' }), 403);
		expect(await other.api.patch(`${CANNED}/${one.id}`, { content: 'x' }), 404);
		for (const wrong of [{ shortcut: '' }, { shortcut: 'two words' }, { shortcut: 'x'.repeat(65) }, { content: '' },
			{ content: 'x'.repeat(8001) }, { shortcut: null }, { title: 'x'.repeat(101) }])
			expect(await o.api.post(CANNED, { shortcut: 'ok', content: 'ok', ...wrong }), 422);
		// Somebody's own, which another program made, is nobody else's.
		await world.sql.exec`INSERT INTO parlor.canned_responses (id, organization_id, member_id, shortcut, content)
			VALUES (${word()}, ${o.id}, ${o.members.agent.id}, 'own', 'x')`;
		assert.deepEqual((await agent.get(CANNED)).json.data, [one]);
	});
});
