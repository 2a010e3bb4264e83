// The exact limits in PostgreSQL, with many requests at once over all workers; and what nginx takes for
// one address.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { eventually, expect, newAddress, useWorld, word } from '../lib/world.mjs';

const world = await useWorld({ queue: 500 });

// Sends count requests at once. At most burst may be accepted, and what was gained meanwhile.
async function assertExact({ count, burst, perSecond, send, accepted }) {
	const begin = performance.now();
	const answers = await Promise.all(Array.from({ length: count }, (_, i) => send(i)));
	const gained = Math.floor((performance.now() - begin) / 1000 * perSecond + 0.01);
	const good = answers.filter((a) => a.status === accepted).length;
	assert.ok(good >= burst && good <= burst + gained, `${good} of ${count}; ${burst} and ${gained}`);
	for (const answer of answers.filter((a) => a.status !== accepted)) {
		assert.equal(answer.status, 429, answer.text);
		assert.equal(answer.json.code, 'rate_limited');
		assert.ok(Number(answer.headers['retry-after']) >= 1 && Number(answer.headers['retry-after']) <= 1 / perSecond + 1,
			answer.headers['retry-after']);
	}
}

describe('at once, over all workers', () => {
	test('a visitor sends 20 messages, then 30 a minute', async () => {
		const visitor = await (await world.organization({ roles: [] })).visitor();
		const { conversation } = await visitor.begin();
		await assertExact({ count: 120, burst: 20, perSecond: 0.5, accepted: 201,
			send: () => visitor.post(`conversations/${conversation.id}/messages`, { clientId: word(), content: 'x' }) });
	});

	test('a visitor begins 10 conversations, then 10 an hour', async () => {
		const visitor = await (await world.organization({ roles: [] })).visitor();
		await assertExact({ count: 40, burst: 10, perSecond: 10 / 3600, accepted: 201,
			send: () => visitor.post('conversations', { clientId: word(), content: 'x' }) });
	});

	test('an organization gets 30 new visitors from one network, then 10 a minute', async () => {
		const { key } = await world.organization({ roles: [] });
		const client = world.client();
		await assertExact({ count: 90, burst: 30, perSecond: 1 / 6, accepted: 200,
			send: () => client.post('/api/v1/widget/session', { key }) });
	});

	test('an organization gets 300 new visitors a minute in all; others are not touched', async () => {
		const { key } = await world.organization({ roles: [] }), other = await world.organization({ roles: [] });
		await assertExact({ count: 400, burst: 300, perSecond: 5, accepted: 200,
			send: () => world.client({ address: newAddress() }).post(`/api/v1/widget/session?key=${key}`, { key }) });
		assert.equal((await world.client().post('/api/v1/widget/session', { key: other.key })).status, 200);
	});

	test('a network tries 30 keys a minute', async () => {
		const client = world.client();
		await assertExact({ count: 90, burst: 30, perSecond: 0.5, accepted: 404,
			send: () => client.get(`/api/v1/widget/settings?key=pk_${word(24)}`) });
	});
});

test('nginx takes a /64 for one address, and an IPv4 address for itself', async () => {
	const source = fileURLToPath(new URL('../../', import.meta.url));
	const dir = await mkdtemp(path.join(tmpdir(), 'parlor-test-'));
	await chmod(dir, 0o755);
	await mkdir(path.join(dir, 'tmp'));
	await symlink(path.join(source, 'conf/nginx'), path.join(dir, 'parlor'));
	const socket = path.join(dir, 'socket');
	await writeFile(path.join(dir, 'nginx.conf'), `
		daemon off; worker_processes 1; pid ${dir}/pid; error_log ${dir}/log;
		events { }
		http {
			${['client_body', 'fastcgi', 'proxy', 'scgi', 'uwsgi'].map((name) => `${name}_temp_path ${dir}/tmp/${name};`).join(' ')}
			include parlor/http.conf;
			include parlor/limits.conf;
			access_log off;
			limit_req_zone $parlor_address zone=once:1m rate=1r/m;
			server {
				listen unix:${socket};
				set_real_ip_from unix:; real_ip_header X-Forwarded-For;
				limit_req zone=once; limit_req_status 429;
				location / { empty_gif; }
			}
		}`);
	const nginx = spawn('nginx', ['-e', `${dir}/log`, '-c', `${dir}/nginx.conf`, '-p', dir],
		{ env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` }, stdio: 'ignore' });
	const status = (address) => new Promise((resolve, reject) => {
		http.get({ socketPath: socket, path: '/', agent: false, headers: { 'X-Forwarded-For': address } }, (answer) => {
			answer.resume();
			resolve(answer.statusCode);
		}).on('error', reject);
	});
	try {
		await eventually('nginx answers', () => status('192.0.2.1'));
		for (const [address, expected] of [
			['192.0.2.1', 429], ['192.0.2.2', 200], ['192.0.2.2', 429],
			['2001:db8:0:1::1', 200], ['2001:db8:0:1::1', 429], ['2001:db8:0:1:ffff:a:b:c', 429],
			['2001:db8:0:1:0a0a:0a0a:0a0a:0a0a', 429], ['2001:db8:0:2::1', 200], ['2001:db8:0:2:a::', 429],
			['2001:db8:a0a:a0a::1', 200], ['2001:db8:a0a:a0a::2', 429]])
			assert.equal(await status(address), expected, address);
	} finally {
		const ended = new Promise((done) => nginx.on('exit', done));
		nginx.kill('SIGTERM');
		await ended;
		await rm(dir, { recursive: true });
	}
});

describe('at the API of staff', () => {
	const rate = (o, perMinute) => world.stack.parlor('org', 'set', o.id, `apiRate=${perMinute}`);
	const keyOf = async (o) => o.client({ Authorization: `Bearer ${expect(await (await o.staff('admin')).post('/api/v1/api-keys',
		{ name: word(), scopes: ['conversations:read'] }, { secret: true }), 201).json.secret}` });
	const ask = (client) => client.with({}).get('/api/v1/me');

	test('every answer tells the limit and what is left of it', async () => {
		const o = await world.organization({ apiRate: null });
		// Each of the four workers takes a fortieth of them at once, and knows what it left then.
		const seen = [];
		for (let n = 1; n <= 20; n++) {
			const { headers } = expect(await o.api.get('/api/v1/me'), 200);
			assert.equal(headers['ratelimit-policy'], '"api";q=600;w=60');
			const [, r, t] = /^"api";r=(\d+);t=(\d+)$/.exec(headers.ratelimit);
			assert.ok(r >= 600 - n - 4 * 600 / 40 && r <= 599 && t >= 1 && t <= 60, `${headers.ratelimit} after ${seen}`);
			seen.push(Number(r));
		}
		assert.ok(Math.min(...seen) <= 600 - 20 / 4, seen.join());
		assert.match(expect(await o.api.get('/api/v1/conversations/none'), 404).headers.ratelimit, /^"api";r=/);
	});

	test('a key has so many as its organization was given; others are not touched', async () => {
		const o = await world.organization({ apiRate: null }), other = await world.organization();
		await rate(o, 30);
		await assertExact({ count: 90, burst: 30, perSecond: 0.5, accepted: 200, send: () => ask(o.api) });
		const answer = await ask(o.api);
		assert.equal(answer.status, 429);
		assert.equal(answer.headers['ratelimit-policy'], '"api";q=30;w=60');
		assert.match(answer.headers.ratelimit, /^"api";r=0;t=60$/);
		for (const client of [await o.staff('admin'), await keyOf(o), other.api])
			expect(await ask(client), 200);
		expect(await o.api.get('/api/v1/events?wait=0'), 200);
	});

	test('an organization has five times as many, whoever asks', async () => {
		const o = await world.organization({ apiRate: null }), keys = [];
		for (let n = 0; n < 8; n++)
			keys.push(await keyOf(o));
		await rate(o, 12);
		await world.sql.exec`TRUNCATE parlor.rate_buckets`;
		await assertExact({ count: 96, burst: 60, perSecond: 1, accepted: 200, send: (i) => ask(keys[i % 8]) });
	});

	test('shares that workers take at once never make more than there is', async () => {
		const o = await world.organization({ apiRate: null }), begin = performance.now(), answers = [];
		await rate(o, 400);
		for (let n = 0; n < 12; n++)
			answers.push(...await Promise.all(Array.from({ length: 50 }, () => ask(o.api))));
		const good = answers.filter((a) => a.status === 200).length;
		assert.ok(good <= 400 + (performance.now() - begin) / 1000 * 400 / 60 + 1 && good >= 300, `${good}`);
		assert.ok(answers.every((a) => [200, 429].includes(a.status)));
	});

	test('a rate is a number', async () => {
		const o = await world.organization({ apiRate: null });
		for (const value of ['0', '-1', 'x', '1000001', ''])
			await assert.rejects(world.stack.parlor('org', 'set', o.id, `apiRate=${value}`), /from 1 to 1000000/);
	});
});

test('a visitor is told what is left, too', async () => {
	const visitor = await (await world.organization({ roles: [] })).visitor();
	const { conversation } = await visitor.begin();
	for (const left of [19, 18]) {
		const { headers } = expect(await visitor.post(`conversations/${conversation.id}/messages`, { clientId: word(), content: 'x' }), 201);
		assert.equal(headers['ratelimit-policy'], '"message";q=20;w=40');
		assert.match(headers.ratelimit, new RegExp(`^"message";r=${left};t=\\d+$`));
	}
});
