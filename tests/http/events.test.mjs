// Events and cursors: who sees what, at once, exactly once.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { aboutHints, credential, eventually, expect, useWorld, word } from '../lib/world.mjs';
import { STAFF, VISITOR, cursorNow, exactlyOnce, follow, messagesOf, poll } from '../lib/polls.mjs';

const world = await useWorld();
const shop = await world.organization();
const other = await world.organization();

const say = (who, own, content = 'Hi', clientId = word()) =>
	who.post(`${own}/messages`, { clientId, content });
const staffPath = (id) => `/api/v1/conversations/${id}`;

describe('a waiting poll', () => {
	test('hears of a message at once, on both sides', async () => {
		const visitor = await shop.visitor();
		const { conversation } = await visitor.begin();
		const agent = await shop.staff();
		const cursors = [await cursorNow(visitor.client, VISITOR), await cursorNow(agent, STAFF)];
		const heard = [poll(visitor.client, VISITOR, cursors[0]), poll(agent, STAFF, cursors[1])];
		const start = Date.now();
		const { message } = expect(await say(shop.api, staffPath(conversation.id)), 201).json;
		for (const answer of await Promise.all(heard)) {
			const events = expect(answer, 200).json.events;
			assert.deepEqual(messagesOf(events).map((m) => m.id), [message.id]);
			assert.ok(events.some((e) => e.type === 'message.created' && e.conversationId === conversation.id));
		}
		assert.ok(Date.now() - start < 3000, `took ${Date.now() - start} ms`);
	});

	test('ends with an empty list and a cursor that goes on', async () => {
		const visitor = await shop.visitor();
		const { conversation } = await visitor.begin();
		const first = await cursorNow(visitor.client, VISITOR);
		const quiet = expect(await poll(visitor.client, VISITOR, first, 1), 200).json;
		assert.deepEqual([quiet.events, quiet.live, quiet.pollAfterMs], [[], [], 0]);
		await say(visitor, `conversations/${conversation.id}`, 'later');
		const { events } = await follow(visitor.client, VISITOR, quiet.cursor, (e) => messagesOf(e).length);
		assert.deepEqual(messagesOf(events).map((m) => m.content), ['later']);
	});

	test('hears of rows that another program inserts', async () => {
		const visitor = await shop.visitor();
		const { conversation } = await visitor.begin();
		const cursor = await cursorNow(visitor.client, VISITOR);
		const heard = follow(visitor.client, VISITOR, cursor, (e) => messagesOf(e).length);
		await world.sql.exec`INSERT INTO messages (id, conversation_id, sender_id, sender_type, content, message_type, is_read, created_at)
			VALUES (${word()}, ${conversation.id}, ${shop.members.agent.user}, 'agent', 'from elsewhere', 'text', false, now() AT TIME ZONE 'UTC')`;
		assert.deepEqual(messagesOf((await heard).events).map((m) => m.content), ['from elsewhere']);
	});

	test('is refused without a good credential', async () => {
		const visitor = await shop.visitor(), agent = await shop.staff();
		for (const [path, client] of [[VISITOR, shop.client()], [STAFF, shop.client()], [VISITOR, agent], [STAFF, visitor.client],
			[VISITOR, shop.api], [VISITOR, visitor.client.with({ Authorization: `Bearer ${credential('vt', shop.id)}` })],
			[VISITOR, visitor.client.with({ Authorization: `Basic ${visitor.token}` })],
			[STAFF, shop.client({ Authorization: `Bearer ${credential('sk', shop.id)}` })],
			[STAFF, shop.client({ Cookie: 'better-auth.session_token=abc.def' })]])
			expect(await poll(client, path, '', 0), 401);
	});

	test('is refused when a site may not use the organization', async () => {
		const strict = await world.organization({ domains: 'shop.example' });
		const visitor = await strict.visitor();
		const from = (origin) => poll(visitor.client.with({ Origin: origin }), VISITOR, '', 0);
		const good = expect(await from('https://shop.example'), 200);
		assert.equal(good.headers['access-control-allow-origin'], 'https://shop.example');
		assert.match(good.headers.vary, /Origin/);
		expect(await from('https://evil.example'), 403);
	});

	test('answers a preflight, and refuses other methods', async () => {
		const client = shop.client({ Origin: 'https://a.example' });
		const { headers } = expect(await client.request('OPTIONS', VISITOR), 204);
		assert.equal(headers['access-control-allow-origin'], 'https://a.example');
		assert.match(headers['access-control-allow-headers'], /authorization/i);
		assert.match(expect(await client.post(VISITOR, {}), 405).headers.allow, /GET/);
		expect(await client.post(STAFF, {}), 405);
		expect(await client.request('OPTIONS', STAFF), 405);
	});

	test('takes no nonsense for wait', async () => {
		const visitor = await shop.visitor();
		for (const wait of ['x', '-1', '1.5', '99999999999999999999', ''])
			expect(await visitor.client.get(`${VISITOR}?wait=${wait}`), 400);
		expect(await visitor.client.get(`${VISITOR}?wait=0`), 200);
	});

	test('has ten companions of the same visitor at most', async () => {
		const visitor = await shop.visitor(), stop = new AbortController();
		const cursor = await cursorNow(visitor.client, VISITOR);
		// A probe below may be in a companion's place when it comes; then it comes again.
		const hold = async () => {
			let answer;
			do
				answer = await poll(visitor.client, VISITOR, cursor, 20, { signal: stop.signal }).catch(() => null);
			while (answer && answer.status === 429);
		};
		const waits = Array.from({ length: 10 }, hold);
		await eventually('an eleventh is refused', async () => (await poll(visitor.client, VISITOR, cursor, 0)).status === 429);
		stop.abort();
		await Promise.all(waits);
		await eventually('there is room again', async () => (await poll(visitor.client, VISITOR, cursor, 0)).status === 200);
	});
});

describe('a cursor', () => {
	test('that means nothing is gone', async () => {
		const visitor = await shop.visitor();
		const good = await cursorNow(visitor.client, VISITOR);
		const inside = Buffer.from(good, 'base64url').toString();
		const edit = (from, to) => Buffer.from(inside.replace(from, to)).toString('base64url');
		for (const bad of ['x', 'AAAA', `${good}A`, good.slice(1), edit(/^1/, '2'), edit(/^1\.\w/, '1.0'),
			edit(/\d+:\d+:.*$/, '18446744073709551615:18446744073709551615:'), edit(/\d+:\d+:.*$/, '5:3:'), edit(/\d+:\d+:.*$/, ''),
			edit(/\d+:\d+:.*$/, '9000000000000000:9000000000000000:'), edit(/(\d+:\d+:.*)$/, "$1'"), 'A'.repeat(6001)]) {
			const answer = expect(await poll(visitor.client, VISITOR, bad, 0), 410);
			assert.equal(answer.json.code, 'resync');
		}
		expect(await poll(visitor.client, VISITOR, good, 0), 200);
	});

	test('from before the events that were cleared is gone', async () => {
		const visitor = await shop.visitor();
		const cursor = await cursorNow(visitor.client, VISITOR);
		const inside = Buffer.from(cursor, 'base64url').toString();
		const old = Buffer.from(inside.replace(/\d+:\d+:.*$/, '3:3:')).toString('base64url');
		// As retention moves it; every real cursor of this run is far beyond.
		await world.sql.exec`UPDATE parlor.event_state SET horizon = greatest(horizon, '3')`;
		expect(await poll(visitor.client, VISITOR, old, 0), 410);
		expect(await poll(visitor.client, VISITOR, cursor, 0), 200);
	});

	test('of a session misses nothing that happens after it', async () => {
		const visitor = await shop.visitor();
		await visitor.begin('first words');
		const { events } = await follow(visitor.client, VISITOR, visitor.session.cursor, (e) => messagesOf(e).length);
		assert.deepEqual(messagesOf(events).map((m) => m.content), ['first words']);
	});

	test('that is far behind is gone, and one that is near is not', async () => {
		const visitor = await shop.visitor();
		const { conversation } = await visitor.begin();
		const cursor = await cursorNow(visitor.client, VISITOR);
		const insert = (n) => world.sql.exec`INSERT INTO messages (id, conversation_id, sender_id, sender_type, content, message_type, is_read, created_at)
			SELECT ${word(20)} || i, ${conversation.id}, ${shop.members.agent.id}, 'agent', 'm' || i, 'text', false, now() AT TIME ZONE 'UTC'
			FROM generate_series(1, ${n}) i`;
		await insert(150);
		const near = expect(await poll(visitor.client, VISITOR, cursor, 0), 200).json;
		assert.deepEqual(messagesOf(near.events).map((m) => m.content), Array.from({ length: 150 }, (_, i) => `m${i + 1}`));
		await insert(600);
		assert.equal(expect(await poll(visitor.client, VISITOR, cursor, 0), 410).json.code, 'resync');
	});
});

describe('events', () => {
	test('stay within the organization, the visitor, and what each may see', async () => {
		const [visitor, neighbour] = [await shop.visitor(), await shop.visitor()];
		const { conversation } = await visitor.begin();
		const stranger = await other.visitor(), staff = await shop.staff(), foreign = await other.staff();
		const at = async (client, path) => ({ client, path, cursor: await cursorNow(client, path) });
		const readers = { visitor: await at(visitor.client, VISITOR), neighbour: await at(neighbour.client, VISITOR),
			stranger: await at(stranger.client, VISITOR), staff: await at(staff, STAFF), foreign: await at(foreign, STAFF) };
		const note = expect(await shop.api.post(`${staffPath(conversation.id)}/notes`, { clientId: word(), content: 'secret note' }), 201);
		const said = expect(await say(shop.api, staffPath(conversation.id), 'open word'), 201);
		const read = async ({ client, path, cursor }) => expect(await poll(client, path, cursor, 0), 200).json.events;
		const ids = async (name) => messagesOf(await read(readers[name])).map((m) => m.id);
		assert.deepEqual(await ids('visitor'), [said.json.message.id]);
		assert.deepEqual(await ids('staff'), [note.json.message.id, said.json.message.id]);
		for (const name of ['neighbour', 'stranger', 'foreign'])
			assert.deepEqual(await read(readers[name]), [], name);
		assert.doesNotMatch(JSON.stringify(await read(readers.visitor)), /secret note|agentUnread|priority/);
	});

	test('arrive exactly once, whatever order transactions end in', () => exactlyOnce(world, shop));
});

describe('typing', aboutHints, () => {
	test('reaches the agents, and comes back to the visitor from them only', async () => {
		const visitor = await shop.visitor({ user: { name: 'Ada' } });
		const { conversation } = await visitor.begin();
		const agent = await shop.staff();
		const seen = (live, senderType, typing) => live.some((l) => l.type === 'typing' && l.conversationId === conversation.id &&
			l.senderType === senderType && l.typing === typing);
		const cursor = await cursorNow(agent, STAFF);
		const heard = follow(agent, STAFF, cursor, (e, live) => seen(live, 'user', true) || seen(live, 'visitor', true));
		expect(await visitor.post(`conversations/${conversation.id}/typing`, { typing: true }), 204);
		await heard;
		const own = await cursorNow(visitor.client, VISITOR);
		const back = follow(visitor.client, VISITOR, own, (e, live) => seen(live, 'agent', true));
		expect(await agent.post(`${staffPath(conversation.id)}/typing`, { typing: true }), 204);
		const { live } = await back;
		assert.ok(live.every((l) => l.senderType === 'agent'), JSON.stringify(live));
	});
});
