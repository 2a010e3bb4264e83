// Every hint switched off: no datagrams, no NOTIFY. The sweep alone finds everything. And without a
// poller at all: plain CGI answers at once and says when to ask again.
import assert from 'node:assert/strict';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { Client, expect, useWorld, word } from '../lib/world.mjs';
import { STAFF, VISITOR, cursorNow, exactlyOnce, messagesOf, poll, survives } from '../lib/polls.mjs';

const world = await useWorld({ web: 2, options: { 'poll.poll_notify': 'no' } });
const ini = `${world.stack.home}/parlor.ini`;
await world.stack.stopComponent('web', 'poll');
await writeFile(ini, (await readFile(ini, 'utf8')).replace(/^runtime_dir = .*$/m, 'runtime_dir ='));
await world.stack.startComponent('web', 'poll');
const shop = await world.organization();
const path = (id) => `/api/v1/conversations/${id}/messages`;

describe('without hints', () => {
	test('a message is there within 2 s', async () => {
		assert.deepEqual(await readdir(`${world.stack.run}/hints`), []);
		const visitor = await shop.visitor();
		const { conversation } = await visitor.begin();
		const cursor = await cursorNow(visitor.client, VISITOR);
		const wait = poll(visitor.client, VISITOR, cursor, 20);
		expect(await poll(visitor.client, VISITOR, cursor, 0), 200); // the first one waits by now
		const start = Date.now();
		expect(await shop.api.post(path(conversation.id), { clientId: word(), content: 'found' }), 201);
		assert.deepEqual(messagesOf(expect(await wait, 200).json.events).map((m) => m.content), ['found']);
		assert.ok(Date.now() - start < 2000, `took ${Date.now() - start} ms`);
	});

	test('events arrive exactly once, whatever order transactions end in', () => exactlyOnce(world, shop));

	test('a poller and web workers that are killed lose nothing', () => survives(world, shop, async () => {
		for (const name of ['web', 'poll'])
			for (const pid of await world.stack.pids(name))
				process.kill(pid, 'SIGKILL');
	}));
});

describe('plain CGI', () => {
	test('answers polls at once', async () => {
		const url = await world.stack.cgi();
		const visitor = await shop.visitor();
		const { conversation } = await visitor.begin();
		const client = new Client(url, { headers: { Authorization: `Bearer ${visitor.token}` } });
		const ask = async (cursor) => expect(await poll(client, VISITOR, cursor, 25), 200).json;
		const first = await ask('');
		assert.deepEqual([first.events, first.live, first.pollAfterMs], [[], [], 3000]);
		expect(await client.post(`/api/v1/widget/conversations/${conversation.id}/messages`, { clientId: word(), content: 'by CGI' }), 201);
		const second = await ask(first.cursor);
		assert.deepEqual(messagesOf(second.events).map((m) => m.content), ['by CGI']);
		assert.deepEqual((await ask(second.cursor)).events, []);
		expect(await poll(client, VISITOR, 'x', 0), 410);
		expect(await client.get(`${VISITOR}?wait=x`), 400);
		expect(await poll(new Client(url), VISITOR, '', 0), 401);
		// A cursor is the same everywhere.
		assert.deepEqual(messagesOf(expect(await poll(visitor.client, VISITOR, first.cursor, 0), 200).json.events).map((m) => m.content),
			['by CGI']);
		const staff = new Client(url, { headers: { Authorization: `Bearer ${shop.secretKey}` } });
		assert.equal(expect(await poll(staff, STAFF, '', 0), 200).json.pollAfterMs, 3000);
	});
});
