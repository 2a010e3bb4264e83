// Two or three transactions in every order of their statements: a session that waits for a lock is let
// wait, and the others go on. Whatever the order: no deadlock, and the rows tell one story.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { openSql } from '../lib/sql.mjs';
import { useWorld, word } from '../lib/world.mjs';

const world = await useWorld({ web: 1 });
const shop = await world.organization({ roles: ['admin', 'agent', 'supervisor'] });
const visitor = await shop.visitor();

// A connection of its own that takes one statement after the other.
class Session {
	async open() {
		this.sql = openSql(world.stack.databaseUrl);
		this.pid = Number(await this.sql.exec`SELECT pg_backend_pid()`);
		return this;
	}

	begin() {
		Object.assign(this, { errors: [], waiting: 0, chain: Promise.resolve() });
	}

	issue(statement) {
		this.waiting++;
		this.chain = this.chain.then(() => this.sql.exec([statement])).catch((error) => {
			this.errors.push(error.message);
		}).then(() => {
			this.waiting--;
		});
	}
}

const sessions = await Promise.all([0, 1, 2].map(() => new Session().open()));
after(() => sessions.forEach((s) => s.sql.close()));

// Until every session has done what it was told or waits for another one's lock.
async function settle() {
	for (;;) {
		const busy = sessions.filter((s) => s.waiting);
		if (!busy.length)
			return;
		const blocked = await world.sql.value`SELECT count(*)::int FROM pg_stat_activity
			WHERE wait_event_type = 'Lock' AND pid = ANY (${`{${busy.map((s) => s.pid)}}`}::int[])`;
		if (blocked === sessions.filter((s) => s.waiting).length && blocked === busy.length)
			return;
	}
}

// Every way to merge sequences of these lengths: [0, 0, 1, 1], [0, 1, 0, 1], ...
function orders(lengths) {
	if (lengths.every((n) => n === 0))
		return [[]];
	return lengths.flatMap((n, i) => n === 0 ? [] :
		orders(lengths.map((m, j) => m - (i === j))).map((rest) => [i, ...rest]));
}

// An own statement runs as requests do, with the organization's name; "program" as another application.
const own = `SET LOCAL ROLE parlor_app; SET LOCAL search_path = parlor, public; SET LOCAL parlor.org = '${shop.id}'`;

const send = (id, { client = null, by = 'agent', scoped = true } = {}) => (c) => `INSERT INTO messages
	(id, ${scoped ? 'organization_id, client_id, ' : ''}conversation_id, sender_id, sender_type, content, message_type, is_read, created_at)
	VALUES ('${id(c)}', ${scoped ? `'${shop.id}', ${client ? `'${client}'` : 'NULL'}, ` : ''}'${c}',
	'${by === 'agent' ? shop.members.agent.id : visitor.id}', '${by}', 'x', 'text', false, now() AT TIME ZONE 'UTC')`;
const named = (suffix) => (c) => `${c.slice(0, 20)}${suffix}`;

// steps: for each session its statements, as functions of the conversation; holds(conversation, errors, order) checks.
async function everyOrder(steps, holds) {
	const all = orders(steps.map((list) => list.length));
	for (const order of all) {
		const c = word();
		await world.sql.exec`INSERT INTO conversations (id, organization_id, chat_user_id, status, priority, created_at, updated_at)
			VALUES (${c}, ${shop.id}, ${visitor.id}, 'open', 'normal', now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC')`;
		sessions.forEach((s) => s.begin());
		const next = steps.map(() => 0);
		for (const i of order) {
			sessions[i].issue(steps[i][next[i]++](c));
			await settle();
		}
		await Promise.all(sessions.map((s) => s.chain));
		const errors = sessions.map((s) => s.errors), at = `order ${order.join('')}: ${JSON.stringify(errors)}`;
		assert.ok(!errors.flat().some((e) => /deadlock/.test(e)), at);
		const rows = await world.sql.rows`SELECT id, seq::int FROM messages WHERE conversation_id = ${c} ORDER BY seq`;
		assert.deepEqual(rows.map((r) => r.seq), rows.map((_, n) => n + 1), at);
		const [row] = await world.sql.rows`SELECT last_seq::int, status, closed_at, assigned_agent_id, agent_unread, visitor_unread,
			(SELECT count(*) FROM messages m WHERE m.conversation_id = c.id AND m.sender_type = 'user' AND m.seq > c.agent_read_seq)::int AS unread,
			(SELECT json_agg(agent_id) FROM conversation_assignments a WHERE a.conversation_id = c.id AND a.unassigned_at IS NULL) AS assigned,
			(SELECT json_agg(data->'message'->>'id' ORDER BY e.id) FROM parlor.events e
				WHERE e.conversation_id = c.id AND e.type = 'message.created' AND e.visibility = 'public') AS heard
			FROM conversations c WHERE id = ${c}`;
		if (row) {
			assert.equal(row.last_seq, rows.length, at);
			assert.equal(row.agent_unread, row.unread, at);
			assert.deepEqual(row.heard ?? [], rows.map((r) => r.id), `${at}: the events' order`);
		}
		await holds({ rows, row, errors, at, order });
	}
	return all.length;
}

const transaction = (statement, { scoped = true, end = 'COMMIT' } = {}) =>
	[() => `BEGIN; ${scoped ? own : ''}`, statement, () => end];
// In two steps, for three sessions.
const short = (statement, options) => {
	const [begin, act, end] = transaction(statement, options);
	return [(c) => `${begin(c)}; ${act(c)}`, end];
};
const none = (errors, at) => assert.deepEqual(errors.flat(), [], at);

describe('in every order', () => {
	for (const [what, scoped] of [['two of ours', [true, true]], ['one of ours and another program', [true, false]],
		['two other programs', [false, false]]])
		test(`send and send: ${what}`, () => everyOrder(scoped.map((s, i) => transaction(send(named(i), { scoped: s }), { scoped: s })),
			({ rows, errors, at }) => {
				none(errors, at);
				assert.equal(rows.length, 2, at);
			}));

	test('three sends, one of them rolled back', () => everyOrder([short(send(named(0))), short(send(named(1), { by: 'user' })),
		short(send(named(2), { scoped: false }), { scoped: false, end: 'ROLLBACK' })], ({ rows, errors, at }) => {
		none(errors, at);
		assert.equal(rows.length, 2, at);
	}));

	test('retry and retry', () => everyOrder([0, 1].map((i) => transaction(send(named(i), { client: 'same' }))), ({ rows, errors, at }) => {
		assert.equal(rows.length, 1, at);
		assert.ok(errors.flat().every((e) => /duplicate key|aborted/.test(e)), at);
	}));

	test('three retries, one of them rolled back', () => everyOrder([short(send(named(0), { client: 'same' }), { end: 'ROLLBACK' }),
		short(send(named(1), { client: 'same' })), short(send(named(2), { client: 'same' }))], ({ rows, errors, at }) => {
		assert.equal(rows.length, 1, at);
		assert.notEqual(rows[0].id.at(-1), '0', at);
		assert.ok(errors.flat().every((e) => /duplicate key|aborted/.test(e)), at);
	}));

	test('send and close', async () => {
		const seen = new Set();
		await everyOrder([transaction(send(named(0), { by: 'user' })), transaction((c) => `UPDATE conversations SET status = 'closed' WHERE id = '${c}'`)],
			({ rows, row, errors, at, order }) => {
				none(errors, at);
				assert.equal(rows.length, 1, at);
				assert.equal(row.closed_at === null, row.status === 'open', at);
				// Who comes second decides: a visitor's word opens what was closed.
				const sendFirst = order.indexOf(0, order.indexOf(0) + 1) < order.indexOf(1, order.indexOf(1) + 1);
				assert.equal(row.status, sendFirst ? 'closed' : 'open', at);
				seen.add(row.status);
			});
		assert.equal(seen.size, 2);
	});

	test('send, close and read', () => everyOrder([short(send(named(0), { by: 'user' })),
		short((c) => `UPDATE conversations SET status = 'closed' WHERE id = '${c}'`),
		short((c) => `UPDATE conversations SET agent_read_seq = last_seq WHERE id = '${c}'`)], ({ rows, errors, at }) => {
		none(errors, at);
		assert.equal(rows.length, 1, at);
	}));

	const assign = (role) => (c) => `UPDATE conversations SET assigned_agent_id = '${shop.members[role].id}' WHERE id = '${c}'`;
	test('assign and assign', () => everyOrder([transaction(assign('agent')), transaction(assign('supervisor'))], ({ row, errors, at }) => {
		none(errors, at);
		assert.deepEqual(row.assigned, [row.assigned_agent_id], at);
	}));

	test('assign, assign and send', () => everyOrder([short(assign('agent')), short(assign('supervisor'), { scoped: false }), short(send(named(0)))],
		({ row, rows, errors, at }) => {
			none(errors, at);
			assert.deepEqual(row.assigned, [row.assigned_agent_id], at);
			assert.equal(rows.length, 1, at);
		}));

	test('delete the conversation and send', () => everyOrder([transaction((c) => `DELETE FROM conversations WHERE id = '${c}'`, { scoped: false }),
		transaction(send(named(0)))], ({ row, rows, errors, at }) => {
		assert.equal(row, undefined, at);
		assert.deepEqual(rows, [], at);
		assert.ok(errors.flat().every((e) => /no such conversation|violates foreign key|not-null|aborted/.test(e)), at);
	}));

	test('delete the conversation, send and send', () => everyOrder([short((c) => `DELETE FROM conversations WHERE id = '${c}'`, { scoped: false, end: 'ROLLBACK' }),
		short(send(named(0))), short(send(named(1), { scoped: false }), { scoped: false })], ({ rows, errors, at }) => {
		none(errors, at);
		assert.equal(rows.length, 2, at);
	}));
});
