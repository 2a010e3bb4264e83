// A throw-away Parlor for tests in Node; see the script "stack" beside this file.
import { execFile, spawnSync } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { openMailbox } from '../lib/mail.mjs';

export const POOLS = ['api', 'overflow', 'dashboard', 'sign-in', 'upload'];
const script = fileURLToPath(new URL('./stack', import.meta.url));

// via: a command that the script is run through, as ['nsenter', '--net=...'].
function run(args, input, via = []) {
	const [program, ...rest] = [...via, script, ...args];
	return new Promise((resolve, reject) => {
		const child = execFile(program, rest, { maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
			if (error)
				reject(new Error(`stack ${args.join(' ')}: ${stderr || error.message}`));
			else
				resolve(stdout.trimEnd());
		});
		child.stdin.end(input ?? '');
	});
}

// Starts a stack of its own. Options: web, poll, nginx (numbers of workers), queue (of each of the pools "api"
// and "overflow"), durable (PostgreSQL waits for the disk), seed (false: an empty database), options (lines of
// parlor.ini, {'limits.limits_off': 'yes'}), mail (true: with a mail server; stack.mail reads what it delivers, see tests/lib/mail.mjs),
// settings (lines of postgresql.conf), place (further options of the script, {'--address': '10.0.0.2'}),
// via (see run), prepare (called with the folder before anything is in it), cleanup (called without
// waiting before the folder is removed). What comes back has the members of quickstart.json and the
// methods below; stop() ends everything and removes the data. A test that forgets it is tidied up at the
// end of the process.
export async function startStack({ web, queue, poll, nginx, durable = false, seed = true, mail = false, options = {}, settings = [], place = {},
	via = [], prepare, cleanup = () => {} } = {}) {
	const dir = await mkdtemp(path.join(tmpdir(), 'parlor-test-'));
	await chmod(dir, 0o755);
	const args = ['up', dir];
	for (const [name, count] of Object.entries({ web, queue, poll, nginx }))
		if (count)
			args.push(`--${name}`, String(count));
	if (durable)
		args.push('--durable');
	if (!seed)
		args.push('--no-seed');
	if (mail)
		args.push('--mail');
	for (const [name, value] of Object.entries(options))
		args.push('--option', `${name}=${value}`);
	for (const setting of settings)
		args.push('--setting', setting);
	for (const [name, values] of Object.entries(place))
		for (const value of [values].flat())
			args.push(name, value);

	let running = true;
	const atExit = () => {
		if (running)
			spawnSync(via[0] ?? script, [...via.slice(1), ...via.length ? [script] : [], 'down', dir], { stdio: 'ignore' });
		running = false;
		cleanup();
		rmSync(dir, { recursive: true, force: true });
	};
	process.once('exit', atExit);
	for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
		process.once(signal, () => process.exit(1)); // which runs the line above
	let facts;
	try {
		await prepare?.(dir);
		facts = JSON.parse(await run(args, '', via));
	} catch (error) {
		atExit();
		throw error;
	}
	return {
		...stackAt(dir, facts, via),
		stop: async () => {
			process.off('exit', atExit);
			if (running)
				await run(['down', dir], '', via);
			running = false;
			cleanup();
			await rm(dir, { recursive: true, force: true });
		},
	};
}

// A stack that somebody else started and will end.
export async function attachStack(dir) {
	return { ...stackAt(dir, JSON.parse(await run(['json', dir]))), stop: async () => {} };
}

function stackAt(dir, facts, via = []) {
	return {
		...facts,
		dir,
		mail: facts.mailServer && openMailbox(facts.mailServer, eventually),
		// name: web (all pools: api, overflow, dashboard, sign-in, upload), poll, jobs, nginx, mail, postgresql
		// (but for leader and pids)
		stopComponent: (...names) => run(['stop', dir, ...names], '', via),
		killComponent: (...names) => run(['kill', dir, ...names], '', via),
		startComponent: (...names) => run(['start', dir, ...names], '', via),
		leader: async (name) => Number((await readFile(path.join(facts.run, `${name}.pid`), 'utf8')).split(' ')[0]),
		pids: async (name) => (await Promise.all((name === 'web' ? POOLS : [name]).map(async (pool) => {
			const [leader] = (await readFile(path.join(facts.run, `${pool}.pid`), 'utf8')).split(' ');
			return (await readFile(`/proc/${leader}/task/${leader}/children`, 'utf8')).split(' ').filter(Boolean).map(Number);
		}))).flat(),
		// As the superuser; rows as text, columns separated by "|".
		sql: (text) => run(['sql', dir], text, via),
		parlor: (...command) => run(['parlor', dir, ...command], '', via),
		cgi: () => run(['cgi', dir], '', via),
		log: (name) => path.join(facts.home, 'log', `${name}.log`),
	};
}

// Asks until it gets something true; no fixed sleeps in tests.
export async function eventually(what, check, { seconds = 10, every = 25 } = {}) {
	const end = Date.now() + seconds * 1000;
	let last;
	for (;;) {
		try {
			const value = await check();
			if (value)
				return value;
		} catch (error) {
			last = error;
		}
		if (Date.now() > end)
			throw new Error(`not within ${seconds} s: ${what}${last ? ` (${last.message})` : ''}`);
		await new Promise((done) => setTimeout(done, every));
	}
}
