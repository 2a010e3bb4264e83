// How many wait at once: 15,000 in one poller, 50,000 in four, with messages to some of them meanwhile.
import { DESCRIPTORS, freshParlor, line, loadNchan, loadParlor, loadVisitors, nchan, needLpload, pick, say, startBench,
	sum } from './lib.mjs';

needLpload('waiting');
// nginx holds two connections for each who waits, and its workers do not take them evenly.
const workersFor = (clients) => Math.max(2, Math.ceil((clients * 2 * 1.4) / (DESCRIPTORS * 0.95)));
const procsFor = (clients) => Math.max(1, Math.ceil(clients / Math.min(15000, DESCRIPTORS * 0.9)));
const optionsFor = (clients) => ({ clients, procs: procsFor(clients), rate: 300, seconds: pick(15, 5), settle: 2, ramp: 2500 });
const text = (a) => `${a.parked} of ${a.clients} waiting, ${a.delivered} of ${a.sent} delivered, p50 ${a.p50_ms} ms, p99 ${a.p99_ms} ms, `
	+ `${a.send_err} not answered, ${a.http_err} errors, first ${a.err_status}`;

async function parlor(clients, pollers) {
	const stack = await startBench({ poll: pollers, nginx: workersFor(clients), options: { 'poll.poll_hold_seconds': 50 } });
	const plan = await loadVisitors(stack, clients, { messages: false });
	await freshParlor(stack);
	const answer = await loadParlor(stack, plan, optionsFor(clients));
	await stack.stop();
	say(`parlor: ${text(answer)}`);
	return answer;
}

async function other(clients) {
	const server = await nchan({ workers: workersFor(clients) });
	await server.start();
	const answer = await loadNchan(server, optionsFor(clients));
	await server.stop();
	say(`nchan: ${text(answer)}`);
	return answer;
}

const lost = (a) => sum([a.lost, a.dup]);
const few = pick(15000, 3000), many = pick(50000, 8000);
const one = await parlor(few, 1);
line(`waiting in one poller, of ${few}`, one.parked, 'visitors', { reach: ['=', few] });
line('lost or doubled meanwhile', lost(one), 'messages', { reach: ['=', 0] });
const four = await parlor(many, 4);
const reference = await other(many);
line(`waiting in four pollers, of ${many}`, four.parked, 'visitors', { reference: reference.parked, reach: ['>=', 1] });
line('lost or doubled meanwhile', lost(four), 'messages', { reach: ['=', 0] });
line('delivery meanwhile, p50', four.p50_ms, 'ms', { reference: reference.p50_ms });
