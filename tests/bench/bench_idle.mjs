// What a visitor costs who waits while nothing happens. The references are Live Helper Chat's figures.
import { freshParlor, line, loadParlor, loadVisitors, needLpload, pick, say, startBench, sum } from './lib.mjs';

needLpload('idle');
// Three times the longest hold, so that no request is counted by halves.
const clients = pick(10000, 2000), seconds = pick(75, 25);
const stack = await startBench();
const plan = await loadVisitors(stack, clients, { messages: false });
await freshParlor(stack);
const answer = await loadParlor(stack, plan, { clients, rate: 0, seconds, settle: 0, ramp: clients, more: 'jobs' });
await stack.stop();

const a_minute = 60 / seconds / clients;
const cpu = sum(answer.parts.map((part) => answer[part].cpu_s)) * 1000 * a_minute;
say(`${clients} waiting for ${seconds} s: ${answer.parts.map((part) => `${part} ${answer[part].cpu_s} s`).join(', ')}; ${answer.polls} polls`);
line('idle visitor: processor time a minute', cpu, 'ms', { reference: 69, reach: ['<', 1], absolute: true });
for (const part of answer.parts)
	line(`of it ${part === 'pg' ? 'PostgreSQL' : part}`, answer[part].cpu_s * 1000 * a_minute, 'ms');
// The first poll of each came before the time that counts; about a second lies between.
line('idle visitor: requests a minute', (answer.polls - clients) / (seconds + 1) * 60 / clients, 'requests',
	{ reference: 16.6, reach: ['<', 3], absolute: true });
