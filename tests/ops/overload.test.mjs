// More than the workers take: each kind of load has workers of its own, an organization has a share
// of them, what has no room is refused at once, and nothing that was confirmed is lost.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { after, afterEach, describe, test } from 'node:test';
import { closeConnections } from '../lib/client.mjs';
import { eventually, expect, newAddress, useWorld, word } from '../lib/world.mjs';

// As shipped: 4 workers for the API; nginx lets 8 requests be in flight there and 8 in "overflow".
const API = 8, OVERFLOW = 8, SHARE = 2;
const world = await useWorld({ queue: OVERFLOW });
const { stack } = world;
const stopped = [];

async function stopWorkers(...pools) {
	for (const pool of pools)
		for (const pid of await stack.pids(pool)) {
			process.kill(pid, 'SIGSTOP');
			stopped.push(pid);
		}
}
function wakeWorkers() {
	for (const pid of stopped.splice(0))
		process.kill(pid, 'SIGCONT');
}
afterEach(wakeWorkers);
after(wakeWorkers);

// A request whose answer may be long in coming.
function begun(promise) {
	const state = { done: false };
	state.answer = promise.finally(() => { state.done = true; });
	state.answer.catch(() => {});
	return state;
}

async function conversation(organization) {
	const visitor = await organization.visitor();
	const { conversation: { id } } = await visitor.begin();
	return { visitor, id, path: `/api/v1/conversations/${id}/messages` };
}

// Sends messages with the organization's key, each from an address of its own, so that only the
// organization is counted.
const send = (organization, path, clientId) => begun(world.client({ address: newAddress(),
	headers: { Authorization: `Bearer ${organization.secretKey}` } }).post(path, { clientId, content: clientId }));

// Fills what an organization may have in flight, while nobody works; what comes beyond is refused.
async function fill(organization, path, count) {
	const sent = Array.from({ length: count }, (_, i) => send(organization, path, `filling-${i}`));
	await eventually('those beyond are answered', () => sent.filter((s) => s.done).length === count - SHARE - OVERFLOW);
	return sent;
}

function assertRefusal(answer, status, code) {
	expect(answer, status);
	assert.equal(answer.json.code, code);
	assert.match(answer.headers['retry-after'], /^[123]$/);
	assert.equal(answer.headers['access-control-allow-origin'], '*');
}

describe('pools', () => {
	test('without anybody to answer the API, people sign in and pages are served', async () => {
		const shop = await world.organization();
		const staff = await shop.staff();
		const { agent } = shop.members;
		await stopWorkers('api', 'overflow', 'upload', 'poll');
		const stuck = begun(shop.api.get('/api/v1/me'));
		const waiting = begun(shop.api.get('/api/v1/events?wait=1'));
		expect(await staff.get('/inbox'), 200);
		expect(await shop.client({ Origin: world.url, 'Sec-Fetch-Site': 'same-origin' })
			.form('/sign-in', { email: agent.email, password: agent.password }), 303);
		for (const path of ['/healthz', '/readyz', '/sign-in'])
			expect(await world.client().get(path), 200);
		assert.ok(!stuck.done && !waiting.done);
		wakeWorkers();
		expect(await stuck.answer, 200);
		assert.ok([200, 503].includes((await waiting.answer).status));
	});

	test('without anybody to serve pages, the API goes on', async () => {
		const shop = await world.organization();
		await stopWorkers('dashboard', 'sign-in', 'upload');
		const { path } = await conversation(shop);
		expect(await shop.api.post(path, { clientId: word(), content: 'here' }), 201);
		expect(await world.client().get(`/widget/frame?key=${shop.key}`), 200);
	});

	test('sign-ins under way keep nobody from the pages', async () => {
		const shop = await world.organization();
		const staff = await shop.staff();
		await stopWorkers('sign-in');
		const stuck = begun(world.client().get('/sign-in'));
		expect(await staff.get('/inbox'), 200);
		assert.ok(!stuck.done);
		wakeWorkers();
		expect(await stuck.answer, 200);
	});

	test('uploads have workers of their own', async () => {
		const shop = await world.organization();
		await stopWorkers('upload');
		const stuck = [1, 2].map(() => begun(shop.api.post('/api/v1/attachments', {})));
		expect(await shop.api.get('/api/v1/me'), 200);
		assert.ok(stuck.every((s) => !s.done));
		wakeWorkers();
		for (const { answer } of stuck)
			expect(await answer, 201);
	});
});

describe('an organization beyond its share', () => {
	test('is refused at once, and nothing it was promised is lost', async () => {
		const shop = await world.organization();
		const { path } = await conversation(shop);
		await stopWorkers('api', 'overflow');
		const sent = await fill(shop, path, 40);
		for (const { answer } of sent.filter((s) => s.done))
			assertRefusal(await answer, 429, 'rate_limited');
		wakeWorkers();
		const answers = await Promise.all(sent.map((s) => s.answer));
		assert.equal(answers.filter((a) => a.status === 201).length, SHARE + OVERFLOW);
		const ids = () => shop.api.get(`${path}?limit=100`).then(({ json }) => json.data.map((m) => m.clientId).filter((id) => id?.startsWith('filling')));
		const confirmed = answers.filter((a) => a.status === 201).map((a) => a.json.message.clientId);
		assert.deepEqual((await ids()).sort(), confirmed.sort());
		// Sent again as clients do, everything is there once.
		for (let i = 0; i < 40; i++)
			await eventually(`message ${i}`, async () =>
				[200, 201].includes((await send(shop, path, `filling-${i}`).answer).status));
		assert.equal(new Set(await ids()).size, 40);
		assert.equal((await ids()).length, 40);
	});

	test('cannot fill the disk with lines about it', async () => {
		const shop = await world.organization();
		const { path: target } = await conversation(shop);
		const log = async (name) => (await readFile(stack.log(name), 'utf8')).split('\n').filter(Boolean);
		await stopWorkers('api', 'overflow');
		const sent = await fill(shop, target, SHARE + OVERFLOW + 160);
		wakeWorkers();
		await Promise.all(sent.map((s) => s.answer));
		const lines = await eventually('those that were accepted are logged', async () => {
			const own = (await log('access')).map((text) => JSON.parse(text)).filter((one) => one.path === target);
			return own.filter((one) => one.status === 201).length === SHARE + OVERFLOW && own;
		});
		const refused = lines.filter((one) => one.status === 429);
		assert.ok(refused.length < 40, `${refused.length} of 160`);
		for (const one of refused)
			assert.equal(one.to, 'parlor_overflow');
		assert.deepEqual((await log('nginx')).filter((text) => /no live upstreams/.test(text)), []);
	});

	test('does not keep others waiting', async () => {
		const shop = await world.organization(), other = await world.organization();
		const { path } = await conversation(shop), theirs = await conversation(other);
		await stopWorkers('overflow');
		// The first ones are served by the API's workers; the others get stuck in "overflow".
		const sent = Array.from({ length: 60 }, (_, i) => send(shop, path, `flood-${i}`));
		await eventually('some are refused', async () => {
			const done = await Promise.all(sent.filter((s) => s.done).map((s) => s.answer));
			return done.some((a) => a.status === 429);
		});
		for (let i = 0; i < 20; i++) {
			expect(await other.api.post(theirs.path, { clientId: word(), content: 'in between' }), 201);
			expect(await world.client().get(`/api/v1/widget/settings?key=${other.key}`), 200);
		}
		wakeWorkers();
		for (const { answer } of sent)
			assert.ok([201, 429].includes((await answer).status));
	});

	test('is known by its visitors\' tokens, its keys and its publishable key', async () => {
		const shop = await world.organization();
		const { visitor, id, path } = await conversation(shop);
		await stopWorkers('api', 'overflow');
		const stuck = await fill(shop, path, SHARE + OVERFLOW + 1); // the refusal of one tells that it is full
		const from = (headers) => world.client({ address: newAddress(), headers });
		assertRefusal(await from({ Authorization: `Bearer ${visitor.token}` })
			.post(`/api/v1/widget/conversations/${id}/messages`, { clientId: word(), content: 'x' }), 429, 'rate_limited');
		assertRefusal(await from({ Authorization: `bearer  ${visitor.token}` }).get('/api/v1/widget/conversations'), 429, 'rate_limited');
		const byKey = Array.from({ length: SHARE + 1 }, () => begun(from({}).get(`/api/v1/widget/settings?key=${shop.key}`)));
		await eventually('a third is refused', () => byKey.filter((s) => s.done).length === 1);
		wakeWorkers();
		await Promise.all([...stuck, ...byKey].map((s) => s.answer));
	});

	test('forging other tags helps nobody: the address counts as well', async () => {
		const shop = await world.organization();
		await stopWorkers('api', 'overflow');
		const address = newAddress();
		const forged = Array.from({ length: 30 }, (_, i) => begun(world.client({ address,
			headers: { Authorization: `Bearer vt_${String(i).padStart(8, '0')}_${word(43)}` } }).get('/api/v1/widget/conversations')));
		await eventually('the others are refused', () => forged.filter((s) => s.done).length === 30 - 4 - OVERFLOW);
		const { answer } = begun(shop.api.get('/api/v1/me'));
		wakeWorkers();
		expect(await answer, 200);
		for (const f of forged)
			assert.ok([401, 429].includes((await f.answer).status));
	});
});

describe('the whole pool full', () => {
	// Requests of many organizations that nobody answers yet.
	async function fullHouse() {
		const shops = [];
		for (let i = 0; i < API / SHARE; i++)
			shops.push(await world.organization({ roles: [] }));
		await stopWorkers('api', 'overflow');
		const waiting = shops.flatMap((shop) => Array.from({ length: SHARE }, () => begun(world.client({ address: newAddress(),
			headers: { Authorization: `Bearer ${shop.secretKey}` } }).get('/api/v1/me'))));
		return waiting;
	}

	test('is a 503 for programs and a page for browsers, until there is room', async () => {
		const shop = await world.organization();
		const waiting = await fullHouse();
		// Seen from outside: who tried would take a place of those who are still on their way.
		const socket = path.join(stack.run, 'api.sock');
		await eventually('there is no room', async () => (await readFile('/proc/net/unix', 'utf8')).split('\n')
			.filter((line) => line.endsWith(` ${socket}`)).length === API + 1); // and the one that listens
		assertRefusal(await world.client({ address: newAddress() }).post('/api/v1/widget/session', { key: shop.key }), 503, 'unavailable');
		const page = await world.client({ address: newAddress() }).get(`/widget/frame?key=${shop.key}`);
		expect(page, 503);
		assert.match(page.headers['content-type'], /^text\/html/);
		assert.match(page.headers['retry-after'], /^[123]$/);
		expect(await world.client().get('/readyz'), 200);
		wakeWorkers();
		for (const { answer } of waiting)
			expect(await answer, 200);
		// Every slot is free again: as many at once as before.
		const again = await fullHouse();
		wakeWorkers();
		for (const { answer } of again)
			expect(await answer, 200);
	});

	test('is as full after nginx was reloaded', async () => {
		const shop = await world.organization();
		const before = await stack.pids('nginx');
		process.kill(parseInt(await readFile(path.join(stack.run, 'nginx.pid'), 'utf8')), 'SIGHUP');
		await eventually('the old workers are gone', async () => {
			closeConnections(); // or they stay for these
			return !(await stack.pids('nginx')).some((pid) => before.includes(pid));
		});
		const { path: target } = await conversation(shop);
		await stopWorkers('api', 'overflow');
		const sent = await fill(shop, target, 30);
		wakeWorkers();
		const answers = await Promise.all(sent.map((s) => s.answer));
		assert.equal(answers.filter((a) => a.status === 201).length, SHARE + OVERFLOW);
	});
});

describe('limits by address', () => {
	async function hammer(client, path, count) {
		const answers = await Promise.all(Array.from({ length: count }, () => client.get(path)));
		return answers.filter((a) => a.status === 429);
	}

	test('programs, pages and sign-ins are counted apart, and others are not touched', async () => {
		const client = world.client();
		for (const refused of [await hammer(client, '/api/v1/nothing', 700), await hammer(client, '/static/../nothing', 500)]) {
			assert.ok(refused.length > 0);
			assert.ok(refused.every((a) => a.headers['retry-after'] > 0));
		}
		assert.equal((await client.get('/static/widget.js')).status, 200, 'files are not counted');
		const shop = await world.organization();
		const browser = shop.client({ Origin: world.url, 'Sec-Fetch-Site': 'same-origin' });
		const tries = await Promise.all(Array.from({ length: 45 }, () => browser.form('/sign-in', { email: 'x', password: '' })));
		assert.ok(tries.some((a) => a.status === 429));
		assert.equal((await browser.get('/sign-in')).status, 200, 'the page itself is no attempt');
		assert.equal((await world.client().get('/api/v1/nothing')).status, 404);
	});
});

describe('slow clients', () => {
	const port = Number(new URL(world.url).port);
	const open = (text) => new Promise((resolve, reject) => {
		const socket = net.connect({ port, host: '127.0.0.1', localAddress: newAddress() }, () => {
			if (text)
				socket.write(text);
			resolve(socket);
		});
		socket.gone = new Promise((done) => socket.on('close', done));
		socket.on('error', reject);
		socket.resume();
	});

	test('hold no worker, and are let go when they say no more', async () => {
		const shop = await world.organization();
		const { visitor, path } = await conversation(shop);
		const host = `Host: 127.0.0.1:${port}\r\n`;
		const post = `POST ${path} HTTP/1.1\r\n${host}Authorization: Bearer ${shop.secretKey}\r\n` +
			'Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{';
		const slow = [];
		for (let i = 0; i < 100; i++)
			slow.push(await open(''), await open(`GET /api/v1/me HTTP/1.1\r\n${host}X-A: b`), await open(post));
		const begin = Date.now();
		// The organization's share is held by bodies that do not come; it is served by "overflow".
		for (let i = 0; i < 20; i++) {
			expect(await shop.api.post(path, { clientId: word(), content: 'quick' }), 201);
			expect(await visitor.get('conversations'), 200);
		}
		await Promise.all(slow.map((socket) => socket.gone));
		assert.ok(Date.now() - begin < 60000);
	});
});
