// What is done to a run. Each fault does its harm, takes it back, and returns the time from which the
// service has to recover; "goal" is within how many ms a send has to succeed then.
import { existsSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { eventually } from '../http/stack.mjs';

const WORKER = 1000, DATABASE = 5000;
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

function signal(pid, name) {
	try {
		process.kill(pid, name);
	} catch { /* it ended by itself */ }
}

// The pools that messages go through.
const POOLS = ['api', 'overflow'];

// c: the campaign: hosts (stacks), cluster, net, clock, load, random.
const kill = (...names) => async (c) => {
	const pids = await c.random.pick(c.hosts).pids(c.random.pick(names));
	if (pids.length)
		signal(c.random.pick(pids), 'SIGKILL');
	return performance.now();
};

const killAll = (name) => async (c) => {
	for (const pid of await c.random.pick(c.hosts).pids(name))
		signal(pid, 'SIGKILL');
	return performance.now();
};

// Stops one, or all of a kind, for a while.
const freeze = (names, { all = false, most = 2500 } = {}) => async (c) => {
	const pids = await c.random.pick(c.hosts).pids(c.random.pick(names)), victims = all ? pids : [c.random.pick(pids)].filter(Boolean);
	victims.forEach((pid) => signal(pid, 'SIGSTOP'));
	await pause(c.random.between(200, most));
	victims.forEach((pid) => signal(pid, 'SIGCONT'));
	return performance.now();
};

async function reload(c) {
	const { load: { wire } } = c, host = c.random.pick(c.hosts);
	// What an earlier fault left behind is no failure of this one, which is then not made.
	await eventually('nothing fails', () => wire.failed(performance.now() - 500, Infinity).length === 0, { seconds: 10 });
	const begun = performance.now(), before = await host.pids('nginx');
	signal(await host.leader('nginx'), 'SIGHUP');
	await eventually('new nginx workers', async () => (await host.pids('nginx')).some((p) => !before.includes(p)), { seconds: 20 });
	await pause(1000);
	for (const { what } of wire.failed(begun, performance.now()).filter((f) => f.begun > begun - 10000))
		c.load.history.refused('reload of nginx', null, what);
	return performance.now();
}

async function restartNginx(c) {
	const host = c.random.pick(c.hosts);
	await host.killComponent('nginx');
	await host.startComponent('nginx');
	await eventually('nginx answers', async () => (await fetch(`${host.url}/healthz`).catch(() => ({}))).status, { seconds: 20 });
	return performance.now();
}

const restart = (mode) => async (c) => {
	await c.cluster.restart(mode);
	return performance.now();
};

async function killDatabase(c) {
	await c.cluster.startAgain(await c.cluster.kill());
	return performance.now();
}

async function endBackends(c) {
	await c.cluster.ask(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE usename = 'parlor' AND random() < ${c.random.pick([0.2, 0.5, 1])}`);
	return performance.now();
}

// The poller's connection, and so its LISTEN.
async function endListening(c) {
	await c.cluster.ask(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE usename = 'parlor' AND query LIKE '%parlor.event_horizon()%' AND query LIKE '%revoked%'`);
	return performance.now();
}

// The pollers' sockets cannot be found for a while: no datagram arrives.
async function loseHints(c) {
	const { run } = c.random.pick(c.hosts), [here, away] = ['hints', 'hints.away'].map((name) => path.join(run, name));
	await rename(here, away);
	await pause(c.random.between(500, 3000));
	if (existsSync(here)) // a poller that started meanwhile made it
		await rm(away, { recursive: true });
	else
		await rename(away, here);
	return performance.now();
}

// Clients that leave in the middle of a request, before the answer, while they wait; and slow ones.
async function vanish(c) {
	const { load, random } = c, { hostname, port } = new URL(random.pick(load.hosts));
	const { token, conversations: [conversation] } = load.probe.writer, origin = `Host: ${hostname}:${port}\r\nAuthorization: Bearer ${token}\r\n`;
	const list = `GET /api/v1/widget/conversations/${conversation.id}/messages HTTP/1.1\r\n${origin}\r\n`;
	const body = JSON.stringify({ key: load.tenants[0].key });
	const sockets = Array.from({ length: 30 }, () => {
		const socket = net.connect(Number(port), hostname).on('error', () => {});
		const way = random.between(0, 4);
		if (way === 0)
			socket.write(list.slice(0, random.between(1, list.length - 1)));
		else if (way === 1)
			socket.write(`POST /api/v1/widget/session HTTP/1.1\r\n${origin}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`
				+ body.slice(0, random.between(0, body.length - 1)));
		else if (way === 2)
			socket.end(list);
		else if (way === 3)
			socket.once('data', () => socket.resetAndDestroy()).write(list);
		else
			socket.write(`GET /api/v1/widget/events?wait=20 HTTP/1.1\r\n${origin}\r\n`);
		return socket;
	});
	const slow = net.connect(Number(port), hostname).on('error', () => {});
	for (const letter of list.slice(0, random.between(5, 30))) {
		slow.write(letter);
		await pause(50);
	}
	for (const socket of [...sockets, slow])
		random.chance(0.5) ? socket.destroy() : socket.resetAndDestroy();
	return performance.now();
}

// Every slot of the server is taken by connections that go no further than the greeting, and those that
// were there are ended: nobody gets in.
async function exhaust(c) {
	const startup = Buffer.concat([Buffer.from([0, 0, 0, 0, 0, 3, 0, 0]), Buffer.from('user\0parlor\0database\0parlor\0\0')]);
	startup.writeInt32BE(startup.length, 0);
	const at = path.join(c.cluster.sockets, `.s.PGSQL.${c.cluster.port}`);
	await c.cluster.ask('SELECT 1'); // our own connection may have ended, and soon nobody gets another
	const sockets = Array.from({ length: 110 }, () => {
		const socket = net.connect(at).on('error', () => {});
		socket.write(startup);
		return socket;
	});
	// Let go in any case: what stays would keep everybody out who comes back later, for a minute.
	try {
		await pause(200);
		await endBackends(c);
		await pause(c.random.between(300, 2000));
	} finally {
		sockets.forEach((socket) => socket.destroy());
	}
	return performance.now();
}

async function fillDisk(c) {
	const { wire } = c.load, begun = performance.now(), free = await c.cluster.fill();
	await eventually('something fails', () => wire.failed(begun, Infinity).length > 3, { seconds: 4 }).catch(() => {});
	// Tables that cannot grow are an error; a log that cannot go on is a panic.
	for (let i = c.random.pick([0, 4]); i > 0 && c.cluster.isUp(); i--)
		await c.cluster.sql.exec`SELECT pg_switch_wal()`.catch(() => {});
	await pause(c.random.between(100, 800));
	free();
	// It may be ending just now: then it is started again.
	await eventually('PostgreSQL is well', async () => {
		if (!c.cluster.isUp())
			await c.cluster.start();
		return await c.cluster.ask('SELECT pg_is_in_recovery()') === 'f';
	}, { seconds: 60, every: 100 });
	return performance.now();
}

async function stepClock(c) {
	const turn = (offset) => writeFile(c.clock, `${offset}\n`);
	await turn(c.random.pick(['+3600', '-3600']));
	await pause(c.random.between(1500, 4000));
	if (c.random.chance(0.7))
		await turn('+0');
	return performance.now();
}

const cut = (link) => async (c) => {
	const heal = c.net.cut(link);
	await pause(c.random.between(300, 3000));
	heal();
	return performance.now();
};

// Drops out again and again: a lossy line.
const flap = (link) => async (c) => {
	for (let i = c.random.between(3, 8); i > 0; i--) {
		const heal = c.net.cut(link);
		await pause(c.random.between(20, 150));
		heal();
		await pause(c.random.between(20, 250));
	}
	return performance.now();
};

const strain = (link) => async (c) => {
	const heal = c.net.strain(link);
	await pause(c.random.between(1000, 3000));
	heal();
	return performance.now();
};

async function promote(c) {
	return c.cluster.promote(() => pause(c.random.between(500, 2000)));
}

// needs: what the campaign must have for it; weight: how often, among the others.
export const faults = {
	'web worker killed': { run: kill(...POOLS), weight: 8, goal: WORKER },
	'all web workers killed': { run: killAll('web'), weight: 4, goal: WORKER },
	'poller killed': { run: kill('poll'), weight: 6, goal: WORKER },
	'jobs killed': { run: kill('jobs'), weight: 2, goal: WORKER },
	'nginx worker killed': { run: kill('nginx'), weight: 4, goal: WORKER },
	'web worker stopped': { run: freeze(POOLS), weight: 4, goal: WORKER },
	'all web workers stopped': { run: freeze(['web'], { all: true }), weight: 3, goal: WORKER },
	'poller stopped': { run: freeze(['poll']), weight: 4, goal: WORKER },
	'nginx worker stopped': { run: freeze(['nginx']), weight: 2, goal: WORKER },
	'nginx reloaded': { run: reload, weight: 4, goal: WORKER },
	'nginx killed and started': { run: restartNginx, weight: 2, goal: WORKER },
	'clients that vanish': { run: vanish, weight: 4, goal: WORKER },
	'hints lost': { run: loseHints, weight: 3, goal: WORKER, needs: 'hints' },
	'poller\'s LISTEN lost': { run: endListening, weight: 3, goal: WORKER },
	'backends ended': { run: endBackends, weight: 6, goal: WORKER },
	'connections exhausted': { run: exhaust, weight: 3, goal: DATABASE },
	'PostgreSQL restarted, immediate': { run: restart('immediate'), weight: 3, goal: DATABASE },
	'PostgreSQL restarted, fast': { run: restart('fast'), weight: 3, goal: DATABASE },
	'PostgreSQL killed': { run: killDatabase, weight: 2, goal: DATABASE },
	'standby promoted': { run: promote, weight: 0.7, goal: DATABASE },
	'clock stepped': { run: stepClock, weight: 3, goal: WORKER, needs: 'clock' },
	'disk full': { run: fillDisk, weight: 2, goal: DATABASE, needs: 'tmpfs' },
	'clients cut off': { run: cut('clients-app'), weight: 3, goal: DATABASE, needs: 'net' },
	'clients\' line drops out': { run: flap('clients-app'), weight: 2, goal: DATABASE, needs: 'net' },
	'clients\' line strained': { run: strain('clients-app'), weight: 2, goal: DATABASE, needs: 'net' },
	'database cut off': { run: cut('app-database'), weight: 3, goal: DATABASE, needs: 'net' },
	'database\'s line drops out': { run: flap('app-database'), weight: 2, goal: DATABASE, needs: 'net' },
	'database\'s line strained': { run: strain('app-database'), weight: 2, goal: DATABASE, needs: 'net' },
	'other programs cut off': { run: cut('clients-database'), weight: 2, goal: DATABASE, needs: 'net' },
};
