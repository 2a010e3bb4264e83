// The staff's list of conversations by what they ask for, and conversations that staff begin.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openSql } from '../lib/sql.mjs';
import { eventually, expect, useWorld, word } from '../lib/world.mjs';

const world = await useWorld();
const LIST = '/api/v1/conversations';

// Page by page, to the end; the ids, and of how many each page was.
async function walk(client, query, limit = 100) {
	const ids = [], sizes = [];
	for (let after = null, pages = 0; pages < 30; pages++) {
		const { data, next } = expect(await client.get(`${LIST}?${query}&limit=${limit}`
			+ (after === null ? '' : `&after=${encodeURIComponent(after)}`)), 200).json;
		ids.push(...data.map(({ id }) => id));
		sizes.push(data.length);
		if (next === null)
			return { ids, sizes };
		after = next;
	}
	throw new Error('the list does not end');
}

// Conversations as another program writes them, the newest first: the i-th was made and spoke last i hours before noon.
async function rows(o, list) {
	const visitor = await o.visitor();
	const ids = [];
	for (const [i, row] of list.entries()) {
		const id = `c${String(i).padStart(3, '0')}${word(12)}`;
		ids.push(id);
		const at = `2026-03-01 ${String(12 - i).padStart(2, '0')}:00:00`;
		await world.sql.exec`INSERT INTO conversations (id, organization_id, chat_user_id, status, priority, tags, assigned_agent_id,
				team_id, created_at, updated_at)
			VALUES (${id}, ${o.id}, ${row.visitor ?? visitor.id}, ${row.status ?? 'open'}, ${row.priority ?? 'normal'},
				${row.tags ?? null}, ${row.agent ?? null}, ${row.team ?? null}, ${at}, ${at})`;
	}
	return ids;
}

async function team(o, name = word(8)) {
	return expect(await o.api.post('/api/v1/teams', { name }), 201).json.team.id;
}

describe('the list', () => {
	test('takes every filter, and all of them together', async () => {
		const o = await world.organization();
		const agent = o.members.agent.id, crew = await team(o);
		const gold = await o.visitor({ user: { name: 'Ada', email: 'ada@example.org' } });
		const silver = await o.visitor();
		await world.sql.exec`UPDATE chat_users SET metadata = '{"plan":"gold","seats":5,"beta":true,"a.b":"c"}' WHERE id = ${gold.id}`;
		await world.sql.exec`UPDATE chat_users SET metadata = 'no JSON' WHERE id = ${silver.id}`;
		const ids = await rows(o, [
			{ status: 'open', priority: 'urgent', tags: '["vip","über uns"]', agent, team: crew, visitor: gold.id },
			{ status: 'waiting', priority: 'high', tags: '["vip"]', team: crew },
			{ status: 'closed', tags: 'plain, text', agent },
			{ status: 'waiting', priority: 'low', visitor: silver.id },
			{ status: 'resolved', tags: '["\\ud800"]' },
		]);
		await world.sql.exec`INSERT INTO messages (id, conversation_id, sender_type, content, created_at)
			VALUES (${word()}, ${ids[3]}, 'user', 'Hello', '2026-03-01 09:00:00')`;
		const cases = {
			'': [0, 1, 2, 3, 4],
			'status=open': [0], 'status=resolved': [4], 'status=waiting,closed': [1, 2, 3], 'status=open,open': [0],
			'priority=urgent': [0], 'priority=low,high': [1, 3],
			[`assignee=${agent}`]: [0, 2], 'assignee=none': [1, 3, 4],
			[`team=${crew}`]: [0, 1], 'team=none': [2, 3, 4], [`team=${crew}&assignee=none`]: [1],
			[`team=none&assignee=${agent}`]: [2],
			'tag=vip': [0, 1], 'tag=%C3%BCber%20uns': [0], 'tag=plain': [2], 'tag=absent': [], 'tag=vip&status=open': [0],
			[`visitor=${gold.id}`]: [0], [`visitor=${gold.id}&assignee=none`]: [], 'visitor=nobody': [],
			'visitorEmail=Ada%40Example.org': [0], 'visitorEmail=nobody%40example.org': [],
			[`visitor=${silver.id}&visitorEmail=ada%40example.org`]: [],
			'visitor.plan=gold': [0], 'visitor.seats=5': [0], 'visitor.beta=true': [0], 'visitor.a.b=c': [0],
			'visitor.plan=gold&visitor.seats=6': [], 'visitor.plan=': [], 'visitor.no%20JSON=x': [],
			'unread=true': [3], 'unread=false': [0, 1, 2, 4],
			'createdAfter=2026-03-01T11:00:00Z': [0, 1], 'createdBefore=2026-03-01T11:00:00Z': [2, 3, 4],
			'createdAfter=2026-03-01T12:00:00%2B02:00&createdBefore=2026-03-01T11:00:00.000001Z': [1, 2],
			'createdAfter=2026-03-01&createdBefore=2026-03-02': [0, 1, 2, 3, 4], 'createdBefore=2026-03-01': [],
			'updatedAfter=2026-03-01T10:00:00.5Z': [0, 1], 'updatedBefore=2026-03-01T09:00:00Z': [4],
			[`status=open,waiting&priority=urgent&assignee=${agent}&team=${crew}&tag=vip&visitor=${gold.id}&unread=false`
				+ '&visitorEmail=ada%40example.org&visitor.plan=gold&createdAfter=2026-03-01T00:00:00Z']: [0],
		};
		for (const [query, wanted] of Object.entries(cases)) {
			assert.deepEqual((await walk(o.api, query)).ids, wanted.map((i) => ids[i]), query);
			assert.deepEqual((await walk(o.api, query, 1)).ids, wanted.map((i) => ids[i]), `${query}, one by one`);
		}
	});

	test('refuses what it does not understand', async () => {
		const o = await world.organization();
		for (const query of ['status=', 'status=open,', 'status=any', 'priority=top', 'priority=low|high', 'tag=', `tag=${'x'.repeat(65)}`,
			'unread=1', 'createdAfter=yesterday', 'createdAfter=2026-02-30', 'createdBefore=2026-02-30T00:00:00Z',
			'updatedAfter=2026-03-01T00:00:00', 'updatedBefore=2026-03-01T24:00:00Z', 'updatedBefore=', 'visitor.=x',
			'visitor.a=1&visitor.a=2', [1, 2, 3, 4, 5, 6].map((i) => `visitor.a${i}=x`).join('&'),
			`visitor.a=${'x'.repeat(201)}`, 'visitorEmail='])
			expect(await o.api.get(`${LIST}?${query}`), 400);
	});

	test('goes on where it stopped, whatever came meanwhile, and ends', async () => {
		const o = await world.organization();
		const visitor = await o.visitor();
		// More than are looked at for one page; those that fit are few and far.
		await world.sql.exec`INSERT INTO conversations (id, organization_id, chat_user_id, priority, status, created_at)
			SELECT ${o.id.slice(0, 8)} || i, ${o.id}, ${visitor.id}, CASE WHEN i % 1500 = 0 THEN 'urgent' ELSE 'normal' END,
				CASE i % 3 WHEN 0 THEN 'open' WHEN 1 THEN 'closed' ELSE 'waiting' END,
				timestamp '2026-01-01' + make_interval(secs => i) FROM generate_series(1, 4500) i`;
		const wanted = [4500, 3000, 1500].map((i) => `${o.id.slice(0, 8)}${i}`);
		const { ids, sizes } = await walk(o.api, 'priority=urgent');
		assert.deepEqual(ids, wanted);
		assert.ok(sizes.length > 1, 'in one page all would have been looked at');
		assert.deepEqual((await walk(o.api, 'priority=urgent', 1)).ids, wanted);
		const { data, next } = expect(await o.api.get(`${LIST}?priority=urgent&limit=1`), 200).json;
		assert.equal(data[0].id, wanted[0]);
		await (await o.visitor()).begin('in between');
		const rest = expect(await o.api.get(`${LIST}?priority=urgent&limit=2&after=${encodeURIComponent(next)}`), 200).json.data;
		assert.deepEqual(rest.map(({ id }) => id).slice(0, 1), wanted.slice(1, 2));
	});
});

describe('a conversation that staff begin', () => {
	test('reaches the visitor, with what was said of it', async () => {
		const o = await world.organization();
		const visitor = await o.visitor(), crew = await team(o);
		const body = { visitorId: visitor.id, clientId: word(), content: 'Your order is ready', subject: 'Order 7', priority: 'high',
			tags: ['orders'], agentId: o.members.agent.id, teamId: crew };
		const { conversation: c, message: m } = expect(await o.api.post(LIST, body), 201).json;
		assert.deepEqual([c.chatUserId, c.subject, c.priority, c.tags, c.assignedAgentId, c.teamId, c.status, c.visitorUnread, c.unread],
			[visitor.id, 'Order 7', 'high', ['orders'], o.members.agent.id, crew, 'open', 1, 0]);
		assert.deepEqual([m.seq, m.senderType, m.senderId, m.content], [1, 'agent', o.members.admin.id, body.content]);
		const events = (await visitor.get(`events?wait=0&cursor=${encodeURIComponent(visitor.session.cursor)}`)).json.events;
		assert.deepEqual(events.map(({ type }) => type).sort(), ['conversation.created', 'message.created']);
		assert.ok(!JSON.stringify(events).includes('Order 7'), 'the subject is the staff\'s');
		assert.deepEqual((await walk(o.api, 'tag=orders')).ids, [c.id]);
		const answered = expect(await visitor.post(`conversations/${c.id}/messages`, { clientId: word(), content: 'Thanks' }), 201);
		assert.equal(answered.json.message.seq, 2);
	});

	test('is the same one for the same clientId, also at once', async () => {
		const o = await world.organization();
		const visitor = await o.visitor();
		const body = { visitorId: visitor.id, clientId: word(), content: 'Hello' };
		const holder = openSql(world.stack.databaseUrl);
		await holder.exec`BEGIN; SELECT 1 FROM chat_users WHERE id = ${visitor.id} FOR UPDATE`;
		const both = [o.api.post(LIST, body), o.api.post(LIST, body)];
		try {
			await eventually('both wait', async () => await world.sql.value`SELECT count(*)::int FROM pg_locks WHERE NOT granted` >= 2);
		} finally {
			await holder.exec`COMMIT`;
			holder.close();
		}
		const answers = await Promise.all(both);
		assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 201]);
		assert.equal(new Set(answers.map(({ json }) => json.conversation.id)).size, 1);
		assert.equal(expect(await o.api.post(LIST, { ...body, content: 'Other' }), 409).json.code, 'client_id_reused');
		assert.equal(expect(await (await o.staff('agent')).post(LIST, body), 409).json.code, 'client_id_reused');
		assert.equal((await walk(o.api, '')).ids.length, 1);
	});

	test('needs a visitor, an agent and a team of the organization', async () => {
		const o = await world.organization(), other = await world.organization();
		const [visitor, strange] = [await o.visitor(), await other.visitor()];
		const body = { visitorId: visitor.id, clientId: word(), content: 'Hello' };
		for (const [name, ids] of Object.entries({ visitorId: [strange.id, 'nobody'], agentId: [other.members.agent.id, 'nobody'],
			teamId: [await team(other), 'nobody'] }))
			for (const id of ids)
				assert.equal(expect(await o.api.post(LIST, { ...body, [name]: id }), 422).json.errors[0].pointer, `/${name}`);
		const key = o.client({ Authorization: `Bearer ${expect(await o.api.post('/api/v1/api-keys', { name: 'Nobody\'s',
			scopes: ['conversations:write'] }, { secret: true }), 201).json.secret}` });
		assert.deepEqual(expect(await key.post(LIST, { ...body, agentId: 'me' }), 422).json.errors.map(({ pointer, code }) => [pointer, code]),
			[['/agentId', 'no_member']]);
		for (const wrong of [{ content: '' }, { content: undefined }, { clientId: 'a b' }, { visitorId: undefined }, { priority: null },
			{ tags: [''] }, { subject: 'x'.repeat(201) }, { status: 'closed' }])
			expect(await o.api.post(LIST, { ...body, ...wrong }), 422);
		expect(await (await o.staff('viewer')).post(LIST, body), 403);
		assert.deepEqual((await walk(o.api, '')).ids, []);
	});
});
