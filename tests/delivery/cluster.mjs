// The PostgreSQL of a run: stopped, killed, filled up, and succeeded by its standby.
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '../http/stack.mjs';
import { openSql } from '../lib/sql.mjs';

const execute = promisify(execFile);

export class Cluster {
	// dir: the stack's pg; ports: two, the first is in use; via: see net.mjs.
	constructor({ dir, sockets, ports, via = [] }) {
		Object.assign(this, { dir, sockets, ports, via, data: path.join(dir, 'data'), generation: 1 });
		this.superuser = readFileSync(path.join(dir, 'superuser'), 'utf8').trim();
		this.bin = path.dirname(readFileSync(path.join(this.data, 'postmaster.opts'), 'utf8').split(' ')[0]);
		this.connect();
	}

	get port() { return this.ports[0]; }

	conninfo(port = this.port) {
		return `host=${this.sockets} port=${port} user=postgres password=${this.superuser} dbname=parlor connect_timeout=5`;
	}

	connect() {
		this.sql?.close();
		this.sql = openSql(this.conninfo());
	}

	// As the superuser. psql ends with the server it knew; the next one asks again.
	async ask(query) {
		for (let tries = 0; ; tries++)
			try {
				return await this.sql.exec([query]);
			} catch (error) {
				if (error.message !== 'psql ended' || tries === 20)
					throw error;
				await new Promise((done) => setTimeout(done, 100));
			}
	}

	run(program, ...args) {
		const drop = process.getuid() === 0 ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups', '--'] : [];
		const [first, ...rest] = [...this.via, ...drop, path.join(this.bin, program), ...args];
		return execute(first, rest, { cwd: this.dir, env: { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8', PGPASSWORD: this.superuser } });
	}

	control(...args) {
		return this.run('pg_ctl', '-D', this.data, '-w', '-t', '60', ...args);
	}

	// Resolves when it accepts connections.
	async start(data = this.data, port = this.port) {
		await this.run('pg_ctl', '-D', data, '-w', '-t', '60', '-l', path.join(this.dir, 'log'), '-o', `-p ${port}`, 'start');
	}

	async restart(mode) {
		await this.control('-m', mode, 'stop');
		await this.start();
	}

	get pid() { return Number(readFileSync(path.join(this.data, 'postmaster.pid'), 'utf8').split('\n')[0]); }

	isUp() {
		try {
			process.kill(this.pid, 0);
			return true;
		} catch {
			return false;
		}
	}

	// The server and its children at once, as when a machine dies: all are stopped before the first is killed.
	// A backend that outlives its postmaster gives up waiting for the synchronous standby and shows, for
	// a moment, a commit that only it has.
	async kill() {
		const { pid } = this, signal = (victim, name) => {
			try {
				process.kill(victim, name);
			} catch { /* gone already */ }
		};
		signal(pid, 'SIGSTOP');
		const victims = [pid, ...readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)];
		for (const name of ['SIGSTOP', 'SIGKILL'])
			victims.forEach((victim) => signal(victim, name));
		await eventually('the server is gone', () => !existsSync(`/proc/${pid}`) ||
			/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')), { seconds: 30 });
		return pid;
	}

	// PostgreSQL does not start while the number in its pid file is in use, by a zombie too.
	async startAgain(pid) {
		await eventually('its number is free', () => !existsSync(`/proc/${pid}`), { seconds: 60 });
		await this.start();
	}

	async makeStandby(data, port) {
		await this.run('pg_basebackup', '-D', data, '-R', '-X', 'stream', '-c', 'fast', '--no-sync', '-d',
			`host=${this.sockets} port=${this.port} user=postgres`);
		// Of a server that was killed there: its number may be in use again, by a zombie too.
		for (const end of ['', '.lock'])
			rmSync(path.join(this.sockets, `.s.PGSQL.${port}${end}`), { force: true });
		await this.start(data, port);
		await this.ask("ALTER SYSTEM SET synchronous_standby_names = '*'");
		await this.ask('SELECT pg_reload_conf()');
		await eventually('the standby is synchronous', async () =>
			await this.ask("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") === '1', { seconds: 60 });
	}

	// A synchronous standby is made and fed; the server dies; the standby takes over.
	async promote(between) {
		const [port, next] = this.ports, data = path.join(this.dir, `data${++this.generation}`), old = this.data;
		try {
			await this.makeStandby(data, next);
		} catch (error) {
			await this.ask('ALTER SYSTEM RESET synchronous_standby_names');
			await this.ask('SELECT pg_reload_conf()');
			await this.run('pg_ctl', '-D', data, '-m', 'immediate', 'stop').catch(() => {});
			rmSync(data, { recursive: true, force: true });
			throw error;
		}
		await between();
		await this.kill();
		Object.assign(this, { data, ports: [next, port] });
		await this.control('promote');
		const now = performance.now();
		rmSync(old, { recursive: true, force: true });
		this.connect();
		return now;
	}

	// The file system of the cluster (a tmpfs of its own) is full until the function that comes back is called.
	async fill() {
		const { blocks, bfree, bsize } = await statfs(this.dir);
		const resize = (bytes) => spawnSync('mount', ['-o', `remount,size=${bytes}`, this.dir], { encoding: 'utf8' });
		const { status, stderr } = resize((blocks - bfree) * bsize + 65536);
		if (status !== 0)
			throw new Error(`mount: ${stderr}`);
		return () => resize(blocks * bsize);
	}

	async stop() {
		this.sql.close();
		if (this.isUp())
			await this.control('-m', 'immediate', 'stop').catch(() => {});
	}

	// At the end of a process that could not wait.
	stopNow() {
		if (this.isUp())
			process.kill(this.pid, 'SIGQUIT');
	}
}
