// The audit log: each administrative act leaves a line, and people can read it.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { expect, useWorld, word } from '../lib/world.mjs';

const world = await useWorld();
const routes = JSON.parse(await world.stack.parlor('routes', '--json'));
const LOGGED = ['settings:write', 'members:write', 'keys:write', 'organization:delete', 'visitors:delete'];
const scopes = ['conversations:read'];
const newKey = async (owner) => (await owner.post('/api/v1/api-keys', { name: 'audited', scopes }, { secret: true })).json.key.id;
async function newInvitation(owner, o) {
	await owner.form('/team/invitations', { email: `${word(8)}@example.org`, role: 'member' });
	return world.sql.value`SELECT id FROM invitations WHERE organization_id = ${o.id}`;
}
const IDENTITY = '/api/v1/organization/identity';
async function twoSecrets(owner) {
	for (let i = 0; i < 2; i++)
		await owner.post(`${IDENTITY}/secrets`, undefined, { secret: true });
}
const TEAMS = '/api/v1/teams', CANNED = '/api/v1/canned-responses';
const newTeam = async (owner) => `${TEAMS}/${(await owner.post(TEAMS, { name: word(8) })).json.team.id}`;
async function newMembers(owner, o) {
	const path = `${await newTeam(owner)}/members`;
	await owner.post(path, { memberId: o.members.agent.id });
	return path;
}
const newCanned = async (owner) =>
	`${CANNED}/${(await owner.post(CANNED, { shortcut: word(8), content: 'Hello' })).json.cannedResponse.id}`;
const settings = { color: '#112233', domains: 'shop.example', theme: 'dark', position: 'bottom-left', welcome: 'Welcome!',
	offline: '', active: 'true' };

// How each such route is called so that it succeeds, once; a new route needs its own here. o is an
// organization of its own, owner the client of its owner.
const acts = {
	'POST /settings/widget': (owner) => owner.form('/settings/widget', settings),
	'POST /api/v1/api-keys': (owner) => owner.post('/api/v1/api-keys', { name: 'k', scopes }, { secret: true }),
	'POST /api/v1/api-keys/:key/rotate': async (owner) =>
		owner.post(`/api/v1/api-keys/${await newKey(owner)}/rotate`, {}, { secret: true }),
	'DELETE /api/v1/api-keys/:key': async (owner) => owner.delete(`/api/v1/api-keys/${await newKey(owner)}`),
	'POST /settings/keys': (owner) => owner.form('/settings/keys',
		{ name: 'k', actsFor: 'me', expires: '30', scope: scopes[0] }, { secret: true }),
	'POST /settings/keys/:key/rotate': async (owner) =>
		owner.form(`/settings/keys/${await newKey(owner)}/rotate`, { overlap: '60' }, { secret: true }),
	'POST /settings/keys/:key/revoke': async (owner) => owner.form(`/settings/keys/${await newKey(owner)}/revoke`, {}),
	'POST /settings/keys/publishable': (owner) => owner.form('/settings/keys/publishable', { overlap: '0' }),
	'POST /team/invitations': (owner) => owner.form('/team/invitations', { email: `${word(8)}@example.org`, role: 'member' }),
	'POST /team/invitations/:invitation/send': async (owner, o) =>
		owner.form(`/team/invitations/${await newInvitation(owner, o)}/send`, {}),
	'POST /team/invitations/:invitation/cancel': async (owner, o) =>
		owner.form(`/team/invitations/${await newInvitation(owner, o)}/cancel`, {}),
	'POST /team/members/:member': (owner, o) => owner.form(`/team/members/${o.members.agent.id}`,
		{ role: 'member', chatRole: 'viewer', displayName: 'Changed', maxChats: '3' }),
	'POST /team/members/:member/remove': (owner, o) => owner.form(`/team/members/${o.members.agent.id}/remove`, {}),
	'POST /organizations/delete': (owner, o) => owner.form('/organizations/delete', { name: o.name }),
	'PATCH /api/v1/organization': (owner) => owner.patch('/api/v1/organization', { primaryColor: '#112233' }),
	'DELETE /api/v1/organization': (owner, o) => owner.request('DELETE', '/api/v1/organization', { body: { name: o.name } }),
	'POST /api/v1/organization/publishable-key': (owner) => owner.post('/api/v1/organization/publishable-key', {}),
	'PATCH /api/v1/members/:member': (owner, o) => owner.patch(`/api/v1/members/${o.members.agent.id}`, { displayName: 'Changed' }),
	'DELETE /api/v1/members/:member': (owner, o) => owner.delete(`/api/v1/members/${o.members.agent.id}`),
	'POST /api/v1/invitations': (owner) => owner.post('/api/v1/invitations', { email: `${word(8)}@example.org` }),
	'POST /api/v1/invitations/:invitation/send': async (owner, o) =>
		owner.post(`/api/v1/invitations/${await newInvitation(owner, o)}/send`),
	'DELETE /api/v1/invitations/:invitation': async (owner, o) =>
		owner.delete(`/api/v1/invitations/${await newInvitation(owner, o)}`),
	'POST /api/v1/teams': (owner) => owner.post(TEAMS, { name: 'Returns' }),
	'PATCH /api/v1/teams/:team': async (owner) => owner.patch(await newTeam(owner), { name: 'Repairs' }),
	'DELETE /api/v1/teams/:team': async (owner) => owner.delete(await newTeam(owner)),
	'POST /api/v1/teams/:team/members': async (owner, o) =>
		owner.post(`${await newTeam(owner)}/members`, { memberId: o.members.agent.id }),
	'DELETE /api/v1/teams/:team/members/:member': async (owner, o) =>
		owner.delete(`${await newMembers(owner, o)}/${o.members.agent.id}`),
	'POST /api/v1/canned-responses': (owner) => owner.post(CANNED, { shortcut: 'hours', content: 'From 9 to 17.' }),
	'PATCH /api/v1/canned-responses/:response': async (owner) => owner.patch(await newCanned(owner), { content: 'From 9 to 18.' }),
	'DELETE /api/v1/canned-responses/:response': async (owner) => owner.delete(await newCanned(owner)),
	'DELETE /api/v1/visitors/:visitor': async (owner, o) => owner.delete(`/api/v1/visitors/${(await o.visitor()).id}`),
	'PATCH /api/v1/organization/identity': (owner) => owner.patch(IDENTITY, { followSignIn: true }),
	'POST /settings/search': (owner) => owner.form('/settings/search', { language: 'french' }),
	'PATCH /api/v1/organization/search': (owner) => owner.patch('/api/v1/organization/search', { language: 'german' }),
	'POST /api/v1/organization/identity/secrets': (owner) => owner.post(`${IDENTITY}/secrets`, undefined, { secret: true }),
	'DELETE /api/v1/organization/identity/secrets/old': async (owner) => {
		await twoSecrets(owner);
		return owner.delete(`${IDENTITY}/secrets/old`);
	},
	'POST /settings/identity': (owner) => owner.form('/settings/identity', { mode: 'optional', followSignIn: 'true' }),
	'POST /settings/identity/secrets': (owner) => owner.form('/settings/identity/secrets', {}, { secret: true }),
	'POST /settings/identity/retire': async (owner) => {
		await twoSecrets(owner);
		return owner.form('/settings/identity/retire', {});
	},
};

describe('an act that succeeds leaves a line', () => {
	for (const route of routes.filter(({ method, needs }) => method !== 'GET' && LOGGED.includes(needs)))
		test(`${route.method} ${route.path}`, async () => {
			const act = acts[`${route.method} ${route.path}`];
			assert.ok(act, 'this test does not know how to call the route');
			const o = await world.organization();
			const owner = await o.staff('admin');
			const answer = await act(owner, o);
			assert.ok(answer.status < 400, `${answer.status} ${answer.text}`);
			// The newest: what was prepared for the act may have lines of its own.
			const [line] = await world.sql.rows`SELECT actor_type, actor_id, ip_address, action, data FROM parlor.audit_log
				WHERE organization_id = ${o.id} ORDER BY id DESC LIMIT 1`;
			assert.ok(line, 'there is a line');
			assert.deepEqual([line.actor_type, line.actor_id, line.ip_address], ['user', o.members.admin.user, owner.address]);
			assert.match(line.action, /^[a-z_]+\.[a-z_]+$/);
			assert.doesNotMatch(line.data ?? '', /sk_[\w-]{20}/, 'no secret');
			const want = route.path.endsWith('/rotate') ? /\.rotated$/
				: route.path.endsWith('/revoke') || route.method === 'DELETE' ? /\.(?:\w+_)?(revoked|retired|removed|canceled|deleted|erased)$/ : null;
			if (want)
				assert.match(line.action, want);
		});
});

describe('the settings of the widget', () => {
	test('are logged with what they were and what they are, and only when they change', async () => {
		const o = await world.organization();
		const owner = await o.staff('admin');
		expect(await owner.form('/settings/widget', settings), 303);
		const lines = async () => (await owner.get('/api/v1/audit-log')).json.data;
		const [{ action, changes }] = await lines();
		assert.equal(action, 'settings.changed');
		assert.deepEqual(changes, { domains: ['', 'shop.example'], color: ['#2f6fed', '#112233'], theme: ['auto', 'dark'],
			position: ['bottom-right', 'bottom-left'], welcome: [`Welcome to ${o.name}`, 'Welcome!'],
			offline: [`${o.name} is closed`, ''], showAvatar: [true, false] });
		expect(await owner.form('/settings/widget', settings), 303);
		assert.equal((await lines()).length, 1);
		expect(await owner.form('/settings/widget', { ...settings, color: 'red' }), 422);
		assert.equal((await lines()).length, 1);
		const [row] = await world.sql.rows`SELECT chat_primary_color, chat_offline_message, chat_is_active FROM organizations WHERE id = ${o.id}`;
		assert.deepEqual(row, { chat_primary_color: '#112233', chat_offline_message: null, chat_is_active: true });
	});
});

describe('the page of the log', () => {
	test('says who, what, when, from where and what changed', async () => {
		const o = await world.organization();
		const owner = await o.staff('admin');
		expect(await owner.form('/settings/widget', settings), 303);
		const id = await newKey(owner);
		await world.sql.exec`INSERT INTO parlor.audit_log (organization_id, actor_type, actor_id, action, target_type, target_id, data)
			VALUES (${o.id}, 'operator', 'ops', 'user.disabled', 'user', ${o.members.agent.user}, NULL),
			(${o.id}, 'user', 'gone', 'team.name_changed', 'team', 'gone', '{"name":["<b>a","b"],"waitSeconds":7200,"teamId":"hidden1","scopes":"*"}'),
			(${o.id}, 'key', ${id}, 'key.created', 'key', ${id}, 'not json'),
			(${o.id}, 'system', NULL, 'key.revoked', 'key', ${id}, '{"reason":"The member left."}')`;
		const { text } = expect(await owner.get('/settings/audit'), 200);
		const flat = text.replace(/<[^>]*>/g, '').replace(/\s+/g, ' ');
		for (const words of [`${o.members.admin.name} changed the settings of the widget`, 'Colour #2f6fed #112233',
			'Show who answers yes no', 'Nobody online', `${o.members.admin.name} made a secret key: audited`, owner.address,
			`ops, on the server disabled a user’s account: ${o.members.agent.name}`,
			'Somebody who has left team: name changed', 'Name &lt;b&gt;a b', 'Wait 2 hours', 'Scopes everything',
			'The key “audited” made a secret key: audited', 'Parlor itself revoked a secret key', 'Reason The member left.'])
			assert.ok(flat.includes(words), `${words}: ${flat}`);
		assert.ok(!flat.includes('hidden1'), 'an id tells people nothing');
		assert.ok(flat.indexOf('Parlor itself') < flat.indexOf('changed the settings'), 'newest first');
	});

	test('comes in pages, and is empty at first', async () => {
		const o = await world.organization();
		const owner = await o.staff('admin');
		assert.match(expect(await owner.get('/settings/audit'), 200).text, /Nothing yet/);
		await world.sql.exec`INSERT INTO parlor.audit_log (organization_id, actor_type, actor_id, action, data)
			SELECT ${o.id}, 'operator', 'op' || n, 'settings.changed', '{}' FROM generate_series(1, 120) n`;
		let path = '/settings/audit';
		const seen = [];
		for (let pages = 0; path && pages < 5; pages++) {
			const { text } = expect(await owner.get(path), 200);
			seen.push(...[...text.matchAll(/cell-name">(op\d+),/g)].map(([, name]) => name));
			path = text.match(/href="(\/settings\/audit\?after=\d+)"/)?.[1];
		}
		assert.deepEqual(seen, Array.from({ length: 120 }, (_, i) => `op${120 - i}`));
		for (const after of ['x', '0', '-1', '9'.repeat(30)])
			expect(await owner.get(`/settings/audit?after=${after}`), 404);
	});

	test('is for those who may read it, and shows one organization', async () => {
		const o = await world.organization(), other = await world.organization();
		await world.sql.exec`INSERT INTO parlor.audit_log (organization_id, actor_type, actor_id, action)
			VALUES (${other.id}, 'operator', 'strangeword', 'settings.changed')`;
		assert.ok(!expect(await (await o.staff('admin')).get('/settings/audit'), 200).text.includes('strangeword'));
		for (const role of ['agent', 'viewer'])
			expect(await (await o.staff(role)).get('/settings/audit'), 403);
		const page = (await (await o.staff('agent')).get('/settings/widget')).text;
		assert.doesNotMatch(page, /settings\/audit/);
	});
});
