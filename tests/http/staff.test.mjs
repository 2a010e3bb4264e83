// The agents' API, by secret key and by dashboard cookie.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { credential, expect, useWorld, word } from '../lib/world.mjs';

const world = await useWorld();
const shop = await world.organization();

async function conversation(content = 'Hello') {
	const visitor = await shop.visitor({ user: { name: 'Ada' } });
	const { conversation: c } = await visitor.begin(content);
	return { visitor, id: c.id, path: `/api/v1/conversations/${c.id}`, own: `conversations/${c.id}` };
}

const callers = { 'by key': () => shop.api, 'by cookie': () => shop.staff('agent') };

for (const [how, caller] of Object.entries(callers))
	describe(`staff ${how}`, () => {
		test('learn who they are', async () => {
			const { json } = expect(await (await caller()).get('/api/v1/me'), 200);
			assert.equal(json.organizationId, shop.id);
			assert.equal(json.organizationName, shop.name);
			assert.equal(json.memberId, shop.members[how === 'by key' ? 'admin' : 'agent'].id);
		});

		test('answer a visitor', async () => {
			const staff = await caller();
			const { visitor, path, own } = await conversation();
			const body = { clientId: word(), content: 'How can I help?' };
			const { message } = expect(await staff.post(`${path}/messages`, body), 201).json;
			assert.deepEqual([message.seq, message.senderType, message.private], [2, 'agent', false]);
			assert.match(message.senderName, / of /);
			assert.deepEqual(expect(await staff.post(`${path}/messages`, body), 200).json.message, message);
			expect(await staff.post(`${path}/messages`, { ...body, content: 'other' }), 409);
			const { data } = (await visitor.get(`${own}/messages`)).json;
			assert.deepEqual(data.at(-1), message);
		});

		test('change status, priority, subject and tags', async () => {
			const staff = await caller();
			const { path } = await conversation();
			const change = { status: 'waiting', priority: 'high', subject: 'A "quoted" <subject>',
				tags: ['billing', 'vip, gold', 'ü'] };
			const { conversation: c } = expect(await staff.patch(path, change), 200).json;
			for (const [name, value] of Object.entries(change))
				assert.deepEqual(c[name], value, name);
			assert.equal(expect(await staff.patch(path, { subject: null }), 200).json.conversation.subject, null);
			assert.deepEqual((await staff.get(path)).json.conversation.tags, change.tags);
			for (const wrong of [{ status: 'deleted' }, { status: null }, { priority: 'top' }, { tags: 'billing' },
				{ tags: [1] },
				{ tags: [''] }, { subject: 'x'.repeat(201) }, { subject: 'two\nlines' }, { organizationId: 'x' },
				{ id: 'x' }, { lastSeq: 9 }])
				expect(await staff.patch(path, wrong), 422);
			assert.deepEqual((await staff.get(path)).json.conversation.tags, change.tags);
		});

		test('assign to an agent, to themselves, to nobody', async () => {
			const staff = await caller();
			const { path, visitor, own } = await conversation();
			const me = (await staff.get('/api/v1/me')).json.memberId;
			for (const [agentId, assigned] of [[shop.members.agent.id, shop.members.agent.id], ['me', me],
					[null, null]]) {
				const { conversation: c } = expect(await staff.post(`${path}/assignments`, { agentId }), 200).json;
				assert.equal(c.assignedAgentId, assigned);
			}
			await staff.post(`${path}/assignments`, { agentId: shop.members.agent.id });
			assert.equal((await visitor.get(own)).json.conversation.assignedAgentName, shop.members.agent.name);
			const other = await world.organization({ roles: ['agent'] });
			for (const agentId of [other.members.agent.id, 'nobody', shop.members.agent.user])
				assert.equal(expect(await staff.post(`${path}/assignments`, { agentId }), 422).json.errors[0].pointer,
					'/agentId');
			const key = shop.client({ Authorization: `Bearer ${(await shop.api.post('/api/v1/api-keys', { name: 'Nobody\'s',
				scopes: ['conversations:write'] }, { secret: true })).json.secret}` });
			assert.deepEqual(expect(await key.post(`${path}/assignments`, { agentId: 'me' }), 422).json.errors.map(({ pointer, code }) => [pointer, code]),
				[['/agentId', 'no_member']]);
			const rows = await world.sql.rows`SELECT agent_id, unassigned_at IS NULL AS open FROM conversation_assignments
				WHERE conversation_id = ${path.split('/').pop()} ORDER BY assigned_at, id`;
			assert.deepEqual(rows.filter((r) => r.open).map((r) => r.agent_id), [shop.members.agent.id]);
		});

		test('read the history of a visitor and mark it read', async () => {
			const staff = await caller();
			const { visitor, path } = await conversation();
			assert.equal((await staff.get(path)).json.conversation.unread, 1);
			expect(await staff.post(`${path}/read`, { seq: 1 }), 204);
			assert.equal((await staff.get(path)).json.conversation.unread, 0);
			expect(await staff.post(`${path}/typing`, { typing: true }), 204);
			const { visitor: v } = expect(await staff.get(`/api/v1/visitors/${visitor.id}`), 200).json;
			assert.deepEqual([v.id, v.name], [visitor.id, 'Ada']);
		});
	});

describe('private notes', () => {
	test('are for agents alone, wherever a visitor looks', async () => {
		const secret = 'zebrafink';
		const { visitor, path, own } = await conversation();
		const body = { clientId: word(), content: secret };
		const { message: note } = expect(await shop.api.post(`${path}/notes`, body), 201).json;
		assert.deepEqual([note.private, note.seq, note.afterSeq], [true, null, 1]);
		assert.deepEqual(expect(await shop.api.post(`${path}/notes`, body), 200).json.message, note);
		expect(await shop.api.post(`${path}/notes`, { ...body, content: 'other' }), 409);
		expect(await visitor.post(`${own}/messages`, { clientId: word(), content: 'and then' }), 201);

		const staffView = expect(await shop.api.get(`${path}/messages`), 200).json.data;
		assert.deepEqual(staffView.map((m) => [m.private, m.seq]), [[false, 1], [true, null], [false, 2]]);
		const session = await shop.client().post('/api/v1/widget/session', { key: shop.key, token: visitor.token });
		const views = [session];
		for (const look of ['conversations', own, `${own}/messages`, `${own}/messages?before=99`,
			`${own}/messages?after=0&limit=1`,
			`events?wait=0&cursor=${encodeURIComponent(visitor.session.cursor)}`])
			views.push(await visitor.get(look));
		for (const view of views) {
			expect(view, 200);
			assert.ok(!view.text.includes(secret) && !view.text.includes(note.id), view.path);
		}
		assert.deepEqual((await visitor.get(`${own}/messages`)).json.data.map((m) => m.seq), [1, 2],
			'no hole where a note stands');
	});

	test('cannot be written by a visitor', async () => {
		const { visitor, path, id } = await conversation();
		expect(await visitor.client.post(`${path}/notes`, { clientId: word(), content: 'x' }), 401);
		expect(await visitor.post(`conversations/${id}/notes`, { clientId: word(), content: 'x' }), 404);
	});
});

describe('lists of conversations', () => {
	test('are filtered and come in pages, newest first', async () => {
		const o = await world.organization();
		const ids = [];
		for (let i = 0; i < 5; i++)
			ids.unshift((await (await o.visitor()).begin(`number ${i}`)).conversation.id);
		await o.api.patch(`/api/v1/conversations/${ids[0]}`, { status: 'closed' });
		await o.api.post(`/api/v1/conversations/${ids[1]}/assignments`, { agentId: o.members.agent.id });
		await o.api.post(`/api/v1/conversations/${ids[2]}/assignments`, { agentId: 'me' });
		const agent = await o.staff('agent');
		const list = async (query, who = o.api) => {
			const { data, next } = expect(await who.get(`/api/v1/conversations?${query}`), 200).json;
			return [data.map((c) => c.id), next];
		};
		assert.deepEqual(await list(''), [ids, null]);
		assert.deepEqual(await list('status=closed'), [[ids[0]], null]);
		assert.deepEqual(await list('assignee=me'), [[ids[2]], null]);
		assert.deepEqual(await list('assignee=me', agent), [[ids[1]], null]);
		assert.deepEqual(await list(`assignee=${o.members.agent.id}`), [[ids[1]], null]);
		assert.deepEqual(await list('assignee=none&status=open'), [ids.slice(3), null]);
		const walked = [];
		for (let after = '', pages = 0; after !== null && pages < 9; pages++) {
			const [page, next] = await list(`limit=2${after && `&after=${encodeURIComponent(after)}`}`);
			walked.push(...page);
			after = next;
		}
		assert.deepEqual(walked, ids);
		for (const time of ['2026-01-31 00:00:00', '2024-02-29 20:30:59.5', '2026-11-22 23:59:59.999999'])
			expect(await o.api.get(`/api/v1/conversations?after=${encodeURIComponent(`${time}~x`)}`), 200);
		for (const query of ['limit=0', 'limit=101', 'status=any', 'status=open|closed', 'after=x',
			'after=2026-01-01~x', 'after=9999-99-99 99:99:99.999999~x',
			'after=2026-02-30 12:00:00~x', 'after=0000-01-01 00:00:00~x', 'after=2026-01-01 24:00:00~x',
			'after=2026-01-01 00:00:00'])
			expect(await o.api.get(`/api/v1/conversations?${query.replaceAll(' ', '%20')}`), 400);
	});
});

describe('who may', () => {
	test('a viewer looks, and changes nothing', async () => {
		const { path, id } = await conversation();
		const viewer = await shop.staff('viewer');
		for (const look of ['/api/v1/me', '/api/v1/conversations', path, `${path}/messages`])
			expect(await viewer.get(look), 200);
		const writes = [['POST', `${path}/messages`, { clientId: 'v', content: 'x' }],
			['POST', `${path}/notes`, { clientId: 'v', content: 'x' }],
			['PATCH', path, { status: 'closed' }], ['POST', `${path}/assignments`, { agentId: null }],
			['POST', `${path}/read`, { seq: 1 }], ['POST', `${path}/typing`, { typing: true }]];
		for (const [method, target, body] of writes)
			expect(await viewer.request(method, target, { body }), 403);
		const [row] = await world.sql.rows`SELECT status, last_seq::int, agent_unread FROM conversations WHERE id = ${id}`;
		assert.deepEqual([row.status, row.last_seq, row.agent_unread], ['open', 1, 1]);
	});

	test('nobody without a credential, or with a wrong one', async () => {
		const { path, visitor } = await conversation();
		const revoked = await world.organization();
		await world.sql.exec`UPDATE parlor.api_keys SET revoked_at = now() AT TIME ZONE 'UTC' WHERE organization_id = ${revoked.id}`;
		const past = await world.organization();
		await world.sql.exec`UPDATE parlor.api_keys SET expires_at = now() AT TIME ZONE 'UTC' WHERE organization_id = ${past.id}`;
		for (const Authorization of [undefined, '', 'Bearer', 'Bearer ', 'Bearer sk_', `Bearer ${credential('sk', shop.id)}`,
			`Bearer ${shop.key}`,
			`Basic ${btoa('a:b')}`, `bearer ${shop.secretKey}`.replace('bearer', 'Token'), `Bearer ${visitor.token}`,
			`Bearer ${word(5000)}`,
			`Bearer ${revoked.secretKey}`, `Bearer ${past.secretKey}`])
			for (const [method, target] of [['GET', '/api/v1/me'], ['GET', path], ['POST', `${path}/messages`],
					['GET', '/api/v1/events?wait=0']]) {
				const body = method === 'POST' ? { clientId: 'x', content: 'x' } : undefined;
				expect(await shop.client().request(method, target,
					{ body, headers: Authorization === undefined ? {} : { Authorization } }), 401);
			}
		for (const target of ['conversations', 'events?wait=0'])
			expect(await shop.client({ Authorization: `Bearer ${shop.secretKey}` }).get(`/api/v1/widget/${target}`),
				401);
	});

	test('a key stops at once when it is revoked', async () => {
		const o = await world.organization();
		expect(await o.api.get('/api/v1/me'), 200);
		await world.sql.exec`UPDATE parlor.api_keys SET revoked_at = now() AT TIME ZONE 'UTC' WHERE organization_id = ${o.id}`;
		expect(await o.api.get('/api/v1/me'), 401);
	});

	test('a member stops at once when removed', async () => {
		const o = await world.organization();
		const agent = await o.staff('agent');
		expect(await agent.get('/api/v1/me'), 200);
		await world.sql.exec`DELETE FROM members WHERE id = ${o.members.agent.id}`;
		assert.ok([401, 403].includes((await agent.get('/api/v1/me')).status));
	});
});
