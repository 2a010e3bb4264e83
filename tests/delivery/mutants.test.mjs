// The judge is put to the proof: the product as it is gives it nothing to say, with and without hints; each
// of the ten mutants is found. All on one stack, whose program is exchanged.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { eventually, startStack } from '../http/stack.mjs';
import { Load } from './load.mjs';
import { Patient, mutants, withoutHints } from './mutants.mjs';

const original = process.env.PARLOR_BIN ?? fileURLToPath(new URL('../../build/parlor', import.meta.url));
const PACE = { http: 10, sql: 20, batch: 3, read: 20, wait: 25 };
let stack, patient, dir, seed = 1000 * (process.pid % 1000);

before(async () => {
	dir = await mkdtemp(path.join(tmpdir(), 'parlor-mutants-'));
	await chmod(dir, 0o755);
	const program = path.join(dir, 'parlor');
	await copyFile(original, program);
	process.env.PARLOR_BIN = program;
	stack = await startStack({ seed: false, web: 4, options: { 'limits.limits_off': 'yes' } });
	// Where the servers' user cannot come to our folder the stack has a copy of its own.
	const copy = path.join(stack.home, 'app/parlor');
	patient = new Patient(stack, existsSync(copy) ? copy : program, original);
});
after(async () => {
	await stack?.stop();
	await rm(dir, { recursive: true, force: true });
});

const load = async () => (await new Load(stack, { seed: ++seed, pace: PACE, visitors: 2, sqlWriters: 2 }).open()).begin();

for (const hints of [true, false])
	test(`the product as it is, ${hints ? 'with' : 'without'} hints: nothing to say`, async () => {
		await patient.settings(hints ? null : withoutHints);
		await patient.restart();
		const run = await load();
		await eventually('some messages', () => run.history.acknowledged >= 400, { seconds: 60 });
		const history = await run.end();
		assert.equal(history.total, 0, history.report());
		assert.ok(history.observed > 10 * 400 / 2, `${history.observed} observations`);
	});

describe('a mutant', () => {
	for (const [name, { verdict, program, apply, fault, hints = true }] of Object.entries(mutants))
		test(`${name}: ${verdict.join(' or ')}`, async () => {
			const undo = await apply?.(patient);
			await patient.become(program);
			await patient.settings(hints ? null : withoutHints);
			await patient.restart();
			try {
				const run = await load();
				const { history } = run, found = () => verdict.some((v) => history.counts[v]);
				const enough = fault || verdict.includes('unread') ? 200 : 3000;
				await eventually('it is found, or enough is sent', () =>
					found() || history.suspects || history.acknowledged >= enough, { seconds: 60 });
				await fault?.(stack);
				await (found() ? run.abandon() : run.end({ patience: fault ? 30 : 5 }));
				assert.ok(found(), `not found: ${history.report()}`);
			} finally {
				await undo?.();
				await patient.become();
			}
		});
});
