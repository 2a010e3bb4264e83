// Whoever loses access has lost it at the next request, and a poll that waits under it ends within two
// seconds. Every way in which access ends, whichever program ends it.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { STAFF, VISITOR, cursorNow, poll } from '../lib/polls.mjs';
import { expect, useWorld, word } from '../lib/world.mjs';

const world = await useWorld();
const { sql } = world;
const past = `now() AT TIME ZONE 'UTC'`;

// Who waits, and asks afterwards. A tenant of its own for each.
const people = {
	async session(role = 'agent') {
		const o = await world.organization({ roles: ['admin', 'agent', 'viewer'] }), client = await o.staff(role);
		return { o, client, path: STAFF, next: '/api/v1/me', member: o.members[role], token: client.session };
	},
	async key() {
		const o = await world.organization({ roles: ['admin', 'agent'] });
		return { o, client: o.api, path: STAFF, next: '/api/v1/me', member: o.members.admin };
	},
	async visitor() {
		const o = await world.organization(), visitor = await o.visitor();
		return { o, client: visitor.client, path: VISITOR, next: '/api/v1/widget/conversations', visitor };
	},
};
const run = (text) => (who) => sql.exec([text(who)]);

// who, what happens, and what the next request gets; then: what it is asked with, if not by next; waits: the
// right to read is left, and so the wait.
const cases = {
	// Sessions
	'a session that is deleted': ['session', run(({ token }) => `DELETE FROM sessions WHERE token = '${token}'`), 401],
	'a session whose time is made to be over': ['session', run(({ token }) =>
		`UPDATE sessions SET expires_at = ${past} WHERE token = '${token}'`), 401],
	'a session that gets another token': ['session', run(({ token }) => `UPDATE sessions SET token = '${word(32)}' WHERE token = '${token}'`), 401],
	'a session that signs out': ['session', async ({ client }) => expect(await client.form('/sign-out', {}), 303), 401],
	'all sessions of an account, as when its password changes': ['session', run(({ member }) =>
		`DELETE FROM sessions WHERE user_id = '${member.user}'`), 401],
	'an account that is deleted': ['session', run(({ member }) => `DELETE FROM users WHERE id = '${member.user}'`), 401],
	'an account that is banned': ['session', run(({ member }) => `UPDATE users SET banned = true WHERE id = '${member.user}'`), 401,
		{ needs: 'parlor.users_banned' }],
	'a member who is removed': ['session', run(({ member }) => `DELETE FROM members WHERE id = '${member.id}'`), [401, 403]],
	'a member whose role is lowered': ['session', run(({ member }) => `UPDATE members SET chat_role = 'viewer' WHERE id = '${member.id}'`), 403,
		{ waits: true, then: ({ client }) => client.post('/api/v1/conversations/x/messages', { clientId: 'x', content: 'x' }) }],
	'an owner who becomes a member': ['session', run(({ member }) =>
		`UPDATE members SET role = 'member', chat_role = 'agent' WHERE id = '${member.id}'`), 403,
	{ role: 'admin', waits: true, then: ({ client }) => client.get('/api/v1/audit-log') }],
	'a role that nobody knows': ['session', run(({ member }) => `UPDATE members SET chat_role = 'sorcerer' WHERE id = '${member.id}'`), 403,
		{ waits: true, then: ({ client }) => client.post('/api/v1/conversations/x/messages', { clientId: 'x', content: 'x' }) }],
	'an organization that is deleted, for its agents': ['session', run(({ o }) => `DELETE FROM organizations WHERE id = '${o.id}'`), [401, 403]],

	// Secret keys
	'a key that is revoked': ['key', run(({ o }) => `UPDATE parlor.api_keys SET revoked_at = ${past} WHERE organization_id = '${o.id}'`), 401],
	'a key that is deleted': ['key', run(({ o }) => `DELETE FROM parlor.api_keys WHERE organization_id = '${o.id}'`), 401],
	'a key whose time is made to be over': ['key', run(({ o }) =>
		`UPDATE parlor.api_keys SET expires_at = ${past} WHERE organization_id = '${o.id}'`), 401],
	'a key that loses its scopes': ['key', run(({ o }) => `UPDATE parlor.api_keys SET scopes = 'settings:read' WHERE organization_id = '${o.id}'`), 403,
		{ ends: [401, 403], then: ({ client }) => client.get('/api/v1/conversations') }],
	'a key whose member is removed': ['key', run(({ member }) => `DELETE FROM members WHERE id = '${member.id}'`), 401,
		{ needs: 'parlor.api_keys_orphaned' }],
	'a key whose member\'s account is banned': ['key', run(({ member }) => `UPDATE users SET banned = true WHERE id = '${member.user}'`), 401,
		{ needs: 'parlor.users_banned' }],
	'a key whose member\'s role is lowered': ['key', run(({ member }) =>
		`UPDATE members SET role = 'member', chat_role = 'viewer' WHERE id = '${member.id}'`), 403,
	{ waits: true, then: ({ client }) => client.post('/api/v1/conversations/x/messages', { clientId: 'x', content: 'x' }) }],
	'an organization that is deleted, for its keys': ['key', run(({ o }) => `DELETE FROM organizations WHERE id = '${o.id}'`), 401],

	// Visitors
	'a visitor\'s token that is revoked': ['visitor', run(({ visitor }) =>
		`UPDATE parlor.visitor_tokens SET revoked_at = ${past} WHERE chat_user_id = '${visitor.id}'`), 401],
	'a visitor\'s token that is deleted': ['visitor', run(({ visitor }) =>
		`DELETE FROM parlor.visitor_tokens WHERE chat_user_id = '${visitor.id}'`), 401],
	'a visitor\'s token whose time is made to be over': ['visitor', run(({ visitor }) =>
		`UPDATE parlor.visitor_tokens SET expires_at = ${past} WHERE chat_user_id = '${visitor.id}'`), 401],
	'a visitor\'s token that was not used for too long': ['visitor', run(({ visitor }) =>
		`UPDATE parlor.visitor_tokens SET idle_expires_at = ${past} WHERE chat_user_id = '${visitor.id}'`), 401],
	'a visitor who is deleted': ['visitor', run(({ visitor }) => `DELETE FROM chat_users WHERE id = '${visitor.id}'`), 401],
	'an organization that is switched off, for its visitors': ['visitor', run(({ o }) =>
		`UPDATE organizations SET chat_is_active = false WHERE id = '${o.id}'`), 401],
	'an organization that is deleted, for its visitors': ['visitor', run(({ o }) => `DELETE FROM organizations WHERE id = '${o.id}'`), 401],
};
const oneOf = (status, wanted, what) => assert.ok([wanted].flat().includes(status), `${what}: ${status}, not ${wanted}`);

// A wait that began before act: its status, and that it ended in time.
async function wait({ client, path }) {
	const cursor = await cursorNow(client, path), state = { status: null };
	state.answer = poll(client, path, cursor, 20).then(({ status }) => { state.status = status; });
	expect(await poll(client, path, cursor, 0), 200); // what came before it waits by now
	assert.equal(state.status, null);
	return state;
}

// Who may still read is told what comes.
async function stillReads({ o }, waiting) {
	await (await o.visitor()).begin('for all who may read');
	await waiting.answer;
	assert.equal(waiting.status, 200);
}

describe('access ends with', () => {
	for (const [what, [kind, act, refused, { ends = refused, role, then, needs, waits } = {}]] of Object.entries(cases))
		test(what, async (t) => {
			if (needs && !await sql.value`SELECT to_regproc(${needs}) IS NOT NULL AS there`)
				return t.skip(`there is no ${needs}`);
			const who = await people[kind](role), waiting = await wait(who);
			if (!then)
				expect(await who.client.get(who.next), 200);
			await act(who);
			const start = Date.now();
			const next = then ? await then(who) : await who.client.get(who.next);
			oneOf(next.status, refused, 'the next request');
			if (waits)
				return stillReads(who, waiting);
			await waiting.answer;
			assert.ok(Date.now() - start < 2000, `the wait ended after ${Date.now() - start} ms`);
			oneOf(waiting.status, ends, 'the wait');
			return undefined;
		});

	test('somebody else\'s session goes on waiting', async () => {
		const o = await world.organization({ roles: ['admin', 'agent'] });
		const [gone, stays] = [await o.staff(), await o.staff('admin')];
		const [one, other] = [await wait({ client: gone, path: STAFF }), await wait({ client: stays, path: STAFF })];
		await sql.exec`DELETE FROM sessions WHERE token = ${gone.session}`;
		await one.answer;
		assert.deepEqual([one.status, other.status], [401, null]);
		await (await o.visitor()).begin('still there?');
		await other.answer;
		assert.equal(other.status, 200);
	});

	test('all of the ways', () => assert.ok(Object.keys(cases).length >= 25));
});
