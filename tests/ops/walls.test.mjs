// Two walls stand between organizations, and each is enough alone: the predicates of the program's
// statements, and row-level security. Each is taken away in turn, in the program itself or in the database,
// and tests/http/walls.test.mjs has to find nothing; without both it has to find much.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Patient } from '../delivery/mutants.mjs';
import { startStack } from '../http/stack.mjs';

const original = process.env.PARLOR_BIN ?? fileURLToPath(new URL('../../build/parlor', import.meta.url));
const walls = fileURLToPath(new URL('../http/walls.test.mjs', import.meta.url));
let stack, patient, program, dir;

before(async () => {
	dir = await mkdtemp(path.join(tmpdir(), 'parlor-walls-'));
	await chmod(dir, 0o755);
	program = path.join(dir, 'parlor');
	await copyFile(original, program);
	process.env.PARLOR_BIN = program;
	stack = await startStack({ seed: false, options: { 'limits.limits_off': 'yes' } });
	const copy = path.join(stack.home, 'app/parlor');
	program = existsSync(copy) ? copy : program;
	patient = new Patient(stack, program, original);
});
after(async () => {
	await stack?.stop();
	await rm(dir, { recursive: true, force: true });
});

// The program's statements are plain text in it: what names the organization becomes what is always true,
// of the same length. $1 stays in use, so that its type is known.
const predicates = [
	[/(?:\b[a-z]+\.)?organization_id = \$1(?!\d)/g, (all) => "$1::text <> ''".padEnd(all.length)],
	[/(\borganizations(?: o)?\s(?:(?!FROM |UPDATE |JOIN )[^\0])*?\bWHERE (?:o\.)?)id = \$1(?!\d)/g,
		(all, before) => `${before.replace(/o\.$/, '  ')}$1 > ''`],
];

async function strip() {
	let text = (await readFile(original)).toString('latin1'), found = 0;
	const { length } = text;
	for (const [pattern, to] of predicates) {
		const here = found;
		text = text.replace(pattern, (...args) => {
			found++;
			return to(...args);
		});
		assert.ok(found > here, `${pattern} is nowhere in the program`);
	}
	assert.equal(text.length, length);
	assert.ok(found >= 40, `${found} predicates`);
	assert.doesNotMatch(text, /organization_id = \$1(?!\d)/);
	await writeFile(`${program}.new`, text, 'latin1');
	await chmod(`${program}.new`, 0o755);
	await rename(`${program}.new`, program);
	await patient.restart();
}

async function restore() {
	await patient.become();
	await patient.restart();
}

const rowSecurity = (on) => stack.sql(`DO $$ DECLARE t record; BEGIN
	FOR t IN SELECT oid::regclass AS rel FROM pg_class WHERE oid IN (SELECT polrelid FROM pg_policy) LOOP
		EXECUTE format('ALTER TABLE %s ${on ? 'ENABLE' : 'DISABLE'} ROW LEVEL SECURITY', t.rel); END LOOP; END $$`);

// What Node's test runner says of the test of the walls on this stack.
function run() {
	const env = { ...process.env, PARLOR_TEST_STACK: stack.dir, PARLOR_TEST_CALLERS: 'few' };
	delete env.NODE_TEST_CONTEXT;
	const child = spawn(process.execPath, ['--test', '--test-reporter=tap', walls], { env, stdio: ['ignore', 'pipe', 'inherit'] });
	let text = '';
	child.stdout.setEncoding('utf8').on('data', (chunk) => { text += chunk; });
	return new Promise((resolve) => {
		child.on('close', () => resolve({ text, passed: Number(/^# pass (\d+)/m.exec(text)?.[1] ?? 0),
			failed: Number(/^# fail (\d+)/m.exec(text)?.[1] ?? 0) }));
	});
}

function nothing({ text, passed, failed }) {
	assert.ok(passed > 50 && failed === 0, `${passed} passed, ${failed} failed\n${text.split('\n')
		.filter((line, i, all) => all.slice(Math.max(0, i - 12), i + 1).some((l) => /^ *not ok/.test(l))).slice(0, 80).join('\n')}`);
}

test('without the predicates nobody sees another\'s', async () => {
	await strip();
	nothing(await run());
});

test('without row-level security nobody sees another\'s', async () => {
	await restore();
	await rowSecurity(false);
	nothing(await run());
});

test('without both the test finds it', async () => {
	await strip();
	const { text, failed } = await run();
	assert.ok(failed >= 1, 'nothing failed');
	assert.match(text, /a text of another organization/);
	await rowSecurity(true);
});
