// Idempotency-Key: whatever is repeated with it happens once, and everybody who repeats it hears the same.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { eventually, expect, useWorld, word } from '../lib/world.mjs';
import { ask, callersOf, isSpecial, ownIds, peopleOf, permissionsOf, routesOf } from '../lib/requests.mjs';
import { openSql } from '../lib/sql.mjs';
import { STAFF, cursorNow, poll } from '../lib/polls.mjs';

const world = await useWorld();
const shop = await world.organization();
const visitor = await shop.visitor();
const { conversation } = await visitor.begin();
const MESSAGES = `/api/v1/conversations/${conversation.id}/messages`;
const NOTES = `/api/v1/conversations/${conversation.id}/notes`;
const KEYS = '/api/v1/api-keys';

const keyed = (key, options) => ({ ...options, headers: { ...options?.headers, 'Idempotency-Key': key } });
const isReplay = (answer) => answer.headers['idempotency-replayed'] === 'true';
const code = (answer, status) => expect(answer, status).json.code;
const message = (content = word()) => ({ clientId: word(), content });
const keptOf = (o = shop) => world.sql.value`SELECT count(*)::int FROM parlor.idempotency_keys WHERE organization_id = ${o.id}`;

describe('a request with an Idempotency-Key', () => {
	test('is done once; its repetition gets the same answer and says so', async () => {
		const admin = await shop.staff('admin'), name = `key ${word()}`, key = word();
		const body = { name, scopes: ['conversations:read'] };
		const first = expect(await admin.post(KEYS, body, keyed(key, { secret: true })), 201);
		const again = expect(await admin.post(KEYS, body, keyed(key, { secret: true })), 201);
		assert.ok(!isReplay(first) && isReplay(again));
		assert.equal(again.text, first.text);
		assert.equal(again.headers['content-type'], first.headers['content-type']);
		assert.equal(await world.sql.value`SELECT count(*)::int FROM parlor.api_keys WHERE name = ${name}`, 1);
		assert.equal(await world.sql.value`SELECT count(*)::int FROM parlor.audit_log
			WHERE organization_id = ${shop.id} AND action = 'key.created' AND data LIKE ${`%${name}%`}`, 1);
	});

	test('leaves no secret and no key that could be read in the database', async () => {
		const admin = await shop.staff('admin'), key = word();
		const body = { name: 'x', scopes: ['conversations:read'] };
		const { secret } = expect(await admin.post(KEYS, body, keyed(key, { secret: true })), 201).json;
		const rows = JSON.stringify(await world.sql.rows`SELECT * FROM parlor.idempotency_keys WHERE organization_id = ${shop.id}`);
		assert.ok(rows.length > 100 && !rows.includes(secret) && !rows.includes(key), rows);
		assert.ok(!rows.includes(Buffer.from(secret).toString('hex')));
	});

	test('with no answer but a status is repeated like any other', async () => {
		const path = `/api/v1/conversations/${conversation.id}/read`, key = word();
		expect(await shop.api.post(path, { seq: 1 }, keyed(key)), 204);
		assert.ok(isReplay(expect(await shop.api.post(path, { seq: 1 }, keyed(key)), 204)));
	});

	test('is another one for another body, path, query or caller', async () => {
		const key = word(), body = message(), agent = await shop.staff('agent');
		const { text } = expect(await shop.api.post(MESSAGES, body, keyed(key)), 201);
		assert.equal(code(await shop.api.post(MESSAGES, message(), keyed(key)), 422), 'idempotency_key_reused');
		assert.equal(code(await shop.api.post(NOTES, body, keyed(key)), 422), 'idempotency_key_reused');
		assert.equal(code(await shop.api.post(`${MESSAGES}?x=1`, body, keyed(key)), 422), 'idempotency_key_reused');
		const others = [[agent, MESSAGES], [visitor.client, `/api/v1/widget/conversations/${conversation.id}/messages`]];
		for (const [client, path] of others) {
			const mine = message();
			assert.ok(!isReplay(expect(await client.post(path, mine, keyed(key)), 201)));
			assert.ok(isReplay(expect(await client.post(path, mine, keyed(key)), 201)));
		}
		const stranger = await world.organization();
		assert.equal(code(await stranger.api.post(MESSAGES, body, keyed(key)), 404), 'not_found');
		assert.equal(expect(await shop.api.post(MESSAGES, body, keyed(key)), 201).text, text);
	});

	test('that was refused may be mended and sent again', async () => {
		const key = word(), good = message(), kept = await keptOf();
		expect(await shop.api.post(MESSAGES, { content: '' }, keyed(key)), 422);
		expect(await shop.api.post('/api/v1/conversations/none/messages', good, keyed(key)), 404);
		assert.equal(await keptOf(), kept);
		assert.ok(!isReplay(expect(await shop.api.post(MESSAGES, good, keyed(key)), 201)));
	});

	test('that repeats a clientId meets what it would meet without it', async () => {
		const body = message();
		const { json } = expect(await shop.api.post(MESSAGES, body), 201);
		assert.equal(expect(await shop.api.post(MESSAGES, body, keyed(word())), 200).json.message.id, json.message.id);
		assert.equal(code(await shop.api.post(MESSAGES, { ...body, content: 'other' }, keyed(word())), 409), 'client_id_reused');
		expect(await shop.api.post(NOTES, { ...body, clientId: word() }, keyed(word())), 201);
	});

	test('takes its tokens of limits also when it is refused', async () => {
		const o = await world.organization(), guest = await o.visitor();
		const { conversation: c } = await guest.begin();
		const body = message(), statuses = [];
		expect(await guest.post(`conversations/${c.id}/messages`, body, keyed(word())), 201);
		for (let n = 0; n < 25 && statuses.at(-1) !== 429; n++)
			statuses.push((await guest.post(`conversations/${c.id}/messages`, { ...body, content: 'no' }, keyed(word()))).status);
		assert.ok(statuses[0] === 409 && statuses.at(-1) === 429, statuses.join());
	});

	test('wakes who waits, at once', async () => {
		const cursor = await cursorNow(shop.api, STAFF), body = message();
		const wait = poll(shop.api, STAFF, cursor, 20);
		expect(await shop.api.post(MESSAGES, body, keyed(word())), 201);
		const { json } = expect(await wait, 200);
		assert.ok(json.events.some((event) => event.data.message?.content === body.content));
	});

	test('has a key of 1 to 255 visible characters, once', async () => {
		for (const key of ['', 'a b', 'x'.repeat(256), 'ä', 'a\tb'])
			assert.equal(code(await shop.api.post(MESSAGES, message(), keyed(Buffer.from(key).toString('latin1'))), 400),
				'idempotency_key_invalid', key);
		for (const key of ['x', '"8e03978e-40d5-43dd-bc93-6894a57f9324"', word(200) + 'y'.repeat(55)])
			expect(await shop.api.post(MESSAGES, message(), keyed(key + (key.length < 200 ? word() : ''))), 201);
		expect(await shop.api.post(MESSAGES, message(), keyed(['a', 'b'])), 400);
	});

	test('makes one organization, though its maker is in another one by then', async () => {
		const user = await shop.nobody(), name = `first ${word()}`, key = word();
		const make = (client = user, body = { name }) => client.post('/api/v1/organizations', body, keyed(key));
		const first = expect(await make(), 201), again = expect(await make(), 201);
		assert.ok(!isReplay(first) && isReplay(again));
		assert.equal(again.text, first.text);
		assert.equal(code(await make(user, { name: 'other' }), 422), 'idempotency_key_reused');
		const { id } = first.json.organization, enter = { organizationId: id }, second = word();
		for (const replayed of [false, true])
			assert.equal(isReplay(expect(await user.post('/api/v1/me/organization', enter, keyed(second)), 204)), replayed);
		assert.equal(expect(await make(), 201).text, first.text);
		assert.equal(await world.sql.value`SELECT count(*)::int FROM organizations WHERE name = ${name}`, 1);
		assert.notEqual(expect(await make(await shop.nobody()), 201).json.organization.id, id);
		await world.sql.exec`UPDATE parlor.user_idempotency_keys SET created_at = created_at - interval '24 hours' WHERE user_id = ${user.user}`;
		await world.sql.rows`SELECT parlor.retain_idempotency_keys(100000)`;
		assert.equal(await world.sql.value`SELECT count(*)::int FROM parlor.user_idempotency_keys WHERE user_id = ${user.user}`, 0);
	});

	test('is forgotten after 24 hours, and swept away', async () => {
		const o = await world.organization(), guest = await o.visitor(), { conversation: c } = await guest.begin();
		const key = word(), path = `/api/v1/conversations/${c.id}/read`;
		expect(await o.api.post(path, { seq: 0 }, keyed(key)), 204);
		await world.sql.exec`UPDATE parlor.idempotency_keys SET created_at = created_at - interval '23 hours 59 minutes'
			WHERE organization_id = ${o.id}`;
		assert.ok(isReplay(expect(await o.api.post(path, { seq: 0 }, keyed(key)), 204)));
		await world.sql.exec`UPDATE parlor.idempotency_keys SET created_at = created_at - interval '1 minute'
			WHERE organization_id = ${o.id}`;
		assert.ok(!isReplay(expect(await o.api.post(path, { seq: 1 }, keyed(key)), 204)));
		assert.ok(isReplay(expect(await o.api.post(path, { seq: 1 }, keyed(key)), 204)));
		assert.equal(await keptOf(o), 1);
		await world.sql.exec`UPDATE parlor.idempotency_keys SET created_at = created_at - interval '24 hours'
			WHERE organization_id = ${o.id}`;
		await world.sql.rows`SELECT parlor.retain_idempotency_keys(100000)`;
		assert.equal(await keptOf(o), 0);
	});
});

describe('fifty at once with one key', () => {
	for (const round of [1, 2, 3])
		test(`have one effect (${round})`, async () => {
			const content = word(), key = word();
			// Each with a clientId of its own would be refused as another body; without one nothing but the key counts.
			const name = `key ${content}`, admin = await shop.staff('admin');
			const answers = await Promise.all(Array.from({ length: 50 }, () =>
				admin.post(KEYS, { name, scopes: ['conversations:read'] }, keyed(key, { secret: true }))));
			const made = answers.filter((a) => a.status === 201), busy = answers.filter((a) => a.status === 409);
			assert.equal(made.length + busy.length, 50, answers.map((a) => a.status).join());
			assert.equal(made.filter((a) => !isReplay(a)).length, 1);
			assert.equal(new Set(made.map((a) => a.text)).size, 1);
			for (const a of busy) {
				assert.equal(a.json.code, 'idempotency_in_flight');
				assert.match(a.headers['retry-after'], /^[1-9]/);
			}
			assert.equal(await world.sql.value`SELECT count(*)::int FROM parlor.api_keys WHERE name = ${name}`, 1);
		});

	test('of which the first still runs hear 409', async () => {
		const key = word(), body = message();
		const holder = openSql(world.stack.databaseUrl);
		await holder.exec`BEGIN; SELECT 1 FROM conversations WHERE id = ${conversation.id} FOR UPDATE`;
		const first = shop.api.post(MESSAGES, body, keyed(key));
		try {
			await eventually('the first one waits for the lock', () =>
				world.sql.value`SELECT count(*)::int FROM pg_locks WHERE NOT granted`, { seconds: 1.5 });
			assert.equal(code(await shop.api.post(MESSAGES, body, keyed(key)), 409), 'idempotency_in_flight');
			assert.equal(code(await shop.api.post(MESSAGES, message(), keyed(key)), 409), 'idempotency_in_flight');
		} finally {
			await holder.exec`COMMIT`;
			holder.close();
		}
		const { text } = expect(await first, 201);
		assert.equal(expect(await shop.api.post(MESSAGES, body, keyed(key)), 201).text, text);
	});
});

describe('every POST of the API', async () => {
	const routes = (await routesOf(world)).filter((r) => r.method === 'POST' && r.path.startsWith('/api/'));
	for (const route of routes)
		test(`takes an Idempotency-Key: ${route.path}`, async (t) => {
			if (isSpecial(route))
				return t.skip(isSpecial(route));
			const o = await world.organization();
			const { visitor: guest, who } = await peopleOf(o);
			const callers = (await callersOf(o, guest)).filter((c) => route.actors.includes(c.kind));
			let tried = 0;
			for (const { client, kind } of callers) {
				const may = await permissionsOf({ kind, client });
				if (['agent', 'key'].includes(kind) && !may.includes(route.needs))
					continue;
				const ids = await ownIds(world, route, o, who), key = word();
				let body;
				const send = (change) => ask(client, route, { shop: o }, ids, { headers: { 'Idempotency-Key': key },
					body: change ?? ((b) => (body ??= b)) });
				const first = await send();
				assert.ok(first.status < 300, `${route.key}: ${first.status} ${first.text}`);
				tried++;
				if (kind === 'anyone')
					continue; // nobody could tell who may hear the answer again
				const again = await send();
				assert.equal(again.status, first.status, again.text);
				assert.equal(again.text, first.text);
				assert.ok(isReplay(again));
				assert.equal(code(await client.post(route.path.replaceAll(/:(\w+)/g, (_, n) => ids[`path ${n}`]),
					{ ...body, another: 1 }, keyed(key)), 422), 'idempotency_key_reused');
			}
			assert.ok(tried > 0);
		});
});
