// What a visitor costs who waits while nothing happens. The references are Live Helper Chat's figures.
import http from 'node:http';
import { line, loadVisitors, pick, processorTime, say, startBench, sum } from './lib.mjs';

const clients = 2000, seconds = pick(75, 30); // three times the longest hold
const stack = await startBench();
const { rows } = await loadVisitors(stack, clients, { messages: false });
const agent = new http.Agent({ keepAlive: true, maxSockets: Infinity });
let polls = 0, failed = 0, over = false;

const poll = (token, cursor) => new Promise((done) => {
	polls++;
	http.get(`${stack.url}/api/v1/widget/events?wait=25&cursor=${cursor}`, { agent, headers: { Authorization: `Bearer ${token}` } },
		(response) => {
			let text = '';
			response.on('data', (chunk) => { text += chunk; });
			response.on('end', () => done(response.statusCode === 200 ? JSON.parse(text).cursor : null));
		}).on('error', () => done(null));
});

async function wait({ token, cursor }) {
	while (!over) {
		cursor = await poll(token, cursor);
		if (cursor === null) {
			failed += !over;
			return;
		}
	}
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
for (let i = 0; i < clients; i++) {
	wait(rows[i]);
	if (i % 20 === 19)
		await pause(10);
}
await pause(1000);
const before = processorTime(stack, ['poll', 'nginx', 'web', 'pg', 'jobs']), first = polls, begun = performance.now();
await pause(seconds * 1000);
const after = processorTime(stack, ['poll', 'nginx', 'web', 'pg', 'jobs']), lasted = (performance.now() - begun) / 1000;
const asked = polls - first;
over = true;
agent.destroy();
await stack.stop();

const a_minute = 60 / lasted / clients;
const parts = Object.fromEntries(Object.keys(before).map((part) => [part, (after[part] - before[part]) / 1e6 * a_minute]));
say(`${clients} waiting for ${Math.round(lasted)} s: ${asked} polls, ${failed} failed`);
line('idle visitor: processor time a minute', sum(Object.values(parts)), 'ms', { reference: 69, reach: ['<', 1], absolute: true });
for (const [part, cost] of Object.entries(parts))
	line(`of it ${part === 'pg' ? 'PostgreSQL' : part}`, cost, 'ms');
line('idle visitor: requests a minute', asked * a_minute, 'requests', { reference: 16.6, reach: ['<', 3], absolute: true });
line('idle visitor: requests that failed', failed, 'requests', { reach: ['=', 0] });
process.exit();
