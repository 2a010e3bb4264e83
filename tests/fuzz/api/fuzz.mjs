// Requests to every endpoint, good ones and changed ones, by several callers at once, for a while; what they find.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startStack } from '../../http/stack.mjs';
import { CANARY, closeConnections } from '../../lib/client.mjs';
import { Random } from '../../lib/random.mjs';
import { World } from '../../lib/world.mjs';
import { exchangeRecords, recordsOf } from './fastcgi.mjs';
import { Watch, judge } from './judge.mjs';
import { mutate } from './mutate.mjs';
import { Pool } from './pool.mjs';
import { endpointsOf, requestFor, sceneOf } from './scene.mjs';
import { asCommand, exchange } from './wire.mjs';

const PER_SCENE = 1000, GROWTH_MAX = 48, SHRINK_TRIES = 40;

const copyOf = (request) => ({ ...request, headers: request.headers.map((one) => [...one]),
	target: { path: request.target.path, query: request.target.query.map((one) => [...one]) } });

// All that leaves out one part of a request.
function* smaller(request) {
	for (const list of ['headers', 'query'])
		for (let i = 0; i < (list === 'query' ? request.target.query : request.headers).length; i++) {
			const copy = copyOf(request);
			(list === 'query' ? copy.target.query : copy.headers).splice(i, 1);
			yield copy;
		}
	for (const part of [0.5, 0.25])
		if (request.body?.length > 8) {
			const n = Math.ceil(request.body.length * part);
			yield { ...copyOf(request), body: request.body.slice(0, n) };
			yield { ...copyOf(request), body: request.body.slice(n) };
		}
}

// The same finding with less, as far as a few tries go.
async function shrink(base, request, what) {
	let best = request, tries = 0;
	for (let again = true; again && tries < SHRINK_TRIES;) {
		again = false;
		for (const copy of smaller(best)) {
			if (++tries > SHRINK_TRIES)
				break;
			if (judge(copy, await exchange(base, copy)) === what) {
				best = copy;
				again = true;
				break;
			}
		}
	}
	return best;
}

// After one of these its caller is often nobody any more; and the API is asked more often than pages.
const ENDS = /sign-out|DELETE|end-all|end-others|sessions\/:|organizations\/(leave|delete|active)|keys\/.*(rotate|revoke)|team\/members|security\/password/;
const weightOf = ({ key }) => (ENDS.test(key) ? 1 : / \/api\//.test(key) ? 24 : 8);

class Run {
	constructor(world, watch, random, say) {
		Object.assign(this, { world, watch, random, say, findings: new Map(), statuses: {}, good: new Set(), sent: 0, left: 0 });
	}

	add(what, about) {
		const known = this.findings.get(what);
		this.findings.set(what, { what, about: known?.about ?? about, times: (known?.times ?? 0) + 1 });
		if (!known)
			this.say(`FOUND: ${what}\n    ${about}`);
	}

	async one(endpoint, lane, scene, pool) {
		const request = requestFor(endpoint, scene, lane, pool);
		if (lane.chance(0.75))
			mutate(request, lane, pool);
		const answer = await exchange(this.world.url, request);
		this.sent++;
		this.statuses[answer.status] = (this.statuses[answer.status] ?? 0) + 1;
		pool.learn(answer);
		if (answer.status >= 200 && answer.status < 400 && request.method === endpoint.method)
			this.good.add(endpoint.key);
		const what = judge(request, answer);
		if (what && !this.findings.has(`${endpoint.key}: ${what}`)) {
			const least = request.raw ? request : await shrink(this.world.url, request, what);
			this.add(`${endpoint.key}: ${what}`, `${asCommand(this.world.url, least)}\n    as ${request.caller}; changed: ${request.changes ?? 'nothing'}; the answer: ${answer.status} ${answer.text.slice(0, 600)}`);
		}
	}

	// The same past the web server; that it is gone or leaks is told by the processes.
	async records(endpoint, lane, scene, pool) {
		const request = mutate(requestFor(endpoint, scene, lane, pool), lane, pool), bytes = recordsOf(request, lane);
		const answer = await exchangeRecords(this.world.stack, lane, bytes);
		this.sent++;
		const what = answer === null ? 'no answer' : answer.includes(CANARY) ? 'a text of another organization' : /Status: 50[0-2]/.exec(answer)?.[0];
		if (what)
			this.add(`records: ${what}`, `${bytes.toString('base64')}\n    ${answer?.slice(0, 600)}`);
	}

	async lane(number, endpoints, until) {
		const lane = this.random.fork(`lane ${number}`);
		while (Date.now() < until && this.left-- > 0)
			await (lane.chance(0.04) ? this.records : this.one).call(this, lane.pick(endpoints), lane, this.scene, this.pool);
	}

	async go(endpoints, { seconds, connections }) {
		const until = Date.now() + seconds * 1000;
		this.pool = new Pool(this.random.fork('pool'));
		while (Date.now() < until) {
			this.left = PER_SCENE;
			this.scene = await sceneOf(this.world, this.pool);
			await Promise.all([...Array.from({ length: connections }, (_, i) => this.lane(this.sent + i, endpoints, until)), this.look()]);
		}
		await this.look();
	}

	async look() {
		for (const line of await this.watch.findings())
			this.add(line.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z|"request":"\w+"|\[\d+\]|\b\d{4,}\b/g, '').slice(0, 400), line);
	}
}

// Options: seconds, seed, connections, only (a pattern of "METHOD /path"), say (takes a line). Resolves with { seed, findings,
// sent, statuses, good, endpoints, growth }. The program is PARLOR_BIN; built with sanitizers, its reports are findings, and so are
// leaks when its processes end.
export async function fuzz({ seconds = 10, seed = Date.now() % 1000000, connections = 6, only = '', say = () => {} } = {}) {
	const reports = mkdtempSync(path.join(tmpdir(), 'parlor-reports-'));
	chmodSync(reports, 0o1777);
	const sanitizers = `log_path=${reports}/report:print_stacktrace=1:quarantine_size_mb=16:detect_leaks=1`;
	const stack = await startStack({ seed: false, web: 2, options: { 'limits.limits_off': 'yes', 'poll.poll_hold_seconds': '1' },
		place: { '--env': [`ASAN_OPTIONS=${sanitizers}`, `UBSAN_OPTIONS=print_stacktrace=1:log_path=${reports}/report`] } });
	const world = new World(stack), watch = new Watch(stack, reports), run = new Run(world, watch, new Random(seed), say);
	try {
		await world.canary();
		const endpoints = (await endpointsOf(world)).filter(({ key }) => new RegExp(only).test(key));
		await run.go(endpoints.flatMap((one) => Array(weightOf(one)).fill(one)), { seconds, connections });
		// Leaks are told by a process that ends.
		await stack.stopComponent('web', 'poll', 'jobs');
		watch.sanitizers().forEach((text) => run.add(text.slice(0, 400), text));
		const growth = watch.growth();
		for (const [name, size] of Object.entries(growth))
			if (size > GROWTH_MAX)
				run.add(`${name} grew`, `by ${size} MiB`);
		return { seed, findings: [...run.findings.values()], sent: run.sent, statuses: run.statuses, growth, good: run.good, endpoints };
	} finally {
		world.sql.close();
		closeConnections();
		await stack.stop();
		rmSync(reports, { recursive: true, force: true });
	}
}
