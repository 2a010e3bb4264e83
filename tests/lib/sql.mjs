// SQL in tests, as another application's role: rows that it inserts are as good as ours. One psql
// process lasts as long as the test's.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';

export function literal(value) {
	if (value === null || value === undefined)
		return 'NULL';
	if (typeof value === 'number' || typeof value === 'boolean')
		return String(value);
	return `'${String(value).replaceAll("'", "''")}'`;
}

const text = (strings, values) => strings.reduce((all, part, i) => all + literal(values[i - 1]) + part);

// One psql. run(query) resolves with the bare output, or rejects with the last error's message.
function startPsql(databaseUrl) {
	const child = spawn('psql', ['-X', '-q', '-A', '-t', databaseUrl], {
		stdio: ['pipe', 'pipe', 'pipe'], env: { PATH: process.env.PATH, LANG: 'C.UTF-8' } });
	const waiting = [], psql = { ended: false, close: () => child.stdin.end() };
	let output = '';
	child.stdout.setEncoding('utf8');
	child.stdout.on('data', (chunk) => {
		output += chunk;
		for (let end; waiting.length && (end = output.indexOf(waiting[0].mark)) >= 0;) {
			const { mark, resolve, reject } = waiting[0];
			const line = output.indexOf('\n', end);
			if (line < 0)
				return;
			// ERROR is of the last statement, the message of the last that failed. None of it: no connection.
			const [, failed, message] = /^ (\w+) ?(.*)$/.exec(output.slice(end + mark.length, line));
			const fault = message.trim() || (failed === 'true' ? 'psql ended' : '');
			const rows = output.slice(0, end).trimEnd();
			output = output.slice(line + 1);
			waiting.shift();
			fault ? reject(new Error(fault)) : resolve(rows);
		}
	});
	child.stderr.resume();
	child.stdin.on('error', () => {});
	child.on('close', () => {
		psql.ended = true;
		waiting.splice(0).forEach(({ reject }) => reject(new Error('psql ended')));
	});
	psql.run = (query) => new Promise((resolve, reject) => {
		const mark = `-- ${randomBytes(9).toString('hex')} --`;
		waiting.push({ mark, resolve, reject });
		child.stdin.write(`\\set LAST_ERROR_MESSAGE ''\n${query}\n;\n\\echo '${mark}' :ERROR :LAST_ERROR_MESSAGE\n`);
	});
	return psql;
}

export function openSql(databaseUrl) {
	let psql = startPsql(databaseUrl);

	// psql ends with the server; the next query has a new one.
	const run = (query) => {
		if (psql.ended)
			psql = startPsql(databaseUrl);
		return psql.run(query);
	};

	return {
		// Tagged templates: values become literals. exec: the bare output; rows: of one SELECT or
		// ... RETURNING, as objects; value: the first column of the first row.
		exec: (strings, ...values) => run(text(strings, values)),
		rows: async (strings, ...values) => {
			const query = text(strings, values).trim().replace(/;$/, '');
			return JSON.parse(await run(`WITH q AS (${query}) SELECT coalesce(json_agg(q), '[]') FROM q`));
		},
		async value(strings, ...values) {
			return Object.values((await this.rows(strings, ...values))[0] ?? { none: undefined })[0];
		},
		close: () => psql.close(),
	};
}
