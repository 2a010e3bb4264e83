// Searching one organization among many messages, while others have theirs: how long each kind of question
// takes, how fast entries are made, what sending loses by it, how large they are.
// BENCH_SEARCH_CONVERSATIONS=100000 loads ten million messages (100 each) and takes more than an hour.
import { eventually, grow, line, loadVisitors, median, pick, processorTime, say, startBench, sum, timed } from './lib.mjs';

const CONVERSATIONS = Number(process.env.BENCH_SEARCH_CONVERSATIONS ?? pick(10000, 200)), EACH = 100;
const TIMES = pick(60, 10), SECONDS = pick(4, 2), SENDERS = 4, PAIRS = pick(5, 2);
const MILLION = `${(CONVERSATIONS * EACH / 1e6).toPrecision(2)} million`;

const stack = await startBench({ web: 4 });
const plan = await loadVisitors(stack, 200);
const headers = { Authorization: `Bearer ${stack.secretKey}` };
const search = (fields) => timed('GET', `${stack.url}/api/v1/search?${new URLSearchParams(fields)}`, headers);
const at = (values, share) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))];

// Messages from SENDERS connections that each wait for their answer.
async function send(seconds) {
	let count = 0;
	const end = Date.now() + seconds * 1000;
	await Promise.all(Array.from({ length: SENDERS }, async (_, n) => {
		for (let i = n; Date.now() < end; i += SENDERS) {
			const row = plan.rows[i % plan.rows.length];
			const answer = await fetch(`${stack.url}/api/v1/conversations/${row.conversation}/messages`, { method: 'POST',
				headers: { ...headers, 'Content-Type': 'application/json' },
				body: JSON.stringify({ clientId: `s${Date.now()}x${count++}x${n}`, content: 'The glaze of my cup has a crack. Can you send another one?' }) });
			if (answer.status !== 201)
				throw new Error(`${answer.status} ${await answer.text()}`);
			await answer.text();
		}
	}));
	return count;
}

// With the job that makes entries, and with it put off, in turn. Compared is what a message costs the server's
// processes, the job included, since the rate depends on what else the machine does.
const job = (when) => stack.sql(`UPDATE parlor.jobs SET run_at = ${when} WHERE kind = 'search'`);
const behind = async () => Number(await stack.sql("SELECT count(*) FROM messages m WHERE NOT EXISTS "
	+ "(SELECT FROM parlor.search_entries s WHERE s.message_id = m.id)"));
async function caughtUp() {
	await job('parlor.now()');
	await eventually('all entries are made', async () => await behind() === 0, { seconds: 120, every: 500 });
}
await send(2);
const costs = { on: [], off: [] }, rates = { on: [], off: [] };
for (let i = 0; i < PAIRS; i++)
	for (const which of i % 2 ? ['on', 'off'] : ['off', 'on']) {
		await caughtUp();
		await job(which === 'on' ? 'parlor.now()' : "parlor.now() + interval '1 hour'");
		const before = sum(Object.values(processorTime(stack))), count = await send(SECONDS);
		costs[which].push((sum(Object.values(processorTime(stack))) - before) / 1000 / count);
		rates[which].push(count / SECONDS);
		say(`send, entries ${which}: ${Math.round(rates[which].at(-1))}/s, ${Math.round(costs[which].at(-1))} us each`);
	}
await job('parlor.now()');
line('processor time of a message while entries are made', median(costs.on), 'us', { reference: median(costs.off), reach: ['<=', 1.05] });
line('messages sent while entries are made', median(rates.on), 'messages/s', { reference: median(rates.off) });

// Text with words of a language: 50,000 of them, the n-th some n times as rare as the first.
const begin = Date.now();
await stack.stopComponent('jobs');
await stack.sql(`CREATE TABLE bench_texts (n integer PRIMARY KEY, text text);
	WITH vocabulary AS MATERIALIZED (
	  SELECT n, translate(substr(md5('w' || n), 1, 4 + n % 6), '0123456789', 'ghijklmnop') AS w FROM generate_series(0, 49999) n
	), picks AS MATERIALIZED (
	  SELECT i, r, floor(50000 ^ random())::int - 1 AS n FROM generate_series(0, 99999) i, generate_series(1, 14) r)
	INSERT INTO bench_texts SELECT i, string_agg(w, ' ' ORDER BY r) || '.' FROM picks JOIN vocabulary USING (n) GROUP BY i;
	ANALYZE bench_texts;`);
await grow(stack, CONVERSATIONS, EACH, `(SELECT x.text FROM bench_texts x WHERE x.n = (i::bigint * :each + j) * 7919 % 100000)
	|| CASE WHEN (i * 31 + j * 17) % 4096 = 7 THEN ' needle' || i % 16 ELSE '' END`.replaceAll(/\s+/g, ' '));
await stack.sql('DROP TABLE bench_texts; VACUUM ANALYZE messages');
say(`${CONVERSATIONS * EACH} messages loaded in ${Math.round((Date.now() - begin) / 1000)} s`);

// As the job does it, for the figure. What is more than a million is entered by the same functions, into a table without
// its index, which is made at the end.
const steps = (most) => stack.sql(`DO $$ DECLARE n integer := ${most};
	BEGIN WHILE n > 0 AND parlor.search_refresh(2000) LOOP n := n - 1; COMMIT; END LOOP; END $$`);
await stack.sql(`UPDATE parlor.search_state SET stage = 'm', reached = '', cursor = pg_current_snapshot()`);
const filled = Date.now(), atOnce = Math.min(CONVERSATIONS * EACH, 1e6);
await steps(atOnce / 2000);
line('entries made of what was there', atOnce / ((Date.now() - filled) / 1000), 'messages/s');
if (CONVERSATIONS * EACH > atOnce) {
	const index = await stack.sql("SELECT pg_get_indexdef('parlor.search_entries_document_idx'::regclass)");
	await stack.sql('DROP INDEX parlor.search_entries_document_idx');
	await steps(1e9);
	await stack.sql(`SET maintenance_work_mem = '1GB'; ${index}`);
}
await steps(1e9);
say(`entries made in ${Math.round((Date.now() - filled) / 1000)} s`);
await stack.sql('VACUUM ANALYZE parlor.search_entries');
line(`${MILLION} messages: search_entries`, Number(await stack.sql("SELECT pg_relation_size('parlor.search_entries') / 1048576")), 'MB');
line(`${MILLION} messages: its indexes`, Number(await stack.sql("SELECT pg_indexes_size('parlor.search_entries') / 1048576")), 'MB');
line(`${MILLION} messages: messages with indexes`, Number(await stack.sql("SELECT pg_total_relation_size('messages') / 1048576")), 'MB');
await stack.startComponent('jobs');

const words = JSON.parse(await stack.sql(`SELECT json_agg(translate(substr(md5('w' || n), 1, 4 + n % 6), '0123456789', 'ghijklmnop') ORDER BY n)
	FROM generate_series(0, 49999) n`));
let turn = 0;
const some = (from, to) => words[from + (turn++ * 7919) % (to - from)];
const questions = {
	'a word of most messages': () => ({ q: `${some(0, 5)} `, type: 'messages' }),
	'a word of every hundredth': () => ({ q: `${some(50, 150)} `, type: 'messages' }),
	'a word of every ten thousandth': () => ({ q: `${some(5000, 15000)} `, type: 'messages' }),
	'a word of a few': () => ({ q: `needle${turn++ % 10} `, type: 'messages' }),
	'a word of none': () => ({ q: `zzzz${turn++} `, type: 'messages' }),
	'two words': () => ({ q: `${some(20, 200)} ${some(200, 2000)} `, type: 'messages' }),
	'a phrase': () => ({ q: `"${some(0, 20)} ${some(20, 100)}"`, type: 'messages' }),
	'one without another': () => ({ q: `${some(500, 1500)} -${some(0, 20)}`, type: 'messages' }),
	'the beginning of a word, 3 letters': () => ({ q: some(0, 50000).slice(0, 3), type: 'messages' }),
	'the beginning of a rare word, 5 letters': () => ({ q: some(20000, 50000).slice(0, 5), type: 'messages' }),
	'a word and a filter that few pass': () => ({ q: `${some(100, 1000)} `, type: 'messages', status: 'open' }),
	'a visitor by name': () => ({ q: `visitor ${String(1 + (turn++ * 7919) % CONVERSATIONS).padStart(6, '0')}`, type: 'visitors' }),
	'a visitor with a typing error': () => ({ q: `vistor ${String(1 + (turn++ * 7919) % CONVERSATIONS).padStart(6, '0')}`, type: 'visitors' }),
	'all visitors': () => ({ q: 'vis', type: 'visitors' }),
	'everything': () => ({ q: `${some(0, 50000)}` }),
};
const all = [];
for (const [name, question] of Object.entries(questions)) {
	const took = [];
	let late = 0;
	for (let i = -5; i < TIMES; i++) {
		const answer = await search(question()).catch((error) => {
			if (!/search_timeout/.test(error.message))
				throw error;
			late++;
			return { ms: 1000 };
		});
		if (i >= 0)
			took.push(answer.ms);
	}
	all.push(...took);
	say(`${name}: p50 ${median(took).toFixed(1)} ms, p95 ${at(took, 0.95).toFixed(1)} ms, longest ${Math.max(...took).toFixed(1)} ms, ${late} gave up`);
	line(`search ${MILLION} messages, p95: ${name}`, at(took, 0.95), 'ms', { reach: ['<=', 150] });
}
line(`search ${MILLION} messages, p50: all of these`, median(all), 'ms');
line(`search ${MILLION} messages, p95: all of these`, at(all, 0.95), 'ms', { reach: ['<=', 150] });
await stack.stop();
