// Organizations, members and invitations that Better Auth writes, with the chat's data hanging on them.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { blake2b, credential } from '../lib/world.mjs';
import { STAFF, VISITOR, cursorNow, poll } from '../lib/polls.mjs';
import { eventually, expect, useBoth, word } from './both.mjs';

const both = await useBoth();
const { sql, world } = both;

const clientOf = (person) => world.client({ headers: { Cookie: person.browser.cookies(false), Origin: both.here,
	'Sec-Fetch-Site': 'same-origin' } });
const count = (table, organization) => sql.value([`SELECT count(*)::int AS n FROM ${table} WHERE organization_id = '${organization}'`]);

// An organization that was made there, in use here: a conversation that is assigned to the colleague, with
// a reply, a note, a rating, a key, a team, a canned response and lines of the audit log of theirs.
async function shopInUse() {
	const owner = await both.owner({ chatApiKey: `pk_${word(24)}`, chatIsActive: true, chatWelcomeMessage: 'Ahoy' });
	const colleague = await both.colleague(owner, 'member');
	const { organization } = owner, { member } = colleague, key = credential('sk', organization);
	const visitorClient = world.client();
	const { token } = expect(await visitorClient.post('/api/v1/widget/session', { key: (await keyOf(organization)) }), 200).json;
	const visitor = visitorClient.with({ Authorization: `Bearer ${token}` });
	const { conversation } = expect(await visitor.post('/api/v1/widget/conversations',
		{ clientId: word(), content: 'Hello' }), 201).json;
	await sql.exec`INSERT INTO parlor.api_keys (id, organization_id, member_id, name, key_hash, hint)
		VALUES (${word()}, ${organization}, ${member}, 'key', ${blake2b(key)}, ${key.slice(0, 16)})`;
	const api = world.client({ headers: { Authorization: `Bearer ${key}` } });
	const path = `/api/v1/conversations/${conversation.id}`;
	expect(await api.post(`${path}/assignments`, { agentId: member }), 200);
	expect(await api.post(`${path}/messages`, { clientId: word(), content: 'Here I am' }), 201);
	expect(await api.post(`${path}/notes`, { clientId: word(), content: 'A quiet one' }), 201);
	await sql.exec`INSERT INTO parlor.ratings (id, organization_id, conversation_id, member_id, score)
			VALUES (${word()}, ${organization}, ${conversation.id}, ${member}, 5);
		INSERT INTO parlor.canned_responses (id, organization_id, member_id, shortcut, title, content)
			VALUES (${word()}, ${organization}, ${member}, 'hi', 'Hi', 'Hello!');
		INSERT INTO parlor.teams (id, organization_id, name) VALUES (${organization}, ${organization}, 'Team');
		INSERT INTO parlor.team_members (organization_id, team_id, member_id) VALUES (${organization}, ${organization}, ${member});
		INSERT INTO parlor.audit_log (organization_id, actor_type, actor_id, action, target_type, target_id)
			VALUES (${organization}, 'user', ${colleague.user}, 'settings.changed', 'member', ${member})`;
	return { owner, colleague, organization, member, conversation: conversation.id, api, visitor };
}

const keyOf = (organization) => sql.value`SELECT chat_api_key FROM organizations WHERE id = ${organization}`;

const widget = { active: 'true', color: '#112233', theme: 'dark', position: 'bottom-left', welcome: 'Hi', offline: '', domains: '' };

describe('an organization that was made there', () => {
	test('has its widget here, and follows updateOrganization', async () => {
		const key = `pk_${word(24)}`;
		const { browser, organization } = await both.owner({ chatApiKey: key, chatIsActive: true, chatWelcomeMessage: 'Ahoy',
			chatPrimaryColor: '#123456', metadata: { plan: 'pro', nested: { none: null, list: [1, 2] } } });
		const settings = async () => expect(await world.client().get(`/api/v1/widget/settings?key=${key}`), 200).json;
		assert.equal((await settings()).welcomeMessage, 'Ahoy');
		await browser.did('organization/update', { organizationId: organization, data: { chatWelcomeMessage: 'Welcome aboard' } });
		assert.equal((await settings()).welcomeMessage, 'Welcome aboard');
		await browser.did('organization/update', { organizationId: organization, data: { chatIsActive: false } });
		assert.equal((await world.client().get(`/api/v1/widget/settings?key=${key}`)).status, 404);
	});

	test('keeps its metadata as Better Auth wrote it when its widget is changed here', async () => {
		const metadata = { plan: 'pro', nested: { none: null, list: [1, 'ü'] } };
		const owner = await both.owner({ metadata });
		const stored = await sql.value`SELECT metadata FROM organizations WHERE id = ${owner.organization}`;
		assert.deepEqual(JSON.parse(stored), metadata);
		const answer = await owner.browser.submit('/settings/widget', '/settings/widget', widget);
		assert.equal(answer.status, 303, answer.text);
		assert.equal(await sql.value`SELECT metadata FROM organizations WHERE id = ${owner.organization}`, stored);
		const full = await owner.browser.did(`organization/get-full-organization?organizationId=${owner.organization}`);
		assert.deepEqual(typeof full.metadata === 'string' ? JSON.parse(full.metadata) : full.metadata, metadata);
	});

	test('of those a person is in, the active one is the one here', async () => {
		const owner = await both.owner(), second = await owner.browser.did('organization/create', { name: 'Two', slug: word(16).toLowerCase() });
		for (const id of [owner.organization, second.id, owner.organization]) {
			await owner.browser.did('organization/set-active', { organizationId: id });
			assert.equal((await owner.browser.whoHere()).organizationId, id);
		}
	});
});

describe('a role', () => {
	// What Better Auth stores, and what it means here.
	const meanings = { 'member': 'agent', 'admin': 'admin', 'owner': 'admin', 'member,admin': 'admin', 'admin,member': 'admin',
		'member,owner': 'admin' };
	for (const [role, here] of Object.entries(meanings))
		test(`"${role}" makes ${here} here`, async () => {
			const owner = await both.owner();
			const colleague = await both.colleague(owner, role.includes(',') ? role.split(',') : role);
			assert.equal(await sql.value`SELECT role FROM members WHERE id = ${colleague.member}`, role);
			const me = await colleague.browser.whoHere();
			assert.equal(me.role, here);
			assert.equal(me.permissions.includes('members:write'), here === 'admin');
			assert.equal(me.permissions.includes('organization:delete'), role.includes('owner'));
		});

	test('that is changed there counts at the next request', async () => {
		const owner = await both.owner(), colleague = await both.colleague(owner);
		assert.equal((await colleague.browser.whoHere()).role, 'agent');
		await owner.browser.did('organization/update-member-role',
			{ memberId: colleague.member, role: ['member', 'admin'], organizationId: owner.organization });
		assert.equal((await colleague.browser.whoHere()).role, 'admin');
		await owner.browser.did('organization/update-member-role',
			{ memberId: colleague.member, role: 'member', organizationId: owner.organization });
		assert.equal((await colleague.browser.whoHere()).role, 'agent');
	});
});

describe('with conversations, notes, keys, ratings and an audit log', () => {
	test('removeMember takes the member out and leaves what was said', async () => {
		const { owner, colleague, organization, member, conversation, api, visitor } = await shopInUse();
		const client = clientOf(colleague), cursor = await cursorNow(client, STAFF);
		let ended = false;
		const waiting = poll(client, STAFF, cursor, 20).then(() => {
			ended = true;
		});
		await owner.browser.did('organization/remove-member', { memberIdOrEmail: member, organizationId: organization });
		await eventually('the wait has ended', () => ended, { seconds: 2 });
		await waiting;
		assert.notEqual((await client.get('/api/v1/conversations')).status, 200);
		const [row] = await sql.rows`SELECT assigned_agent_id, last_seq FROM conversations WHERE id = ${conversation}`;
		assert.equal(row.assigned_agent_id, null);
		const messages = expect(await visitor.get(`/api/v1/widget/conversations/${conversation}/messages`), 200).json.data;
		assert.deepEqual(messages.map((m) => m.content), ['Hello', 'Here I am']);
		for (const [table, left] of Object.entries({ 'parlor.notes': 1, 'parlor.ratings': 1, conversation_assignments: 0,
			'parlor.team_members': 0, 'parlor.canned_responses': 0, 'parlor.teams': 1 }))
			assert.equal(await count(table, organization), left, table);
		assert.ok(await sql.value`SELECT count(*)::int AS n FROM parlor.audit_log WHERE organization_id = ${organization}` >= 1);
		// A key of somebody who has left must not go on as the organization itself with more rights.
		const answer = await api.get('/api/v1/conversations');
		assert.ok([200, 401].includes(answer.status), answer.text);
		const page = await owner.browser.get(`/inbox/${conversation}`);
		assert.equal(page.status, 200);
		assert.match(page.text, /Here I am/);
		assert.match(page.text, /A quiet one/);
	});

	test('leaving does the same', async () => {
		const { colleague, organization, member } = await shopInUse();
		await colleague.browser.did('organization/leave', { organizationId: organization });
		assert.equal(await sql.value`SELECT count(*)::int AS n FROM members WHERE id = ${member}`, 0);
		assert.equal((await colleague.browser.get('/inbox')).headers.location, '/organizations');
	});

	test('deleteOrganization takes all of it, and ends every wait', async () => {
		const { owner, colleague, organization, api, visitor } = await shopInUse();
		const ended = [];
		const waits = [[clientOf(colleague), STAFF], [visitor, VISITOR], [api, STAFF]].map(async ([client, path], i) => {
			const cursor = await cursorNow(client, path);
			return { started: poll(client, path, cursor, 20).then(() => ended.push(i)) };
		});
		const started = await Promise.all(waits);
		await owner.browser.did('organization/delete', { organizationId: organization });
		await eventually('all waits have ended', () => ended.length === 3, { seconds: 2 });
		await Promise.all(started.map((s) => s.started));
		const tables = await sql.rows`SELECT table_schema || '.' || table_name AS name FROM information_schema.columns
			JOIN information_schema.tables USING (table_schema, table_name)
			WHERE column_name = 'organization_id' AND table_schema IN ('public', 'parlor') AND table_type = 'BASE TABLE'
			  AND table_name NOT IN ('events', 'jobs')`;
		assert.ok(tables.length > 15);
		for (const { name } of tables)
			assert.equal(await count(name, organization), 0, name);
		assert.equal(await sql.value`SELECT count(*)::int AS n FROM parlor.events
			WHERE organization_id = ${organization} AND visibility <> 'poller'`, 0);
		for (const client of [visitor, api])
			assert.equal((await client.get(client === api ? '/api/v1/conversations' : '/api/v1/widget/conversations')).status, 401);
		assert.equal((await owner.browser.get('/inbox')).headers.location, '/organizations');
	});

	test('a user who is deleted there leaves what was said', async () => {
		const { colleague, organization, conversation, member } = await shopInUse();
		await sql.exec`UPDATE chat_users SET user_id = ${colleague.user} WHERE organization_id = ${organization}`;
		await colleague.browser.did('delete-user', { password: colleague.password });
		assert.equal(await sql.value`SELECT count(*)::int AS n FROM members WHERE id = ${member}`, 0);
		assert.deepEqual(await sql.rows`SELECT user_id FROM chat_users WHERE organization_id = ${organization}`, [{ user_id: null }]);
		assert.equal(await sql.value`SELECT count(*)::int AS n FROM messages WHERE conversation_id = ${conversation}`, 2);
	});
});
