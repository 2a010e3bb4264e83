// The judge itself: a history with one fault each, and one without.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { History, VERDICTS } from './history.mjs';

// Two organizations, a visitor with a conversation in each, one writer and the readers of all kinds.
function scene() {
	const history = new History({ seed: 7 });
	const [a, b] = ['a', 'b'].map((name) =>
		history.conversation({ id: `c${name}`, organization: name, visitor: `v${name}` }));
	const writer = history.writer('writer');
	const stream = history.reader('stream', { stream: true, sees: (c) => c.organization === 'a' });
	const list = history.reader('list', { sees: (c) => c.organization === 'a' });
	const message = (op, seq, more) => ({ id: `m${op.writer.index}-${op.n}`, seq, content: op.content,
		conversationId: op.conversation.id, ...more });
	const others = [];
	return { history, a, b, writer, stream, list, message,
		// Sends, is acknowledged, is heard.
		say(seq, conversation = a) {
			const op = history.invoke(writer, conversation);
			history.ok(op, message(op, seq));
			if (conversation === a)
				history.heard(stream, 'ca', message(op, seq));
			else
				others.push(message(op, seq));
			return message(op, seq);
		},
		end(rows) {
			history.quiet();
			for (const [conversation, stored] of [[a, rows], [b, others]]) {
				history.stored(conversation, stored);
				history.stored(conversation, null);
			}
			history.finish();
			return Object.fromEntries(VERDICTS.map((v) => [v, history.counts[v]]).filter(([, n]) => n));
		} };
}

test('a good history has no verdict', () => {
	const s = scene(), { history, a, b, writer, stream, list, message } = s;
	const rows = [s.say(1), s.say(2)];
	// Rolled back, unknown and stored, unknown and not stored: each is allowed to be so.
	history.fail(history.invoke(writer, a));
	const lucky = history.invoke(writer, a), unlucky = history.invoke(writer, a);
	history.unknown(lucky);
	history.unknown(unlucky);
	rows.push(message(lucky, 3));
	history.heard(stream, 'ca', rows[2]);
	// A repeated send gives the same message.
	history.ok(lucky, rows[2]);
	history.ok(lucky, rows[2]);
	// After a resync what happened between taking the place and reading the state comes twice.
	rows.push(message(history.invoke(writer, a), 4), message(history.invoke(writer, a), 5));
	const known = history.begin(stream, a);
	history.loaded(stream, a, history.page(stream, a, 3, rows.slice(3), { last: true, known }));
	history.heard(stream, 'ca', rows[4]);
	history.page(list, a, 0, rows, { last: true, known: history.begin(list, a) });
	// Another organization's message is no matter of these readers.
	s.say(1, b);
	assert.deepEqual(s.end(rows), {});
	assert.equal(history.storedCount, 6);
	assert.ok(history.caughtUp);
});

describe('one fault', () => {
	const faults = {
		'an acknowledged message that is not stored': ['lost', (s) => {
			const rows = [s.say(1)], op = s.history.invoke(s.writer, s.a);
			s.history.ok(op);
			return rows;
		}],
		'a message that a stream leaves out': ['lost', (s) => {
			const rows = [s.say(1)], op = s.history.invoke(s.writer, s.a);
			s.history.ok(op, s.message(op, 2));
			return [...rows, s.message(op, 2), s.say(3)];
		}],
		'an event that comes twice': ['doubled', (s) => {
			const rows = [s.say(1), s.say(2)];
			s.history.heard(s.stream, 'ca', rows[0]);
			return rows;
		}],
		'a repeated send that makes a second message': ['doubled', (s) => {
			const op = s.history.invoke(s.writer, s.a), rows = [s.message(op, 1), s.message(op, 2)];
			s.history.ok(op, rows[0]);
			s.history.ok(op, rows[1]);
			for (const row of rows)
				s.history.heard(s.stream, 'ca', row);
			return rows;
		}],
		'a repeated send that is answered with another id': ['doubled', (s) => {
			const op = s.history.invoke(s.writer, s.a), row = s.message(op, 1);
			s.history.ok(op, row);
			s.history.heard(s.stream, 'ca', row);
			s.history.ok(op, { ...row, id: 'other' });
			return [row];
		}],
		'events in another order': ['reordered', (s) => {
			const ops = [1, 2, 3].map(() => s.history.invoke(s.writer, s.a)), rows = ops.map((op, i) => s.message(op, i + 1));
			for (const i of [0, 2, 1])
				s.history.heard(s.stream, 'ca', rows[i]);
			return rows;
		}],
		'two readers that see another order': ['reordered', (s) => {
			const rows = [s.say(1), s.say(2)];
			s.history.page(s.list, s.a, 1, [{ ...rows[0], seq: 2 }], { last: false, known: 0 });
			return rows;
		}],
		'a second message that stands before the first': ['reordered', (s) => {
			const rows = [s.say(1), s.say(2)], [one, two] = [3, 4].map(() => s.history.invoke(s.writer, s.a));
			s.history.ok(one, s.message(one, 4));
			s.history.ok(two, s.message(two, 3));
			for (const row of [s.message(two, 3), s.message(one, 4)]) {
				s.history.heard(s.stream, 'ca', row);
				rows.push(row);
			}
			return rows;
		}],
		'a hole in the places': ['gap', (s) => {
			const rows = [s.say(1)], op = s.history.invoke(s.writer, s.a), row = s.message(op, 3);
			s.history.page(s.stream, s.a, 2, [row], { last: true, known: 0 });
			s.history.loaded(s.stream, s.a, 3);
			return [...rows, row];
		}],
		'a message of another organization': ['foreign', (s) => {
			const row = s.say(1, s.b);
			s.history.heard(s.stream, 'cb', row);
			return [];
		}],
		'a message of another conversation': ['foreign', (s) => {
			const rows = [s.say(1)];
			s.history.heard(s.stream, 'ca', { ...s.say(1, s.b), conversationId: 'ca', seq: 2 });
			return rows;
		}],
		'a message that nobody sent': ['foreign', (s) => {
			const rows = [s.say(1)];
			s.history.heard(s.stream, 'ca', { id: 'x', seq: 2, content: 'hello', conversationId: 'ca' });
			return rows;
		}],
		'a message that was rolled back': ['phantom', (s) => {
			const op = s.history.invoke(s.writer, s.a), row = s.message(op, 1);
			s.history.fail(op);
			s.history.heard(s.stream, 'ca', row);
			return [];
		}, ['stale']],
		'a read that goes backwards': ['stale', (s) => {
			const rows = [s.say(1), s.say(2)], known = s.history.begin(s.list, s.a);
			s.history.page(s.list, s.a, 0, rows.slice(0, 1), { last: true, known });
			return rows;
		}],
		'a message that was seen and is gone': ['stale', (s) => {
			const rows = [s.say(1)], op = s.history.invoke(s.writer, s.a);
			s.history.unknown(op);
			s.history.heard(s.stream, 'ca', s.message(op, 2));
			return rows;
		}],
		'a reader that never catches up': ['unread', (s) => {
			const op = s.history.invoke(s.writer, s.a);
			s.history.ok(op, s.message(op, 1));
			return [s.message(op, 1)];
		}],
		'a correct request that is refused': ['refused', (s) => {
			s.history.refused('writer', s.a, '404');
			return [];
		}],
	};
	for (const [what, [verdict, act, also = []]] of Object.entries(faults))
		test(`${what}: ${verdict}`, () => {
			const s = scene(), got = Object.keys(s.end(act(s)));
			assert.ok(got.includes(verdict), `got ${got}`);
			assert.deepEqual(got.filter((v) => v !== verdict && !also.includes(v)), [], 'and nothing else');
			assert.match(s.history.report(), new RegExp(`seed 7\n[^]*\n${verdict}: `));
		});
	test('each verdict has its fault', () => {
		const covered = new Set(Object.values(faults).map(([verdict]) => verdict));
		assert.deepEqual(VERDICTS.filter((v) => !covered.has(v)), []);
	});
});

test('the report shows what happened around the first violation', () => {
	const s = scene();
	s.say(1);
	s.history.heard(s.stream, 'ca', { id: 'm1-1', seq: 1, content: '1.1 ', conversationId: 'ca' });
	assert.match(s.history.report(), /doubled: stream heard 1 twice \(conversation ca\)\n.*writer: invoke 1\n.*writer: ok 1 at 1\n.*stream: hears 1\n/);
});

test('a million messages are small', () => {
	const history = new History(), conversation = history.conversation({ id: 'c', organization: 'o', visitor: 'v' });
	const writer = history.writer('w'), reader = history.reader('r', { stream: true });
	const before = process.memoryUsage(), sum = (m) => m.heapUsed + m.arrayBuffers;
	for (let n = 1; n <= 1e6; n++) {
		const op = history.invoke(writer, conversation);
		history.ok(op);
		history.heard(reader, 'c', { id: `m${n}`, seq: n, content: op.content });
	}
	assert.equal(history.total, 0);
	assert.ok(sum(process.memoryUsage()) - sum(before) < 120e6);
});
