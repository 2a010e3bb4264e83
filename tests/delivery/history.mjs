// The history of a run and the judge over it. Writers say what they try (invoke) and what became of it
// (ok, fail, unknown); readers say what they saw. Each message names its writer and number, so that
// whoever sees it can tell where it belongs. Verdicts:
//
//   lost       acknowledged, but not stored; or left out of a stream that went on behind it
//   doubled    stored in two places, shown twice by one stream, or answered as two by a repeated send
//   reordered  two views of the order differ, or a sender's second message stands before its first
//   gap        places within a conversation are not 1, 2, 3, ...
//   foreign    something of another organization, visitor or conversation, or of nobody
//   phantom    rolled back, and yet seen
//   stale      somebody had seen it before this read was asked for, and the read does not have it
//   unread     all is quiet and a reader has not caught up
//   refused    an answer that a correct request must not get
//
// What is kept of a message are a few numbers in typed arrays (25 bytes), so a run of millions fits.

export const VERDICTS = ['lost', 'doubled', 'reordered', 'gap', 'foreign', 'phantom', 'stale', 'unread', 'refused'];

const INVOKED = 1, OK = 2, FAILED = 3, UNKNOWN = 4;
const WRITER = 4294967296; // a message's key is writer * WRITER + number
const RECORDS = 1 << 16, CONTEXT = 40, KEPT = 20, HOLE_MAX = 1000;

// A typed array that grows.
class Column {
	constructor(type, size = 64) {
		this.at = new type(size);
	}

	get(i) { return i < this.at.length ? this.at[i] : 0; }

	set(i, value) {
		if (i >= this.at.length) {
			const longer = new this.at.constructor(Math.max(i + 1, this.at.length * 2));
			longer.set(this.at);
			this.at = longer;
		}
		this.at[i] = value;
	}
}

function hash(text) {
	let h = 0x811c9dc5;
	for (let i = 0; i < text.length; i++)
		h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
	return (h >>> 0) || 1;
}

const nameOf = (key) => `${Math.floor(key / WRITER)}.${key % WRITER}`;

class Writer {
	constructor(index, name) {
		Object.assign(this, { index, name, count: 0, state: new Column(Uint8Array), stored: new Column(Uint8Array),
			conversation: new Column(Uint16Array), seq: new Column(Uint32Array), last: new Map() });
	}
}

class Conversation {
	constructor(index, { id, organization, visitor }) {
		Object.assign(this, { index, id, organization, visitor, high: 0, place: new Column(Float64Array),
			ids: new Column(Uint32Array) });
	}
}

// Whoever reads. sees: which conversations it may see. A stream hears events and reloads its state.
class Reader {
	constructor(name, sees, isStream) {
		Object.assign(this, { name, sees, isStream, places: new Map() });
	}

	// heard: the last event; shown: the last that is on the screen, by whatever way; holes: what the
	// stream left out so far.
	at(conversation) {
		let place = this.places.get(conversation.index);
		if (!place)
			this.places.set(conversation.index, place = { heard: 0, shown: 0, holes: new Map() });
		return place;
	}
}

export class History {
	constructor({ seed = 0, now = () => performance.now() } = {}) {
		Object.assign(this, { seed, now, start: now(), writers: [null], conversations: [], byId: new Map(), readers: [],
			records: new Array(RECORDS), recorded: 0, violations: [],
			counts: Object.fromEntries(VERDICTS.map((v) => [v, 0])), acknowledged: 0, observed: 0 });
	}

	writer(name) {
		const writer = new Writer(this.writers.length, name);
		this.writers.push(writer);
		return writer;
	}

	conversation(facts) {
		const conversation = new Conversation(this.conversations.length, facts);
		this.conversations.push(conversation);
		if (facts.id)
			this.byId.set(facts.id, conversation);
		return conversation;
	}

	// The server's name of a conversation that was begun with a first message.
	named(conversation, id) {
		conversation.id = id;
		this.byId.set(id, conversation);
	}

	// stream: it must hear everything in its scope.
	reader(name, { sees = () => true, stream = false } = {}) {
		const reader = new Reader(name, sees, stream);
		this.readers.push(reader);
		return reader;
	}

	record(who, what, conversation, detail = '') {
		this.records[this.recorded++ % RECORDS] = [this.now() - this.start, who, what, conversation?.index ?? -1, detail];
	}

	// The last records of a conversation, oldest first.
	context(conversation) {
		const lines = [];
		for (let i = this.recorded - 1; i >= Math.max(0, this.recorded - RECORDS) && lines.length < CONTEXT; i--) {
			const [at, who, what, index, detail] = this.records[i % RECORDS];
			if (index === (conversation?.index ?? -1) || index < 0)
				lines.push(`${(at / 1000).toFixed(3).padStart(9)} s  ${who}: ${what} ${detail}`);
		}
		return lines.reverse();
	}

	violation(verdict, conversation, text) {
		this.record('the judge', verdict, conversation, text);
		if (this.counts[verdict]++ < KEPT)
			this.violations.push({ verdict, conversation: conversation?.id, text, context: this.context(conversation) });
	}

	get total() { return Object.values(this.counts).reduce((sum, n) => sum + n, 0); }

	// ------------------------------------------------------------------------------- writing --

	// What is sent carries its writer and number; the rest of the text may be anything.
	invoke(writer, conversation, padding = '') {
		const n = ++writer.count;
		writer.state.set(n, INVOKED);
		writer.conversation.set(n, conversation.index);
		this.record(writer.name, 'invoke', conversation, n);
		return { writer, n, conversation, content: `${writer.index}.${n} ${padding}` };
	}

	// Acknowledged; message: what the answer says of it, when it says something. A message may be
	// acknowledged again after a repeated send.
	ok(op, message) {
		const { writer, n, conversation } = op;
		if (writer.state.get(n) !== OK)
			this.acknowledged++;
		writer.state.set(n, OK);
		this.record(writer.name, 'ok', conversation, message ? `${n} at ${message.seq}` : n);
		if (!message)
			return;
		const seen = this.observe(writer.name, () => true, conversation, message);
		if (!seen)
			return;
		if (seen.writer !== writer || seen.n !== n)
			return this.violation('foreign', conversation, `${writer.name} sent ${writer.index}.${n} and was answered ${message.content}`);
		const last = writer.last.get(conversation.index);
		if (last && last.n < n && last.seq >= message.seq)
			this.violation('reordered', conversation, `${writer.name}: ${last.n} got ${last.seq}, ${n} after it ${message.seq}`);
		if (!last || last.n < n)
			writer.last.set(conversation.index, { n, seq: message.seq });
	}

	// Certainly not done.
	fail(op) {
		op.writer.state.set(op.n, FAILED);
		this.record(op.writer.name, 'fail', op.conversation, op.n);
	}

	unknown(op, why = '') {
		if (op.writer.state.get(op.n) !== OK)
			op.writer.state.set(op.n, UNKNOWN);
		this.record(op.writer.name, 'unknown', op.conversation, `${op.n} ${why}`);
	}

	// ------------------------------------------------------------------------------- reading --

	// What everybody who sees a message has to hold true. The message's writer and number, or null.
	observe(who, sees, conversation, message) {
		this.observed++;
		const [, writerText, nText] = /^(\d+)\.(\d+) /.exec(message.content ?? '') ?? [];
		const writer = this.writers[Number(writerText)], n = Number(nText), { seq } = message;
		if (!writer || n < 1 || n > writer.count || !conversation || !sees(conversation) ||
			writer.conversation.get(n) !== conversation.index ||
			(message.conversationId ?? conversation.id) !== conversation.id) {
			this.violation('foreign', conversation, `${who} saw "${message.content}" at ${seq} of ${message.conversationId}`);
			return null;
		}
		if (writer.state.get(n) === FAILED)
			this.violation('phantom', conversation, `${who} saw ${writer.index}.${n} at ${seq}, which was rolled back`);
		const key = writer.index * WRITER + n, there = conversation.place.get(seq), before = writer.seq.get(n);
		if (there && there !== key)
			this.violation('reordered', conversation, `${who} saw ${nameOf(key)} at ${seq}, where ${nameOf(there)} was seen`);
		else if (before && before !== seq)
			this.violation('doubled', conversation, `${who} saw ${nameOf(key)} at ${seq}; it was seen at ${before}, too`);
		else if (conversation.ids.get(seq) && conversation.ids.get(seq) !== hash(message.id))
			this.violation('doubled', conversation, `${who} saw ${nameOf(key)} at ${seq} under another id`);
		else {
			conversation.place.set(seq, key);
			conversation.ids.set(seq, hash(message.id));
			writer.seq.set(n, seq);
		}
		if (seq > conversation.high)
			conversation.high = seq;
		return { writer, n };
	}

	// An event of a stream. conversation: as the event names it.
	heard(reader, id, message) {
		const conversation = this.byId.get(id), { seq } = message;
		this.record(reader.name, 'hears', conversation, seq);
		if (!this.observe(reader.name, reader.sees, conversation, message))
			return;
		const place = reader.at(conversation);
		if (seq <= place.heard) {
			const late = place.holes.delete(seq);
			this.violation(late ? 'reordered' : 'doubled', conversation,
				late ? `${reader.name} heard ${seq} after ${place.heard}` : `${reader.name} heard ${seq} twice`);
			return;
		}
		const from = Math.max(place.heard, place.shown) + 1;
		for (let missing = from; missing < seq && place.holes.size < HOLE_MAX; missing++)
			place.holes.set(missing, { text: `${reader.name} heard ${seq} but never ${missing}`, context: missing === from ?
				this.context(conversation) : null });
		place.heard = seq;
		place.shown = Math.max(place.shown, seq);
	}

	// A read that begins: what it must know at least.
	begin(reader, conversation) {
		this.record(reader.name, 'asks', conversation);
		return conversation.high;
	}

	// One page: what stands behind the place "after"; last: there is no more behind it; known: from begin().
	page(reader, conversation, after, messages, { last, known }) {
		let seq = after;
		this.record(reader.name, 'reads', conversation, `${after + 1}..${messages.at(-1)?.seq ?? ''}`);
		for (const message of messages) {
			if (message.seq !== seq + 1)
				this.violation('gap', conversation, `${reader.name} read ${message.seq} after ${seq}`);
			this.observe(reader.name, reader.sees, conversation, message);
			({ seq } = message);
		}
		if (last && seq < known)
			this.violation('stale', conversation, `${reader.name} read up to ${seq}; ${known} had been seen before`);
		return seq;
	}

	// A stream has loaded its state anew, up to the place seq.
	loaded(reader, conversation, seq) {
		const place = reader.at(conversation);
		place.shown = Math.max(place.shown, seq);
	}

	refused(who, conversation, text) {
		this.violation('refused', conversation, `${who}: ${text}`);
	}

	// ---------------------------------------------------------------------------- the end --

	// What a stream still has to see.
	behind(reader) {
		return this.conversations.filter((c) => reader.sees(c) && reader.at(c).shown < c.high);
	}

	// Whether a stream left something out so far: lost, unless it comes late.
	get suspects() {
		return this.readers.some((r) => [...r.places.values()].some(({ holes }) => holes.size > 0));
	}

	get caughtUp() {
		return this.readers.every((r) => !r.isStream || this.behind(r).length === 0);
	}

	// All is quiet and every reader had its time.
	quiet() {
		for (const reader of this.readers.filter((r) => r.isStream)) {
			for (const conversation of this.behind(reader))
				this.violation('unread', conversation, `${reader.name} has seen ${reader.at(conversation).shown} of ${conversation.high}`);
			for (const [index, { holes }] of reader.places)
				for (const { text, context } of holes.values()) {
					this.violation('lost', this.conversations[index], text);
					if (context && this.counts.lost <= KEPT)
						this.violations.at(-1).context = context;
				}
		}
	}

	// The rows of a conversation as they are stored, in the order of seq, in pieces; ended by stored(c, null).
	stored(conversation, rows) {
		conversation.end ??= 0;
		for (const row of rows ?? []) {
			if (row.seq !== conversation.end + 1)
				this.violation(row.seq === conversation.end ? 'doubled' : 'gap', conversation,
					`${row.seq} is stored after ${conversation.end}`);
			conversation.end = row.seq;
			const seen = this.observe('the table', () => true, conversation, row);
			if (seen && seen.writer.stored.get(seen.n))
				this.violation('doubled', conversation, `${seen.writer.index}.${seen.n} is stored twice`);
			seen?.writer.stored.set(seen.n, 1);
		}
		if (rows)
			return;
		for (let seq = conversation.end + 1; seq <= conversation.high; seq++)
			if (conversation.place.get(seq))
				this.violation('stale', conversation, `${nameOf(conversation.place.get(seq))} was seen at ${seq} and is not there`);
	}

	// After the rows of all conversations.
	finish() {
		for (const writer of this.writers.slice(1))
			for (let n = 1; n <= writer.count; n++) {
				const state = writer.state.get(n), stored = writer.stored.get(n);
				if (state === OK && !stored)
					this.violation('lost', this.conversations[writer.conversation.get(n)],
						`${writer.name}: ${writer.index}.${n} was acknowledged and is not stored`);
			}
	}

	get storedCount() {
		return this.conversations.reduce((sum, c) => sum + (c.end ?? 0), 0);
	}

	report() {
		const lines = [`seed ${this.seed}`, VERDICTS.map((v) => `${v} ${this.counts[v]}`).join(', ')];
		for (const { verdict, conversation, text, context } of this.violations.slice(0, 5))
			lines.push('', `${verdict}: ${text}${conversation ? ` (conversation ${conversation})` : ''}`,
				...context.map((line) => `    ${line}`));
		return lines.join('\n');
	}
}
