// A message's way to a visitor who waits: POST to the answer of the long poll, beside Nchan, which keeps
// messages in memory only.
import { NGINX_WORKERS, alternate, freshParlor, line, loadNchan, loadParlor, loadVisitors, median, nchan, needLpload, pick, say,
	startBench, sum } from './lib.mjs';

needLpload('delivery');
const options = { clients: pick(10000, 2000), rate: pick(1000, 500), seconds: pick(20, 5), settle: 3 };
const stack = await startBench();
const plan = await loadVisitors(stack, options.clients);
const other = await nchan({ workers: NGINX_WORKERS });

const text = (a) => `${a.delivered} of ${a.sent} delivered, p50 ${a.p50_ms} ms, p99 ${a.p99_ms} ms, ${a.cpu_us_per_msg} us a message, `
	+ `${a.send_err} failed, ${a.unsent} not sent, other processes ${a.other_cpu_s} s`;
const { parlor, nchan: reference } = await alternate({
	parlor: async (round) => {
		await freshParlor(stack);
		const answer = await loadParlor(stack, plan, { ...options, seed: round + 1 });
		return { value: answer, text: text(answer) };
	},
	nchan: async (round) => {
		await other.start();
		const answer = await loadNchan(other, { ...options, seed: round + 1 });
		await other.stop();
		return { value: answer, text: text(answer) };
	},
});
await stack.stop();

const of = (answers, name) => median(answers.map((a) => a[name]));
const lost = (answers) => sum(answers.map((a) => a.lost + a.dup));
const what = `delivery, ${options.clients} waiting, ${options.rate}/s`;
line(`${what}: p50`, of(parlor, 'p50_ms'), 'ms', { reference: of(reference, 'p50_ms'), reach: ['<=', 6] });
line(`${what}: p99`, of(parlor, 'p99_ms'), 'ms', { reference: of(reference, 'p99_ms'), reach: ['<=', 4] });
line(`${what}: processor time a message`, of(parlor, 'cpu_us_per_msg'), 'us', { reference: of(reference, 'cpu_us_per_msg'), reach: ['<=', 3.5] });
for (const part of parlor[0].parts)
	line(`of it ${{ pg: 'PostgreSQL' }[part] ?? part}`, median(parlor.map((a) => a[part].us_per_msg)), 'us');
line(`${what}: lost or doubled, of ${sum(parlor.map((a) => a.sent))}`, lost(parlor), 'messages', { reach: ['=', 0] });
line(`${what}: failed, or not sent in time`, sum(parlor.map((a) => a.send_err + a.unsent)), 'messages', { reach: ['=', 0] });
line(`${what}: POST answered, p50`, of(parlor, 'post_p50_ms'), 'ms');
line(`${what}: POST answered, p99`, of(parlor, 'post_p99_ms'), 'ms');
if (lost(reference))
	say(`Nchan lost or doubled ${lost(reference)}`);
