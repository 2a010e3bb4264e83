// What a web worker asks of PostgreSQL for one request, as a script for pgbench. It is read from the
// server's log while the request is made, so it is always what the program does: the same statements in
// the same transactions with the same parameters. Ids become numbers that pgbench can choose.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { eventually } from './lib.mjs';

const PREFIX = 'statement-log';

// [{pid, transaction, text, parameters}], in the server's order.
function readLog(text) {
	const found = [], start = new RegExp(`^${PREFIX} (\\d+) (\\S+) (LOG|DETAIL):  (.*)$`);
	let lines;
	const entries = text.split('\n').reduce((all, row) => {
		const match = row.match(start);
		if (match)
			all.push({ pid: match[1], transaction: match[2], kind: match[3], text: match[4] });
		else if (row.startsWith('\t') && all.length)
			all.at(-1).text += `\n${row.slice(1)}`;
		return all;
	}, []);
	for (const entry of entries) {
		if (entry.kind === 'DETAIL' && entry.text.startsWith('parameters: ') && lines)
			lines.parameters = parameters(entry.text.slice('parameters: '.length));
		else if (entry.kind === 'LOG' && (lines = statement(entry)))
			found.push(lines);
	}
	return found;
}

function statement({ pid, transaction, text }) {
	const match = text.match(/^(?:execute [^:]*|statement): ([^]*)$/);
	return match && { pid, transaction, text: match[1].trim().replace(/;$/, ''), parameters: [] };
}

function parameters(text) {
	const all = [], one = /\$\d+ = (NULL|'((?:[^']|'')*)')(?:, |$)/gy;
	for (let match; (match = one.exec(text));)
		all.push(match[1] === 'NULL' ? null : match[2].replaceAll("''", "'"));
	return all;
}

// The statements of one request, in steady state: those of one connection after the end of a request and
// up to the end of the next. request(i) makes the i-th request; isLast says what stands at a request's end.
export async function capture(stack, request, isOf) {
	const log = path.join(stack.home, 'pg/log');
	const set = async (...settings) => {
		await stack.sql(settings.map((setting) => `ALTER SYSTEM ${setting};`).join('\n'));
		await stack.sql('SELECT pg_reload_conf()');
	};
	const before = readFileSync(log, 'utf8').length;
	await set(`SET log_line_prefix = '${PREFIX} %p %v '`, "SET log_statement = 'all'");
	let cycle;
	await eventually('a request stands in the log of PostgreSQL', async () => {
		for (let i = 0; i < 40; i++)
			await request(i);
		return (cycle = lastCycle(readLog(readFileSync(log, 'utf8').slice(before)), isOf));
	}, { seconds: 30 });
	await set('RESET log_line_prefix', 'RESET log_statement');
	return cycle;
}

function lastCycle(entries, isOf) {
	for (const pid of new Set(entries.map((entry) => entry.pid).reverse())) {
		const own = entries.filter((entry) => entry.pid === pid);
		const marks = own.flatMap((entry, i) => (isOf(entry) ? [i] : []));
		if (marks.length >= 3)
			return own.slice(marks.at(-3) + 1, marks.at(-2) + 1);
	}
	return undefined;
}

// The script, and the variables that are the same in all its transactions. known: value to expression of
// pgbench for what differs from request to request; other ids (26 letters and digits) are new ones.
export function pgbenchScript(cycle, known, head) {
	const constants = new Map(), body = [];
	const place = (value) => {
		if (value === null)
			return ':absent'; // a variable that is not set is sent as NULL
		if (value === '')
			return "''"; // pgbench has no empty variables
		if (known.has(value))
			return `:${known.get(value)}`;
		if (/^[0-9A-Za-z]{26}$/.test(value))
			return ':fresh';
		if (!constants.has(value))
			constants.set(value, `constant${constants.size}`);
		return `:${constants.get(value)}`;
	};
	for (let i = 0; i < cycle.length; i++) {
		const { transaction, text, parameters } = cycle[i];
		if (transaction !== cycle[i - 1]?.transaction)
			body.push('\\startpipeline');
		body.push(`${text.replace(/--.*$/gm, '').replace(/\$(\d+)/g, (_, n) => place(parameters[n - 1]))};`);
		if (transaction !== cycle[i + 1]?.transaction)
			body.push('\\endpipeline');
	}
	return { text: `${head}\n${body.join('\n')}\n`, constants: Object.fromEntries([...constants].map(([value, name]) => [name, value])) };
}
