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
import { eventually, newAddress, useWorld, word } from '../lib/world.mjs';

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
