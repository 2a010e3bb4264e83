// More than a server takes: what goes through, what becomes of the rest, and whom it hurts.
//
//   node tests/bench/bench_overload.mjs [PART...]      all parts: capacity fairness slow storm
//
// PARLOR_BIN names the program; BENCH_SECONDS (20) says how long each load lasts, BENCH_CLIENTS (10000)
// how many wait when something breaks. What it prints: tests/bench/run.
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { World, word } from '../lib/world.mjs';
import { line, startBench, temporary } from './lib.mjs';

const SECONDS = Number(process.env.BENCH_SECONDS ?? 20);
const CLIENTS = Number(process.env.BENCH_CLIENTS ?? 10000);
const ORGANIZATIONS = 40;
const parts = process.argv.slice(2);
const wanted = (part) => !parts.length || parts.includes(part);
const work = temporary();

function build(name) {
	execFileSync(process.env.CC ?? 'cc', ['-D_GNU_SOURCE', '-O2', '-Wall', '-o', path.join(work, name),
		fileURLToPath(new URL(`./${name}.c`, import.meta.url))]);
	return path.join(work, name);
}

const stack = await startBench({ queue: 8 });
const world = new World(stack);
const port = new URL(stack.url).port;
const generator = build('bench_overload');

// Seconds of processor time that the whole server has used.
async function serverTime() {
	const [postmaster] = readFileSync(path.join(stack.home, 'pg/data/postmaster.pid'), 'utf8').split('\n');
	const backends = readFileSync(`/proc/${postmaster}/task/${postmaster}/children`, 'utf8').split(' ').filter(Boolean);
	const workers = await Promise.all(['nginx', 'web', 'poll'].map((name) => stack.pids(name)));
	return [...backends, ...workers.flat()].reduce((sum, pid) => {
		const [user, system] = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/.*\) /, '').split(' ').slice(11, 13);
		return sum + (Number(user) + Number(system)) / 100;
	}, 0);
}

// rate 0: closed loop.
async function load(plan, { connections, rate = 0, seconds = SECONDS }) {
	const before = await serverTime();
	const { stdout } = await promisify(execFile)(generator, [port, plan, connections, rate, seconds].map(String));
	return { ...JSON.parse(stdout), server: await serverTime() - before };
}

function writePlan(name, rows) {
	const file = path.join(work, name);
	writeFileSync(file, rows.map((row) => `${row.join('\t')}\n`).join(''));
	return file;
}

async function demoVisitors(count) {
	return (await stack.parlor('demo', '--load', String(count))).split('\n').map((row) => row.split('\t'));
}

const messages = (conversation) => `/api/v1/conversations/${conversation}/messages`;
const ofDemo = async () => writePlan('demo', (await demoVisitors(2000))
	.map(([token, conversation]) => [token, `/api/v1/widget/conversations/${conversation}/messages`]));

// Conversations of organizations of their own, by their secret keys, in turn.
async function ofMany(name, organizations, each) {
	const rows = [];
	for (let i = 0; i < organizations; i++) {
		const shop = await world.organization({ roles: [] });
		for (let j = 0; j < each; j++) {
			const { json } = await (await shop.visitor()).post('conversations', { clientId: word(), content: 'Hello' });
			rows.push([j, shop.secretKey, messages(json.conversation.id)]);
		}
	}
	return writePlan(name, rows.sort((a, b) => a[0] - b[0]).map(([, ...row]) => row));
}

async function peakOf(plan) {
	let best = null;
	for (const connections of [4, 6, 8, 10, 12]) {
		const run = await load(plan, { connections, seconds: Math.min(SECONDS, 6) });
		run.goodput = run.accepted.count / run.seconds;
		if (!best || run.goodput > best.goodput)
			best = { ...run, connections };
	}
	return best;
}

async function capacity(name, plan) {
	const peak = await peakOf(plan);
	line(`${name} peak goodput, ${peak.connections} at once`, peak.goodput, '1/s');
	line(`${name} peak accepted p99`, peak.accepted.p99, 'ms');
	for (const times of [3, 10]) {
		const run = await load(plan, { connections: 1000, rate: Math.round(peak.goodput * times) });
		const goodput = run.accepted.count / run.seconds, at = `${name} ${times}x`;
		line(`${at} offered`, run.sent / run.seconds, '1/s', { reference: peak.goodput * times, reach: ['>=', 0.99] });
		line(`${at} goodput`, goodput, '1/s', { reference: peak.goodput, reach: ['>=', 0.9] });
		// The generator, and whatever else runs, has the same processors. This is what the server makes of
		// the time that it gets.
		line(`${at} accepted in a second of processor time`, run.accepted.count / run.server, '',
			{ reference: peak.accepted.count / peak.server, reach: ['>=', 0.9] });
		line(`${at} processor time of the generator`, run.cpu / run.seconds, 's/s');
		line(`${at} accepted p99`, run.accepted.p99, 'ms', { reference: peak.accepted.p99, reach: ['<=', 2] });
		line(`${at} refused p99`, run.refused.p99, 'ms', { reach: ['<=', 100] });
		line(`${at} refused`, run.refused.count / run.seconds, '1/s');
		line(`${at} refused without Retry-After`, run.withoutRetryAfter, '', { reach: ['<=', 0] });
		line(`${at} failed or unanswered`, run.failed + run.unanswered, '', { reach: ['<=', 0] });
	}
	return peak;
}

async function fairness() {
	const flood = await ofDemo(), trickle = await ofMany('trickle', 5, 4);
	const peak = await peakOf(flood);
	const calm = { connections: 20, rate: 40 };
	const alone = await load(trickle, calm);
	line('others alone p99', alone.accepted.p99, 'ms');
	const [flooder, others] = await Promise.all([load(flood, { connections: 1000, rate: peak.goodput * 10 }), load(trickle, calm)]);
	line('flood by one organization', flooder.sent / flooder.seconds, '1/s');
	line('flood accepted', flooder.accepted.count / flooder.seconds, '1/s');
	line('others errors', others.refused.count + others.failed + others.unanswered, '', { reach: ['<=', 0] });
	line('others p50', others.accepted.p50, 'ms', { reference: alone.accepted.p50 });
	line('others p99', others.accepted.p99, 'ms', { reference: alone.accepted.p99, reach: ['<=', 2] });
}

async function slow() {
	const plan = await ofMany('normal', 5, 4);
	const calm = { connections: 20, rate: 40, seconds: 10 };
	const alone = await load(plan, calm);
	const texts = ['', `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: b`,
		`POST /api/v1/widget/session HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{`];
	let open = 0;
	const sockets = Array.from({ length: 5000 }, (_, i) => {
		const socket = net.connect({ port, host: '127.0.0.1', localAddress: `127.70.${i >> 8}.${i % 250 + 1}` });
		socket.on('connect', () => socket.write(texts[i % 3]));
		socket.on('error', () => {});
		socket.resume();
		open++;
		return new Promise((done) => socket.on('close', () => { open--; done(); }));
	});
	const begin = performance.now();
	const beside = await load(plan, calm);
	line('beside 5000 slow clients: errors', beside.refused.count + beside.failed + beside.unanswered, '', { reach: ['<=', 0] });
	line('beside 5000 slow clients: p99', beside.accepted.p99, 'ms', { reference: alone.accepted.p99, reach: ['<=', 2] });
	await Promise.all(sockets);
	assert.equal(open, 0);
	line('slow clients are let go after', (performance.now() - begin) / 1000, 's', { reach: ['<=', 60] });
}

async function storm() {
	const rows = await demoVisitors(CLIENTS);
	const plan = writePlan('waiting', rows);
	const program = build('bench_storm');
	const breaks = {
		'the poller restarts': async () => {
			await stack.killComponent('poll');
			await stack.startComponent('poll');
		},
		'nginx restarts': async () => {
			await stack.killComponent('nginx');
			await stack.startComponent('nginx');
		},
		'PostgreSQL crashes': async () => {
			await stack.killComponent('postgresql');
			await stack.startComponent('postgresql');
		},
	};
	for (const [what, happen] of Object.entries(breaks)) {
		if (process.env.BENCH_BREAK && !what.startsWith(process.env.BENCH_BREAK))
			continue;
		const child = spawn(program, [port, plan, stack.apiKey, '45'], { stdio: ['pipe', 'pipe', 'inherit'] });
		const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
		assert.equal((await lines.next()).value, 'ready');
		child.stdin.write('\n');
		await happen();
		const run = JSON.parse((await lines.next()).value);
		line(`${what}: of ${run.clients} waiting, cut off`, run.broken, '');
		line(`${what}: served again p50`, run.p50, 's');
		line(`${what}: served again p99`, run.p99, 's', { reach: ['<=', 30] });
		line(`${what}: served again, the last`, run.max, 's', { reach: ['<=', 30] });
		line(`${what}: not served again in 45 s`, run.never, '', { reach: ['<=', 0] });
		line(`${what}: requests`, run.requests, '');
		line(`${what}: refused`, run.refused, '');
		line(`${what}: state loaded again`, run.resyncs, '');
		await new Promise((done) => child.once('exit', done));
	}
}

try {
	if (wanted('capacity')) {
		await capacity('many organizations', await ofMany('many', ORGANIZATIONS, 10));
		await capacity('one organization', await ofDemo());
	}
	if (wanted('fairness'))
		await fairness();
	if (wanted('slow'))
		await slow();
	if (wanted('storm'))
		await storm();
} finally {
	await world.close();
}
