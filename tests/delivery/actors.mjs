// Those who write and read while a run lasts. Each does one thing after the other until it is told to
// stop, says it to the history, and knows only what a client knows.
import { openSql } from '../lib/sql.mjs';
import { word } from '../lib/world.mjs';

const VISITOR = '/api/v1/widget', STAFF = '/api/v1';
const PAGE = 100, NO_ANSWER = { status: 0 };
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

// What a client takes for "come again".
const isAway = ({ status }) => status === 0 || status === 503 || status === 429;

// What stands in place of a message's text: short ones, long ones, and letters that have to survive.
const TEXTS = ['', 'Hello', 'Grüße aus Köln ☕', '"quoted" \\ and <b>bold</b>', 'x'.repeat(700)];

class Actor {
	// run: what they have in common (history, wire, hosts, stopping); random: of its own.
	constructor(run, name) {
		Object.assign(this, { run, name, random: run.random.fork(name) });
	}

	get history() { return this.run.history; }
	get stopping() { return this.run.stopping; }

	// A request to one of the hosts; no answer is an answer, too.
	async ask(method, path, options) {
		const { wire, hosts } = this.run;
		return wire.ask(this.random.pick(hosts), method, path, options).catch((error) =>
			({ ...NO_ANSWER, error: error.code ?? error.message }));
	}

	// As ask(), until there is an answer that means something; null when the run is given up meanwhile.
	async insist(method, path, options) {
		for (let tries = 0; ; tries++) {
			const answer = await this.ask(method, path, options);
			if (!isAway(answer))
				return answer;
			if (this.run.over)
				return null;
			await pause(Math.min(400, 20 << Math.min(tries, 5)) * (0.5 + this.random.next()));
		}
	}

	// Between two things that it does.
	async rest(ms) {
		for (const end = performance.now() + ms; performance.now() < end && !this.stopping();)
			await pause(Math.min(100, end - performance.now()));
	}

	refused(conversation, what, { status, text }) {
		this.history.refused(this.name, conversation, `${what}: ${status} ${text?.slice(0, 300)}`);
	}
}

// -------------------------------------------------------------------------------- writers --

// Sends by the API, as a visitor (its own conversation) or with a secret key.
export class HttpWriter extends Actor {
	// who: { token, staff, conversations }
	constructor(run, name, who) {
		super(run, name);
		Object.assign(this, who, { writer: run.history.writer(name) });
	}

	pathOf(conversation) {
		return `${this.staff ? STAFF : VISITOR}/conversations/${conversation.id}/messages`;
	}

	// One attempt. True when it is acknowledged.
	async attempt(op, clientId) {
		const answer = await this.ask('POST', this.pathOf(op.conversation),
			{ token: this.token, body: { clientId, content: op.content } });
		if (answer.status === 200 || answer.status === 201)
			this.history.ok(op, answer.json.message);
		else if (isAway(answer))
			this.history.unknown(op, answer.error ?? answer.status);
		else
			this.refused(op.conversation, `sending ${op.n}`, answer);
		return !isAway(answer);
	}

	// Until it is acknowledged; one in eight is sent again although it was, or twice at once.
	async send(conversation = this.random.pick(this.conversations)) {
		const op = this.history.invoke(this.writer, conversation, this.random.pick(TEXTS)), clientId = word();
		const again = this.random.chance(1 / 8), twice = this.random.chance(1 / 16);
		for (let tries = 0; !this.run.over; tries++) {
			const attempts = [this.attempt(op, clientId), twice && this.attempt(op, clientId)];
			if ((await Promise.all(attempts)).includes(true))
				break;
			await pause(Math.min(500, 20 << Math.min(tries, 5)) * (0.5 + this.random.next()));
		}
		if (again && !this.run.over)
			await this.attempt(op, clientId);
		return op;
	}

	async live() {
		while (!this.stopping()) {
			await this.send();
			await this.rest(this.random.next() * 2 * this.run.pace.http);
		}
	}
}

// Another program: plain INSERTs with the columns of the chat's first schema, some rows at a time, some
// transactions held open, some rolled back.
export class SqlWriter extends Actor {
	constructor(run, name, { url, conversations, sender }) {
		super(run, name);
		Object.assign(this, { conversations, sender, writer: run.history.writer(name), sql: openSql(url) });
	}

	rows(ops) {
		return ops.map(({ op, id }) => `('${id}', '${op.conversation.id}', '${this.sender}', 'agent', `
			+ `'${op.content.replaceAll("'", "''")}', 'text', false, now() AT TIME ZONE 'UTC')`).join(', ');
	}

	async transaction() {
		const { random, history } = this, { batch } = this.run.pace;
		const conversation = random.pick(this.conversations), rollback = random.chance(0.1);
		const ops = Array.from({ length: random.between(1, 2 * batch - 1) }, () =>
			({ op: history.invoke(this.writer, conversation, random.pick(TEXTS)), id: word() }));
		const held = random.chance(0.1) ? `SELECT pg_sleep(${(random.next() / 3).toFixed(3)});` : '';
		try {
			// A transaction that takes its number first and its place late commits out of turn.
			await this.sql.exec([`BEGIN; ${held && 'SELECT pg_current_xact_id();'} ${held}
				INSERT INTO messages (id, conversation_id, sender_id, sender_type, content, message_type, is_read, created_at)
				VALUES ${this.rows(ops)}; ${held} ${rollback ? 'ROLLBACK' : 'COMMIT'}`]);
			for (const { op } of ops)
				rollback ? history.fail(op) : history.ok(op);
		} catch (error) {
			// Whatever the error says, the end of the connection may have come in the middle of COMMIT.
			for (const { op } of ops)
				rollback ? history.fail(op) : history.unknown(op, error.message);
			await pause(100);
		}
		return ops.length;
	}

	async live() {
		while (!this.stopping()) {
			const rows = await this.transaction();
			await this.rest(this.random.next() * 2 * this.run.pace.sql * rows / this.run.pace.batch);
		}
		this.sql.close();
	}
}

// -------------------------------------------------------------------------------- readers --

// What reads pages of a conversation by the API.
class Pager extends Actor {
	constructor(run, name, who, stream) {
		super(run, name);
		Object.assign(this, who);
		this.reader = run.history.reader(name, { sees: who.sees, stream });
	}

	// From behind the place "after" to the end; the place it came to, or null when the run is over.
	async readFrom(conversation, after) {
		for (;;) {
			const known = this.history.begin(this.reader, conversation);
			const answer = await this.insist('GET', `${this.staff ? STAFF : VISITOR}/conversations/${conversation.id}/messages`
				+ `?limit=${PAGE}&after=${after}`, this.credential);
			if (!answer)
				return null;
			if (answer.status !== 200) {
				this.refused(conversation, 'reading', answer);
				return null;
			}
			const { data, next } = answer.json;
			after = this.history.page(this.reader, conversation, after, data, { last: next === null, known });
			if (next === null)
				return after;
		}
	}

	get scope() { return this.history.conversations.filter((c) => this.sees(c)); }
}

// Opens a conversation now and then.
export class ListReader extends Pager {
	constructor(run, name, who) { super(run, name, who, false); }

	async live() {
		while (!this.stopping()) {
			const conversation = this.random.pick(this.scope);
			await this.readFrom(conversation, Math.max(0, conversation.high - this.random.between(0, 2 * PAGE)));
			await this.rest(this.random.next() * 2 * this.run.pace.read);
		}
	}
}

// Follows a cursor. After 410 it begins as at start-up: first the place "now", then the state.
export class StreamReader extends Pager {
	constructor(run, name, who) {
		super(run, name, who, true);
		this.resyncs = 0;
	}

	get path() { return this.staff ? `${STAFF}/events` : `${VISITOR}/events`; }

	poll(cursor, wait) {
		return this.ask('GET', `${this.path}?wait=${wait}&cursor=${encodeURIComponent(cursor)}`,
			{ ...this.credential, timeout: (wait + 10) * 1000, signal: this.run.signal });
	}

	async start() {
		for (;;) {
			const answer = await this.insist('GET', `${this.path}?wait=0&cursor=`, this.credential);
			if (!answer)
				return null;
			if (answer.status !== 200) {
				this.refused(null, 'asking for the place', answer);
				return null;
			}
			for (const conversation of this.scope) {
				const { shown } = this.reader.at(conversation);
				const seq = await this.readFrom(conversation, shown);
				if (seq === null)
					return null;
				this.history.loaded(this.reader, conversation, seq);
			}
			return answer.json.cursor;
		}
	}

	take(events) {
		for (const { type, conversationId, data } of events)
			if (type === 'message.created')
				this.history.heard(this.reader, conversationId, data.message);
	}

	// Until the run is over: it has to catch up when the writers have stopped.
	async live() {
		let cursor = await this.start();
		while (cursor !== null && !this.run.over) {
			const answer = await this.poll(cursor, this.random.between(1, this.run.pace.wait));
			if (answer.status === 200) {
				this.take(answer.json.events);
				({ cursor } = answer.json);
			} else if (answer.status === 410) {
				this.resyncs++;
				this.history.record(this.name, 'resync');
				cursor = await this.start();
			} else if (isAway(answer)) {
				await pause(20 + this.random.next() * 200);
			} else {
				this.refused(null, 'polling', answer);
				return;
			}
		}
	}
}

// Reads the table, as another program may at any time.
export class SqlReader extends Actor {
	constructor(run, name, { url }) {
		super(run, name);
		this.sql = openSql(url);
		this.reader = run.history.reader(name);
	}

	async read(conversation, after) {
		const known = this.history.begin(this.reader, conversation);
		const rows = await this.sql.rows`SELECT m.id, m.seq::int, m.content, m.conversation_id AS "conversationId"
			FROM messages m WHERE m.conversation_id = ${conversation.id} AND m.seq > ${after} ORDER BY m.seq LIMIT 500`;
		this.history.page(this.reader, conversation, after, rows, { last: rows.length < 500, known });
	}

	async live() {
		while (!this.stopping()) {
			const conversation = this.random.pick(this.history.conversations);
			await this.read(conversation, Math.max(0, conversation.high - this.random.between(0, 400))).catch(() => {});
			await this.rest(this.random.next() * 2 * this.run.pace.read);
		}
		this.sql.close();
	}
}
