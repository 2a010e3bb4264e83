// Memory of a waiting visitor (PSS, what many of them add): Parlor's poller and nginx beside Nchan's nginx.
import { NGINX_WORKERS, alternate, freshParlor, line, loadNchan, loadParlor, loadVisitors, median, nchan, needLpload, pick,
	startBench } from './lib.mjs';

needLpload('memory');
const options = { clients: pick(10000, 2000), rate: 0, seconds: 0, settle: 2 };
const stack = await startBench();
const plan = await loadVisitors(stack, options.clients, { messages: false });
const other = await nchan({ workers: NGINX_WORKERS });

const text = (a) => `${a.parked} waiting, ${a.parts.map((part) => `${part} ${a[part].kb_per_client} KiB`).join(', ')}`;
const { parlor, nchan: reference } = await alternate({
	parlor: async () => {
		await freshParlor(stack);
		const answer = await loadParlor(stack, plan, options);
		return { value: answer, text: text(answer) };
	},
	nchan: async () => {
		await other.start();
		const answer = await loadNchan(other, options);
		await other.stop();
		return { value: answer, text: text(answer) };
	},
});
await stack.stop();

const each = (answers, ...parts) => median(answers.map((a) => parts.reduce((all, part) => all + a[part].kb_per_client, 0)));
line('memory of a waiting visitor: poll and nginx', each(parlor, 'poll', 'nginx'), 'KiB',
	{ reference: each(reference, 'nginx'), reach: ['<=', 0.8] });
line('of it poll', each(parlor, 'poll'), 'KiB');
line('of it nginx', each(parlor, 'nginx'), 'KiB');
