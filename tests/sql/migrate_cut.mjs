// parlor migrate, interrupted at every point there is: killed (kill -9) after each message that it sends to
// PostgreSQL, and its connection ended (pg_terminate_backend) after each statement of each script. A proxy
// between the two counts the messages, so every point is met once, always the same ones. Run by
// migrate_cut.test, which makes the cluster and the databases; prints TAP.
//
//   migrate_cut.mjs messages|statements|again SOCKET-DIR DATABASE REFERENCE
//
// The database is as before the migration; the reference was the same and was migrated without interruption.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '../http/stack.mjs';
import { openSql } from '../lib/sql.mjs';

const [mode, sockets, database, reference] = process.argv.slice(2);
const root = fileURLToPath(new URL('../..', import.meta.url)), folder = path.join(root, 'src/migrations');
const scripts = readdirSync(folder).filter((name) => name.endsWith('.sql')).sort()
	.map((name) => readFileSync(path.join(folder, name), 'utf8'));
const sqlOf = (name) => openSql(`host=${sockets} user=postgres dbname=${name}`);
const sql = sqlOf(database);

let count = 0, failed = 0;
function report(good, what, why = '') {
	process.stdout.write(`${good ? 'ok' : 'not ok'} ${++count} - ${what}\n${good || !why ? '' : `#   ${why}\n`}`);
	failed += !good;
}

// Where each statement of a script ends: semicolons outside of quotes, dollar quotes and comments.
function endsOf(script) {
	const token = /--[^\n]*|\/\*[^]*?\*\/|'(?:[^']|'')*'|"[^"]*"|(\$\w*\$)[^]*?\1|;/g, found = [];
	for (let m; (m = token.exec(script));)
		if (m[0] === ';')
			found.push(m.index + 1);
	return found;
}

// Passes on what parlor sends, message by message.
//   after: so many messages pass; at the next one the connection stands still ("reached")
//   begins: the same at the begin of that many transactions
//   ends: a Map of migrations and statements: behind that one of the script the server ends the connection,
//   once ("ended")
class Proxy {
	constructor() {
		this.dir = mkdtempSync(path.join(tmpdir(), 'parlor-test-cut-'));
		this.server = net.createServer((client) => this.connect(client)).listen(path.join(this.dir, '.s.PGSQL.5432'));
	}

	plan(plan) {
		Object.assign(this, { after: Infinity, begins: Infinity, ends: new Map(), passed: 0,
			begun: 0, transactions: 0, hit: 0, ended: () => {}, reached: () => {}, ...plan });
	}

	connect(client) {
		const server = net.connect(path.join(sockets, '.s.PGSQL.5432'));
		let buffer = Buffer.alloc(0), started = false;
		client.on('data', (chunk) => {
			buffer = Buffer.concat([buffer, chunk]);
			for (;;) {
				const head = started ? 1 : 0;
				if (buffer.length < head + 4 || buffer.length < head + buffer.readInt32BE(head))
					return;
				const size = head + buffer.readInt32BE(head), message = buffer.subarray(0, size);
				if (started && this.stops(message))
					return this.reached();
				buffer = buffer.subarray(size);
				server.write(started ? this.look(message) : message);
				started = true;
			}
		});
		server.on('data', (chunk) => client.write(chunk));
		for (const [one, other] of [[client, server], [server, client]]) {
			one.on('error', () => {});
			one.on('close', () => other.destroy());
		}
		server.on('close', () => this.hit && this.ended());
	}

	stops(message) {
		if (message[0] === 'B'.charCodeAt(0) && message.includes('\0db_begin\0') && ++this.transactions >= this.begins)
			return true;
		return this.passed >= this.after;
	}

	look(message) {
		const type = String.fromCharCode(message[0]), text = message.toString('utf8', 5);
		if (type === 'P' && text.includes('\0BEGIN\0') && !this.begun)
			this.begun = this.passed;
		this.passed++;
		const script = type === 'Q' ? scripts.findIndex((of) => text === `${of}\0`) : -1, statement = this.ends.get(script);
		if (statement === undefined)
			return message;
		this.ends.delete(script);
		this.hit++;
		const whole = scripts[script], at = endsOf(whole)[statement];
		const cut = Buffer.from(`Q....${whole.slice(0, at)} SELECT pg_terminate_backend(pg_backend_pid());${whole.slice(at)}\0`);
		cut.writeInt32BE(cut.length - 1, 1);
		return cut;
	}

	close() {
		this.server.close();
		rmSync(this.dir, { recursive: true, force: true });
	}
}

const proxy = new Proxy();
process.once('exit', () => proxy.close());

function start() {
	const child = spawn(process.env.PARLOR_BIN, ['migrate'], { stdio: ['ignore', 'pipe', 'pipe'], env: {
		PATH: process.env.PATH, PARLOR_BASE_URL: 'http://localhost', PARLOR_RUNTIME_DIR: '', PARLOR_MIGRATIONS: folder,
		BETTER_AUTH_SECRET: '0123456789abcdef0123456789abcdef', DATABASE_URL: `host=${proxy.dir} user=owner dbname=${database}` } });
	child.text = '';
	for (const stream of [child.stdout, child.stderr])
		stream.setEncoding('utf8').on('data', (chunk) => {
			child.text += chunk;
		});
	child.finished = new Promise((resolve) => child.on('close', resolve));
	return child;
}

// Runs until the plan kills it; false when it came to its end before.
async function interrupted(plan) {
	let killed = false;
	proxy.plan(plan);
	const child = start();
	proxy.reached = proxy.ended = () => {
		killed = true;
		child.kill('SIGKILL');
	};
	const status = await child.finished;
	await eventually('the server has let go', async () => await sql.value`SELECT count(*)::int AS n FROM pg_stat_activity
		WHERE datname = ${database} AND application_name = 'parlor'` === 0, { seconds: 30, every: 2 });
	if (!killed && status !== 0)
		throw new Error(`parlor migrate ended by itself, status ${status}: ${child.text}`);
	return killed;
}

// Everything there is in a database, apart from the names of the roles' cluster: what a migration can leave.
const EVERYTHING = `
	SELECT format('%s %s %s %s %s', attrelid::regclass, attname, format_type(atttypid, atttypmod), attnotnull, attacl)
	  FROM pg_attribute JOIN pg_class c ON c.oid = attrelid WHERE attnum > 0 AND NOT attisdropped
	   AND relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname IN ('public', 'parlor'))
	UNION ALL SELECT format('%s %s %s %s', oid::regclass, relkind, relrowsecurity || ' ' || relforcerowsecurity, relacl) FROM pg_class
	  WHERE relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname IN ('public', 'parlor'))
	UNION ALL SELECT format('%s %s', adrelid::regclass, pg_get_expr(adbin, adrelid)) FROM pg_attrdef
	UNION ALL SELECT format('%s %s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid), convalidated) FROM pg_constraint
	UNION ALL SELECT format('%s %s %s', tgrelid::regclass, tgname, pg_get_triggerdef(oid)) FROM pg_trigger WHERE NOT tgisinternal
	UNION ALL SELECT format('%s %s %s %s', polrelid::regclass, polname, pg_get_expr(polqual, polrelid), polroles::regrole[]) FROM pg_policy
	UNION ALL SELECT format('%s %s %s %s', oid::regprocedure, md5(prosrc), prosecdef, proacl) FROM pg_proc
	  WHERE pronamespace IN (SELECT oid FROM pg_namespace WHERE nspname IN ('public', 'parlor'))
	UNION ALL SELECT format('%s %s', nspname, nspacl) FROM pg_namespace WHERE nspname IN ('public', 'parlor')
`;
const digest = (of) => of.value([`SELECT md5(string_agg(line, E'\\n' ORDER BY line COLLATE "C")) AS digest FROM (${EVERYTHING}) AS all_of_it (line)`]);
const linesOf = async (of) => (await of.rows([`SELECT line FROM (${EVERYTHING}) AS all_of_it (line) ORDER BY line COLLATE "C"`])).map(({ line }) => line);

// The rows that were there before, and what became of them.
const rows = (of) => of.value`SELECT md5(string_agg(line, E'\n' ORDER BY line COLLATE "C")) AS digest FROM (
	SELECT 'u' || to_jsonb(t)::text FROM users t UNION ALL SELECT 'o' || to_jsonb(t)::text FROM organizations t
	UNION ALL SELECT 'm' || to_jsonb(t)::text FROM members t UNION ALL SELECT 'c' || to_jsonb(t)::text FROM conversations t
	UNION ALL SELECT 'x' || to_jsonb(t)::text FROM messages t UNION ALL SELECT 'v' || to_jsonb(t)::text FROM chat_users t
	UNION ALL SELECT 'a' || to_jsonb(t)::text FROM attachments t
	UNION ALL SELECT 's' || to_jsonb(t)::text FROM conversation_assignments t) AS r (line)`;

const applied = async () => await sql.value`SELECT to_regclass('parlor.schema_migrations') IS NULL AS none` ? 0
	: Number(await sql.value`SELECT count(*)::int AS n FROM parlor.schema_migrations`);

// Killed before the first migration begins: at most the table of migrations is there. How many messages.
async function killBefore() {
	const states = new Set();
	let n = 0;
	do {
		states.add(await digest(sql));
		if (!await interrupted({ after: n++ }) || await applied() !== 0)
			throw new Error('it came through');
	} while (!proxy.begun);
	report(states.size === 2, `killed after each of ${proxy.begun} messages before the first migration it leaves nothing, or its own table`,
		`${states.size} states`);
	return proxy.begun;
}

// The server ends the connection after each statement of the script, and parlor is killed before it tries again.
async function endAtEachStatement(script) {
	const before = await digest(sql), all = endsOf(scripts[script]).length;
	for (let statement = 0; statement < all; statement++) {
		if (!await interrupted({ ends: new Map([[script, statement]]) }))
			return report(false, `migration ${script + 1}: its connection was not ended at statement ${statement + 1}`);
		if (await applied() !== script || await digest(sql) !== before)
			return report(false, `migration ${script + 1}: something stays when its connection ends at statement ${statement + 1}`);
	}
	report(all > 0, `migration ${script + 1}: nothing of it stays when its connection ends at any of its ${all} statements`);
}

// Killed after each message from the first of its transaction on, until the migration is in.
async function killAtEachMessage(script, first) {
	const before = await digest(sql);
	for (let n = first; ; n++) {
		const cut = await interrupted({ after: n }), now = await applied();
		if (now === script + 1)
			return report(n > first + 10, `migration ${script + 1}: killed after each of ${n - first} messages nothing of it stays; then it is in`);
		if (now !== script || !cut || await digest(sql) !== before)
			return report(false, `migration ${script + 1}: something stays when it is killed after message ${n}`);
	}
}

// To the end, through what makes the roles and the policies, which each run does.
async function killAtTheEnd(first) {
	let n = first;
	while (await interrupted({ after: n }))
		n++;
	report(n > first + 10, `killed after each of the ${n - first} last messages, it is finished by the next run`);
}

if (mode === 'messages') {
	const first = await killBefore();
	for (let script = 0; script < scripts.length; script++)
		await killAtEachMessage(script, first);
	await killAtTheEnd(first);
} else if (mode === 'statements') {
	await interrupted({ begins: 1 });
	for (let script = 0; script < scripts.length; script++) {
		await endAtEachStatement(script);
		await interrupted({ begins: 2 });
	}
}

// What is left to do, in one process whose connection is ended where something is left.
const last = scripts.length - 1, left = await applied() === scripts.length ? [] : [0, Math.floor(last / 2), last];
proxy.plan({ ends: new Map(left.map((script) => [script, endsOf(scripts[script]).length - 1])) });
const one = start(), status = await one.finished, lines = one.text.match(/^applied \d+/gm) ?? [];
if (mode === 'again') {
	report(status === 0 && proxy.hit === 3, 'a run whose connection is ended three times goes on by itself', one.text);
	report(lines.length === scripts.length, 'and applies each migration once', one.text);
} else {
	report(status === 0, 'a further run comes to its end', one.text);
	report(lines.length === 0, 'and applies no migration again', one.text);
}
const whole = sqlOf(reference);
const is = await linesOf(sql), wanted = await linesOf(whole);
report(is.join('\n') === wanted.join('\n'), 'the schema is then as without any interruption',
	[...is.filter((line) => !wanted.includes(line)).map((line) => `is: ${line}`), ...wanted.filter((line) => !is.includes(line)).map((line) => `wanted: ${line}`)].join('\n'));
report(await rows(sql) === await rows(whole), 'and so is every row that was there before');
report(await applied() === scripts.length, 'each migration is noted once');
sql.close();
whole.close();
process.stdout.write(`1..${count}\n`);
process.exit(failed ? 1 : 0);
