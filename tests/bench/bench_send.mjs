// Messages a second through nginx and the web workers, beside pgbench with as many connections that does
// the same in PostgreSQL and nothing else. PostgreSQL waits for the disk at each commit.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { alternate, hash, line, loadVisitors, median, pick, processorTime, run, say, settle, startBench, temporary } from './lib.mjs';
import { capture, pgbenchScript } from './statements.mjs';

const SECONDS = pick(6, 3), VISITORS = pick(5000, 500);
// Ids for pgbench, which knows numbers only: visitor, conversation and hash of a token alike.
const FIRST = 100000000000000000n;
const CONTENT = 'Hello, the glaze of my cup has a crack. Can you send me another one this week, please?';
const here = path.dirname(new URL(import.meta.url).pathname);
const dir = temporary();

// Of the demo organization, too: as many again with numbers for ids.
const numbered = (stack) => stack.sql(`
	INSERT INTO chat_users (id, organization_id, name, session_id)
		SELECT (${FIRST} + i)::text, '${stack.organizationId}', 'Load ' || i, (${FIRST} + i)::text FROM generate_series(1, ${VISITORS}) i;
	INSERT INTO parlor.visitor_tokens (token_hash, organization_id, chat_user_id)
		SELECT id, organization_id, id FROM chat_users WHERE id LIKE '1000000000%';
	INSERT INTO conversations (id, organization_id, chat_user_id)
		SELECT id, organization_id, id FROM chat_users WHERE id LIKE '1000000000%';
	INSERT INTO messages (id, conversation_id, sender_id, sender_type, content)
		SELECT 'first' || id, id, id, 'user', 'Hello' FROM chat_users WHERE id LIKE '1000000000%';`.replaceAll(';', ';\n'));

async function script(stack, plan, asKey) {
	const seen = new Map();
	const request = async (i) => {
		const row = plan.rows[i % plan.rows.length], client = `capture-${asKey ? 'key' : 'visitor'}-${seen.size}`;
		seen.set(client, row);
		const answer = await fetch(`${stack.url}/api/v1/${asKey ? '' : 'widget/'}conversations/${row.conversation}/messages`, {
			method: 'POST',
			headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${asKey ? stack.secretKey : row.token}` },
			body: JSON.stringify({ clientId: client, content: CONTENT }),
		});
		if (answer.status !== 201)
			throw new Error(`POST: ${answer.status} ${await answer.text()}`);
	};
	const cycle = await capture(stack, request, ({ parameters }) => parameters.some((value) => seen.has(value)));
	const client = cycle.at(-1).parameters.find((value) => seen.has(value)), row = seen.get(client);
	const visitor = await stack.sql(`SELECT chat_user_id FROM conversations WHERE id = '${row.conversation}'`);
	const member = await stack.sql('SELECT member_id FROM parlor.api_keys LIMIT 1');
	const number = 'number';
	const known = new Map([[hash(row.token), number], [row.conversation, number], [visitor, number], [client, 'fresh'],
		[hash(stack.secretKey), 'keyhash'], [stack.organizationId, 'organization'], [member, 'member']]);
	say(`${asKey ? 'key' : 'visitor'}: ${cycle.length} statements in ${new Set(cycle.map((s) => s.transaction)).size} transactions`);
	return { ...pgbenchScript(cycle, known, `\\set number ${FIRST} + random(1, ${VISITORS})\n\\set i :i + 1\n`
		+ '\\set fresh (:base + :i) * 100 + :client_id'), 
		variables: { organization: stack.organizationId, keyhash: hash(stack.secretKey), member } };
}

// Runs and says what a message cost, by component.
async function costs(stack, work) {
	const before = processorTime(stack), answer = await work(), after = processorTime(stack);
	const each = Object.entries(after).map(([name, time]) => `${name} ${Math.round((time - before[name]) / 1000 / answer.count)}`);
	return { value: answer.count / answer.seconds, text: `${Math.round(answer.count / answer.seconds)}/s, ${each.join(', ')} us each${answer.text ?? ''}` };
}

let runs = 0;
async function throughParlor(stack, plan, workers, asKey) {
	const out = await run('wrk', ['-t1', `-c${2 * workers}`, `-d${SECONDS}s`, '-s', path.join(here, 'post.lua'), stack.url, '--',
		plan.file, `run-${process.pid}-${runs++}`, CONTENT, ...asKey ? [stack.secretKey] : []]);
	const answer = JSON.parse(out.trim().split('\n').at(-1));
	if (answer.errors)
		throw new Error(`${answer.errors} of ${answer.requests} POSTs failed`);
	return { count: answer.requests, seconds: answer.seconds, text: `, p50 ${answer.p50_ms} ms` };
}

// As src/db/conn.c connects.
const [, planner] = readFileSync(path.join(here, '../../src/db/conn.c'), 'utf8').match(/^#define PLANNER "(.*)"$/m);
const OPTIONS = '-c role=parlor_app -c search_path=parlor,public -c TimeZone=UTC -c DateStyle=ISO -c statement_timeout=5000'
	+ ' -c lock_timeout=2000 -c idle_in_transaction_session_timeout=5000 ' + planner;

async function throughPgbench(stack, statements, clients) {
	const file = path.join(dir, 'script.sql');
	const url = new URL(stack.databaseUrl);
	writeFileSync(file, statements.text);
	const variables = { ...statements.constants, ...statements.variables, i: 0, base: 10000000000000 + 100000000 * runs++ };
	const out = await run('pgbench', ['-n', '-M', 'prepared', '-c', clients, '-j', 1, '-T', SECONDS, '-f', file,
		'-h', path.join(stack.run, 'pg'), '-p', url.port, '-U', 'parlor',
		...Object.entries(variables).flatMap(([name, value]) => ['-D', `${name}=${value}`]), 'parlor'].map(String),
	{ env: { PGPASSWORD: url.password, PGOPTIONS: OPTIONS } });
	const count = Number(out.match(/actually processed: (\d+)/)[1]), rate = Number(out.match(/tps = ([\d.]+) \(without/)[1]);
	const failed = Number(out.match(/failed transactions: (\d+)/)?.[1] ?? 0);
	if (failed)
		throw new Error(`pgbench: ${failed} transactions failed`);
	return { count, seconds: count / rate };
}

for (const workers of [8, 16]) {
	const stack = await startBench({ web: workers, durable: true });
	const plan = await loadVisitors(stack, VISITORS);
	await numbered(stack);
	for (const asKey of [false, true]) {
		const statements = await script(stack, plan, asKey);
		await settle(stack);
		const { parlor, pgbench } = await alternate({
			parlor: () => costs(stack, () => throughParlor(stack, plan, workers, asKey)),
			pgbench: () => costs(stack, () => throughPgbench(stack, statements, workers)),
		});
		line(`send, ${workers} workers, ${asKey ? 'secret key' : 'visitor'}`, median(parlor), 'messages/s',
			{ reference: median(pgbench), reach: ['>=', 0.7] });
	}
	await stack.stop();
}
