// parlor poll as a process: thousands of waits, clients that leave, hostile web
// servers, a database that goes away, and its own death. On a stack of its own.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { aboutHints, eventually, expect, notAboutEvents, useWorld, word } from '../lib/world.mjs';
import { STAFF, VISITOR, begin, cursorNow, descriptors, fastcgi, messagesOf, params, park, poll, record, survives }
	from '../lib/polls.mjs';

const world = await useWorld({ web: 2, options: { 'poll.poll_relay': 'yes' } });
const shop = await world.organization({ roles: ['admin', 'agent', 'viewer'] });
const { stack } = world;

const pollPid = async () => (await stack.pids('poll'))[0];
const staffPath = (id) => `/api/v1/conversations/${id}`;
const say = (id, content) => shop.api.post(`${staffPath(id)}/messages`, { clientId: word(), content });

async function chat() {
	const visitor = await shop.visitor();
	const { conversation } = await visitor.begin();
	return { visitor, id: conversation.id, cursor: await cursorNow(visitor.client, VISITOR) };
}

describe('many waits', () => {
	test('2,000 wait, hear the same word, and free their slots within 2 s when they leave', async () => {
		const pid = await pollPid(), before = await descriptors(pid);
		const { id } = await chat();
		const cursor = await cursorNow(shop.api, STAFF);
		const headers = { Authorization: `Bearer ${shop.secretKey}` };
		const path = `${STAFF}?wait=20&cursor=${cursor}`;
		const first = await park(stack.url, 2000, () => ({ path, headers }));
		await eventually('2,000 wait', async () => await descriptors(pid) >= before + 2000, { seconds: 30 });
		expect(await say(id, 'to everybody'), 201);
		await eventually('all have heard', () => first.answers.filter((a) => a?.includes('to everybody')).length === 2000,
			{ seconds: 15 });
		first.leave();

		const second = await park(stack.url, 2000, () => ({ path: `${STAFF}?wait=20`, headers }));
		await eventually('2,000 wait again', async () => await descriptors(pid) >= before + 2000, { seconds: 30 });
		second.leave();
		const start = Date.now();
		// nginx keeps some connections for later; those are no slots.
		await eventually('slots are free', async () => await descriptors(pid) < before + 600, { seconds: 10 });
		assert.ok(Date.now() - start < 2000, `took ${Date.now() - start} ms`);
		const alone = await chat();
		expect(await poll(alone.visitor.client, VISITOR, alone.cursor, 0), 200);
	});
});

// A wait goes on where its answer ended when the client is back in time; what happened meanwhile counts.
describe('a client that comes back', () => {
	const revoke = (visitor) => world.sql.exec`UPDATE parlor.visitor_tokens
		SET revoked_at = now() AT TIME ZONE 'UTC' WHERE chat_user_id = ${visitor.id}`;
	const texts = (answer) => messagesOf(expect(answer, 200).json.events).map((m) => m.content);

	// A visitor who has just been given an answer, and its cursor.
	async function answered() {
		const { visitor, id, cursor } = await chat();
		const wait = poll(visitor.client, VISITOR, cursor, 20);
		expect(await say(id, 'one'), 201);
		const answer = await wait;
		assert.deepEqual(texts(answer), ['one']);
		return { visitor, id, cursor: answer.json.cursor, before: cursor };
	}

	test('hears at once what was said while it was away, and once', async () => {
		const { visitor, id, cursor } = await answered();
		expect(await say(id, 'two'), 201);
		const answer = await poll(visitor.client, VISITOR, cursor, 20);
		assert.deepEqual(texts(answer), ['two']);
		assert.deepEqual(texts(await poll(visitor.client, VISITOR, answer.json.cursor, 1)), []);
	});

	test('hears what was said while it was away for longer than a sweep', async () => {
		const { visitor, id, cursor } = await answered();
		const other = await chat();
		expect(await say(id, 'two'), 201);
		expect(await poll(other.visitor.client, VISITOR, other.cursor, 3), 200); // as long as two sweeps
		assert.deepEqual(texts(await poll(visitor.client, VISITOR, cursor, 20)), ['two']);
	});

	test('hears what is said later', async () => {
		const { visitor, id, cursor } = await answered();
		const wait = poll(visitor.client, VISITOR, cursor, 20);
		expect(await say(id, 'two'), 201);
		assert.deepEqual(texts(await wait), ['two']);
	});

	test('hears the same again with the cursor of before', async () => {
		const { visitor, before } = await answered();
		assert.deepEqual(texts(await poll(visitor.client, VISITOR, before, 20)), ['one']);
	});

	test('sees who is typing since', aboutHints, async () => {
		const { visitor, id, cursor } = await answered();
		expect(await shop.api.post(`${staffPath(id)}/typing`, { typing: true }), 204);
		const { live, events } = expect(await poll(visitor.client, VISITOR, cursor, 20), 200).json;
		assert.deepEqual([live.length, events.length, live[0]?.typing], [1, 0, true]);
	});

	test('in two windows has two waits', async () => {
		const { visitor, id, cursor } = await answered();
		const both = [0, 1].map(() => poll(visitor.client, VISITOR, cursor, 20));
		expect(await poll(visitor.client, VISITOR, cursor, 0), 200);
		expect(await say(id, 'two'), 201);
		for (const wait of both)
			assert.deepEqual(texts(await wait), ['two']);
	});

	test('whose token was revoked meanwhile hears nothing more', async () => {
		const { visitor, id, cursor } = await answered();
		await revoke(visitor);
		const wait = poll(visitor.client, VISITOR, cursor, 20);
		expect(await say(id, 'not for you'), 201);
		assert.equal((await wait).status, 401);
	});

	test('whose token was revoked is told so without a message, too', async () => {
		const { visitor, cursor } = await answered();
		await revoke(visitor);
		const start = Date.now();
		assert.equal((await poll(visitor.client, VISITOR, cursor, 20)).status, 401);
		assert.ok(Date.now() - start < 2000, `took ${Date.now() - start} ms`);
	});

	test('from a site that is no longer allowed hears nothing more', async () => {
		const { visitor, id, cursor } = await chat();
		const away = visitor.client.with({ Origin: 'https://shop.example' });
		const first = poll(away, VISITOR, cursor, 20);
		expect(await say(id, 'one'), 201);
		const { json } = expect(await first, 200);
		await world.sql.exec`UPDATE organizations SET chat_domain = 'other.example' WHERE id = ${shop.id}`;
		const second = poll(away, VISITOR, json.cursor, 20);
		expect(await say(id, 'two'), 201);
		assert.equal((await second).status, 403);
		await world.sql.exec`UPDATE organizations SET chat_domain = NULL WHERE id = ${shop.id}`;
	});

	test('is not taken for somebody else with the same cursor', async () => {
		const { cursor } = await answered();
		const other = await chat();
		const wait = poll(other.visitor.client, VISITOR, cursor, 20);
		expect(await say(other.id, 'for the other'), 201);
		assert.ok(texts(await wait).every((text) => text !== 'one'));
	});
});

describe('a hostile web server', notAboutEvents, () => {
	const long = Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 65, 66]);
	const nothing = { REQUEST_METHOD: 'GET', REQUEST_URI: '/api/v1/events' };
	const hostile = {
		'HTTP': Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
		'zeros': Buffer.alloc(4096),
		'lengths of 2 GB': Buffer.concat([begin(), record(4, 1, long), record(4, 1), record(5, 1)]),
		'GET_VALUES with four names': record(9, 0, Buffer.from('\x01\0A\x01\0B\x01\0C\x01\0D', 'latin1')),
		'GET_VALUES inside a body': Buffer.concat([begin(), params(nothing), record(4, 1), record(5, 1, Buffer.from('x')),
			record(9, 0, Buffer.from('\x01\0A\x01\0B\x01\0C\x01\0D', 'latin1')), record(5, 1)]),
		'an unknown type': record(77, 0, Buffer.from('x')),
		'another role': Buffer.concat([begin(1, 3), params(nothing), record(4, 1), record(5, 1)]),
		'request id 0': Buffer.concat([begin(0), params(nothing, 0), record(4, 0), record(5, 0)]),
		'two requests at once': Buffer.concat([begin(1), begin(2), params(nothing, 2), record(4, 2), record(5, 2)]),
		'an abort': Buffer.concat([begin(), record(2, 1)]),
		'NUL in a name': Buffer.concat([begin(), record(4, 1, Buffer.from('\x02\x01a\0b', 'latin1')), record(4, 1), record(5, 1)]),
		'endless parameters': Buffer.concat([begin(), ...Array.from({ length: 6 }, () => record(4, 1, Buffer.alloc(65000)))]),
		'another version': Buffer.concat([record(1, 1, Buffer.alloc(8), 2)]),
	};
	for (const worker of ['poll', 'web']) {
		let pids = [];
		const allLive = () => pids.length > 0 && pids.every((pid) => existsSync(`/proc/${pid}/fd/0`));
		test(`finds ${worker} at work`, async () => {
			pids = await stack.pids(worker);
			assert.ok(allLive());
		});
		for (const [what, bytes] of Object.entries(hostile))
			test(`gets nothing from ${worker} for ${what}`, async () => {
				const { closed, bytes: answer } = await fastcgi(`${stack.run}/${worker}.sock`, bytes, { patience: 5000 });
				assert.ok(closed);
				assert.equal(answer.length, 0);
				assert.ok(allLive());
			});

		test(`stops nobody with silence or half a request (${worker})`, async () => {
			const path = `${stack.run}/${worker}.sock`;
			const half = Buffer.concat([begin(), params(nothing)]);
			const silent = [fastcgi(path, Buffer.alloc(0), { patience: 12000 }),
				fastcgi(path, half, { patience: 12000 }), fastcgi(path, half.subarray(0, 5), { patience: 12000 }),
				fastcgi(path, half, { patience: 12000, end: true })];
			const start = Date.now();
			const visitor = await shop.visitor();
			expect(await poll(visitor.client, VISITOR, '', 0), 200);
			assert.ok(Date.now() - start < 9000);
			for (const { closed, bytes } of await Promise.all(silent)) {
				assert.ok(closed);
				assert.equal(bytes.length, 0);
			}
			assert.ok(allLive());
		});
	}

	test('may keep a connection, and is answered on it each time', async () => {
		const path = `${stack.run}/poll.sock`, one = Buffer.concat([begin(7, 1, 1), params(nothing, 7), record(4, 7), record(5, 7)]);
		const { closed, bytes } = await fastcgi(path, one, { patience: 300 });
		assert.equal(closed, false);
		assert.match(bytes.toString('latin1'), /Status: 401/);
		const last = await fastcgi(path, Buffer.concat([begin(7), params(nothing, 7), record(4, 7), record(5, 7)]), { patience: 5000 });
		assert.equal(last.closed, true);
		assert.match(last.bytes.toString('latin1'), /Status: 401/);
	});
});

describe('several hosts', aboutHints, () => {
	test('this one tells the others what it hears, in few words', async () => {
		await world.sql.exec`LISTEN parlor`;
		const { id } = await chat();
		for (let i = 0; i < 3; i++)
			expect(await say(id, 'hello there'), 201);
		const heard = await eventually('it is passed on', async () => {
			const notices = await world.sql.exec`SELECT 1`; // psql prints what came meanwhile
			return /"r [0-9a-f]{8}$/m.test(notices) && notices;
		});
		await world.sql.exec`UNLISTEN parlor`;
		assert.match(heard, new RegExp(`^e\t${shop.id}\t`, 'm'));
		assert.doesNotMatch(heard, /hello there/);
	});

	test('it believes what another passes on, typing included', async () => {
		const { visitor, id, cursor } = await chat();
		const live = JSON.stringify({ type: 'typing', conversationId: id, senderType: 'agent', name: 'Another host', typing: true });
		const wait = poll(visitor.client, VISITOR, cursor, 20);
		expect(await poll(visitor.client, VISITOR, cursor, 0), 200); // the first one waits by now
		await world.sql.exec`SELECT pg_notify('parlor', ${`r 00000000\nl\t${shop.id}\t${visitor.id}\tm\t2\t${live}`})`;
		assert.deepEqual(expect(await wait, 200).json.live, [JSON.parse(live)]);
	});

	test('nonsense from the channel does no harm', async () => {
		const pid = await pollPid();
		for (const text of ['', 'e', 'e ', 'e x', 'r', 'r ', 'r 1', 'r 1\n\n\t\t', 'r 1\nl\t\t\t\t\t', 'x'.repeat(7000),
			`r 1\nl\t${'y'.repeat(900)}\t${'z'.repeat(900)}\t\t3\t{}`, 'e  - -', '\t'])
			await world.sql.exec`SELECT pg_notify('parlor', ${text})`;
		const { visitor, id, cursor } = await chat();
		const wait = poll(visitor.client, VISITOR, cursor, 20);
		expect(await say(id, 'still well'), 201);
		expect(await wait, 200);
		assert.equal(await pollPid(), pid);
	});
});

// PostgreSQL dies at once and comes again; its last processes need a moment to go.
async function crash() {
	await stack.killComponent('postgresql');
	await eventually('PostgreSQL starts again', () => stack.startComponent('postgresql').then(() => true), { seconds: 30 });
}

describe('what fails', () => {
	test('a poller that is killed loses nothing', () => survives(world, shop, async () => {
		const pid = await pollPid();
		process.kill(pid, 'SIGKILL');
		await eventually('another one serves', async () => (await pollPid()) !== pid && (await pollPid()));
	}));

	test('web workers that are killed lose nothing', () => survives(world, shop, async () => {
		for (const pid of await stack.pids('web'))
			process.kill(pid, 'SIGKILL');
	}));

	test('PostgreSQL that is restarted loses nothing, and waits outlive it', async () => {
		const patient = await chat();
		const wait = poll(patient.visitor.client, VISITOR, patient.cursor, 20);
		await survives(world, shop, async () => {
			await stack.stopComponent('postgresql');
			await stack.startComponent('postgresql');
		});
		expect(await say(patient.id, 'back again'), 201);
		assert.deepEqual(messagesOf(expect(await wait, 200).json.events).map((m) => m.content), ['back again']);
	});

	test('PostgreSQL that is killed loses nothing', () => survives(world, shop, async () => {
		await crash();
	}));

	// After a crash a transaction id may be given out again; see migration 0010.
	test('no cursor outlives a crash of PostgreSQL', async () => {
		const { visitor, cursor } = await chat();
		const wait = poll(visitor.client, VISITOR, cursor, 20);
		expect(await poll(visitor.client, VISITOR, cursor, 0), 200); // the first one waits by now
		await crash();
		assert.equal(expect(await wait, 410).json.code, 'resync');
		const after = await eventually('it serves again', async () => {
			const answer = await poll(visitor.client, VISITOR, cursor, 0).catch(() => ({}));
			return answer.status !== 503 && answer;
		});
		expect(after, 410);
		const fresh = await cursorNow(visitor.client, VISITOR);
		await stack.stopComponent('postgresql');
		await stack.startComponent('postgresql');
		await eventually('a cursor outlives a clean restart', async () =>
			(await poll(visitor.client, VISITOR, fresh, 0).catch(() => ({}))).status === 200);
	});

	// A read that was sent after the crash, but before the poller knew of it, would answer with a cursor
	// of the new server and without the events that the old one's numbers hide.
	test('no read that was begun in ignorance of a crash is answered', async () => {
		const { visitor, id, cursor } = await chat();
		const wait = poll(visitor.client, VISITOR, cursor, 20);
		expect(await poll(visitor.client, VISITOR, cursor, 0), 200); // the first one waits by now
		const pid = await pollPid();
		process.kill(pid, 'SIGSTOP');
		try {
			await crash();
			// Asking for the timeline waits for this lock.
			await eventually('the lock is ours', () => world.sql.exec`BEGIN; LOCK TABLE parlor.event_epoch`.then(() => true));
		} finally {
			process.kill(pid, 'SIGCONT');
		}
		await eventually('the poller asks for the timeline', async () =>
			await stack.sql("SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock'") === 't');
		for (let i = 0; i < 3; i++)
			await eventually('a hint is sent', async () => (await say(id, `hint ${i}`)).status === 201);
		await world.sql.exec`COMMIT`;
		expect(await wait, 410);
	});

	test('a poller that is not told the timeline at first asks again', async () => {
		const refusals = async () => (await readFile(stack.log('poll'), 'utf8')).split('poll_start: SQLSTATE 55P03').length;
		const pid = await pollPid(), before = await refusals();
		await eventually('the lock is ours', () => world.sql.exec`BEGIN; LOCK TABLE parlor.event_epoch`.then(() => true));
		try {
			process.kill(pid, 'SIGKILL');
			await eventually('it was not told', async () => await refusals() > before, { seconds: 30 });
		} finally {
			await world.sql.exec`COMMIT`;
		}
		const { visitor, cursor } = await eventually('it serves', chat, { seconds: 30 });
		expect(await poll(visitor.client, VISITOR, cursor, 0), 200);
	});

	test('a connection that PostgreSQL ends loses nothing', () => survives(world, shop, () =>
		stack.sql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'parlor'")));

	test('a poller that is told to end answers everybody first', async () => {
		const { visitor, cursor } = await chat();
		const pid = await pollPid();
		const wait = poll(visitor.client, VISITOR, cursor, 20);
		const other = await cursorNow(shop.api, STAFF); // by now the first one waits
		process.kill(pid, 'SIGTERM');
		const { json } = expect(await wait, 200);
		assert.deepEqual(json.events, []);
		assert.ok(other);
		await eventually('another one serves', async () =>
			(await poll(visitor.client, VISITOR, json.cursor, 0).catch(() => ({}))).status === 200);
	});
});
