// Three hosts on one machine: the clients (the network we are in), the application, the database. Each
// pair has a link of its own that can be cut or made slow. For root only.
import { execFileSync, spawnSync } from 'node:child_process';

const ip = (...args) => execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });

// Whether we may.
export function netIsPossible() {
	const name = `plt${process.pid}`;
	const made = process.getuid() === 0 && spawnSync('ip', ['netns', 'add', name]).status === 0;
	if (made)
		spawnSync('ip', ['netns', 'del', name]);
	return made;
}

export class Net {
	constructor() {
		const id = process.pid % 100000, [x, y] = [process.pid >> 8 & 127, process.pid & 255];
		this.spaces = { clients: null, app: `pl${id}a`, database: `pl${id}d` };
		const address = (n) => `10.${64 + x}.${y}.${n}`;
		// [host, device, address] of both ends.
		this.links = {
			'clients-app': [['clients', `pl${id}1`, address(1)], ['app', `pl${id}2`, address(2)]],
			'app-database': [['app', `pl${id}3`, address(5)], ['database', `pl${id}4`, address(6)]],
			'clients-database': [['clients', `pl${id}5`, address(9)], ['database', `pl${id}6`, address(10)]],
		};
		this.addresses = { app: address(2), databaseForApp: address(6), databaseForClients: address(10) };
	}

	// The command that runs another one on a host.
	via(host) {
		return this.spaces[host] ? ['nsenter', `--net=/run/netns/${this.spaces[host]}`] : [];
	}

	on(host, program, ...args) {
		const [first, ...rest] = [...this.via(host), program, ...args];
		return spawnSync(first, rest, { encoding: 'utf8' });
	}

	up() {
		for (const name of Object.values(this.spaces).filter(Boolean)) {
			ip('netns', 'add', name);
			ip('-n', name, 'link', 'set', 'lo', 'up');
		}
		for (const ends of Object.values(this.links)) {
			ip('link', 'add', ends[0][1], 'type', 'veth', 'peer', 'name', ends[1][1]);
			for (const [host, device, address] of ends) {
				if (this.spaces[host])
					ip('link', 'set', device, 'netns', this.spaces[host]);
				this.on(host, 'ip', 'address', 'add', `${address}/30`, 'dev', device);
				this.on(host, 'ip', 'link', 'set', device, 'up');
			}
		}
	}

	down() {
		for (const [[, device]] of Object.values(this.links).filter(([[host]]) => host === 'clients'))
			spawnSync('ip', ['link', 'del', device]);
		for (const name of Object.values(this.spaces).filter(Boolean))
			spawnSync('ip', ['netns', 'del', name]);
	}

	// Cuts a link at its far end: the near one sends into nothing, without an error.
	cut(link) {
		const [, [host, device]] = this.links[link];
		this.on(host, 'ip', 'link', 'set', device, 'down');
		return () => this.on(host, 'ip', 'link', 'set', device, 'up');
	}

	// Delays and drops packets in both directions, with netem where the kernel has it; a narrow and
	// short queue does the same to everything but single packets.
	strain(link) {
		const ends = this.links[link];
		for (const [host, device] of ends)
			if (this.on(host, 'tc', 'qdisc', 'add', 'dev', device, 'root', 'netem', 'delay', '30ms', '20ms', 'loss', '5%').status !== 0)
				this.on(host, 'tc', 'qdisc', 'add', 'dev', device, 'root', 'tbf', 'rate', '6mbit', 'burst', '3000', 'latency', '60ms');
		return () => ends.forEach(([host, device]) => this.on(host, 'tc', 'qdisc', 'del', 'dev', device, 'root'));
	}
}
