// What tests that are made from the route table cannot know by themselves. A new route mostly needs no
// line here: its fields are read from its handler (source.mjs). It needs one
//   in kinds    for an id of a thing that is not there yet: how to make one
//   in values   for a field whose value is not any text, number or choice
//   in bodies   for a body as a whole, when its fields depend on each other
//   in queries  for what the query must hold
//   in secrets  when the answer shows a secret, once
//   in special  when an example of it cannot be made at all, with the reason
import { PASSWORD, blake2b, credential, word } from './world.mjs';

// table: where the row stands; personal: the callers for whom only their own exist; make: a new one of
// the organization o, of its visitor and member in who, and its id.
const row = (table, insert, personal = []) => ({ table, personal,
	async make(world, o, who) {
		const id = word();
		await insert(world.sql, id, o, who);
		return id;
	} });

export const kinds = {
	conversation: row('conversations', (sql, id, o, who) => sql.exec`INSERT INTO conversations (id, organization_id, chat_user_id)
		VALUES (${id}, ${o.id}, ${who.visitor})`, ['visitor']),
	visitor: row('chat_users', (sql, id, o) => sql.exec`INSERT INTO chat_users (id, organization_id, name)
		VALUES (${id}, ${o.id}, 'Somebody')`),
	message: row('messages', async (sql, id, o, who) => {
		const conversation = word();
		await sql.exec`INSERT INTO conversations (id, organization_id, chat_user_id) VALUES (${conversation}, ${o.id}, ${who.visitor});
			INSERT INTO messages (id, conversation_id, sender_id, sender_type, content)
				VALUES (${id}, ${conversation}, ${who.visitor}, 'user', 'Hello')`;
	}, ['visitor']),
	note: row('parlor.notes', async (sql, id, o, who) => {
		const conversation = word();
		await sql.exec`INSERT INTO conversations (id, organization_id, chat_user_id) VALUES (${conversation}, ${o.id}, ${who.visitor});
			INSERT INTO parlor.notes (id, organization_id, conversation_id, member_id, content)
				VALUES (${id}, ${o.id}, ${conversation}, ${who.member}, 'A note')`;
	}),
	member: { table: 'members', personal: [], make: async (world, o) => (await world.member(o.id, 'agent')).id },
	key: row('parlor.api_keys', (sql, id, o, who) => sql.exec`INSERT INTO parlor.api_keys (id, organization_id, member_id, name, key_hash, hint)
		VALUES (${id}, ${o.id}, ${who.member}, 'A key', ${blake2b(credential('sk', o.id))}, 'sk_x')`),
	invitation: row('invitations', (sql, id, o, who) => sql.exec`INSERT INTO invitations (id, organization_id, email, role, expires_at, inviter_id)
		VALUES (${id}, ${o.id}, ${`${id.toLowerCase()}@example.org`}, 'member', now() AT TIME ZONE 'UTC' + interval '1 day', ${who.user})`),
	session: { table: 'sessions', personal: ['agent'],
		async make(world, o, who) {
			const token = await world.session(who.user, { organization: o.id });
			return world.sql.value`SELECT id FROM sessions WHERE token = ${token}`;
		} },
	// One that the caller is a member of, besides the one at work.
	organization: { table: 'organizations', personal: [],
		async make(world, o, who) {
			const { id } = await world.organization({ roles: [] });
			if (!who.alone) // who is in none stays so
				await world.sql.exec`INSERT INTO members (id, organization_id, user_id, role, created_at)
				VALUES (${word()}, ${id}, ${who.user}, 'member', now() AT TIME ZONE 'UTC')`;
			return id;
		} },
	attachment: row('attachments', async (sql, id, o, who) => {
		const conversation = word(), message = word();
		await sql.exec`INSERT INTO conversations (id, organization_id, chat_user_id) VALUES (${conversation}, ${o.id}, ${who.visitor});
			INSERT INTO messages (id, conversation_id, sender_id, sender_type, content, message_type)
				VALUES (${message}, ${conversation}, ${who.visitor}, 'user', '', 'file');
			INSERT INTO attachments (id, message_id, file_name, file_size, url) VALUES (${id}, ${message}, 'a.txt', 1, 'x');
			INSERT INTO parlor.uploads (id, organization_id, uploader, attachment_id, file_name, file_size, mime_type, sha256, chunk_size, state)
				VALUES (${id}, ${o.id}, 'visitor:nobody', ${id}, 'a.txt', 1, 'text/plain', 'x', 1, 'clean');
			INSERT INTO parlor.attachment_chunks (organization_id, upload_id, number, data) VALUES (${o.id}, ${id}, 0, 'x')`;
	}, ['visitor']),
	response: row('parlor.canned_responses', (sql, id, o) => sql.exec`INSERT INTO parlor.canned_responses (id, organization_id, shortcut, content)
		VALUES (${id}, ${o.id}, ${id}, 'Hello')`),
	team: row('parlor.teams', (sql, id, o) => sql.exec`INSERT INTO parlor.teams (id, organization_id, name)
		VALUES (${id}, ${o.id}, ${`Team ${id}`})`),
};

// By the name of a field, of JSON and of forms.
export const values = {
	key: ({ shop }) => shop.key,
	email: () => `${word(12).toLowerCase()}@example.org`,
	color: () => '#2f6fed',
	primaryColor: () => '#2f6fed',
	domains: () => '',
	password: () => PASSWORD,
	scopes: () => ['conversations:read'],
	language: () => 'german',
	url: () => 'https://shop.example/',
};

// By "METHOD path"; the whole body, ids included.
export const bodies = {
	'POST /api/v1/widget/conversations': () => ({ clientId: word(), content: 'Hello' }),
	'POST /api/v1/widget/conversations/:conversation/messages': () => ({ clientId: word(), content: 'Hello' }),
	'POST /api/v1/conversations/:conversation/messages': () => ({ clientId: word(), content: 'Hello' }),
	'POST /api/v1/conversations/:conversation/notes': () => ({ clientId: word(), content: 'Hello' }),
	'POST /api/v1/conversations': () => ({ clientId: word(), content: 'Hello' }),
	'POST /api/v1/conversations/:conversation/assignments': () => ({ agentId: null }),
	'POST /api/v1/teams': () => ({ name: word(12) }),
	'POST /api/v1/canned-responses': () => ({ shortcut: word(12), content: 'Hello' }),
	'POST /team/members/:member': () => ({ role: 'member', chatRole: 'agent', displayName: '', maxChats: '0' }),
	'PATCH /api/v1/members/:member': () => ({ role: 'member', chatRole: 'agent', displayName: 'Somebody', maxConcurrentChats: 3 }),
	'DELETE /api/v1/organization': ({ shop }) => ({ name: shop.name }),
	'POST /organizations/delete': ({ shop }) => ({ name: shop.name }),
	'POST /settings/search': () => ({ language: 'french' }),
	'PATCH /api/v1/organization/search': () => ({ language: 'french' }),
	'POST /settings/keys': () => ({ name: 'A key', actsFor: 'organization', expires: 'never', scope: 'conversations:read' }),
	'POST /settings/security/password': () => ({ current: PASSWORD, password: `another ${PASSWORD}`, again: `another ${PASSWORD}` }),
	'POST /sign-in': ({ shop }) => ({ email: shop.members.agent.email, password: PASSWORD }),
};

// By "METHOD path": what is asked for besides ids. (wait=0 and key= come by themselves.)
export const queries = {
	'GET /inbox/:conversation/thread': () => ({ after: '0' }),
	'GET /api/v1/search': () => ({ q: 'hello', type: 'messages' }),
	'DELETE /api/v1/conversations/:conversation/tags': () => ({ tag: 'x' }),
	'GET /search': () => ({ q: 'hello', type: 'messages' }),
};

// "METHOD path" of what may answer with a secret key.
export const secrets = [
	'POST /api/v1/api-keys', 'POST /api/v1/api-keys/:key/rotate', 'POST /settings/keys', 'POST /settings/keys/:key/rotate',
];

// By "METHOD path": why there is no good example.
export const special = {
	'POST /invitations/:invitation/accept': 'an invitation is for one address: tests/http/invitations.test.mjs',
	'POST /invitations/:invitation/decline': 'an invitation is for one address: tests/http/invitations.test.mjs',
	'DELETE /api/v1/teams/:team/members/:member': 'the member must be in the team: tests/http/tags.test.mjs',
	'POST /organizations/leave': 'the only owner cannot: tests/http/organizations.test.mjs',
	'POST /reset-password': 'takes the token of a mail: tests/http/security.test.mjs',
	'POST /verify-email': 'takes the token of a mail: tests/http/accounts.test.mjs',
	'POST /settings/security/two-factor/confirm': 'takes a code: tests/http/two_factor.test.mjs',
	'POST /settings/security/two-factor/codes': 'takes a code: tests/http/two_factor.test.mjs',
	'POST /settings/security/two-factor/disable': 'takes a code: tests/http/two_factor.test.mjs',
	'POST /api/v1/widget/conversations/:conversation/transcript': 'there is no mail server: tests/http/transcript.test.mjs',
	'POST /api/v1/conversations/:conversation/transcript': 'there is no mail server: tests/http/transcript.test.mjs',
	'POST /settings/identity/retire': 'there is no old secret at first: tests/http/identity.test.mjs',
	'DELETE /api/v1/organization/identity/secrets/old': 'there is no old secret at first: tests/http/identity.test.mjs',
	'POST /api/v1/me/organization': 'a user in no organization has none to open: tests/http/api_people.test.mjs',
	'POST /organizations/active': 'a user in no organization has none to open: tests/http/organizations.test.mjs',
};
