// Workers and servers are killed at bad moments: what was confirmed is there, once and in order, and
// the service goes on by itself.
import assert from 'node:assert/strict';
import { readdirSync, readlinkSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { eventually, startStack } from '../http/stack.mjs';

let stack;

before(async () => {
	stack = await startStack({ web: 2, options: { 'limits.limits_off': 'yes' } });
});
after(() => stack?.stop());

const json = (token, body) => ({
	method: body ? 'POST' : 'GET',
	headers: { ...(token && { Authorization: `Bearer ${token}` }), ...(body && { 'Content-Type': 'application/json' }) },
	body: body && JSON.stringify(body),
	signal: AbortSignal.timeout(30000),
});
const call = (path, token, body) => fetch(stack.url + path, json(token, body));

async function must(path, token, body, status = 200) {
	const answer = await call(path, token, body);
	const text = await answer.text();
	assert.equal(answer.status, status, `${path}: ${text}`);
	return JSON.parse(text);
}

async function visitor() {
	const session = await must('/api/v1/widget/session', null, { key: stack.apiKey });
	const first = await must('/api/v1/widget/conversations', session.token,
		{ clientId: `first-${session.visitor.id}`, content: 'the first' }, 201);
	return { token: session.token, cursor: session.cursor, conversation: first.conversation.id };
}

// Sends as a client does: the same clientId until it is confirmed.
async function sendUntilConfirmed(v, content) {
	return eventually(`"${content}" is confirmed`, async () => {
		const answer = await call(`/api/v1/widget/conversations/${v.conversation}/messages`, v.token,
			{ clientId: `id-${content.replaceAll(' ', '-')}`, content });
		const body = await answer.json();
		if (![200, 201, 503].includes(answer.status))
			throw new Error(JSON.stringify(body));
		return answer.ok && body.message;
	}, { seconds: 30 });
}

async function assertComplete(v, contents) {
	const { data } = await must(`/api/v1/widget/conversations/${v.conversation}/messages?limit=100`, v.token);
	assert.deepEqual(data.map((m) => m.content), ['the first', ...contents]);
	assert.deepEqual(data.map((m) => m.seq), data.map((_, i) => i + 1));
}

// One of the workers that live right now.
async function killOne(name) {
	return eventually(`a ${name} worker can be killed`, async () => {
		const pids = await stack.pids(name);
		const victim = pids[Math.floor(Math.random() * pids.length)];
		if (!victim)
			return null;
		process.kill(victim, 'SIGKILL'); // fails for one that was just fetched from an earlier death
		return { pids, victim };
	});
}

for (const name of ['web', 'poll', 'jobs']) {
	test(`a killed ${name} worker is there again within two seconds`, async () => {
		const { pids, victim } = await killOne(name);
		const begin = Date.now();
		await eventually('as many as before', async () => {
			const now = await stack.pids(name);
			return now.length === pids.length && !now.includes(victim);
		}, { every: 10 });
		assert.ok(Date.now() - begin < 2000, `${Date.now() - begin} ms`);
	});
}

test('a worker that is killed thirty times is started thirty times', async () => {
	for (let i = 0; i < 30; i++) {
		const { victim } = await killOne('jobs');
		await eventually('a new one', async () => {
			const [now] = await stack.pids('jobs');
			return now && now !== victim;
		}, { every: 10 });
	}
});

test('web workers die while messages are sent: every confirmed one is there once, in order', async () => {
	const v = await visitor();
	const contents = Array.from({ length: 40 }, (_, i) => `message ${i}`);
	for (const content of contents) {
		const confirmed = sendUntilConfirmed(v, content);
		// Somewhere between taking the request and sending the answer.
		await new Promise((done) => setTimeout(done, Math.random() * 8));
		await killOne('web');
		await confirmed;
	}
	await assertComplete(v, contents);
});

test('the poller dies while visitors wait: everything arrives once after they ask again', async () => {
	const v = await visitor();
	const contents = Array.from({ length: 12 }, (_, i) => `event ${i}`);
	const seen = [];
	let { cursor } = v, done = false;
	const reader = (async () => {
		const end = Date.now() + 60000;
		while (seen.length < contents.length + 1 && !(done && Date.now() > end)) {
			const answer = await call(`/api/v1/widget/events?wait=2&cursor=${encodeURIComponent(cursor)}`, v.token);
			if (answer.status === 503)
				continue;
			const body = await answer.json();
			assert.equal(answer.status, 200, JSON.stringify(body));
			for (const event of body.events)
				if (event.type === 'message.created')
					seen.push(event.data.message.content);
			cursor = body.cursor;
		}
	})();
	try {
		for (const [i, content] of contents.entries()) {
			if (i % 4 === 1)
				await killOne('poll');
			await sendUntilConfirmed(v, content);
		}
	} finally {
		done = true;
	}
	await reader;
	assert.deepEqual(seen, ['the first', ...contents]);
});

test('PostgreSQL dies and comes back: confirmed messages are there, the workers go on', async () => {
	const v = await visitor();
	const contents = ['before'];
	await sendUntilConfirmed(v, 'before');
	await stack.killComponent('postgresql');
	// The backends go when they notice that the postmaster has.
	await eventually('the workers notice', async () => (await call('/readyz')).status === 503);
	const refused = await call(`/api/v1/widget/conversations/${v.conversation}/messages`, v.token,
		{ clientId: 'id-after', content: 'after' });
	assert.equal(refused.status, 503);
	assert.ok(Number(refused.headers.get('retry-after')) > 0);
	await stack.startComponent('postgresql');
	await sendUntilConfirmed(v, 'after');
	contents.push('after');
	await assertComplete(v, contents);
	await eventually('polls are answered', async () =>
		(await call('/api/v1/widget/events?wait=0&cursor=', v.token)).status === 200, { seconds: 15 });
});

test('a stop leaves no process behind', async () => {
	const { dir, home } = stack;
	await stack.stop();
	stack = null;
	const left = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid)).filter((pid) => {
		try {
			return readlinkSync(`/proc/${pid}/cwd`).startsWith(home) || readlinkSync(`/proc/${pid}/cwd`).startsWith(dir);
		} catch {
			return false;
		}
	});
	assert.deepEqual(left, []);
});
