// Visitors by API: found, made, changed, exported, erased.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { blake2b, credential, eventually, expect, useWorld, word } from '../lib/world.mjs';
import { STAFF, cursorNow, poll } from '../lib/polls.mjs';
import { openSql } from '../lib/sql.mjs';

const world = await useWorld();
const shop = await world.organization();
const { sql } = world;
const VISITORS = '/api/v1/visitors';
const address = () => `${word(12).toLowerCase()}@example.org`;
const trail = (id) => sql.rows`SELECT action, data, actor_type FROM parlor.audit_log WHERE target_id = ${id} ORDER BY id`;
const list = async (query, o = shop) => {
	const answer = expect(await o.api.get(`${VISITORS}?${new URLSearchParams(query)}`), 200);
	return answer.json.data.map((visitor) => visitor.id);
};

async function make(o = shop, columns = {}) {
	const id = word();
	await sql.exec`INSERT INTO chat_users (id, organization_id, name) VALUES (${id}, ${o.id}, 'Somebody')`;
	for (const [column, value] of Object.entries(columns))
		await sql.exec([`UPDATE chat_users SET ${column} = `, ' WHERE id = ', ''], value, id);
	return id;
}

async function scoped(scopes, o = shop) {
	const secret = credential('sk', o.id);
	await sql.exec`INSERT INTO parlor.api_keys (id, organization_id, name, key_hash, hint, scopes)
		VALUES (${word()}, ${o.id}, 'scoped', ${blake2b(secret)}, 'sk_x', ${scopes})`;
	return o.client({ Authorization: `Bearer ${secret}` });
}

describe('the list', () => {
	test('goes from page to page, the latest seen first, and names each once', async () => {
		const o = await world.organization(), made = [];
		for (let n = 0; n < 7; n++)
			made.unshift(await make(o, { last_seen_at: `2026-01-0${1 + (n >> 1)} 00:00:00` }));
		const seen = [];
		let after = null;
		do {
			const { json } = expect(await o.api.get(`${VISITORS}?limit=2${after ? `&after=${encodeURIComponent(after)}` : ''}`), 200);
			assert.ok(json.data.length <= 2);
			seen.push(...json.data);
			after = json.next;
		} while (after);
		assert.deepEqual(seen.map((v) => v.id).sort(), [...made].sort());
		assert.deepEqual(seen.map((v) => v.lastSeenAt), seen.map((v) => v.lastSeenAt).sort().reverse());
		expect(await o.api.get(`${VISITORS}?after=x`), 400);
		expect(await o.api.get(`${VISITORS}?limit=0`), 400);
	});

	test('is filtered by address in any case, person, proof and times', async () => {
		const o = await world.organization(), email = 'Grete.Groß@Example.org';
		const one = await make(o, { email, identity_key: 'customer-1', verified: true, created_at: '2026-03-02 12:00:00', last_seen_at: '2026-03-04 12:00:00' });
		const two = await make(o, { email: 'other@example.org', created_at: '2026-03-05 12:00:00', last_seen_at: '2026-03-06 12:00:00' });
		assert.deepEqual(await list({ email: email.toUpperCase().replace('SS', 'ß') }, o), [one]);
		assert.deepEqual(await list({ email: 'grete' }, o), []);
		assert.deepEqual(await list({ identityKey: 'customer-1' }, o), [one]);
		assert.deepEqual(await list({ identityKey: 'customer-1', email: 'other@example.org' }, o), []);
		assert.deepEqual(await list({ identityKey: 'customer-1', verified: 'false' }, o), []);
		assert.deepEqual(await list({ verified: 'true' }, o), [one]);
		assert.deepEqual(await list({ verified: 'false' }, o), [two]);
		assert.deepEqual(await list({ createdAfter: '2026-03-05' }, o), [two]);
		assert.deepEqual(await list({ createdAfter: '2026-03-05T12:00:00Z' }, o), [two]);
		assert.deepEqual(await list({ createdBefore: '2026-03-05T12:00:00.000Z' }, o), [one]);
		assert.deepEqual(await list({ lastSeenAfter: '2026-03-05' }, o), [two]);
		assert.deepEqual(await list({ lastSeenBefore: '2026-03-05' }, o), [one]);
		assert.deepEqual(await list({ lastSeenAfter: '2026-03-04', lastSeenBefore: '2026-03-07', createdBefore: '2026-03-03' }, o), [one]);
		for (const query of ['verified=yes', 'createdAfter=yesterday', 'lastSeenBefore=2026-02-30'])
			expect(await o.api.get(`${VISITORS}?${query}`), 400);
	});

	test('is filtered by attributes, whatever other programs wrote as metadata', async () => {
		const o = await world.organization(), texts = ['{"plan":"pro","n":7,"on":true,"deep":{"x":1}}', '{"plan":"free"}', 'no json', '["plan","pro"]', '"pro"', '',
			'{"plan":"\\u0070ro"}', '{"plan":"\\u0000pro"}', '{"plan":"pro"', '{"plan":null}', `${'['.repeat(30000)}${']'.repeat(30000)}`, null, '{"plan":"pro","n":1e999999}', '{"plan":"50%_off"}', '{"plan":"50 off"}', '{"plan":"C:\\\\x"}'];
		const ids = [];
		for (const metadata of texts)
			ids.push(await make(o, { metadata }));
		assert.equal((await list({}, o)).length, texts.length);
		assert.deepEqual((await list({ 'attribute.plan': 'pro' }, o)).sort(), [ids[0], ids[6], ids[12]].sort());
		assert.deepEqual(await list({ 'attribute.n': '7' }, o), [ids[0]]);
		assert.deepEqual(await list({ 'attribute.on': 'true' }, o), [ids[0]]);
		assert.deepEqual(await list({ 'attribute.plan': 'pro', 'attribute.n': '7' }, o), [ids[0]]);
		assert.deepEqual(await list({ 'attribute.plan': 'pro', 'attribute.n': '8' }, o), []);
		assert.deepEqual(await list({ 'attribute.x': '1' }, o), []);
		assert.deepEqual(await list({ 'attribute.plan': '50%_off' }, o), [ids[13]]);
		assert.deepEqual(await list({ 'attribute.plan': 'C:\\x' }, o), [ids[15]]);
		assert.deepEqual(await list({ 'attribute.plan': '%' }, o), []);
		assert.deepEqual(await list({ 'attribute.plan': "'); DROP TABLE chat_users; --" }, o), []);
		expect(await o.api.get(`${VISITORS}?${'attribute.a=1&'.repeat(6)}`), 400);
	});
});

describe('making one', () => {
	test('without an id of the person makes a new one each time', async () => {
		const body = { name: 'Ada', email: address(), metadata: { plan: 'pro' } };
		const one = expect(await shop.api.post(VISITORS, body), 201).json.visitor;
		const two = expect(await shop.api.post(VISITORS, body), 201).json.visitor;
		assert.notEqual(one.id, two.id);
		assert.deepEqual([one.name, one.email, one.emailVerified, one.verified, one.metadata], ['Ada', body.email, false, false, { plan: 'pro' }]);
		const [line] = await trail(one.id);
		assert.equal(line.action, 'visitor.created');
		assert.ok(!line.data.includes('Ada') && !line.data.includes(body.email), line.data);
	});

	test('with one makes it once, also of many at once', async () => {
		const identityKey = word(), name = `N ${word()}`;
		const answers = await Promise.all(Array.from({ length: 20 }, () => shop.api.post(VISITORS, { identityKey, name })));
		assert.deepEqual(answers.map((a) => a.status).sort(), [...Array(19).fill(200), 201]);
		assert.equal(new Set(answers.map((a) => a.json.visitor.id)).size, 1);
		const { visitor } = expect(await shop.api.post(VISITORS, { identityKey, metadata: { a: 1 } }), 200).json;
		assert.deepEqual([visitor.name, visitor.verified, visitor.identityKey, visitor.metadata], [name, true, identityKey, { a: 1 }]);
	});

	test('tells the agents', async () => {
		const cursor = await cursorNow(shop.api, STAFF);
		const { visitor } = expect(await shop.api.post(VISITORS, { identityKey: word() }), 201).json;
		const { json } = expect(await poll(shop.api, STAFF, cursor, 20), 200);
		const types = json.events.filter((event) => event.data.visitor?.id === visitor.id).map((event) => event.type);
		assert.deepEqual(types, ['visitor.created', 'visitor.identified']);
	});

	test('is refused with what is none', async () => {
		for (const [body, pointer] of [[{ name: '' }, '/name'], [{ name: 'a\nb' }, '/name'], [{ email: 'x'.repeat(255) }, '/email'],
			[{ identityKey: '' }, '/identityKey'], [{ metadata: [] }, '/metadata'], [{ verified: true }, '/verified']])
			assert.equal(expect(await shop.api.post(VISITORS, body), 422).json.errors[0].pointer, pointer);
		expect(await shop.api.post(VISITORS, []), 400);
	});
});

describe('changing one', () => {
	const patch = (id, body, tag) => shop.api.patch(`${VISITORS}/${id}`, body, tag && { headers: { 'If-Match': tag } });

	test('changes what is named, merges metadata, and takes away what is null', async () => {
		const id = await make(shop, { email: 'old@example.org', email_verified: true, metadata: '{"a":1,"b":{"c":2}}' });
		let { visitor } = expect(await patch(id, { metadata: { a: null, d: 'x' } }), 200).json;
		assert.deepEqual(visitor.metadata, { b: { c: 2 }, d: 'x' });
		assert.deepEqual([visitor.name, visitor.email, visitor.emailVerified], ['Somebody', 'old@example.org', true]);
		({ visitor } = expect(await patch(id, { name: 'Ünal', email: 'new@example.org' }), 200).json);
		assert.deepEqual([visitor.name, visitor.email, visitor.emailVerified], ['Ünal', 'new@example.org', false]);
		({ visitor } = expect(await patch(id, { name: null, email: null }), 200).json);
		assert.match(visitor.name, /^Visitor /);
		assert.equal(visitor.email, null);
		assert.deepEqual((await trail(id)).map((line) => [line.action, JSON.parse(line.data).fields]),
			[['visitor.changed', ['metadata']], ['visitor.changed', ['name', 'email']], ['visitor.changed', ['name', 'email']]]);
	});

	test('does not mind metadata that is no object', async () => {
		for (const metadata of ['no json', '[1]', '{"a":"\\u0000"}', '{"a":1e999999}', `${'['.repeat(30000)}`, '', null]) {
			const id = await make(shop, { metadata });
			assert.deepEqual(expect(await patch(id, { metadata: { b: 1 } }), 200).json.visitor.metadata, { b: 1 });
		}
	});

	test('keeps metadata within bounds', async () => {
		const id = await make(shop), big = 'x'.repeat(40000);
		expect(await patch(id, { metadata: { a: big } }), 200);
		const { errors } = expect(await patch(id, { metadata: { b: big } }), 422).json;
		assert.equal(errors[0].pointer, '/metadata');
		assert.deepEqual(Object.keys(expect(await shop.api.get(`${VISITORS}/${id}`), 200).json.visitor.metadata), ['a']);
	});

	test('is held to If-Match', async () => {
		const id = await make(shop), tag = expect(await shop.api.get(`${VISITORS}/${id}`), 200).headers.etag;
		const answers = await Promise.all(Array.from({ length: 10 }, () => patch(id, { name: word() }, tag)));
		assert.deepEqual(answers.map((a) => a.status).sort(), [200, ...Array(9).fill(412)]);
		const now = answers.find((a) => a.status === 200).headers.etag;
		await sql.exec`UPDATE chat_users SET last_seen_at = last_seen_at + interval '1 hour' WHERE id = ${id}`;
		expect(await patch(id, { metadata: { a: 1 } }, now), 200);
		expect(await patch(id, { name: 'x' }, now), 412);
		expect(await patch('none', { name: 'x' }, now), 404);
	});

	test('tells the agents', async () => {
		const id = await make(shop), cursor = await cursorNow(shop.api, STAFF), wait = poll(shop.api, STAFF, cursor, 20);
		expect(await patch(id, { name: 'Bo' }), 200);
		const { json } = expect(await wait, 200);
		assert.ok(json.events.some((event) => event.type === 'visitor.identified' && event.data.visitor.name === 'Bo'));
	});
});

test('who proves who they are is known, whatever the metadata was', async () => {
	const o = await world.organization(), identityKey = word();
	await make(o, { identity_key: identityKey, verified: true, metadata: '{"a":"\\u0000"}' });
	assert.deepEqual(expect(await o.api.post(VISITORS, { identityKey, metadata: { b: 1 } }), 200).json.visitor.metadata, { b: 1 });
});

// A visitor with one of everything; mark stands in all texts of theirs.
async function person(o, mark) {
	const visitor = await o.visitor({ user: { name: mark, email: `${mark}@example.org` }, metadata: { about: mark } });
	const { conversation } = await visitor.begin(mark);
	const path = `/api/v1/conversations/${conversation.id}`, upload = (name) => visitor.client.request('POST', `/api/v1/widget/attachments?name=${name}`,
		{ body: Buffer.from(`file of ${mark}`), headers: { 'Content-Type': 'text/plain' } });
	const sent = expect(await upload(`${mark}.txt`), 201).json.attachment;
	expect(await visitor.post(`conversations/${conversation.id}/messages`, { clientId: word(), attachmentIds: [sent.id] }), 201);
	const unsent = expect(await upload(`unsent-${mark}.txt`), 201).json.attachment;
	expect(await o.api.post(`${path}/messages`, { clientId: word(), content: `Dear ${mark}` }), 201);
	expect(await o.api.post(`${path}/notes`, { clientId: word(), content: `About ${mark}` }), 201);
	expect(await o.api.patch(path, { subject: mark, tags: [mark] }), 200);
	await sql.exec`INSERT INTO parlor.page_views (organization_id, chat_user_id, url) VALUES (${o.id}, ${visitor.id}, ${`https://shop.example/${mark}`});
		INSERT INTO parlor.ratings (id, organization_id, conversation_id, score, comment) VALUES (${word()}, ${o.id}, ${conversation.id}, 5, ${`Thanks says ${mark}`})`;
	return { visitor, conversation, sent, unsent };
}

describe('an export', () => {
	test('has all there is, page after page', async () => {
		const o = await world.organization(), mark = `mark${word(12).toLowerCase()}`;
		const { visitor, conversation } = await person(o, mark);
		for (let n = 0; n < 5; n++)
			expect(await o.api.post(`/api/v1/conversations/${conversation.id}/messages`, { clientId: word(), content: `line ${n}` }), 201);
		const other = await visitor.begin('Another time');
		const all = expect(await o.api.get(`${VISITORS}/${visitor.id}/export?limit=100`), 200).json;
		assert.equal(all.next, null);
		const kinds = {};
		for (const { type, data } of all.data)
			(kinds[type] ??= []).push(data);
		assert.deepEqual(Object.fromEntries(Object.entries(kinds).map(([kind, rows]) => [kind, rows.length])),
			{ visitor: 1, session: 1, pageView: 1, conversation: 2, message: 9, note: 1, file: 1 });
		assert.equal(kinds.visitor[0].metadata.about, mark);
		assert.equal(kinds.conversation.find((c) => c.conversation.id === conversation.id).rating.score, 5);
		assert.deepEqual(kinds.message.filter((m) => m.conversationId === conversation.id).map((m) => m.seq), [1, 2, 3, 4, 5, 6, 7, 8]);
		assert.ok(kinds.message.some((m) => m.attachments[0]?.fileName === `${mark}.txt`));
		assert.ok(kinds.message.some((m) => m.conversationId === other.conversation.id));
		assert.ok(!JSON.stringify(all).includes(visitor.token));
		for (const limit of [1, 2, 3, 5]) {
			const pages = [];
			let after = null;
			do {
				const { json } = expect(await o.api.get(`${VISITORS}/${visitor.id}/export?limit=${limit}${after ? `&after=${encodeURIComponent(after)}` : ''}`), 200);
				assert.ok(json.data.length <= limit);
				pages.push(...json.data);
				after = json.next;
			} while (after);
			assert.deepEqual(pages, all.data, `by ${limit}`);
		}
		for (const after of ['x', 'message~', 'message~a~b', 'nothing~a~1', 'message~a~-1'])
			expect(await o.api.get(`${VISITORS}/${visitor.id}/export?after=${encodeURIComponent(after)}`), 400);
	});

	test('takes the right to read conversations', async () => {
		const visitor = await shop.visitor(), path = `${VISITORS}/${visitor.id}/export`;
		const few = await scoped('visitors:read');
		assert.equal(expect(await few.get(path), 403).json.code, 'no_permission');
		expect(await few.get(`${VISITORS}/${visitor.id}`), 200);
		expect(await (await scoped('visitors:read conversations:read')).get(path), 200);
		expect(await (await shop.staff('viewer')).get(path), 200);
	});
});

// Where a text still stands, as "table.column"; what the search's job has not taken up yet comes later.
async function found(text) {
	const columns = await sql.rows`SELECT c.oid::regclass::text AS rel, a.attname::text AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
		WHERE c.relkind = 'r' AND c.relnamespace IN ('public'::regnamespace, 'parlor'::regnamespace) AND a.attnum > 0 AND NOT a.attisdropped`;
	const where = [];
	for (const { rel, name } of columns) {
		const [{ n }] = await sql.rows([`SELECT count(*)::int AS n FROM ${rel} WHERE position('${text}' in ${name}::text) > 0
			OR position('${Buffer.from(text).toString('hex')}' in ${name}::text) > 0`]);
		if (n)
			where.push(`${rel}.${name}`);
	}
	return where;
}

describe('erasing', () => {
	test('leaves no word of the person, and a line that it was done', async () => {
		const o = await world.organization({ roles: ['admin', 'agent'] }), mark = `mark${word(12).toLowerCase()}`;
		const { visitor, conversation, sent } = await person(o, mark);
		const stays = await person(o, `stays${word(12).toLowerCase()}`), admin = await o.staff('admin');
		expect(await admin.patch(`${VISITORS}/${visitor.id}`, { name: `${mark} again` }), 200);
		await eventually('the search knows it', async () => (await found(mark)).includes('parlor.search_entries.document'));
		const before = await sql.value`SELECT bytes::int FROM parlor.upload_usage WHERE organization_id = ${o.id}`;
		expect(await (await o.staff('agent')).delete(`${VISITORS}/${visitor.id}`), 403);
		expect(await admin.delete(`${VISITORS}/${visitor.id}`), 204);
		assert.deepEqual(await found(mark), []);
		for (const path of [`${VISITORS}/${visitor.id}`, `${VISITORS}/${visitor.id}/export`, `/api/v1/conversations/${conversation.id}`, `/attachments/${sent.id}`])
			expect(await admin.get(path), 404);
		expect(await admin.delete(`${VISITORS}/${visitor.id}`), 404);
		expect(await visitor.get('conversations'), 401);
		assert.ok(await sql.value`SELECT bytes::int FROM parlor.upload_usage WHERE organization_id = ${o.id}` < before);
		assert.deepEqual((await trail(visitor.id)).map((line) => line.action), ['visitor.changed', 'visitor.erased']);
		assert.equal((await sql.rows`SELECT id FROM conversations WHERE organization_id = ${o.id}`).length, 1);
		assert.equal(expect(await admin.get(`${VISITORS}/${stays.visitor.id}/export`), 200).json.data.filter(({ type }) => type === 'message').length, 3);
	});

	test('does not wait for the job that makes entries of the search, and stops it not', async () => {
		const o = await world.organization(), { visitor, conversation } = await person(o, word()), other = word(20), refresh = word();
		const job = (when) => world.stack.sql(`UPDATE parlor.jobs SET run_at = parlor.now() + interval '${when}' WHERE kind = 'search'`);
		const holder = openSql(world.stack.databaseUrl);
		await job('1 hour');
		// Of a conversation before the visitor's: the job waits there, with what it has locked until then.
		await sql.exec`INSERT INTO conversations (id, organization_id, chat_user_id) VALUES (${`000${other}`}, ${o.id}, ${await make(o)});
			UPDATE conversations SET subject = ${other} WHERE id IN (${`000${other}`}, ${conversation.id})`;
		await sql.exec`UPDATE chat_users SET name = ${other} WHERE id = ${visitor.id}`;
		await holder.exec`BEGIN; SELECT 1 FROM conversations WHERE id = ${`000${other}`} FOR UPDATE`;
		const refreshed = world.stack.sql(`SET application_name = '${refresh}'; SELECT parlor.search_refresh(100000)`);
		try {
			await eventually('the job waits for the lock', async () => await world.stack.sql(`SELECT count(*) FROM pg_stat_activity
				WHERE application_name = '${refresh}' AND wait_event_type = 'Lock'`) === '1');
			expect(await (await o.staff('admin')).delete(`${VISITORS}/${visitor.id}`), 204);
		} finally {
			await holder.exec`COMMIT`;
			holder.close();
			await job('0');
		}
		await refreshed;
	});

	test('ends the wait of the visitor and tells the agents', async () => {
		const visitor = await shop.visitor(), cursor = await cursorNow(shop.api, STAFF);
		const wait = visitor.get(`events?cursor=${encodeURIComponent(visitor.session.cursor)}&wait=25`), agents = poll(shop.api, STAFF, cursor, 25);
		expect(await (await shop.staff('admin')).delete(`${VISITORS}/${visitor.id}`), 204);
		expect(await wait, 401);
		const { json } = expect(await agents, 200);
		assert.ok(json.events.some((event) => event.type === 'visitor.deleted' && event.data.visitorId === visitor.id), JSON.stringify(json.events));
	});

	test('of one with very much goes on by itself', async () => {
		const o = await world.organization(), visitor = await o.visitor({ user: { name: 'Much' } });
		const { conversation } = await visitor.begin();
		await sql.exec`INSERT INTO messages (id, conversation_id, sender_id, sender_type, content)
			SELECT ${word(8)} || n, ${conversation.id}, ${visitor.id}, 'user', 'line ' || n FROM generate_series(1, 2500) n`;
		expect(await o.api.delete(`${VISITORS}/${visitor.id}`), 204);
		const left = await o.api.get(`${VISITORS}/${visitor.id}`);
		if (left.status === 200)
			assert.match(left.json.visitor.name, /^Visitor /);
		expect(await visitor.get('conversations'), 401);
		await eventually('nothing is left', async () => (await o.api.get(`${VISITORS}/${visitor.id}`)).status === 404);
		assert.equal(await sql.value`SELECT count(*)::int FROM messages WHERE organization_id = ${o.id}`, 0);
		assert.equal(await sql.value`SELECT count(*)::int FROM parlor.events WHERE organization_id = ${o.id} AND data::text LIKE '%line%'`, 0);
	});

	test('meets what is sent in the same moment', async () => {
		const o = await world.organization(), admin = await o.staff('admin');
		for (let round = 0; round < 5; round++) {
			const visitor = await o.visitor(), { conversation } = await visitor.begin();
			const sends = Array.from({ length: 10 }, () => o.api.post(`/api/v1/conversations/${conversation.id}/messages`, { clientId: word(), content: `late ${round}` }));
			const answers = await Promise.all([admin.delete(`${VISITORS}/${visitor.id}`), ...sends]);
			assert.equal(answers[0].status, 204);
			assert.ok(answers.slice(1).every((a) => [201, 404].includes(a.status)), answers.map((a) => a.text.slice(0, 300)).join());
			await eventually('it is gone', async () => (await o.api.get(`${VISITORS}/${visitor.id}`)).status === 404);
			assert.equal(await sql.value`SELECT count(*)::int FROM parlor.events WHERE organization_id = ${o.id} AND data::text LIKE ${`%late ${round}%`}`, 0);
		}
	});
});
