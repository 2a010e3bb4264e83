// A throw-away Parlor for tests in Node; see the script "stack" beside this file.
import { execFile, spawnSync } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import path from 'node:path';

const POOLS = ['api', 'overflow', 'dashboard', 'sign-in', 'upload'];
const script = fileURLToPath(new URL('./stack', import.meta.url));

function run(args, input) {
	return new Promise((resolve, reject) => {
		const child = execFile(script, args, { maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
			if (error)
				reject(new Error(`stack ${args.join(' ')}: ${stderr || error.message}`));
			else
				resolve(stdout.trimEnd());
		});
		child.stdin.end(input ?? '');
	});
}

// Starts a stack of its own. Options: web (number of workers), queue (of the pool "overflow"), seed (false: an empty database),
// options (lines of parlor.ini, {'limits.limits_off': 'yes'}). What comes back has the members of
// quickstart.json and the methods below; stop() ends everything and removes the data. A test that
// forgets it is tidied up at the end of the process.
export async function startStack({ web, queue, seed = true, options = {} } = {}) {
	const dir = await mkdtemp(path.join(tmpdir(), 'parlor-test-'));
	await chmod(dir, 0o755);
	const args = ['up', dir];
	if (web)
		args.push('--web', String(web));
	if (queue)
		args.push('--queue', String(queue));
	if (!seed)
		args.push('--no-seed');
	for (const [name, value] of Object.entries(options))
		args.push('--option', `${name}=${value}`);

	let running = true;
	const atExit = () => {
		if (running)
			spawnSync(script, ['down', dir], { stdio: 'ignore' });
		running = false;
		rmSync(dir, { recursive: true, force: true });
	};
	process.once('exit', atExit);
	for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
		process.once(signal, () => process.exit(1)); // which runs the line above
	let facts;
	try {
		facts = JSON.parse(await run(args));
	} catch (error) {
		atExit();
		throw error;
	}
	return {
		...stackAt(dir, facts),
		stop: async () => {
			process.off('exit', atExit);
			if (running)
				await run(['down', dir]);
			running = false;
			await rm(dir, { recursive: true, force: true });
		},
	};
}

// A stack that somebody else started and will end.
export async function attachStack(dir) {
	return { ...stackAt(dir, JSON.parse(await run(['json', dir]))), stop: async () => {} };
}

function stackAt(dir, facts) {
	return {
		...facts,
		dir,
		// name: web (all pools: api, overflow, dashboard, sign-in, upload), poll, jobs, nginx, postgresql
		// (but for pids)
		stopComponent: (...names) => run(['stop', dir, ...names]),
		killComponent: (...names) => run(['kill', dir, ...names]),
		startComponent: (...names) => run(['start', dir, ...names]),
		pids: async (name) => (await Promise.all((name === 'web' ? POOLS : [name]).map(async (pool) => {
			const [leader] = (await readFile(path.join(facts.run, `${pool}.pid`), 'utf8')).split(' ');
			return (await readFile(`/proc/${leader}/task/${leader}/children`, 'utf8')).split(' ').filter(Boolean).map(Number);
		}))).flat(),
		// As the superuser; rows as text, columns separated by "|".
		sql: (text) => run(['sql', dir], text),
		parlor: (...command) => run(['parlor', dir, ...command]),
		cgi: () => run(['cgi', dir]),
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
