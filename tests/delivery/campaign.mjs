#!/usr/bin/env node
// Faults at random times while messages flow: nothing that was acknowledged may be lost, doubled or
// reordered, for anybody. Two application hosts on one PostgreSQL; as root each on a network of its own, with
// the data on a disk that can be full. See docs/delivery.md.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir, totalmem } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { startStack } from '../http/stack.mjs';
import { Random } from '../lib/random.mjs';
import { Cluster } from './cluster.mjs';
import { faults } from './faults.mjs';
import { VERDICTS } from './history.mjs';
import { Load } from './load.mjs';
import { Net, netIsPossible } from './net.mjs';

const USAGE = `usage: tests/delivery/campaign.mjs [OPTION...]

  --messages N     acknowledged messages at least (default 20000)
  --injections N   faults at least (default 30)
  --seconds N      spread over that time (default 90); it may take longer
  --seed N         of all random choices (default: the time)
  --only TEXT      only faults whose name matches TEXT, a regular expression
  --no-notify      without any hint: no NOTIFY, no datagrams
  --plain          without networks of its own and the like, as for a user who is not root
  --quiet          only the summary

PARLOR_BIN names the program, by default build/parlor. The full campaign:

  tests/delivery/campaign.mjs --messages 1000000 --injections 500 --seconds 1700
`;

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

function options() {
	const { values } = parseArgs({ options: { messages: { type: 'string', default: '20000' }, injections: { type: 'string', default: '30' },
		seconds: { type: 'string', default: '90' }, seed: { type: 'string', default: String(Date.now() % 1e9) },
		only: { type: 'string', default: '' }, 'no-notify': { type: 'boolean' }, plain: { type: 'boolean' }, quiet: { type: 'boolean' },
		help: { type: 'boolean' } } });
	if (values.help) {
		process.stdout.write(USAGE);
		process.exit(0);
	}
	for (const name of ['messages', 'injections', 'seconds', 'seed'])
		values[name] = Number(values[name]);
	return values;
}

// The library that makes programs see another time.
function faketime() {
	for (const dir of readdirSync('/usr/lib')) {
		const file = `/usr/lib/${dir}/faketime/libfaketime.so.1`;
		if (existsSync(file))
			return file;
	}
	return null;
}

const HBA = ['local all all scram-sha-256', 'local replication all scram-sha-256', 'host all all 127.0.0.1/32 scram-sha-256',
	'host all all 10.0.0.0/8 scram-sha-256', ''].join('\n');

class Campaign {
	constructor(values) {
		Object.assign(this, { values, random: new Random(values.seed).fork('faults'), results: [], botched: [] });
		const isRoot = process.getuid() === 0 && !values.plain;
		this.net = isRoot && netIsPossible() ? new Net() : null;
		this.faketime = faketime();
		this.has = { net: this.net, tmpfs: isRoot, clock: this.faketime, hints: !values['no-notify'] };
	}

	say(text) {
		if (!this.values.quiet)
			process.stderr.write(`${((performance.now() - this.begun) / 1000).toFixed(1).padStart(7)} s  ${text}\n`);
	}

	// Where the clock of the workers stands, and who may come from other networks.
	async prepare() {
		this.dir = await mkdtemp(path.join(tmpdir(), 'parlor-campaign-'));
		process.once('exit', () => rmSync(this.dir, { recursive: true, force: true }));
		await chmod(this.dir, 0o755);
		this.clock = path.join(this.dir, 'clock');
		this.hba = path.join(this.dir, 'hba.conf');
		await writeFile(this.clock, '+0\n');
		await writeFile(this.hba, HBA);
		this.second = String(this.random.between(15000, 19000));
		this.net?.up();
	}

	// The data on a file system of its own, which can be full.
	async mount(dir) {
		const size = Math.min(10 * 2 ** 30, Math.floor(totalmem() * 0.6)), disk = path.join(dir, 'pg');
		await mkdir(disk);
		if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=711`, 'parlor', disk]).status === 0)
			this.disk = disk;
		else
			this.has.tmpfs = false;
	}

	unmount() {
		if (this.disk)
			spawnSync('umount', ['-l', this.disk]);
		this.disk = null;
	}

	// Of both hosts.
	common() {
		const { addresses } = this.net ?? {}, { values } = this;
		const env = [`LD_PRELOAD=${this.faketime}`, `FAKETIME_TIMESTAMP_FILE=${this.clock}`, 'FAKETIME_CACHE_DURATION=1',
			'FAKETIME_DONT_FAKE_MONOTONIC=1', 'DONT_FAKE_MONOTONIC=1', 'NO_FAKE_STAT=1'];
		return { seed: false, via: this.net?.via('app'), options: { 'limits.limits_off': 'yes', ...values['no-notify'] ?
			{ 'poll.poll_notify': 'no', 'server.runtime_dir': '' } : { 'poll.poll_relay': 'yes' } },
		place: { '--second-port': this.second, ...this.has.clock && { '--env': env }, ...addresses && { '--address': addresses.app,
			'--database-host': addresses.databaseForApp, '--programs-host': addresses.databaseForClients,
			'--database-via': this.net.via('database').join(' ') } } };
	}

	async up() {
		await this.prepare();
		try {
			await this.upStacks();
		} finally {
			// After the stacks, whose parts are on these networks.
			process.once('exit', () => this.net?.down());
		}
	}

	async upStacks() {
		const common = this.common();
		const first = await startStack({ ...common, web: 4, settings: ['wal_keep_size = 256MB', ...this.net ?
			["listen_addresses = '*'", `hba_file = '${this.hba}'`] : []],
		prepare: (dir) => this.has.tmpfs && this.mount(dir), cleanup: () => this.unmount() });
		const second = await startStack({ ...common, web: 2, place: { ...common.place, '--join': first.dir } });
		this.hosts = [first, second];
		const { port } = new URL(first.databaseUrl.replace(/,[^/]*/, ''));
		this.cluster = new Cluster({ dir: path.join(first.home, 'pg'), sockets: path.join(first.run, 'pg'), ports: [Number(port),
			Number(this.second)], via: this.net?.via('database') });
		// Whichever data it has by then; the first stack knows only its own.
		process.prependOnceListener('exit', () => this.cluster.stopNow());
	}

	async down() {
		await this.cluster.stop();
		for (const host of this.hosts.reverse())
			await host.stop();
	}

	// Each fault by its weight, but once at least where there is room; in any order.
	deck() {
		const { values: { injections, only }, has, random } = this;
		const usable = Object.entries(faults).filter(([name, { needs }]) => (!needs || has[needs]) && new RegExp(only).test(name));
		const sum = usable.reduce((all, [, { weight }]) => all + weight, 0), deck = [];
		for (const [name, { weight }] of usable)
			deck.push(...Array(Math.max(1, Math.round(injections * weight / sum))).fill(name));
		while (deck.length < injections)
			deck.push(random.pick(usable)[0]);
		return deck.map((name) => [random.next(), name]).sort((a, b) => a[0] - b[0]).map(([, name]) => name).slice(0, injections);
	}

	async inject(name) {
		const { run, goal } = faults[name], { history } = this.load, begun = performance.now();
		history.record('fault', name);
		let since, made = true;
		try {
			since = await run(this);
		} catch (error) {
			// The fault could not be made, by our own means; the run goes on, and says so.
			made = false;
			this.botched.push(`${name}: ${error.message.split('\n')[0]}`);
			this.say(`${name} could not be made: ${error.stack}`);
			if (!this.cluster.isUp())
				await this.cluster.start();
			since = performance.now();
		}
		history.record('fault', `${name}: healed`);
		const times = await this.load.probe.measure(since, { patience: 60 });
		if (!times)
			history.refused('probe', null, `no recovery within 60 s after: ${name}`);
		if (made)
			this.results.push({ name, goal, ...times });
		this.say(`${name}: ${Math.round(since - begun)} ms; sends again after ${Math.round(times?.sent)} ms, heard after ${Math.round(times?.heard)} ms`
			+ `; ${history.acknowledged} messages, ${history.total} violations`);
	}

	// The pace of the other programs, so that the messages come in time.
	control() {
		const { values: { messages, seconds }, load } = this;
		let before = load.history.acknowledged;
		return setInterval(() => {
			const now = load.history.acknowledged, rate = now - before;
			const left = Math.max(10, seconds - (performance.now() - this.begun) / 1000), wanted = Math.max(1, (messages - now) / left);
			load.pace.sql = Math.min(5000, Math.max(5, load.pace.sql * Math.min(1.5, Math.max(0.6, rate / wanted))));
			before = now;
		}, 1000);
	}

	async run() {
		const { values } = this, { messages, seconds, seed } = values, rate = messages / seconds;
		await this.up();
		this.load = await new Load(this.hosts[0], { seed, hosts: this.hosts.map((h) => h.url), visitors: rate > 300 ? 6 : 3, messages,
			pace: { batch: rate > 300 ? 20 : 5, http: 60, sql: 200 } }).open();
		this.load.stopping = () => this.load.halted;
		this.begun = performance.now();
		this.load.begin();
		const controller = this.control(), deck = this.deck(), slot = seconds * 1000 / (deck.length + 1);
		for (const [i, name] of deck.entries()) {
			const at = this.begun + slot * (i + 0.5 + this.random.next());
			await pause(Math.max(100, at - performance.now()));
			await this.inject(name);
		}
		while (this.load.history.acknowledged < messages)
			await pause(100);
		clearInterval(controller);
		await writeFile(this.clock, '+0\n');
		this.say('the end of writing');
		await this.load.end({ patience: 120 });
		this.took = (performance.now() - this.begun) / 1000;
		await this.down();
		return this.summary();
	}

	summary() {
		const { load: { history, wire }, results } = this, lines = [];
		const rows = Object.keys(faults).map((name) => [name, results.filter((r) => r.name === name)]).filter(([, list]) => list.length);
		const times = (list, what) => {
			const sorted = list.map((r) => r[what] ?? Infinity).sort((a, b) => a - b), at = (p) => sorted[Math.ceil(p * sorted.length) - 1];
			return `${[at(0.5), at(0.99), sorted.at(-1)].map((t) => Math.max(0, Math.round(t))).join(' / ')}`;
		};
		const late = (list) => list.filter((r) => !(r.sent <= r.goal)).length;
		lines.push('| fault | times | sends again, p50 / p99 / max ms | heard again, p50 / p99 / max ms | later than the goal |', '|---|---|---|---|---|');
		for (const [name, list] of [...rows, ['**all**', results]])
			lines.push(`| ${name} | ${list.length} | ${times(list, 'sent')} | ${times(list, 'heard')} | ${late(list)} |`);
		const without = Object.entries(faults).filter(([, { needs }]) => needs && !this.has[needs]).map(([name]) => name);
		lines.push('', `seed ${history.seed}, ${Math.round(this.took)} s, ${results.length} faults, hints ${this.values['no-notify'] ? 'off' : 'on'}`,
			`${history.storedCount} messages stored, ${history.acknowledged} acknowledged, ${history.observed} observations, `
			+ `${resyncsOf(this.load)} resyncs`,
			`requests: ${wire.asked}; answers: ${[...wire.statuses].sort((a, b) => a[0] - b[0]).map(([s, n]) => `${n} × ${s}`).join(', ')}`,
			`violations: ${VERDICTS.map((v) => `${v} ${history.counts[v]}`).join(', ')}`,
			...this.botched.length ? [`could not be made: ${this.botched.length}, as ${this.botched[0]}`] : [],
			...without.length ? [`left out here: ${without.join(', ')}`] : [],
			`memory of this program: ${Math.round(process.resourceUsage().maxRSS / 1024)} MB`);
		if (history.total)
			lines.push('', history.report());
		return lines.join('\n');
	}
}

const resyncsOf = (load) => load.readers.reduce((sum, { resyncs = 0 }) => sum + resyncs, 0);

const campaign = new Campaign(options());
const summary = await campaign.run();
process.stdout.write(`${summary}\n`);
process.exitCode = campaign.load.history.total ? 1 : 0;
