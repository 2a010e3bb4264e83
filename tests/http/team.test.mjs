// The team page: who is in it, with which roles, who goes. Without mail: links are handed over by hand.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PASSWORD, expect, useWorld, word } from '../lib/world.mjs';
import { Visit } from '../lib/visit.mjs';

const world = await useWorld();
const shop = await world.organization({ roles: ['admin', 'supervisor', 'agent', 'viewer'] });
const address = () => `${word(12).toLowerCase()}@example.org`;
const stored = async (id) => (await world.sql.rows`SELECT role, chat_role, chat_display_name, chat_max_concurrent_chats FROM members WHERE id = ${id}`)[0];
const trail = (id) => world.sql.rows`SELECT action, data::json AS data FROM parlor.audit_log WHERE target_id = ${id} ORDER BY id`;

async function visitAs(email) {
	const visit = new Visit(world);
	expect(await visit.signIn(email, PASSWORD), 200);
	await visit.go('/team');
	return visit;
}
const boss = await visitAs(shop.members.admin.email);
// A form that the page would have for somebody who may.
const send = (visit, path, fields = {}) => visit.client.form(path, { csrf: visit.form('/sign-out').fields.csrf, ...fields },
	{ headers: visit.headers() });
const all = { role: 'member', chatRole: 'agent', displayName: '', maxChats: '0' };

async function withRole(role, organization = shop) {
	const one = await world.member(organization.id, 'agent');
	await world.sql.exec`UPDATE members SET role = ${role}, chat_role = NULL, chat_display_name = NULL WHERE id = ${one.id}`;
	return one;
}

describe('the team', () => {
	test('is seen by everybody in it, and changed by administrators', async () => {
		for (const role of ['supervisor', 'agent', 'viewer']) {
			const visit = await visitAs(shop.members[role].email);
			expect(visit.page, 200);
			for (const { name, email } of Object.values(shop.members))
				assert.ok(visit.page.text.includes(name) && visit.page.text.includes(email), role);
			assert.doesNotMatch(visit.page.text, /action="\/team\//);
			const { id } = shop.members.viewer;
			expect(await send(visit, `/team/members/${id}`, all), 403);
			expect(await send(visit, `/team/members/${id}/remove`), 403);
			expect(await send(visit, '/team/invitations', { email: address(), role: 'member' }), 403);
		}
		assert.equal((await stored(shop.members.viewer.id)).chat_role, 'viewer');
	});

	test('has what a member was given', async () => {
		const one = await withRole('member');
		await boss.go('/team');
		const before = boss.form(`/team/members/${one.id}`).fields;
		assert.deepEqual([before.role, before.chatRole, before.maxChats], ['member', '', '0']);
		await boss.submit(`/team/members/${one.id}`, { role: 'admin', chatRole: 'supervisor', displayName: 'Æther <b>', maxChats: '7' });
		assert.match(expect(boss.page, 200).text, /The changes are saved/);
		assert.ok(boss.page.text.includes('Æther &lt;b&gt;'));
		assert.deepEqual(await stored(one.id), { role: 'admin', chat_role: 'supervisor', chat_display_name: 'Æther <b>', chat_max_concurrent_chats: 7 });
		await boss.submit(`/team/members/${one.id}`, { role: 'member', chatRole: '', displayName: '', maxChats: '0' });
		assert.deepEqual(await stored(one.id), { role: 'member', chat_role: null, chat_display_name: null, chat_max_concurrent_chats: null });
		const lines = await trail(one.id);
		assert.deepEqual(lines.map((line) => line.action), ['member.changed', 'member.changed']);
		assert.deepEqual(lines[0].data.role, ['member', 'admin']);
		await boss.submit(`/team/members/${one.id}`);
		assert.equal((await trail(one.id)).length, 2, 'nothing changed, nothing told');
	});

	test('takes effect at once: with another role one signs in anew', async () => {
		const one = await withRole('member');
		const before = await shop.signedIn(one.user);
		expect(await before.get('/api/v1/audit-log'), 403);
		await send(boss, `/team/members/${one.id}`, { ...all, displayName: 'Another name' });
		expect(await before.get('/api/v1/audit-log'), 401, 'the chat role became a word of its own');
		const named = await shop.signedIn(one.user);
		await send(boss, `/team/members/${one.id}`, { ...all, displayName: 'Yet another' });
		expect(await named.get('/api/v1/me'), 200, 'a name is no right');
		await send(boss, `/team/members/${one.id}`, { ...all, chatRole: 'admin' });
		expect(await named.get('/api/v1/audit-log'), 401);
		const client = await shop.signedIn(one.user);
		expect(await client.get('/api/v1/audit-log'), 200);
		await send(boss, `/team/members/${one.id}/remove`);
		expect(await client.get('/api/v1/me'), 403);
	});

	test('keeps a role that another program made', async () => {
		const one = await withRole('member,billing');
		await boss.go('/team');
		assert.equal(boss.form(`/team/members/${one.id}`).fields.role, 'member,billing');
		await boss.submit(`/team/members/${one.id}`, { displayName: 'Bill' });
		assert.equal((await stored(one.id)).role, 'member,billing');
	});

	test('refuses what is no role, no number and no name', async () => {
		const one = await withRole('member');
		for (const fields of [{ role: 'janitor' }, { role: '' }, { role: 'member,' }, { chatRole: 'boss' }, { maxChats: '-1' }, { maxChats: '1001' },
			{ maxChats: 'x' }, { displayName: 'x'.repeat(101) }, { displayName: 'a\nb' }])
			expect(await send(boss, `/team/members/${one.id}`, { ...all, ...fields }), 422);
		assert.deepEqual(await stored(one.id), { role: 'member', chat_role: null, chat_display_name: null, chat_max_concurrent_chats: null });
	});
});

describe('owners', () => {
	test('are made and changed by owners alone', async () => {
		const admin = await withRole('admin'), one = await withRole('member'), visit = await visitAs(admin.email);
		const owner = shop.members.admin.id;
		assert.ok(!visit.page.text.includes(`action="/team/members/${owner}"`));
		assert.match(expect(await send(visit, `/team/members/${one.id}`, { ...all, role: 'owner' }), 403).text, /Only an owner/);
		for (const role of ['admin', 'owner,admin', 'owner', 'member'])
			expect(await send(visit, `/team/members/${owner}`, { ...all, role }), 403);
		expect(await send(visit, `/team/members/${owner}/remove`), 403);
		expect(await send(visit, `/team/members/${admin.id}`, { ...all, role: 'owner' }), 403, 'not oneself either');
		assert.equal((await stored(owner)).role, 'owner');
		expect(await send(visit, `/team/members/${one.id}`, { ...all, role: 'admin' }), 303);
		expect(await send(boss, `/team/members/${one.id}`, { ...all, role: 'owner' }), 303);
		expect(await send(boss, `/team/members/${one.id}/remove`), 303);
	});

	test('cannot all go', async () => {
		const o = await world.organization(), visit = await visitAs(o.members.admin.email), { id } = o.members.admin;
		for (const answer of [await send(visit, `/team/members/${id}`, { ...all, role: 'admin' }),
			await send(visit, `/team/members/${id}/remove`), await send(visit, '/organizations/leave')])
			assert.match(expect(answer, 403).text, /The last owner cannot go/);
		assert.equal((await stored(id)).role, 'owner');
		const second = await withRole('admin,owner', o);
		expect(await send(visit, `/team/members/${id}`, { ...all, role: 'admin' }), 303);
		const other = await visitAs(second.email);
		expect(await send(other, '/organizations/leave'), 403);
	});

	test('who leave at once leave one behind', async () => {
		for (let round = 0; round < 5; round++) {
			const o = await world.organization({ roles: ['admin'] });
			const owners = [o.members.admin, ...await Promise.all([1, 2, 3].map(() => withRole('owner', o)))];
			const visits = await Promise.all(owners.map(({ email }) => visitAs(email)));
			const answers = await Promise.all(visits.map((visit, n) => (n % 2
				? send(visit, '/organizations/leave') : send(visit, `/team/members/${owners[n].id}`, { ...all, role: 'member' }))));
			assert.deepEqual(answers.map((a) => a.status).sort(), [303, 303, 303, 403]);
			const [{ n }] = await world.sql.rows`SELECT count(*)::int AS n FROM members WHERE organization_id = ${o.id} AND role = 'owner'`;
			assert.equal(n, 1);
		}
	});
});

describe('without mail', () => {
	test('the link is handed over, and lets in whoever has it, once', async () => {
		const email = address();
		await boss.go('/team');
		await boss.submit('/team/invitations', { email, role: 'member', chatRole: 'viewer' });
		const [{ id }] = await world.sql.rows`SELECT id FROM invitations WHERE email = ${email}`;
		assert.ok(boss.page.text.includes(`${world.url}/invitations/${id}</code>`));
		assert.deepEqual(await world.sql.rows`SELECT id FROM parlor.jobs WHERE kind = 'mail' AND payload LIKE ${`%${email}%`}`, []);
		const guest = new Visit(world);
		await guest.go(`/invitations/${id}`);
		assert.match(guest.page.text, new RegExp(email));
		await guest.submit(`/invitations/${id}/join`, { name: 'New', password: 'a good password' });
		assert.equal(guest.page.path, '/inbox');
		const [member] = await world.sql.rows`SELECT m.role, m.chat_role, u.email_verified FROM members m JOIN users u ON u.id = m.user_id
			WHERE u.email = ${email}`;
		assert.deepEqual(member, { role: 'member', chat_role: 'viewer', email_verified: false });
		expect(await new Visit(world).go(`/invitations/${id}`), 410);
	});

	test('a bad password shows the form again', async () => {
		const email = address();
		await boss.go('/team');
		await boss.submit('/team/invitations', { email });
		const [{ id }] = await world.sql.rows`SELECT id FROM invitations WHERE email = ${email}`;
		const guest = new Visit(world);
		await guest.go(`/invitations/${id}`);
		const answer = await guest.submit(`/invitations/${id}/join`, { name: 'New', password: 'short' });
		assert.match(expect(answer, 422).text, /8 to 128/);
		assert.match(answer.text, /value="New"/);
	});
});
