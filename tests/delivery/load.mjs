// A run: organizations with visitors, agents and other programs that write and read at the same time,
// the history of what they did, and the judgement at its end.
import { spawn } from 'node:child_process';
import { setMaxListeners } from 'node:events';
import { createInterface } from 'node:readline';
import { Random } from '../lib/random.mjs';
import { World, eventually, signCookie, word } from '../lib/world.mjs';
import { HttpWriter, ListReader, SqlReader, SqlWriter, StreamReader } from './actors.mjs';
import { History } from './history.mjs';
import { Wire } from './wire.mjs';

// Mean pauses in ms, rows of a transaction, seconds that a poll waits at most.
const PACE = { http: 40, sql: 60, batch: 5, read: 150, wait: 20 };

const seconds = (n) => AbortSignal.timeout(n * 1000);

export class Load {
	// stack: the first host, for the database and the secrets; hosts: URLs of all.
	constructor(stack, { seed, hosts = [stack.url], pace = {}, organizations = 2, visitors = 3, sqlWriters = 2, listReaders = 1,
		messages = Infinity } = {}) {
		Object.assign(this, { stack, seed, hosts, organizations, visitors, sqlWriters, listReaders, messages,
			pace: { ...PACE, ...pace }, random: new Random(seed), history: new History({ seed }), wire: new Wire(),
			over: false, halted: false, writers: [], readers: [], abort: new AbortController() });
		this.signal = this.abort.signal;
		setMaxListeners(0, this.signal);
		this.stopping = () => this.halted || this.history.acknowledged >= this.messages;
	}

	async open() {
		this.world = new World(this.stack);
		for (let i = 0; i < this.organizations; i++)
			await this.openOrganization(i);
		this.readers.push(new SqlReader(this, 'reader of the table', { url: this.stack.databaseUrl }));
		// Whoever asks how long the service was away; see Probe.
		this.probe = new Probe(this, this.tenants[0]);
		await this.probe.open();
		return this;
	}

	async openOrganization(i) {
		const tenant = await this.world.organization({ roles: ['admin', 'agent'] });
		(this.tenants ??= []).push(tenant);
		const own = [], sees = (c) => c.organization === tenant.id;
		for (let v = 0; v < this.visitors; v++)
			own.push(await this.openVisitor(tenant, `${i}.${v}`));
		const key = { token: tenant.secretKey }, session = await this.world.session(tenant.members.agent.user, { organization: tenant.id });
		const cookie = { cookie: `better-auth.session_token=${signCookie(session, this.stack.authSecret)}` };
		const staff = { staff: true, sees };
		this.writers.push(new HttpWriter(this, `agent ${i}`, { ...key, staff: true, conversations: own }));
		for (let w = 0; w < this.sqlWriters; w++)
			this.writers.push(new SqlWriter(this, `program ${i}.${w}`, { url: this.stack.databaseUrl, conversations: own,
				sender: tenant.members.agent.id }));
		this.readers.push(new StreamReader(this, `agents' stream ${i}`, { ...staff, credential: cookie }),
			new StreamReader(this, `key's stream ${i}`, { ...staff, credential: key }));
		for (let l = 0; l < this.listReaders; l++)
			this.readers.push(new ListReader(this, `agents' list ${i}.${l}`, { ...staff, credential: key }));
	}

	// A visitor with a conversation, its first message acknowledged, one who writes and one who reads in it.
	async openVisitor(tenant, name) {
		const session = await this.must('POST', '/api/v1/widget/session', { body: { key: tenant.key } });
		const conversation = this.history.conversation({ id: null, organization: tenant.id, visitor: session.visitor.id });
		const writer = new HttpWriter(this, `visitor ${name}`, { token: session.token, conversations: [conversation] });
		const op = this.history.invoke(writer.writer, conversation, 'the first');
		const begun = await this.must('POST', '/api/v1/widget/conversations', { token: session.token,
			body: { clientId: word(), content: op.content } });
		this.history.named(conversation, begun.conversation.id);
		this.history.ok(op, begun.message);
		const own = { sees: (c) => c.visitor === session.visitor.id, credential: { token: session.token } };
		this.writers.push(writer);
		this.readers.push(new StreamReader(this, `visitor's stream ${name}`, own));
		if (name.endsWith('.0'))
			this.readers.push(new ListReader(this, `visitor's list ${name}`, own));
		return conversation;
	}

	// Before any fault.
	async must(method, path, options) {
		const answer = await this.wire.ask(this.hosts[0], method, path, options);
		if (answer.status !== 200 && answer.status !== 201)
			throw new Error(`${path}: ${answer.status} ${answer.text}`);
		return answer.json;
	}

	begin() {
		this.reading = Promise.all(this.readers.map((r) => r.live()));
		this.writing = Promise.all(this.writers.map((w) => w.live()));
		return this;
	}

	// Ends the writing, lets everybody catch up, and judges. patience: seconds for each of the two.
	async end({ patience = 60 } = {}) {
		this.halted = true;
		const late = Symbol('late'), timer = new Promise((resolve) => seconds(patience).addEventListener('abort', () => resolve(late)));
		if (await Promise.race([this.writing, timer]) === late)
			this.history.refused('the writers', null, `not everything was acknowledged within ${patience} s after the end`);
		await eventually('all have caught up', () => this.history.caughtUp, { seconds: patience }).catch(() => {});
		this.over = true;
		this.abort.abort();
		await Promise.all([this.reading, this.writing]);
		this.history.quiet();
		await this.judgeTable();
		this.history.finish();
		this.close();
		return this.history;
	}

	// What is known suffices.
	async abandon() {
		this.halted = this.over = true;
		this.abort.abort();
		await Promise.all([this.reading, this.writing]);
		this.close();
	}

	async judgeTable() {
		const { history } = this;
		let current = null, rows = [];
		const flush = () => {
			if (current && rows.length)
				history.stored(current, rows);
			rows = [];
		};
		const ids = history.conversations.map((c) => `'${c.id}'`).join(', ');
		for await (const line of copy(this.stack.databaseUrl, `SELECT conversation_id, seq, id, split_part(content, ' ', 1)
			FROM messages WHERE conversation_id IN (${ids}) ORDER BY conversation_id, seq`)) {
			const [conversation, seq, id, content] = line.split('\t');
			if (conversation !== current?.id || rows.length === 1000)
				flush();
			current = history.byId.get(conversation);
			rows.push({ id, seq: Number(seq), content: `${content} ` });
		}
		flush();
		for (const conversation of history.conversations)
			history.stored(conversation, null);
		for await (const line of copy(this.stack.databaseUrl, `SELECT id, last_seq FROM conversations WHERE id IN (${ids})`)) {
			const [id, last] = line.split('\t'), conversation = history.byId.get(id);
			if (Number(last) !== (conversation.end ?? 0))
				history.violation('gap', conversation, `last_seq is ${last}, the last message is ${conversation.end}`);
		}
	}

	close() {
		this.world.sql.close();
		this.wire.close();
		for (const { sql } of [...this.writers, ...this.readers])
			sql?.close();
	}
}

// The lines of a query's result.
async function* copy(url, query) {
	const psql = spawn('psql', ['-X', '-q', '-c', `COPY (${query}) TO STDOUT`, url],
		{ stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env.PATH, LANG: 'C.UTF-8' } });
	let error = '';
	psql.stderr.on('data', (chunk) => { error += chunk; });
	const ended = new Promise((resolve) => psql.on('close', resolve));
	yield* createInterface({ input: psql.stdout });
	if (await ended !== 0)
		throw new Error(`psql: ${error}`);
}

// One conversation and one message after a fault: when it is acknowledged, when it is heard.
export class Probe {
	constructor(load, tenant) {
		Object.assign(this, { load, tenant });
	}

	async open() {
		const { load } = this, { writers } = load;
		this.conversation = await load.openVisitor(this.tenant, 'probe');
		this.writer = writers.pop(); // it writes when asked, not by itself
		this.reader = load.readers.at(-1).reader;
	}

	// ms from "since" to the first acknowledgement and to the event. A new attempt every 50 ms, however
	// long the ones before take: all with one clientId, so it is one message.
	async measure(since, { patience = 30 } = {}) {
		const { load: { history }, conversation, writer } = this;
		const op = history.invoke(writer.writer, conversation, 'probe'), clientId = word(), end = performance.now() + patience * 1000;
		let acknowledged = null;
		const attempts = [];
		while (acknowledged === null) {
			attempts.push(writer.attempt(op, clientId).then((ok) => {
				if (ok)
					acknowledged ??= performance.now();
			}));
			if (performance.now() > end)
				return null;
			await Promise.race([attempts.at(-1), new Promise((done) => setTimeout(done, 50))]);
			if (acknowledged === null)
				await new Promise((done) => setTimeout(done, 20));
		}
		const seq = writer.writer.seq.get(op.n), place = this.reader.at(conversation);
		const heard = await eventually('the event is heard', () => place.shown >= seq && performance.now(),
			{ seconds: patience, every: 10 }).catch(() => null);
		await Promise.all(attempts);
		return heard === null ? null : { sent: acknowledged - since, heard: heard - since };
	}
}
