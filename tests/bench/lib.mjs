// What the benchmarks share: lines of the table, medians, stacks, Nchan, the load generator.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createHmac, randomBytes } from 'node:crypto';
import { cpus, tmpdir } from 'node:os';
import http from 'node:http';
import { createServer } from 'node:net';
import path from 'node:path';
import { POOLS, eventually, startStack } from '../http/stack.mjs';

export { eventually } from '../http/stack.mjs';
export { blake2b as hash } from '../lib/blake2b.mjs';

// --quick of tests/bench/run: to see whether it works, not to keep the figures.
const QUICK = process.env.BENCH_QUICK === '1';
export const pick = (full, quick) => (QUICK ? quick : full);
export const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
export const DESCRIPTORS = Number(spawnSync('bash', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).stdout) || 65536;

export const say = (text) => process.stderr.write(`  ${text}\n`);

export function median(values) {
	const sorted = [...values].sort((a, b) => a - b), middle = sorted.length >> 1;
	return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const digits = (value) => (!Number.isFinite(value) ? String(value)
	: Number.isInteger(value) || Math.abs(value) >= 1000 ? String(Math.round(value)) : value.toPrecision(3));

// A line of the table. reference: what value is set against. reach: [sign, bound], held against the ratio;
// against the value itself with absolute, or without a reference.
export function line(name, value, unit, { reference, reach, absolute = reference === undefined } = {}) {
	const ratio = reference === undefined ? undefined : value / reference;
	const held = absolute ? value : ratio;
	const ok = !reach ? '-' : { '>=': held >= reach[1], '<=': held <= reach[1], '<': held < reach[1], '=': held === reach[1] }[reach[0]]
		? 'yes' : 'NO';
	const bound = reach && `${reach.join(' ')}${absolute ? ` ${unit}` : ''}`;
	process.stdout.write(`${[name, digits(value), unit, reference === undefined ? '-' : digits(reference),
		ratio === undefined ? '-' : ratio.toFixed(2), bound ?? '-', ok].join('\t')}\n`);
}

// Of times, without the tenth that took longest: what disturbs those is not ours.
export function moments(times) {
	const kept = [...times].sort((a, b) => a - b).slice(0, Math.ceil(times.length * 0.9));
	const mean = sum(kept) / kept.length;
	return { mean, error: sum(kept.map((one) => (one - mean) ** 2)) / (kept.length - 1) / kept.length };
}

// Welch's t: how sure it is that two lists of times differ.
export function welch(a, b) {
	const [one, two] = [moments(a), moments(b)];
	return { t: (one.mean - two.mean) / Math.sqrt(one.error + two.error), difference: one.mean - two.mean };
}

// Runs the named functions in turn, ROUNDS times: what disturbs one disturbs the others. Gives the answers
// by name.
export async function alternate(sides, rounds = ROUNDS) {
	const all = Object.fromEntries(Object.keys(sides).map((name) => [name, []]));
	for (let round = 0; round < rounds; round++)
		for (const [name, run] of Object.entries(sides)) {
			const answer = await run(round);
			all[name].push(answer.value);
			say(`${name}, ${round + 1} of ${rounds}: ${answer.text}`);
		}
	return all;
}

const tidy = [];
process.once('exit', () => tidy.splice(0).reverse().forEach((end) => end()));
export function temporary() {
	const dir = mkdtempSync(path.join(tmpdir(), 'parlor-bench-'));
	chmodSync(dir, 0o755);
	tidy.push(() => rmSync(dir, { recursive: true, force: true }));
	return dir;
}

export const startBench = ({ options, ...rest } = {}) =>
	startStack({ ...rest, options: { 'limits.limits_off': 'yes', ...options } });

// The processes that lead a component; its workers are their descendants.
export function leaders(stack, name) {
	const files = { pg: [path.join(stack.home, 'pg/data/postmaster.pid')],
		web: POOLS.map((pool) => path.join(stack.run, `${pool}.pid`)) }[name] ?? [path.join(stack.run, `${name}.pid`)];
	return files.map((file) => Number(readFileSync(file, 'utf8').split(/\s/)[0]));
}

// Nanoseconds on a processor by component: of its processes, and of those that ended and were waited for.
export function processorTime(stack, names = ['nginx', 'web', 'poll', 'pg']) {
	const children = new Map();
	const read = (file) => {
		try {
			return readFileSync(file, 'utf8');
		} catch {
			return ''; // it has just ended
		}
	};
	for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
		const parent = read(`/proc/${pid}/stat`).split(') ').at(-1).split(' ')[1];
		children.set(parent, [...children.get(parent) ?? [], pid]);
	}
	const own = (pid) => sum((existsSync(`/proc/${pid}/task`) ? readdirSync(`/proc/${pid}/task`) : [])
		.map((task) => Number(read(`/proc/${pid}/task/${task}/schedstat`).split(' ')[0])));
	const tree = (pid) => own(pid) + sum((children.get(String(pid)) ?? []).map(tree));
	const ended = (pid) => sum(read(`/proc/${pid}/stat`).split(') ').at(-1).split(' ').slice(13, 15).map(Number)) * 1e7;
	return Object.fromEntries(names.map((name) => [name, sum(leaders(stack, name).map((pid) => tree(pid) + ended(pid)))]));
}

// Everybody has read everything, so that no message of a measure brings a read mark with it.
export const settle = (stack) => stack.sql(`SET session_replication_role = replica;
	UPDATE messages SET is_read = true WHERE NOT is_read;
	UPDATE conversations SET agent_read_seq = last_seq, visitor_read_seq = last_seq, agent_unread = 0, visitor_unread = 0;
	VACUUM ANALYZE`);

// Visitors with a conversation each, and a message in it: {token, conversation, cursor}. The file is lpload's --plan.
export async function loadVisitors(stack, count, { messages = true } = {}) {
	const text = await stack.parlor('demo', '--load', String(count));
	if (messages)
		await stack.sql(`INSERT INTO messages (id, conversation_id, sender_id, sender_type, content)
		SELECT 'first' || c.id, c.id, c.chat_user_id, 'user', 'Hello' FROM conversations c WHERE c.last_seq = 0`);
	const [, , now] = (await stack.parlor('demo', '--load', '1')).split('\t');
	const rows = text.split('\n').map((row) => {
		const [token, conversation] = row.split('\t');
		return { token, conversation, cursor: now };
	});
	const file = path.join(temporary(), 'plan.tsv');
	writeFileSync(file, rows.map((row) => `${row.token}\t${row.conversation}\t${row.cursor}\n`).join(''));
	await settle(stack);
	return { file, rows };
}

// Runs a program to its end; resolves with its output. Node itself goes on meanwhile.
export function run(program, args, { env, fine = [0] } = {}) {
	return new Promise((resolve, reject) => {
		const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
		let out = '', err = '';
		const end = () => child.kill();
		process.once('exit', end);
		child.stdout.on('data', (chunk) => { out += chunk; });
		child.stderr.on('data', (chunk) => { err += chunk; });
		child.on('error', reject);
		child.on('close', (code) => {
			process.off('exit', end);
			fine.includes(code) ? resolve(out) : reject(new Error(`${program} ended with ${code}: ${err}${out}`));
		});
	});
}

const sbin = (name) => ['/usr/sbin', '/usr/bin', '/usr/local/sbin', '/sbin'].map((dir) => path.join(dir, name)).find(existsSync) ?? name;

export function freePort() {
	return new Promise((resolve) => {
		const server = createServer().listen(0, '127.0.0.1', () => {
			const { port } = server.address();
			server.close(() => resolve(port));
		});
	});
}

// Nchan in an nginx of its own, with as many workers as the other side's. start() and stop() in turn: what
// one run leaves in memory is not the next one's.
export async function nchan({ workers }) {
	const modules = (spawnSync(sbin('nginx'), ['-V'], { encoding: 'utf8' }).stderr.match(/--modules-path=(\S+)/) ?? [])[1];
	const module = `${modules}/ngx_nchan_module.so`;
	if (!existsSync(module))
		throw new Error('Nchan is missing (Debian: libnginx-mod-nchan)');
	const dir = temporary(), port = await freePort();
	const root = process.getuid() === 0;
	mkdirSync(`${dir}/tmp`);
	chmodSync(`${dir}/tmp`, 0o777);
	writeFileSync(`${dir}/nginx.conf`, `
load_module ${module};
daemon off;
${root ? 'user www-data;' : ''}
worker_processes ${workers};
worker_rlimit_nofile ${DESCRIPTORS};
pid ${dir}/nginx.pid;
error_log ${dir}/error.log warn;
events { worker_connections ${Math.floor(DESCRIPTORS * 0.95)}; multi_accept on; }
http {
	access_log off;
	${['client_body', 'fastcgi', 'proxy', 'scgi', 'uwsgi'].map((name) => `${name}_temp_path ${dir}/tmp/${name};`).join(' ')}
	keepalive_timeout 75s;
	nchan_shared_memory_size 512m;
	server {
		listen 127.0.0.1:${port} backlog=4096;
		location ~ ^/pub/(\\w+)$ { nchan_publisher; nchan_channel_id $1; nchan_message_buffer_length 20; }
		location ~ ^/sub/(\\w+)$ { nchan_subscriber longpoll; nchan_channel_id $1; nchan_subscriber_first_message newest; }
	}
}
`);
	let child;
	const stop = () => new Promise((resolve) => {
		if (!child)
			return resolve();
		child.once('close', resolve);
		child.kill('SIGTERM');
		child = undefined;
	});
	tidy.push(() => child?.kill('SIGTERM'));
	return {
		port,
		stop,
		async start() {
			await stop();
			child = spawn(sbin('nginx'), ['-c', `${dir}/nginx.conf`, '-p', dir, '-e', `${dir}/error.log`], { stdio: 'ignore' });
			await eventually('Nchan answers', async () => (await fetch(`http://127.0.0.1:${port}/pub/0`)).status < 500);
		},
		get pid() { return child.pid; },
	};
}

// The load generator, or nothing when its source is not at hand: see tests/bench/run.
export const LPLOAD = process.env.BENCH_LPLOAD;
export function needLpload(name) {
	if (LPLOAD)
		return;
	process.stdout.write(`${name}\tskipped: no lpload\n`);
	process.exit(0);
}

// Exit 2: lost or doubled, 3: not all could be parked; both stand in what it prints.
async function lpload(port, watch, { clients, procs = 1, rate, seconds, settle, ramp = 3000, seed = 1 }, more) {
	const args = ['-j', '-p', port, '-k', clients, '-P', procs, '-m', rate, '-t', seconds, '-S', settle, '-r', ramp, '--seed', seed];
	for (const [name, pid] of Object.entries(watch))
		args.push('--watch', `${name}:${pid}`);
	const answer = JSON.parse(await run(LPLOAD, [...args, ...more].map(String), { fine: [0, 2, 3] }));
	answer.parts = Object.keys(watch);
	return answer;
}

export function loadParlor(stack, plan, options) {
	const watch = Object.fromEntries(['poll', 'nginx', 'web', 'pg'].map((name) => [name, leaders(stack, name).join(',')]));
	return lpload(new URL(stack.url).port, watch, options, ['--plan', plan.file, '--json-body',
		'--poll-url', '/api/v1/widget/events?wait=25&cursor=%s', '--poll-header', 'Authorization: Bearer %k',
		'--send-url', '/api/v1/conversations/%c/messages', '--send-header', `Authorization: Bearer ${stack.secretKey}`]);
}

export function loadNchan(server, options) {
	return lpload(server.port, { nginx: server.pid }, options, ['--poll-url', '/sub/%t', '--send-url', '/pub/%t']);
}

// Parks on fresh processes, so that memory counts from zero.
export async function freshParlor(stack) {
	await stack.stopComponent('nginx', 'poll');
	await stack.startComponent('poll', 'nginx');
	await eventually('the stack answers', async () => (await fetch(`${stack.url}/readyz`)).ok, { seconds: 30 });
}

// How long a request takes, in ms, on a connection that is kept; gives {ms, text}.
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
export function timed(method, url, headers = {}, body = undefined) {
	return new Promise((resolve, reject) => {
		const begin = performance.now();
		const request = http.request(url, { method, agent, headers: body === undefined ? headers
			: { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body), ...headers } }, (response) => {
			let text = '';
			response.setEncoding('utf8');
			response.on('data', (chunk) => { text += chunk; });
			response.on('end', () => (response.statusCode < 300 ? resolve({ ms: performance.now() - begin, text })
				: reject(new Error(`${method} ${url}: ${response.statusCode} ${text.slice(0, 200)}`))));
		});
		request.on('error', reject);
		request.end(body);
	});
}

// Headers of somebody who is signed in to the dashboard as the demo's first agent.
export async function signIn(stack) {
	const token = randomBytes(16).toString('hex');
	await stack.sql(`INSERT INTO sessions (id, token, user_id, expires_at, created_at, updated_at, active_organization_id)
		SELECT '${token}', '${token}', user_id, now() + interval '7 days', now(), now(), organization_id FROM members
		 WHERE organization_id = '${stack.organizationId}' ORDER BY id LIMIT 1`);
	const signature = createHmac('sha256', stack.authSecret).update(token).digest('base64');
	return { Cookie: `better-auth.session_token=${encodeURIComponent(`${token}.${signature}`)}` };
}

// Fills the demo organization; see grow.sql. content: SQL for the text of message j of conversation i.
export async function grow(stack, conversations, each, content = '') {
	const text = readFileSync(new URL('./grow.sql', import.meta.url), 'utf8');
	const own = content && `\\set content '${content.replaceAll("'", "''")}'\n`;
	await stack.sql(`\\set organization '${stack.organizationId}'\n\\set conversations ${conversations}\n\\set each ${each}\n${own}${text}`);
}

export const sum = (values) => values.reduce((a, b) => a + b, 0);
export const cores = cpus().length;
// As many as scripts/stack.sh gives by itself.
export const NGINX_WORKERS = Math.min(cores, 4);
export const version = (program) => execFileSync(program, ['--version'], { encoding: 'utf8' }).trim();
