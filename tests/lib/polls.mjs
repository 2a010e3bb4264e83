// Long polls for tests: readers that follow their cursor, waits by the thousand, and FastCGI by hand.
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import net from 'node:net';
import { noCanary } from './client.mjs';
import { openSql } from './sql.mjs';
import { eventually, expect, word } from './world.mjs';

export const VISITOR = '/api/v1/widget/events';
export const STAFF = '/api/v1/events';

const query = (cursor, wait) => `?wait=${wait}&cursor=${encodeURIComponent(cursor ?? '')}`;

// One poll; the client is a world's Client (for a visitor: visitor.client).
export function poll(client, path, cursor, wait = 20, options) {
	return client.get(path + query(cursor, wait), options);
}

export async function cursorNow(client, path) {
	return expect(await poll(client, path, '', 0), 200).json.cursor;
}

// Polls until enough(events) is true, and returns them all; checks that the answers are well formed.
export async function follow(client, path, cursor, enough, { seconds = 15 } = {}) {
	const events = [], live = [], end = Date.now() + seconds * 1000;
	while (!enough(events, live)) {
		assert.ok(Date.now() < end, `not within ${seconds} s; so far: ${JSON.stringify(events).slice(0, 2000)}`);
		const { json } = expect(await poll(client, path, cursor, 5), 200);
		assert.equal(json.pollAfterMs, 0);
		for (const event of json.events)
			assert.deepEqual(Object.keys(event), ['type', 'conversationId', 'data']);
		events.push(...json.events);
		live.push(...json.live);
		cursor = json.cursor;
	}
	return { events, live, cursor };
}

export const messagesOf = (events) =>
	events.filter((e) => e.type === 'message.created').map((e) => e.data.message);

// One transaction after the other, some held open, some rolled back; what was committed.
async function write(world, member, w, conversations) {
	const sql = openSql(world.stack.databaseUrl), sent = [];
	for (let round = 0; round < 15; round++) {
		const conversation = conversations[(w * 7 + round) % conversations.length], id = word();
		const rollback = (w + round) % 5 === 0, pause = (w * 13 + round * 29) % 120 / 1000;
		await sql.exec`BEGIN; SELECT pg_current_xact_id(); SELECT pg_sleep(${pause});
			INSERT INTO messages (id, conversation_id, sender_id, sender_type, content, message_type, is_read, created_at)
			VALUES (${id}, ${conversation}, ${member}, 'agent', ${`w${w} r${round}`}, 'text', false, now() AT TIME ZONE 'UTC');
			SELECT pg_sleep(${pause / 2})`;
		await (rollback ? sql.exec`ROLLBACK` : sql.exec`COMMIT`);
		if (!rollback)
			sent.push({ id, conversation });
	}
	sql.close();
	return sent;
}

// Six writers whose transactions commit in another order than they began, and readers that never
// stop: four visitors and an agent. Each must hear all of its own, once, in the order of seq.
export async function exactlyOnce(world, shop, { readers = 4, writers = 6 } = {}) {
	const visitors = await Promise.all(Array.from({ length: readers }, () => shop.visitor()));
	const ids = (await Promise.all(visitors.map((v) => v.begin()))).map((b) => b.conversation.id);
	const cursors = await Promise.all(visitors.map((v) => cursorNow(v.client, VISITOR)));
	const staff = await shop.staff(), staffCursor = await cursorNow(staff, STAFF);
	let sent = null;
	const writing = Promise.all(Array.from({ length: writers }, (_, w) => write(world, shop.members.agent.id, w, ids)))
		.then((all) => { sent = all.flat(); });
	const of = (events, wanted) => messagesOf(events).filter((m) => wanted.includes(m.conversationId));
	const hear = (client, path, cursor, wanted) => follow(client, path, cursor, (events) =>
		sent && of(events, wanted).length >= sent.filter((m) => wanted.includes(m.conversation)).length, { seconds: 60 });
	const heard = await Promise.all([...visitors.map((v, i) => hear(v.client, VISITOR, cursors[i], [ids[i]])),
		hear(staff, STAFF, staffCursor, ids)]);
	await writing;
	assert.ok(sent.length > 10 * writers);
	heard.forEach(({ events }, i) => {
		const wanted = i < readers ? [ids[i]] : ids;
		assert.deepEqual(of(events, wanted).map((m) => m.id).sort(),
			sent.filter((m) => wanted.includes(m.conversation)).map((m) => m.id).sort(), `reader ${i}`);
		for (const id of wanted) {
			const seqs = of(events, [id]).map((m) => m.seq);
			assert.deepEqual(seqs, seqs.map((_, n) => seqs[0] + n), `reader ${i}: the order of seq`);
		}
	});
}

// Reads on through 503 and broken connections, and begins anew after 410, as the widget does: first
// the place "now", then the state. The ids of the conversation's messages behind seq 1, as one would
// see them on the screen.
async function readThrough(client, id, cursor, enough, seconds = 60) {
	const end = Date.now() + seconds * 1000;
	let seen = [];
	while (!enough(seen)) {
		assert.ok(Date.now() < end, `only ${seen.length} messages in ${seconds} s`);
		let answer;
		try {
			answer = await poll(client, VISITOR, cursor, 5);
			if (answer.status === 410) {
				const now = await cursorNow(client, VISITOR);
				const state = expect(await client.get(`/api/v1/widget/conversations/${id}/messages?limit=100`), 200);
				cursor = now;
				seen = state.json.data.filter((m) => m.seq > 1).map((m) => m.id);
				continue;
			}
		} catch {
			continue;
		}
		if (answer.status === 503) {
			await new Promise((done) => setTimeout(done, 100));
			continue;
		}
		const fresh = messagesOf(expect(answer, 200).json.events).filter((m) => m.conversationId === id).map((m) => m.id);
		// What happens between taking the place and reading the state is seen in both.
		seen.push(...fresh.filter((m) => !seen.includes(m)));
		cursor = answer.json.cursor;
	}
	return seen;
}

// Sends until it is acknowledged, with the same clientId.
async function sendThrough(shop, id, content) {
	const body = { clientId: word(), content };
	for (let tries = 0; tries < 200; tries++) {
		try {
			const answer = await shop.api.post(`/api/v1/conversations/${id}/messages`, body);
			if (answer.status === 200 || answer.status === 201)
				return answer.json.message.id;
		} catch { /* the connection broke */ }
		await new Promise((done) => setTimeout(done, 100));
	}
	throw new Error('never acknowledged');
}

// While messages flow something breaks: each that was acknowledged is stored once and heard once, in
// order, and the service goes on by itself.
export async function survives(world, shop, fault) {
	const visitor = await shop.visitor();
	const { conversation: { id } } = await visitor.begin();
	const cursor = await cursorNow(visitor.client, VISITOR);
	const sent = [];
	let done = false;
	const sending = (async () => {
		for (let i = 0; i < 40; i++)
			sent.push(await sendThrough(shop, id, `m${i}`));
		done = true;
	})();
	const reading = readThrough(visitor.client, id, cursor, (seen) => done && seen.length >= sent.length);
	await eventually('some are sent', () => sent.length > 5);
	await fault();
	await sending;
	assert.deepEqual(await reading, sent);
	const stored = await eventually('the rows', () => world.sql.rows`SELECT id, seq::int FROM messages WHERE conversation_id = ${id} ORDER BY seq`);
	assert.deepEqual(stored.slice(1).map((m) => m.id), sent);
	assert.deepEqual(stored.map((m) => m.seq), stored.map((_, i) => i + 1));
	await eventually('it serves', async () => (await poll(visitor.client, VISITOR, '', 0).catch(() => ({}))).status === 200);
}

// n waits over plain sockets, from many addresses so that ports do not run out. answers: what came.
export async function park(url, n, requestFor) {
	const { hostname, port, host } = new URL(url);
	const sockets = [], answers = [];
	for (let i = 0; i < n; i++) {
		const socket = net.connect({ host: hostname, port: Number(port), localAddress: `127.0.3.${i % 200 + 1}` });
		const { path, headers } = requestFor(i);
		socket.on('error', () => {});
		socket.on('data', (chunk) => {
			answers[i] = (answers[i] ?? '') + chunk.toString('latin1');
			noCanary(answers[i], `a wait at ${path}`);
		});
		socket.write([`GET ${path} HTTP/1.1`, `Host: ${host}`, ...Object.entries(headers).map(([k, v]) => `${k}: ${v}`), '', '']
			.join('\r\n'));
		sockets.push(socket);
		if (i % 100 === 99)
			await new Promise((resolve) => setImmediate(resolve));
	}
	return { sockets, answers, leave: () => sockets.forEach((s) => s.destroy()) };
}

// How many descriptors a process has open: a waiting poll is one.
export async function descriptors(pid) {
	return (await readdir(`/proc/${pid}/fd`)).length;
}

const header = (type, id, length, version = 1) =>
	Buffer.from([version, type, id >> 8, id & 255, length >> 8, length & 255, 0, 0]);

// A FastCGI record of any kind, also of kinds that nobody should send.
export const record = (type, id, content = Buffer.alloc(0), version = 1) =>
	Buffer.concat([header(type, id, content.length, version), content]);

export const begin = (id = 1, role = 1, flags = 0) => record(1, id, Buffer.from([0, role, flags, 0, 0, 0, 0, 0]));

export function params(pairs, id = 1) {
	const parts = Object.entries(pairs).map(([name, value]) =>
		Buffer.concat([Buffer.from([name.length, value.length]), Buffer.from(name + value)]));
	return record(4, id, Buffer.concat(parts));
}

// Sends bytes to a worker's socket. Resolves with what came when the worker closed, or, after
// patience, when it did not (closed: false); the socket is gone then.
export function fastcgi(path, bytes, { patience = 500, end = false } = {}) {
	return new Promise((resolve) => {
		const socket = net.connect(path), chunks = [];
		const finish = (closed) => {
			socket.destroy();
			resolve({ closed, bytes: Buffer.concat(chunks) });
		};
		const timer = setTimeout(() => finish(false), patience);
		socket.on('data', (chunk) => chunks.push(chunk));
		socket.on('error', () => {});
		socket.on('close', () => {
			clearTimeout(timer);
			finish(true);
		});
		socket.write(bytes);
		if (end)
			socket.end();
	});
}
