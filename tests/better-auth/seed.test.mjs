// An application written against the original Drizzle schema, with a role of its own that knows nothing of
// ours: what it inserts is first-class, and what it reads is what it expects.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { and, count, desc, eq, getTableColumns, isNull, or } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import { STAFF, VISITOR, cursorNow, follow, messagesOf, poll } from '../lib/polls.mjs';
import { aboutHints } from '../lib/world.mjs';
import { eventually, expect, near, useBoth, word } from './both.mjs';
import { attachments, chat, chatUsers, conversationAssignments, conversations, members, messages, organizations } from './schema.mjs';

const both = await useBoth();
const { world } = both;

// A role that may do what such an application does, on the tables it knows.
const role = `shop_${word(8).toLowerCase()}`, url = new URL(world.stack.databaseUrl);
await world.stack.sql(`CREATE ROLE ${role} LOGIN PASSWORD 'shop'; GRANT CONNECT ON DATABASE parlor TO ${role};
	GRANT USAGE ON SCHEMA public TO ${role}; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${role};`);
Object.assign(url, { username: role, password: 'shop' });
const pool = new pg.Pool({ connectionString: url.href });
pool.on('error', () => {}); // the server may end before us
const db = drizzle(pool, { schema: chat });
after(() => pool.end());

const shop = await world.organization();
const agent = shop.members.agent;

async function conversationOf(visitor, rest = {}) {
	const now = new Date();
	const [row] = await db.insert(conversations).values({ id: word(), organizationId: shop.id, chatUserId: visitor, status: 'open',
		createdAt: now, updatedAt: now, ...rest }).returning();
	return row;
}

const say = (conversationId, content, rest = {}) => db.insert(messages).values({ id: word(), conversationId, senderId: agent.id,
	senderType: 'agent', content, messageType: 'text', createdAt: new Date(), ...rest }).returning().then(([row]) => row);

async function visitorRow(rest = {}) {
	const [row] = await db.insert(chatUsers).values({ id: word(), organizationId: shop.id, name: 'Zoë', email: 'zoe@example.org',
		sessionId: word(), userAgent: 'Mozilla/5.0', ipAddress: '192.0.2.1', metadata: JSON.stringify({ plan: 'pro' }),
		createdAt: new Date(), lastSeenAt: new Date(), ...rest }).returning();
	return row;
}

describe('rows that the application inserts', () => {
	test('a visitor, a conversation, messages: the agent sees them here', async () => {
		const visitor = await visitorRow();
		const { id } = await conversationOf(visitor.id, { subject: 'Order 7', tags: JSON.stringify(['order', 'späti']),
			pageUrl: 'https://shop.example/cart', metadata: JSON.stringify({ a: { b: null } }), priority: 'high' });
		await say(id, 'Hello', { senderId: visitor.id, senderType: 'user' });
		await say(id, 'Good day');
		const { conversation } = expect(await shop.api.get(`/api/v1/conversations/${id}`), 200).json;
		assert.deepEqual([conversation.visitorName, conversation.subject, conversation.tags, conversation.priority, conversation.lastSeq],
			['Zoë', 'Order 7', ['order', 'späti'], 'high', 2]);
		const { data } = expect(await shop.api.get(`/api/v1/conversations/${id}/messages`), 200).json;
		assert.deepEqual(data.map((m) => [m.seq, m.senderType, m.senderName, m.content]),
			[[1, 'user', 'Zoë', 'Hello'], [2, 'agent', agent.name, 'Good day']]);
		near(Date.parse(data[0].createdAt) / 1000, Date.now() / 1000);
		const inbox = await (await shop.staff('agent')).get('/inbox');
		assert.match(expect(inbox, 200).text, /Zoë/);
	});

	test('many at once, from many connections: each has a place, none has the same', async () => {
		const { id } = await conversationOf((await visitorRow()).id);
		await Promise.all(Array.from({ length: 40 }, (_, i) => say(id, `m${i}`)));
		const { data } = expect(await shop.api.get(`/api/v1/conversations/${id}/messages?limit=100`), 200).json;
		assert.deepEqual(data.map((m) => m.seq), Array.from({ length: 40 }, (_, i) => i + 1));
	});

	test('in a transaction that is rolled back: nothing was said', async () => {
		const { id } = await conversationOf((await visitorRow()).id);
		await assert.rejects(db.transaction(async (tx) => {
			await tx.insert(messages).values({ id: word(), conversationId: id, senderId: agent.id, senderType: 'agent',
				content: 'never', createdAt: new Date() });
			throw new Error('no');
		}));
		assert.equal((await say(id, 'first')).content, 'first');
		const { data } = expect(await shop.api.get(`/api/v1/conversations/${id}/messages`), 200).json;
		assert.deepEqual(data.map((m) => [m.seq, m.content]), [[1, 'first']]);
	});

	test('an assignment, and its end', async () => {
		const { id } = await conversationOf((await visitorRow()).id);
		const now = new Date();
		await db.insert(conversationAssignments).values({ id: word(), conversationId: id, agentId: agent.id,
			assignedBy: shop.members.admin.user, assignedAt: now, reason: 'auto' });
		await db.update(conversations).set({ assignedAgentId: agent.id, updatedAt: now }).where(eq(conversations.id, id));
		const { conversation } = expect(await shop.api.get(`/api/v1/conversations/${id}`), 200).json;
		assert.equal(conversation.assignedAgentId, agent.id);
		const rows = await db.select().from(conversationAssignments).where(eq(conversationAssignments.conversationId, id));
		assert.deepEqual(rows.map((r) => [r.agentId, r.reason, r.unassignedAt]), [[agent.id, 'auto', null]]);
		near(rows[0].assignedAt / 1000, now / 1000, 1);
		await db.update(conversationAssignments).set({ unassignedAt: new Date() }).where(and(
			eq(conversationAssignments.conversationId, id), isNull(conversationAssignments.unassignedAt)));
		await db.update(conversations).set({ assignedAgentId: null }).where(eq(conversations.id, id));
		assert.equal(expect(await shop.api.get(`/api/v1/conversations/${id}`), 200).json.conversation.assignedAgentId, null);
	});

	test('an attachment reaches the agents with its message', async () => {
		const { id } = await conversationOf((await visitorRow()).id);
		const message = await say(id, 'see', { messageType: 'image' });
		await db.insert(attachments).values({ id: word(), messageId: message.id, fileName: 'a.png', fileSize: 7, mimeType: 'image/png',
			url: 'https://shop.example/a.png', createdAt: new Date() });
		const { data } = expect(await shop.api.get(`/api/v1/conversations/${id}/messages`), 200).json;
		assert.deepEqual(data[0].attachments.map((a) => [a.fileName, a.fileSize, a.url]), [['a.png', 7, 'https://shop.example/a.png']]);
	});

	test('in a conversation of nobody: refused as by any foreign key', async () => {
		await assert.rejects(say(word(), 'nowhere'), (error) => /conversation/.test((error.cause ?? error).message));
		assert.equal((await db.select({ n: count() }).from(messages).where(eq(messages.content, 'nowhere')))[0].n, 0);
	});
});

describe('a widget that waits', () => {
	// The hint of another program's row travels by NOTIFY; without it the sweep finds it within a second or so.
	test('has a message within a second of its commit', async () => {
		const visitor = await shop.visitor(), { conversation: { id } } = await visitor.begin();
		const cursor = await cursorNow(visitor.client, VISITOR);
		let heard;
		const waiting = poll(visitor.client, VISITOR, cursor, 20).then((answer) => {
			heard = expect(answer, 200).json;
		});
		const row = await say(id, 'from the shop');
		await eventually('it is heard', () => heard, { seconds: 1 });
		await waiting;
		const [message] = messagesOf(heard.events);
		assert.deepEqual([message.id, message.seq, message.content, message.senderName], [row.id, 2, 'from the shop', agent.name]);
	});

	test('has edits as well, and agents hear all of it', async () => {
		const visitor = await shop.visitor(), { conversation: { id } } = await visitor.begin();
		const row = await say(id, 'from teh shop');
		const cursor = await cursorNow(visitor.client, VISITOR);
		const staff = await shop.staff('agent'), staffCursor = await cursorNow(staff, STAFF);
		await db.update(messages).set({ content: 'from the shop', editedAt: new Date() }).where(eq(messages.id, row.id));
		const isEdit = (events) => events.some((e) => e.type === 'message.updated' && e.data.message.content === 'from the shop');
		await follow(visitor.client, VISITOR, cursor, isEdit, { seconds: 5 });
		await follow(staff, STAFF, staffCursor, isEdit, { seconds: 5 });
	});

	test('sees a closed conversation as closed, and a deleted message no more', async () => {
		const visitor = await shop.visitor(), { conversation: { id } } = await visitor.begin();
		const row = await say(id, 'to be gone');
		await db.delete(messages).where(eq(messages.id, row.id));
		const { data } = expect(await visitor.get(`conversations/${id}/messages`), 200).json;
		assert.deepEqual(data.map((m) => m.content), ['Hello']);
		await db.update(conversations).set({ status: 'closed', closedAt: new Date(), updatedAt: new Date() }).where(eq(conversations.id, id));
		assert.equal(expect(await visitor.get(`conversations/${id}`), 200).json.conversation.status, 'closed');
		await db.delete(conversations).where(eq(conversations.id, id));
		assert.equal((await visitor.get(`conversations/${id}`)).status, 404);
	});
});

describe('what the application reads', () => {
	test('the conversations of an agent, joined with visitors and organizations', async () => {
		const visitor = await shop.visitor({ user: { name: 'Yara', email: 'yara@example.org' } });
		const { conversation: { id } } = await visitor.begin('Is it open?');
		const anonymous = await shop.visitor(), other = (await anonymous.begin('Hm?')).conversation.id;
		for (const conversation of [id, other])
			expect(await shop.api.post(`/api/v1/conversations/${conversation}/assignments`, { agentId: agent.id }), 200);
		const rows = await db.select({
			conversation: conversations,
			chatUser: { name: chatUsers.name, email: chatUsers.email },
			agent: { displayName: members.chatDisplayName, role: members.chatRole },
			organization: { name: organizations.name },
		}).from(conversations)
			.leftJoin(chatUsers, eq(conversations.chatUserId, chatUsers.id))
			.leftJoin(members, eq(conversations.assignedAgentId, members.id))
			.innerJoin(organizations, eq(conversations.organizationId, organizations.id))
			.where(and(eq(conversations.assignedAgentId, agent.id), or(eq(conversations.status, 'open'), eq(conversations.status, 'waiting'))))
			.orderBy(desc(conversations.updatedAt));
		const mine = rows.find((r) => r.conversation.id === id), nameless = rows.find((r) => r.conversation.id === other);
		assert.deepEqual([mine.chatUser, mine.organization.name, mine.agent.displayName],
			[{ name: 'Yara', email: 'yara@example.org' }, shop.name, agent.name]);
		// A nested object whose first column is NULL would be null altogether.
		assert.ok(nameless.chatUser?.name, JSON.stringify(nameless.chatUser));
		assert.equal(nameless.chatUser.email, null);
		near(mine.conversation.createdAt / 1000, Date.now() / 1000);
		assert.deepEqual(Object.keys(mine.conversation).sort(), Object.keys(getTableColumns(conversations)).sort());
	});

	test('the same as a relational query', async () => {
		const visitor = await shop.visitor(), { conversation: { id } } = await visitor.begin('One');
		await say(id, 'Two');
		const found = await db.query.conversations.findFirst({ where: eq(conversations.id, id),
			with: { visitor: true, agent: true, organization: true, messages: { with: { attachments: true }, orderBy: messages.createdAt } } });
		assert.equal(found.agent, null);
		assert.equal(found.visitor.id, visitor.id);
		assert.equal(found.organization.id, shop.id);
		assert.deepEqual(found.messages.map((m) => [m.content, m.attachments]), [['One', []], ['Two', []]]);
	});

	test('what a visitor and an agent said here, in the columns it knows', async () => {
		const visitor = await shop.visitor(), { conversation: { id } } = await visitor.begin('Hello');
		const staff = await shop.staff('agent');
		expect(await staff.post(`/api/v1/conversations/${id}/messages`, { clientId: word(), content: 'Good day' }), 201);
		expect(await staff.post(`/api/v1/conversations/${id}/notes`, { clientId: word(), content: 'never a message' }), 201);
		const rows = await db.select().from(messages).where(eq(messages.conversationId, id)).orderBy(messages.createdAt);
		assert.deepEqual(rows.map((m) => [m.senderType, m.senderId, m.content, m.messageType]),
			[['user', visitor.id, 'Hello', 'text'], ['agent', agent.id, 'Good day', 'text']]);
		assert.deepEqual(rows.map((m) => m.isRead), [true, false]);
		await db.update(messages).set({ isRead: true }).where(eq(messages.conversationId, id));
		assert.equal(expect(await visitor.get(`conversations/${id}`), 200).json.conversation.visitorUnread, 0);
	});

	test('organizations.metadata, which stays the text it was', async () => {
		const text = '{ "b": 1, "a": {"none": null}, "é": "\\u00e9" }';
		await db.update(organizations).set({ metadata: text }).where(eq(organizations.id, shop.id));
		const staff = await shop.staff('admin');
		expect(await staff.form('/settings/widget', { csrf: staff.headers['X-CSRF-Token'], active: 'true', color: '#112233',
			theme: 'dark', position: 'bottom-left', welcome: 'Hi', offline: '', domains: '' }), 303);
		const [row] = await db.select({ metadata: organizations.metadata, welcome: organizations.chatWelcomeMessage }).from(organizations)
			.where(eq(organizations.id, shop.id));
		assert.deepEqual([row.metadata, row.welcome], [text, 'Hi']);
	});
});

describe('the application\'s role', () => {
	test('sees every organization, bound by no policy of ours', async () => {
		const other = await world.organization();
		const rows = await db.select({ id: organizations.id }).from(organizations);
		assert.ok([shop.id, other.id].every((id) => rows.some((r) => r.id === id)));
	});

	test('can read nothing of our schema', async () => {
		for (const table of ['events', 'api_keys', 'visitor_tokens', 'notes'])
			await assert.rejects(pool.query(`SELECT * FROM parlor.${table}`), /permission denied/);
	});

	test('is told by NOTIFY only of rows, not of their text', aboutHints, async () => {
		const client = await pool.connect(), heard = [];
		client.on('notification', (n) => heard.push(n.payload));
		await client.query('LISTEN parlor');
		const { id } = await conversationOf((await visitorRow()).id);
		await say(id, 'a secret of the shop');
		await eventually('a notification', () => heard.length > 0);
		assert.ok(heard.every((payload) => !payload.includes('secret')));
		client.release(true);
	});
});
