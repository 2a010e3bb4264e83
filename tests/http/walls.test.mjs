// One organization never sees another, one visitor never another: every route of the program's own
// table, every place where it has an id, every caller. A foreign id gets, byte for byte, the answer of an
// absent one. What a new route needs is read from its handler; what cannot be read stands in
// tests/lib/examples.mjs.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { kinds } from '../lib/examples.mjs';
import { fill, strayCells } from '../lib/canary.mjs';
import { ask, callersOf, good, inTurns, isSpecial, ownIds, peopleOf, permissionsOf, routesOf } from '../lib/requests.mjs';
import { CANARY, blake2b, credential, expect, useWorld, word } from '../lib/world.mjs';

const ROLES = ['admin', 'supervisor', 'agent', 'viewer'];
const world = await useWorld();
const routes = await routesOf(world);
const shop = await world.organization({ roles: ROLES });
const other = await world.organization({ roles: ROLES });
const somebody = await world.member(shop.id, 'agent');
const here = await peopleOf(shop), next = await peopleOf(shop), abroad = await peopleOf(other);
// For tests/ops/walls.test.mjs, which has statements in view: these ask whether there is a member, not for the role.
const few = process.env.PARLOR_TEST_CALLERS === 'few';
const callers = await callersOf(shop, here.visitor, few ? ['admin'] : ROLES);
callers.push({ name: 'key of no member', kind: 'key', client: await keyOfNobody('*'), who: {} });
if (!few)
	callers.push({ name: 'key of one scope', kind: 'key', client: await keyOfNobody('settings:read'), who: {} });
for (const caller of callers)
	caller.may = await permissionsOf(caller);
const withIds = routes.filter((route) => route.ids.length);

async function keyOfNobody(scopes) {
	const secret = credential('sk', shop.id);
	await world.sql.exec`INSERT INTO parlor.api_keys (id, organization_id, name, key_hash, hint, scopes)
		VALUES (${word()}, ${shop.id}, 'of nobody', ${blake2b(secret)}, 'sk_x', ${scopes})`;
	return shop.client({ Authorization: `Bearer ${secret}`, Origin: world.url, 'Sec-Fetch-Site': 'same-origin' });
}

// What is strange to everybody here: things of another organization, of somebody else, of nobody.
const made = new Map();
const once = (name, make) => {
	if (!made.has(name))
		made.set(name, make());
	return made.get(name);
};
const absent = word(26);
const foreign = (kind) => once(`foreign ${kind}`, () => kinds[kind].make(world, other, abroad.who));
const neighbour = (kind) => once(`next ${kind}`, () => kinds[kind].make(world, shop,
	{ ...next.who, user: somebody.user, member: somebody.id }));
const deleted = (kind) => once(`deleted ${kind}`, async () => {
	const id = await kinds[kind].make(world, shop, here.who);
	await world.sql.exec([`DELETE FROM ${kinds[kind].table} WHERE id = `, ''], id);
	return id;
});

// Cursors of the other organization, from every list and stream that gives one; then the word into all
// of its cells. From here on it only lies there.
const cursors = [...await cursorsOf(other, abroad.visitor)];
for (const of of new Set(withIds.flatMap(({ ids }) => ids.map((id) => id.of)).filter((kind) => kinds[kind])))
	await foreign(of);
const cells = await fill(world.sql, other.id);
const foreignIds = (await world.sql.value`SELECT string_agg(id, ' ') AS ids FROM (
	SELECT id FROM conversations WHERE organization_id = ${other.id} UNION ALL
	SELECT id FROM chat_users WHERE organization_id = ${other.id} UNION ALL
	SELECT id FROM messages WHERE organization_id = ${other.id} UNION ALL
	SELECT id FROM members WHERE organization_id = ${other.id} UNION ALL
	SELECT id FROM parlor.notes WHERE organization_id = ${other.id} UNION ALL
	SELECT ${other.id}) x`).split(' ');

async function cursorsOf(o, visitor) {
	for (let i = 0; i < 3; i++) {
		await visitor.begin(`chat ${i}`);
		await o.visitor();
		await world.sql.exec`INSERT INTO parlor.audit_log (organization_id, actor_type, action) VALUES (${o.id}, 'system', 'test')`;
	}
	const found = new Set();
	for (const route of withIds.filter(({ ids, method }) => method === 'GET' && ids.some(({ of }) => of === 'cursor')))
		for (const { kind, client } of await callersOf(o, visitor, ['admin'])) {
			if (!route.actors.includes(kind))
				continue;
			const ids = await ownIds(world, route, o, abroad.who);
			const answer = await ask(limited(client), route, { shop: o }, ids);
			for (const text of [answer.json?.next, answer.json?.cursor, ...[...answer.text.matchAll(/[?&](?:amp;)?after=([^"&]+)/g)]
				.map(([, encoded]) => decodeURIComponent(encoded))])
				if (text)
					found.add(text);
		}
	return found;
}

// Lists of one line, so that there is always a next page.
function limited(client) {
	return { get: (path, options) => client.get(`${path}${path.includes('?') ? '&' : '?'}limit=1`, options) };
}

// All rows of the other organization, of all tables, but for when somebody was seen last, and for what the job
// of the search makes of them behind the requests.
async function ofOther() {
	const tables = await world.sql.rows`SELECT rel::text, tenant FROM pg_temp.canary_tables()
		WHERE rel <> 'parlor.search_entries'::regclass ORDER BY 1`;
	assert.ok(tables.length >= 20);
	return world.sql.exec([tables.map(({ rel, tenant }) => `SELECT '${rel} ' || md5(coalesce(string_agg(j::text, '' ORDER BY j::text), ''))
		FROM (SELECT to_jsonb(x) - 'last_seen_at' - 'last_used_at' - 'stage' - 'reached' FROM ${rel} x WHERE ${tenant} = '${other.id}') y (j)`).join(' UNION ALL ')]);
}
const before = await ofOther();

// All that could tell one answer from another, without what names the one request. How long ago something
// was may change between two; when it was stands beside it.
function fingerprint(answer, id) {
	const request = answer.headers['x-request-id'] ?? 'no request id';
	const plain = (text) => [id, encodeURIComponent(id)].filter(Boolean).reduce((all, one) => all.replaceAll(one, 'ID'), text)
		.replaceAll(request, 'REQUEST').replace(/(name="(?:clientId" value|cursor" content)|data-cursor)="[^"]*"/g, '$1')
		.replace(/(<time datetime="[^"]*"[^>]* data-ago[^>]*>)[^<]*/g, '$1');
	const headers = answer.raw.map((part, i) => (/^(date|connection|x-request-id|ratelimit)$/i.test(answer.raw[i - i % 2]) ? '' : part));
	return `${answer.status} ${plain(JSON.stringify(headers))} ${plain(answer.text)}`;
}

const mayCall = (route, { kind, may }) => route.actors.includes('anyone')
	|| route.actors.includes(kind) && (!['agent', 'key'].includes(kind) || may.includes(route.needs));

function noForeigner(answer, sent, what) {
	for (const id of foreignIds.filter((one) => !sent.includes(one)))
		assert.ok(!answer.text.includes(id), `${what}: the foreign id ${id} in ${answer.text.slice(0, 400)}`);
}

// Values that are no id, by the place where they stand; undefined: it is missing.
const wrong = {
	path: ['x', '0', '-', '-1', 'null', 'undefined', '%', "'", '*', 'a/b', '', 'x'.repeat(64), 'x'.repeat(65),
		'\u00e9', "' OR '1'='1"],
	query: ['x', '0', '-1', 'null', "'", '', '\u0000', '%', 'x'.repeat(600), "' OR '1'='1", undefined],
	body: [null, true, 0, -1, 1.5, 1e300, '', 'x', [], {}, [absent], { id: absent }, 'x'.repeat(65), "' OR '1'='1", 'a\u0000b', undefined],
	form: ['', 'x', '0', 'null', "'", 'x'.repeat(65), "' OR '1'='1", 'a\u0000b', undefined],
};

async function strangers(route, { in: place, name, of }, caller) {
	const at = `${place} ${name}`;
	const own = await ownIds(world, route, shop, { ...here.who, ...caller.who });
	const send = (id) => ask(caller.client, route, { shop }, { ...own, [at]: id });
	const may = mayCall(route, caller);
	const strange = { foreign: await foreign(of), deleted: await deleted(of) };
	if (kinds[of].personal.includes(caller.kind))
		strange['somebody else\'s'] = await neighbour(of);
	if (!may)
		strange['one\'s own'] = own[at];
	// Who needs no credential is nobody's stranger: the id itself lets in.
	if (route.actors.includes('anyone'))
		delete strange.foreign;
	const nothing = await send(absent), wanted = fingerprint(nothing, absent);
	if (!may)
		assert.ok([401, 403, 303].includes(nothing.status), `${caller.name}: ${nothing.status}`);
	else if (place === 'path')
		assert.equal(nothing.status, 404, `${caller.name}: ${nothing.text.slice(0, 300)}`);
	for (const [whose, id] of Object.entries(strange)) {
		const answer = await send(id);
		assert.equal(fingerprint(answer, id), wanted, `${caller.name}, ${at}, ${whose}`);
		noForeigner(answer, id, `${caller.name}, ${at}, ${whose}`);
	}
	if (may)
		for (const value of wrong[place]) {
			const answer = await send(value);
			assert.ok(answer.status < 500, `${caller.name}, ${at} = ${JSON.stringify(value)}: ${answer.status}`);
			if (place === 'path')
				// 429: of what is tried so often.
				assert.ok([400, 404, 429].includes(answer.status), `${caller.name}, ${at} = ${JSON.stringify(value)}: ${answer.status}`);
			noForeigner(answer, '', `${caller.name}, ${at}`);
		}
}

// A cursor says where to go on, and nothing of whose list it is.
async function cursor(route, { in: place, name }, caller) {
	const at = `${place} ${name}`, own = await ownIds(world, route, shop, here.who);
	const send = (text) => ask(caller.client, route, { shop }, { ...own, [at]: text });
	// A query with a NUL is none, so a poll would wait.
	for (const text of [...cursors, ...wrong.query.filter((one) => !route.poll || one !== '\u0000'), absent]) {
		const answer = await send(text);
		assert.ok(answer.status < 500, `${caller.name}, ${at} = ${text}: ${answer.status}`);
		noForeigner(answer, text ?? '', `${caller.name}, ${at} = ${text}`);
		// The row that it names may be a foreign one, or none.
		const id = foreignIds.find((one) => text?.includes(one));
		if (id)
			assert.equal(fingerprint(await send(text.replace(id, absent)), absent), fingerprint(answer, id), `${caller.name}, ${at}`);
	}
}

describe('strangers', () => {
	for (const route of withIds)
		for (const position of route.ids)
			test(`${route.key}, ${position.in} ${position.name}`, () => inTurns(callers, position.of === 'cursor' ? 1 : 3, (caller) =>
				(position.of === 'cursor' ? cursor : strangers)(route, position, caller)));

	test('changed nothing', async () => {
		assert.equal(await ofOther(), before);
		const theirs = await neighbour('conversation');
		assert.deepEqual(await world.sql.rows`SELECT status, priority, subject, tags, last_seq::int, assigned_agent_id, agent_read_seq::int,
			(SELECT count(*)::int FROM parlor.notes n WHERE n.conversation_id = c.id) AS notes FROM conversations c WHERE id = ${theirs}`,
		[{ status: 'open', priority: 'normal', subject: null, tags: null, last_seq: 0, assigned_agent_id: null, agent_read_seq: 0, notes: 0 }]);
	});
});

describe('one\'s own', () => {
	for (const route of withIds)
		for (const kind of route.actors.filter((name) => name !== 'anyone'))
			test(`${route.key} by ${kind}`, { skip: isSpecial(route) }, async () => {
				const o = await world.organization({ roles: ['admin', 'agent'] }), { visitor, who } = await peopleOf(o);
				const caller = (await callersOf(o, visitor, ['admin'])).find((one) => one.kind === kind);
				good(route, await ask(caller.client, route, { shop: o }, await ownIds(world, route, o, { ...who, ...caller.who })));
			});
});

describe('without ids', () => {
	for (const route of routes.filter(({ method, ids }) => method === 'GET' && !ids.length))
		test(`${route.key} tells nothing of others`, async () => {
			for (const { name, kind, client } of callers) {
				const answer = await ask(client, route, { shop }, {});
				noForeigner(answer, '', name);
				if (!route.actors.includes('anyone') && !route.actors.includes(kind))
					assert.ok([401, 403, 303].includes(answer.status), `${name}: ${answer.status}`);
			}
		});

	test('lists hold one\'s own alone', async () => {
		const own = await kinds.conversation.make(world, shop, here.who), theirs = await neighbour('conversation');
		const agent = await shop.staff('agent');
		for (const [client, path] of [[here.visitor.client, '/api/v1/widget/conversations'], [shop.api, '/api/v1/conversations'],
			[agent, '/api/v1/conversations'], [agent, '/inbox?view=all&status=any'], [agent, '/inbox/list?view=all&status=any']]) {
			const { text } = expect(await client.get(path), 200);
			assert.ok(text.includes(own), path);
			if (client === here.visitor.client)
				assert.ok(!text.includes(theirs));
		}
	});
});

describe('the test itself', { skip: few }, () => {
	test('knows every route, caller and kind of id', () => {
		assert.ok(routes.length >= 40 && withIds.length >= 20, `${routes.length} routes, ${withIds.length} with ids`);
		for (const route of routes) {
			assert.ok(route.actors.length, route.key);
			assert.equal(route.ids.filter((id) => id.in === 'path').length, (route.path.match(/:/g) ?? []).length, route.key);
		}
		assert.deepEqual([...new Set(routes.flatMap((route) => route.actors))].filter((kind) => !callers.some((c) => c.kind === kind)), []);
		assert.ok(cursors.length >= 3, `foreign cursors: ${cursors}`);
		assert.ok(callers.find(({ name }) => name === 'agent (viewer)').may.length >= 3);
	});

	test('has the word in every cell of the other organization', async () => {
		// Left are those whose words are fixed by a CHECK.
		const fixed = (await world.sql.rows`SELECT DISTINCT format('%s.%s', k.conrelid::regclass, a.attname) AS cell FROM pg_constraint k
			JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey) WHERE k.contype = 'c'`).map(({ cell }) => cell);
		assert.deepEqual(cells.filter((cell) => !fixed.includes(cell)), []);
		const [{ n }] = await world.sql.rows`SELECT count(*)::int AS n FROM messages WHERE organization_id = ${other.id}
			AND content LIKE ${`${CANARY}%`}`;
		assert.ok(n >= 3);
	});

	test('notices the word in a body, in a header, and in a row of others', async () => {
		const o = await world.organization(), visitor = await o.visitor();
		await assert.rejects(() => visitor.begin(`quoting ${CANARY}`), /a text of another organization/);
		await assert.rejects(() => o.client().get(`/sign-in?next=/inbox?${CANARY}`), /a text of another organization/);
		await assert.rejects(() => o.client().get(`/inbox?${CANARY}`), /a text of another organization/, 'in the Location');
		const owners = (await world.sql.rows`SELECT id FROM organizations WHERE position(${CANARY} in slug) > 0`).map(({ id }) => id);
		assert.ok((await strayCells(world.sql, owners)).some((cell) => cell.startsWith('messages.content')));
		await world.sql.exec`DELETE FROM organizations WHERE id = ${o.id}`;
		assert.deepEqual((await strayCells(world.sql, owners)).filter((cell) => cell.startsWith('messages.')), []);
	});
});
