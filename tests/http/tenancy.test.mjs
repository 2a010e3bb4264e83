// One organization never sees another, one visitor never another: every route with an id, from the
// program's own table, for every caller. A foreign id gets the very answer of an absent one.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CANARY, expect, useWorld, word } from '../lib/world.mjs';

const world = await useWorld();
const shop = await world.organization();
const other = await world.organization();
const routes = JSON.parse(await world.stack.parlor('routes', '--json'));
const inPath = (route) => route.ids.filter((id) => id.in === 'path').map((id) => id.of);

const mine = await shop.visitor(), neighbour = await shop.visitor(), stranger = await other.visitor();
const begin = async (visitor) => (await visitor.begin()).conversation.id;
// Keys end by what is done to them here: a new one for each try.
const keys = Array.from({ length: 90 }, () => word(26));
await world.sql.exec`INSERT INTO parlor.api_keys (id, organization_id, name, key_hash, hint, scopes)
	SELECT id, ${shop.id}, 'try', id, 'sk_x', 'conversations:read' FROM unnest(${`{${keys}}`}::text[]) id`;
const foreignKey = word(26);
await world.sql.exec`INSERT INTO parlor.api_keys (id, organization_id, name, key_hash, hint, scopes)
	VALUES (${foreignKey}, ${other.id}, 'foreign', ${foreignKey}, 'sk_x', 'conversations:read')`;
const invited = async (o) => {
	const id = word();
	await world.sql.exec`INSERT INTO invitations (id, organization_id, email, role, expires_at, inviter_id)
		VALUES (${id}, ${o.id}, ${`${id.toLowerCase()}@example.org`}, 'member', now() AT TIME ZONE 'UTC' + interval '1 day',
			${o.members.admin.user})`;
	return id;
};
const team = async (o) => ({ member: (await world.member(o.id, 'viewer')).id, invitation: await invited(o) });
const session = async (member) => {
	const token = await world.session(member.user);
	return world.sql.value`SELECT id FROM sessions WHERE token = ${token}`;
};
// Whom staff look at is not who asks as a visitor: signing out ends a visitor's sessions.
const own = { conversation: await begin(mine), visitor: (await shop.visitor()).id, get key() { return keys.pop(); }, ...await team(shop),
	session: await session(shop.members.agent) };
const next = { conversation: await begin(neighbour), visitor: neighbour.id };
const foreign = { conversation: await begin(stranger), visitor: stranger.id, key: foreignKey, ...await team(other),
	session: await session(other.members.admin) };

// Callers by the names of the route table, and whose ids are strange to them.
const callers = {
	visitor: { client: mine.client, strange: { neighbour: next, foreign } },
	agent: { client: await shop.staff('agent'), admin: await shop.staff('admin'), strange: { foreign } },
	key: { client: shop.api, strange: { foreign } },
};

// A body that the route would take for an id of one's own. A new route needs its own here.
const bodies = {
	'messages': () => ({ clientId: word(), content: 'x' }),
	'notes': () => ({ clientId: word(), content: 'x' }),
	'typing': () => ({ typing: true }),
	'read': () => ({ seq: 1 }),
	'sign-out': () => undefined,
	'assignments': () => ({ agentId: null }),
	'PATCH': () => ({ status: 'closed', priority: 'urgent', subject: 'taken', tags: ['taken'] }),
	'rotate': () => ({ overlapSeconds: 60 }),
	// forms
	'reply': () => ({ clientId: word(), content: 'x' }),
	'note': () => ({ clientId: word(), content: 'x' }),
	'status': () => ({ status: 'closed' }),
	'priority': () => ({ priority: 'urgent' }),
	'assign': () => ({ agent: 'me' }),
	'revoke': () => ({}),
	':member': () => ({ role: 'member', chatRole: 'agent', displayName: '', maxChats: '0' }),
	'remove': () => ({}),
	'send': () => ({}),
	'cancel': () => ({}),
	'end': () => ({}),
};
// An invitation is for one address, in whatever organization: invitations.test.mjs.
const withIds = routes.filter((route) => inPath(route).length && !route.path.startsWith('/invitations/'));

function ask(client, route, id) {
	const path = route.path.replace(`:${inPath(route)[0]}`, encodeURIComponent(id));
	if (route.method === 'DELETE')
		return client.delete(path);
	if (route.method === 'GET')
		return client.get(route.path.endsWith('/thread') ? `${path}?after=0` : path);
	const make = bodies[route.method === 'PATCH' ? 'PATCH' : route.path.split('/').pop()];
	assert.ok(make, `no body for ${route.method} ${route.path}`);
	if (route.form) {
		const form = make();
		return client.form(path, 'seq' in form ? { seq: '1' } : 'overlapSeconds' in form ? { overlap: '60' } : form,
			{ secret: true });
	}
	return client.request(route.method, path, { body: make(), secret: true });
}

// All that could tell one answer from another, without what names the one request.
function fingerprint(answer, id) {
	const request = answer.headers['x-request-id'];
	const plain = (text) => text.replaceAll(id, 'ID').replaceAll(request, 'REQUEST').replace(/\/static\/[^"]*/g, '');
	const headers = Object.entries(answer.headers).filter(([name]) => !['date', 'x-request-id'].includes(name));
	return `${answer.status} ${plain(JSON.stringify(headers))} ${plain(answer.text)}`;
}

test('the route table names its ids', () => {
	assert.ok(withIds.length >= 15, `${withIds.length} routes with ids`);
	for (const route of routes) {
		assert.equal(inPath(route).length, (route.path.match(/:/g) ?? []).length, route.path);
		assert.ok(inPath(route).length <= 1 && inPath(route).every((name) => name in own),
			`${route.path}: an id that this test does not know`);
		assert.ok(route.actors.length, route.path);
		assert.equal(route.needs !== null, route.actors.some((name) => name === 'agent' || name === 'key'),
			`${route.method} ${route.path}: a permission for agents and keys, none for others`);
	}
});

for (const route of withIds)
	for (const [name, caller] of Object.entries(callers))
		test(`${route.method} ${route.path} by ${name}`, async () => {
			const [kind] = inPath(route), absent = word(26);
			if (!route.actors.includes(name)) {
				const refused = await ask(caller.client, route, own[kind]);
				assert.ok([401, 403, 303].includes(refused.status), `${refused.status}`);
				return;
			}
			const client = caller.admin && ['members:write', 'keys:write'].includes(route.needs) ? caller.admin : caller.client;
			const nothing = expect(await ask(client, route, absent), 404);
			for (const [whose, ids] of Object.entries(caller.strange)) {
				const answer = await ask(client, route, ids[kind]);
				assert.equal(fingerprint(answer, ids[kind]), fingerprint(nothing, absent), whose);
			}
			for (const wrong of ['x', '0', '-', 'null', 'undefined', '%', "'", '*', own[kind].slice(0, -1),
					`${own[kind]}0`, own[kind].toLowerCase(), 'x'.repeat(64), 'x'.repeat(65)])
				assert.ok([400, 404].includes((await ask(client, route, wrong)).status), wrong);
			const answer = await ask(client, route, own[kind]);
			assert.ok(answer.status < 400, `one's own: ${answer.status} ${answer.text}`);
		});

describe('what strangers did', () => {
	test('changed nothing', async () => {
		const [key] = await world.sql.rows`SELECT revoked_at, expires_at, replaced_by FROM parlor.api_keys WHERE id = ${foreignKey}`;
		assert.deepEqual(key, { revoked_at: null, expires_at: null, replaced_by: null });
		for (const { conversation } of [next, foreign]) {
			const [row] = await world.sql.rows`SELECT status, priority, subject, tags, last_seq::int, assigned_agent_id, agent_read_seq::int,
				(SELECT count(*)::int FROM messages m WHERE m.conversation_id = c.id) AS messages,
				(SELECT count(*)::int FROM parlor.notes n WHERE n.conversation_id = c.id) AS notes
				FROM conversations c WHERE id = ${conversation}`;
			if (conversation === foreign.conversation)
				assert.deepEqual(row, { status: 'open', priority: 'normal', subject: null, tags: null, last_seq: 1,
					assigned_agent_id: null, agent_read_seq: 0, messages: 1, notes: 0 });
			else
				assert.deepEqual([row.status, row.last_seq, row.messages], ['open', 1, 1]);
		}
	});

	test('a member of another organization is not an agent here', async () => {
		const absent = await shop.api.post(`/api/v1/conversations/${own.conversation}/assignments`,
			{ agentId: word(26) });
		const strange = await shop.api.post(`/api/v1/conversations/${own.conversation}/assignments`,
			{ agentId: other.members.agent.id });
		assert.equal(fingerprint(strange, ''.padEnd(3, '\u0000')), fingerprint(absent, ''.padEnd(3, '\u0000')));
	});

	test('a filter by a foreign agent finds nothing', async () => {
		const { conversation } = await (await other.visitor()).begin();
		await other.api.post(`/api/v1/conversations/${conversation.id}/assignments`,
			{ agentId: other.members.agent.id });
		for (const assignee of [other.members.agent.id, word(26)])
			assert.deepEqual(expect(await shop.api.get(`/api/v1/conversations?assignee=${assignee}`), 200).json.data,
				[]);
	});

	test('a page\'s cursor from elsewhere shows only what is one\'s own', async () => {
		const foreignList = (await other.api.get('/api/v1/conversations?limit=1')).json;
		const after = foreignList.next ?? '2999-01-01 00:00:00~zzz';
		const { data } = expect(await shop.api.get(`/api/v1/conversations?after=${encodeURIComponent(after)}`),
			200).json;
		assert.ok(data.every((c) => c.organizationId === shop.id));
	});
});

describe('lists', () => {
	test('hold one\'s own alone', async () => {
		const lists = [[mine.client, '/api/v1/widget/conversations'], [shop.api, '/api/v1/conversations'],
			[callers.agent.client, '/api/v1/conversations'],
			[callers.agent.client, '/inbox?view=all&status=any'],
			[callers.agent.client, '/inbox/list?view=all&status=any'], [callers.agent.client, '/visitors']];
		for (const [client, path] of lists) {
			const { text } = expect(await client.get(path), 200);
			assert.ok(!text.includes(foreign.conversation) && !text.includes(foreign.visitor), path);
			assert.ok(text.includes(own.conversation) || text.includes(own.visitor), path);
			if (client === mine.client)
				assert.ok(!text.includes(next.conversation));
		}
	});

	test('the canary is there to be seen by its own people', async () => {
		const rows = await world.sql.rows`SELECT count(*)::int AS n FROM messages WHERE content LIKE ${`${CANARY}%`}`;
		assert.ok(rows[0].n >= 1);
		await assert.rejects(() => leak(), /a text of another organization/);
	});
});

// What would happen were the canary's text in an answer: the client notices.
async function leak() {
	const { conversation } = await (await shop.visitor()).begin(`quoting ${CANARY}`);
	await shop.api.get(`/api/v1/conversations/${conversation.id}/messages`);
}
