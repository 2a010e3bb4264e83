// The organization, its members, invitations and one's own sessions by API: the same rules as on the pages.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { expect, signCookie, useWorld, word } from '../lib/world.mjs';

const world = await useWorld();
const shop = await world.organization({ roles: ['admin', 'supervisor', 'agent', 'viewer'] });
const { sql } = world;
const admin = await shop.staff('admin'), agent = await shop.staff('agent');
const address = () => `${word(12).toLowerCase()}@example.org`;
const trail = (o, target = null) => sql.rows`SELECT action, data::json AS data FROM parlor.audit_log WHERE organization_id = ${o.id}
	AND target_id IS NOT DISTINCT FROM ${target} ORDER BY id`;
const ifMatch = (tag) => ({ headers: { 'If-Match': tag } });
const code = (answer, status) => expect(answer, status).json.code;
const pointer = (answer) => expect(answer, 422).json.errors[0].pointer;

async function withRole(role, o = shop) {
	const one = await world.member(o.id, 'agent');
	await sql.exec`UPDATE members SET role = ${role}, chat_role = NULL, chat_display_name = NULL WHERE id = ${one.id}`;
	return one;
}

describe('the organization', () => {
	const PATH = '/api/v1/organization';

	test('is shown without secrets', async () => {
		const o = await world.organization({ domains: 'shop.example', chat_webhook_url: 'https://hooks.example/token123' });
		const answer = expect(await o.api.get(PATH), 200), { organization } = answer.json;
		assert.deepEqual([organization.id, organization.name, organization.publishableKey, organization.domains, organization.isActive],
			[o.id, o.name, o.key, 'shop.example', true]);
		assert.ok(!answer.text.includes('token123'));
		expect(await o.api.get(PATH, { headers: { 'If-None-Match': answer.headers.etag } }), 304);
		expect(await agent.get(PATH), 200);
	});

	test('is changed in what is named, seen by the widget, and told in the log', async () => {
		const o = await world.organization(), boss = await o.staff('admin');
		const wanted = { name: 'Käse & Co', primaryColor: '#aa0000', theme: 'dark', position: 'bottom-left', welcomeMessage: 'Hi\nthere', offlineMessage: '',
			showAgentAvatar: false, collectEmail: true, collectName: true, domains: '*.shop.example, localhost:3000' };
		const { organization } = expect(await boss.patch(PATH, wanted), 200).json;
		assert.deepEqual(Object.fromEntries(Object.keys(wanted).map((name) => [name, organization[name]])), wanted);
		const widget = expect(await o.client().get(`/api/v1/widget/settings?key=${o.key}`, { headers: { Origin: 'https://a.shop.example' } }), 200).json;
		assert.deepEqual([widget.primaryColor, widget.theme, widget.welcomeMessage, widget.collectName], ['#aa0000', 'dark', 'Hi\nthere', true]);
		assert.deepEqual((await trail(o)).map(({ action, data }) => [action, data.color]), [['settings.changed', ['#2f6fed', '#aa0000']]]);
		expect(await boss.patch(PATH, { name: 'Käse & Co' }), 200);
		assert.equal((await trail(o)).length, 1);
		expect(await boss.patch(PATH, { isActive: false }), 200);
		expect(await o.client().get(`/api/v1/widget/settings?key=${o.key}`), 404);
	});

	test('is not changed to what is none, nor by those who may not', async () => {
		for (const [body, at] of [[{ primaryColor: 'red' }, '/primaryColor'], [{ theme: 'pink' }, '/theme'], [{ domains: 'http://x' }, '/domains'],
			[{ name: '' }, '/name'], [{ collectName: 1 }, '/collectName'], [{ slug: 'x' }, '/slug'], [{ publishableKey: 'x' }, '/publishableKey'],
			[{ webhookUrl: 'http://127.0.0.1' }, '/webhookUrl'], [{ welcomeMessage: 'x'.repeat(501) }, '/welcomeMessage']])
			assert.equal(pointer(await admin.patch(PATH, body)), at);
		assert.equal(code(await agent.patch(PATH, { name: 'x' }), 403), 'no_permission');
	});

	test('is held to If-Match: of twenty one changes it', async () => {
		const o = await world.organization(), tag = expect(await o.api.get(PATH), 200).headers.etag;
		const answers = await Promise.all(Array.from({ length: 20 }, () => o.api.patch(PATH, { name: word() }, ifMatch(tag))));
		assert.deepEqual(answers.map((a) => a.status).sort(), [200, ...Array(19).fill(412)]);
		const now = answers.find((a) => a.status === 200).headers.etag;
		await sql.exec`UPDATE organizations SET chat_theme = 'dark' WHERE id = ${o.id}`;
		expect(await o.api.patch(PATH, { name: 'x' }, ifMatch(now)), 412);
	});

	test('has a publishable key that is exchanged, with an overlap', async () => {
		const o = await world.organization(), boss = await o.staff('admin');
		const { publishableKey } = expect(await boss.post(`${PATH}/publishable-key`, { overlapSeconds: 60 }), 201).json;
		assert.match(publishableKey, /^pk_/);
		for (const key of [publishableKey, o.key])
			expect(await o.client().get(`/api/v1/widget/settings?key=${key}`), 200);
		expect(await boss.post(`${PATH}/publishable-key`, { overlapSeconds: 0 }), 201);
		expect(await o.client().get(`/api/v1/widget/settings?key=${publishableKey}`), 404);
		assert.deepEqual((await trail(o)).map(({ action }) => action), ['publishable_key.rotated', 'publishable_key.rotated']);
		assert.equal(pointer(await boss.post(`${PATH}/publishable-key`, { overlapSeconds: -1 })), '/overlapSeconds');
		assert.equal(code(await agent.post(`${PATH}/publishable-key`), 403), 'no_permission');
	});

	test('is deleted by an owner who says its name', async () => {
		const o = await world.organization(), boss = await o.staff('admin'), one = await withRole('admin', o);
		assert.equal(code(await (await o.signedIn(one.user)).request('DELETE', PATH, { body: { name: o.name } }), 403), 'no_permission');
		assert.equal(pointer(await boss.request('DELETE', PATH, { body: { name: 'another' } })), '/name');
		expect(await boss.request('DELETE', PATH), 400);
		assert.equal(await sql.value`SELECT chat_is_active FROM organizations WHERE id = ${o.id}`, true);
		expect(await boss.request('DELETE', PATH, { body: { name: o.name } }), 204);
		expect(await o.client().get(`/api/v1/widget/settings?key=${o.key}`), 404);
	});
});

describe('members', () => {
	const MEMBERS = '/api/v1/members';
	const stored = async (id) => (await sql.rows`SELECT role, chat_role, chat_display_name, chat_max_concurrent_chats AS max FROM members WHERE id = ${id}`)[0];

	test('are listed, page after page, to everybody in it', async () => {
		const o = await world.organization({ roles: ['admin', 'supervisor', 'agent', 'viewer'] }), viewer = await o.staff('viewer'), seen = [];
		let after = '';
		do {
			const { json } = expect(await viewer.get(`${MEMBERS}?limit=3${after}`), 200);
			seen.push(...json.data);
			after = json.next && `&after=${encodeURIComponent(json.next)}`;
		} while (after);
		assert.deepEqual(seen.map((m) => m.id).sort(), Object.values(o.members).map((m) => m.id).sort());
		const me = seen.find((m) => m.id === o.members.admin.id);
		assert.deepEqual([me.userId, me.email, me.role, me.chatRole, me.effectiveChatRole, me.isOnline, me.maxConcurrentChats],
			[o.members.admin.user, o.members.admin.email, 'owner', 'admin', 'admin', false, null]);
		assert.deepEqual(expect(await viewer.get(`${MEMBERS}/${me.id}`), 200).json.member, me);
		expect(await viewer.get(`${MEMBERS}?after=x`), 400);
	});

	test('are changed in what is named alone', async () => {
		const one = await withRole('member'), path = `${MEMBERS}/${one.id}`;
		expect(await admin.patch(path, { chatRole: 'viewer', displayName: 'Æ', maxConcurrentChats: 7 }), 200);
		assert.deepEqual(await stored(one.id), { role: 'member', chat_role: 'viewer', chat_display_name: 'Æ', max: 7 });
		const { member } = expect(await admin.patch(path, { role: 'admin' }), 200).json;
		assert.deepEqual([member.role, member.chatRole, member.displayName, member.maxConcurrentChats], ['admin', 'viewer', 'Æ', 7]);
		expect(await admin.patch(path, { chatRole: null, displayName: null, maxConcurrentChats: null }), 200);
		assert.deepEqual(await stored(one.id), { role: 'admin', chat_role: null, chat_display_name: null, max: null });
		assert.deepEqual((await trail(shop, one.id)).map(({ action, data }) => [action, Object.keys(data).length]),
			[['member.changed', 3], ['member.changed', 1], ['member.changed', 3]]);
		for (const [body, at] of [[{ role: 'king' }, '/role'], [{ chatRole: 'king' }, '/chatRole'], [{ maxConcurrentChats: 0 }, '/maxConcurrentChats'],
			[{ displayName: '' }, '/displayName'], [{ userId: 'x' }, '/userId']])
			assert.equal(pointer(await admin.patch(path, body)), at);
		assert.equal(code(await agent.patch(path, { displayName: 'x' }), 403), 'no_permission');
		expect(await admin.patch(`${MEMBERS}/none`, { role: 'member' }), 404);
	});

	test('are changed as they were seen', async () => {
		const one = await withRole('member'), path = `${MEMBERS}/${one.id}`, tag = expect(await admin.get(path), 200).headers.etag;
		const answers = await Promise.all(Array.from({ length: 10 }, () => admin.patch(path, { displayName: word() }, ifMatch(tag))));
		assert.deepEqual(answers.map((a) => a.status).sort(), [200, ...Array(9).fill(412)]);
		const now = answers.find((a) => a.status === 200).headers.etag;
		await sql.exec`UPDATE members SET chat_is_online = true WHERE id = ${one.id}`;
		expect(await admin.patch(path, { maxConcurrentChats: 3 }, ifMatch(now)), 200);
		expect(await admin.patch(`${MEMBERS}/none`, { role: 'member' }, ifMatch(now)), 404);
	});

	test('of whom owners are changed by owners, and the last one stays', async () => {
		const o = await world.organization({ roles: ['admin'] }), owner = await o.staff('admin');
		const deputy = await withRole('admin', o), second = await o.signedIn(deputy.user), mine = `${MEMBERS}/${o.members.admin.id}`;
		assert.equal(code(await second.patch(mine, { role: 'member' }), 403), 'owner_only');
		assert.equal(code(await second.patch(`${MEMBERS}/${deputy.id}`, { role: 'owner' }), 403), 'owner_only');
		assert.equal(code(await second.delete(mine), 403), 'owner_only');
		assert.equal(code(await o.client({ Authorization: `Bearer ${o.secretKey}` }).patch(mine, { role: 'member' }), 403), 'last_owner');
		assert.equal(code(await owner.delete(mine), 403), 'last_owner');
		expect(await owner.patch(`${MEMBERS}/${deputy.id}`, { role: 'owner' }), 200);
		expect(await second.get('/api/v1/me'), 401, 'a new role is signed in anew');
		expect(await owner.delete(mine), 204);
		assert.deepEqual((await trail(o, o.members.admin.id)).map(({ action }) => action), ['member.left']);
	});

	test('go, and with them their sessions', async () => {
		const one = await withRole('member'), theirs = await shop.signedIn(one.user);
		expect(await theirs.get('/api/v1/me'), 200);
		expect(await agent.delete(`${MEMBERS}/${one.id}`), 403);
		expect(await admin.delete(`${MEMBERS}/${one.id}`), 204);
		expect(await theirs.get('/api/v1/conversations'), 403);
		expect(await admin.delete(`${MEMBERS}/${one.id}`), 404);
		assert.deepEqual((await trail(shop, one.id)).map(({ action }) => action), ['member.removed']);
	});
});

describe('invitations', () => {
	const PATH = '/api/v1/invitations';

	test('are made, listed, sent again and canceled', async () => {
		const email = address();
		const { invitation } = expect(await admin.post(PATH, { email: email.toUpperCase(), role: 'admin', chatRole: 'supervisor' }), 201).json;
		assert.deepEqual([invitation.email, invitation.role, invitation.chatRole, invitation.inviterName, invitation.expired],
			[email, 'admin', 'supervisor', (await sql.value`SELECT name FROM users WHERE id = ${shop.members.admin.user}`), false]);
		assert.equal(invitation.link, `${world.url}/invitations/${invitation.id}`);
		const more = expect(await admin.post(PATH, { email: address() }), 201).json.invitation;
		assert.equal(more.role, 'member');
		const first = expect(await admin.get(`${PATH}?limit=1`), 200).json;
		assert.equal(first.data[0].id, more.id);
		assert.ok(expect(await admin.get(`${PATH}?after=${encodeURIComponent(first.next)}`), 200).json.data.some((i) => i.id === invitation.id));
		await sql.exec`UPDATE invitations SET expires_at = now() AT TIME ZONE 'UTC' - interval '1 hour' WHERE id = ${invitation.id}`;
		assert.equal(expect(await admin.post(`${PATH}/${invitation.id}/send`), 200).json.invitation.expired, false);
		expect(await admin.delete(`${PATH}/${invitation.id}`), 204);
		expect(await admin.delete(`${PATH}/${invitation.id}`), 404);
		expect(await admin.post(`${PATH}/${invitation.id}/send`), 404);
		assert.deepEqual((await trail(shop, invitation.id)).map(({ action }) => action), ['invitation.created', 'invitation.renewed', 'invitation.canceled']);
	});

	test('are refused to who is there, and by who may not', async () => {
		const email = address();
		expect(await admin.post(PATH, { email }), 201);
		assert.equal(code(await admin.post(PATH, { email }), 409), 'already_invited');
		assert.equal(code(await admin.post(PATH, { email: shop.members.agent.email }), 409), 'already_member');
		assert.equal(pointer(await admin.post(PATH, { email: 'nobody' })), '/email');
		assert.equal(pointer(await admin.post(PATH, { email: address(), role: 'king' })), '/role');
		assert.equal(code(await agent.post(PATH, { email: address() }), 403), 'no_permission');
		assert.equal(code(await agent.get(PATH), 403), 'no_permission');
		const deputy = await withRole('admin');
		assert.equal(code(await (await shop.signedIn(deputy.user)).post(PATH, { email: address(), role: 'owner' }), 403), 'owner_only');
	});

	test('are a member\'s: of a key, whom it acts for', async () => {
		const { invitation } = expect(await shop.api.post(PATH, { email: address() }), 201).json;
		assert.equal(await sql.value`SELECT inviter_id FROM invitations WHERE id = ${invitation.id}`, shop.members.admin.user);
		const o = await world.organization({ roles: [] });
		assert.equal(code(await o.api.post(PATH, { email: address() }), 422), 'no_member');
	});
});

describe('oneself', () => {
	test('is shown under another name, and comes and goes', async () => {
		const one = await withRole('member'), me = await shop.signedIn(one.user);
		let { member } = expect(await me.patch('/api/v1/me', { displayName: 'Kim', isOnline: true }), 200).json;
		assert.deepEqual([member.id, member.displayName, member.isOnline], [one.id, 'Kim', true]);
		({ member } = expect(await me.patch('/api/v1/me', { isOnline: false }), 200).json);
		assert.deepEqual([member.displayName, member.isOnline], ['Kim', false]);
		({ member } = expect(await me.patch('/api/v1/me', { displayName: null }), 200).json);
		assert.equal(member.displayName, null);
		assert.deepEqual((await trail(shop, one.id)).map(({ action }) => action), ['member.changed', 'member.changed']);
		assert.equal(pointer(await me.patch('/api/v1/me', { role: 'owner' })), '/role');
		const o = await world.organization({ roles: [] });
		assert.equal(code(await o.api.patch('/api/v1/me', { isOnline: true }), 422), 'no_member');
	});

	test('sees and ends sessions, of one\'s own alone', async () => {
		const one = await withRole('member'), me = await shop.signedIn(one.user), phone = await shop.signedIn(one.user);
		const { data, next } = expect(await me.get('/api/v1/me/sessions'), 200).json;
		assert.deepEqual([data.length, data[0].current, data[1].current, next], [2, true, false, null]);
		assert.ok(!JSON.stringify(data).includes(me.session));
		expect(await agent.delete(`/api/v1/me/sessions/${data[1].id}`), 404);
		expect(await shop.api.get('/api/v1/me/sessions'), 401);
		expect(await me.delete(`/api/v1/me/sessions/${data[1].id}`), 204);
		expect(await phone.get('/api/v1/me'), 401);
		expect(await me.get('/api/v1/me'), 200);
	});

	test('has organizations, opens another one, and makes one, once for each Idempotency-Key', async () => {
		const o = await world.organization(), one = await withRole('member', o), me = await o.signedIn(one.user);
		const body = { name: `Second ${word()}` }, key = { headers: { 'Idempotency-Key': word() } };
		const { organization } = expect(await me.post('/api/v1/organizations', body, key), 201).json;
		assert.match(organization.publishableKey, /^pk_/);
		assert.equal(expect(await me.post('/api/v1/organizations', body, key), 201).json.organization.id, organization.id);
		const { data } = expect(await me.get('/api/v1/organizations'), 200).json;
		assert.deepEqual(data.map((x) => [x.id, x.role, x.active]), [[o.id, 'member', true], [organization.id, 'owner', false]]);
		expect(await me.post('/api/v1/me/organization', { organizationId: organization.id }), 204);
		assert.equal(expect(await me.get('/api/v1/me'), 200).json.organizationId, organization.id);
		expect(await me.post('/api/v1/me/organization', { organizationId: shop.id }), 404);
		assert.equal(pointer(await me.post('/api/v1/organizations', { name: '' })), '/name');
		expect(await shop.api.get('/api/v1/organizations'), 401);
	});

	test('without an organization makes one, and not from another site', async () => {
		const nobody = await shop.nobody(), forged = world.client({ headers: { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site',
			Cookie: `better-auth.session_token=${signCookie(nobody.session, world.secret)}` } });
		assert.deepEqual(expect(await nobody.get('/api/v1/organizations'), 200).json.data, []);
		expect(await forged.post('/api/v1/organizations', { name: 'Forged' }), 403);
		expect(await nobody.with({ 'X-CSRF-Token': 'x' }).post('/api/v1/organizations', { name: 'Forged' }), 403);
		assert.deepEqual(expect(await nobody.get('/api/v1/organizations'), 200).json.data, []);
		const { organization } = expect(await nobody.post('/api/v1/organizations', { name: 'First' }), 201).json;
		expect(await nobody.post('/api/v1/me/organization', { organizationId: organization.id }), 204);
		assert.equal(expect(await nobody.get('/api/v1/me'), 200).json.organizationId, organization.id);
	});
});
