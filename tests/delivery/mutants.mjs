// Ten faults that a chat server might have. Each is the product with one thing broken: a line of SQL in
// the program itself (its statements are plain text in it, so a line is exchanged for one of the same
// length), a function in the throw-away database, or a setting. The judge must find each of them.
import { chmod, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { eventually } from '../http/stack.mjs';

// Exchanges what the pattern finds; fails when it is not there as often as it should be, so that a
// mutant cannot go stale unseen.
function exchange(text, [pattern, to, times = 1]) {
	let found = 0;
	const result = text.replaceAll(pattern, (from) => {
		found++;
		if (to.length > from.length)
			throw new Error(`"${to}" is longer than "${from}"`);
		return to.padEnd(from.length);
	});
	if (found !== times)
		throw new Error(`${pattern} is in the program ${found} times, not ${times}`);
	return result;
}

// The stack runs a copy of the program, which can be exchanged.
export class Patient {
	constructor(stack, program, original) {
		Object.assign(this, { stack, program, original });
	}

	async become(exchanges = []) {
		const text = exchanges.reduce(exchange, (await readFile(this.original)).toString('latin1'));
		await writeFile(`${this.program}.new`, text, 'latin1');
		await chmod(`${this.program}.new`, 0o755);
		await rename(`${this.program}.new`, this.program);
	}

	// Their supervisors start web and poll again, from the program and the settings as they are now.
	async restart() {
		const before = [];
		for (const name of ['web', 'poll'])
			for (const pid of await this.stack.pids(name)) {
				before.push(pid);
				process.kill(pid, 'SIGKILL');
			}
		await eventually('new workers', async () => {
			const now = [...await this.stack.pids('web'), ...await this.stack.pids('poll')];
			return now.length === before.length && !now.some((pid) => before.includes(pid));
		}, { seconds: 30 });
		await eventually('it serves', async () => (await fetch(`${this.stack.url}/readyz`)).status === 200, { seconds: 30 });
		await eventually('the poller serves', async () => (await fetch(`${this.stack.url}/api/v1/events`)).status === 401,
			{ seconds: 30 });
	}

	async settings(change) {
		const file = path.join(this.stack.home, 'parlor.ini');
		this.ini ??= await readFile(file, 'utf8');
		await writeFile(file, change ? change(this.ini) : this.ini);
	}

	// Exchanges parts of functions of the database: { function: [[from, to], ...] }.
	async rewrite(functions) {
		const before = [];
		for (const [name, changes] of Object.entries(functions)) {
			const text = await this.stack.sql(`SELECT pg_get_functiondef('${name}'::regproc)`);
			const lacking = changes.find(([from]) => !text.includes(from));
			if (lacking)
				throw new Error(`"${lacking[0]}" is not in ${name}`);
			await this.stack.sql(changes.reduce((all, [from, to]) => all.replace(from, to), text));
			before.push(text);
		}
		return async () => {
			for (const text of before)
				await this.stack.sql(text);
		};
	}

	async nginx(file, change) {
		const full = path.join(this.stack.home, 'nginx/parlor', file), text = await readFile(full, 'utf8');
		await writeFile(full, change(text));
		return () => writeFile(full, text);
	}

	async reloadNginx() {
		process.kill(await this.stack.leader('nginx'), 'SIGHUP');
	}
}

export const withoutHints = (ini) => `${ini.replace(/^runtime_dir = .*$/m, 'runtime_dir =')}`.replace(/^\[poll\]$/m, '[poll]\npoll_notify = no');

// name: { verdict: any of these must be found; program: exchanges; apply(patient): returns what undoes it;
// fault(stack): happens after some messages; hints: false to switch them off }
export const mutants = {
	'a cursor that is the highest number seen': { verdict: ['lost'],
		apply: (patient) => patient.rewrite(Object.fromEntries(['parlor.visitor_events', 'parlor.agent_events'].map((name) =>
			[name, [['NOT pg_visible_in_snapshot(e.xid, since)', 'e.xid >= pg_snapshot_xmax(since)']]]))) },

	'a cursor that is taken after the rows were read': { verdict: ['lost'],
		program: [[/SELECT w\.n, \(SELECT pg_current_snapshot\(\)::text\)/g, 'SELECT w.n, (SELECT parlor.later())', 3]],
		async apply({ stack }) {
			await stack.sql(`CREATE OR REPLACE FUNCTION parlor.later() RETURNS text LANGUAGE plpgsql VOLATILE AS
				$$ BEGIN PERFORM pg_sleep(0.02); RETURN pg_current_snapshot()::text; END $$;
				GRANT EXECUTE ON FUNCTION parlor.later() TO PUBLIC`);
			return () => stack.sql('DROP FUNCTION parlor.later()');
		} },

	'a lost hint, and no sweep to find what it told': { verdict: ['unread'], hints: false,
		program: [['NOT pg_visible_in_snapshot(v.xid, $1::pg_snapshot)', 'false', 2]] },

	'an acknowledgement before the message is safe': { verdict: ['lost'],
		async apply({ stack }) {
			await stack.sql(`ALTER ROLE parlor SET synchronous_commit = off; ALTER SYSTEM SET wal_writer_delay = '10s'`);
			await stack.sql('SELECT pg_reload_conf()');
			return () => stack.sql('ALTER ROLE parlor RESET ALL; ALTER SYSTEM RESET ALL');
		},
		async fault(stack) {
			await stack.killComponent('postgresql');
			await eventually('PostgreSQL starts again', () => stack.startComponent('postgresql').then(() => true), { seconds: 60 });
		} },

	'a repeated send whose client id is forgotten': { verdict: ['doubled'],
		program: [[/content,\s+message_type, client_id, is_read, created_at\)\s+SELECT \$4, c\.organization_id, c\.id, \$5, \$6, \$7, 'text', \$8,/g,
			"content, message_type, client_id, is_read, created_at) SELECT $4, c.organization_id, c.id, $5, $6, $7, 'text', nullif($8, $8),"]] },

	'a read that forgets the organization': { verdict: ['foreign'],
		apply: (patient) => patient.rewrite({ 'parlor.agent_events': [['e.organization_id = of_organization', "e.organization_id > ''"]] }) },

	'a place that is taken without the lock': { verdict: ['doubled', 'reordered'],
		async apply(patient) {
			const { stack } = patient, undo = await patient.rewrite({ 'parlor.messages_place': [
				['c record;', `c record; early bigint := (SELECT v.last_seq + 1 FROM public.conversations v
					WHERE v.id = NEW.conversation_id);`], ['NEW.seq := c.last_seq;', 'NEW.seq := early;']] });
			await stack.sql('DROP INDEX messages_conversation_id_seq_key');
			return async () => {
				await undo();
				await stack.sql('TRUNCATE messages CASCADE; CREATE UNIQUE INDEX messages_conversation_id_seq_key ON messages (conversation_id, seq)');
			};
		} },

	'an event that is dropped': { verdict: ['lost'],
		apply: (patient) => eventTrigger(patient, 'BEFORE', `IF NEW.id % 20 = 0 THEN RETURN NULL; END IF; RETURN NEW;`) },

	'an event that is written twice': { verdict: ['doubled'],
		apply: (patient) => eventTrigger(patient, 'AFTER', `IF NEW.id % 20 = 0 THEN
			INSERT INTO parlor.events (organization_id, conversation_id, chat_user_id, type, visibility, data)
			VALUES (NEW.organization_id, NEW.conversation_id, NEW.chat_user_id, NEW.type, NEW.visibility, NEW.data);
			END IF; RETURN NULL;`) },

	'a read from a cache': { verdict: ['stale'],
		async apply(patient) {
			const { home, run, url } = patient.stack;
			const undo = [await patient.nginx('http.conf', (text) =>
				`fastcgi_cache_path ${run}/tmp/cache keys_zone=mutant:1m;\n${text}`),
			await patient.nginx('web.conf', (text) => `${text}fastcgi_cache mutant;\nfastcgi_cache_valid 200 2s;\n`
				+ 'fastcgi_cache_key "$request_uri $http_authorization";\nfastcgi_ignore_headers Cache-Control Expires Set-Cookie Vary;\n'
				+ 'add_header X-Mutant yes;\n')];
			const settled = async (there) => {
				await patient.reloadNginx();
				await eventually(`nginx in ${home} serves by its new settings`, async () =>
					(await fetch(`${url}/readyz`)).headers.has('x-mutant') === there, { seconds: 30 });
			};
			await settled(true);
			return async () => {
				await Promise.all(undo.map((f) => f()));
				await settled(false);
			};
		} },
};

async function eventTrigger({ stack }, when, body) {
	await stack.sql(`CREATE FUNCTION parlor.mutant() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${body} END $$;
		CREATE TRIGGER mutant ${when} INSERT ON parlor.events FOR EACH ROW WHEN (NEW.type = 'message.created')
			EXECUTE FUNCTION parlor.mutant()`);
	return () => stack.sql('DROP TRIGGER mutant ON parlor.events; DROP FUNCTION parlor.mutant()');
}
