// Secret keys and the publishable one: what they give, who may make them, when they end, and that no
// copy of the database opens anything.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { blake2b, eventually, expect, useWorld, word } from '../lib/world.mjs';
import { STAFF, cursorNow, poll } from '../lib/polls.mjs';

const world = await useWorld();
const shop = await world.organization();
const KEYS = '/api/v1/api-keys';
const READ = 'conversations:read';

const bearer = (secret, who = shop) => who.client({ Authorization: `Bearer ${secret}` });
const works = async (secret, who) => (await bearer(secret, who).get('/api/v1/me')).status;
async function make(by, body, status = 201) {
	return expect(await by.post(KEYS, { name: `key ${word(4)}`, scopes: [READ], ...body }, { secret: true }), status).json;
}
const rotate = (by, id, body) => by.post(`${KEYS}/${id}/rotate`, body, { secret: true });
// The client of a key with some scopes, for the organization itself.
async function keyWith(scopes, who = shop) {
	return bearer((await make(await who.staff('admin'), { scopes })).secret, who);
}
async function memberOf(organization, role, chatRole) {
	const member = await world.member(organization.id, chatRole ?? 'viewer');
	await world.sql.exec`UPDATE members SET role = ${role}, chat_role = ${chatRole ?? null} WHERE id = ${member.id}`;
	organization.members[`${role} ${chatRole}`] = member;
	return organization.staff(`${role} ${chatRole}`);
}

// What becomes of a wait that began before act: its status, within two seconds.
async function endedBy(client, act) {
	const cursor = await cursorNow(client, STAFF);
	let status = null;
	const wait = poll(client, STAFF, cursor, 20).then((answer) => { status = answer.status; });
	expect(await poll(client, STAFF, cursor, 0), 200);
	assert.equal(status, null);
	await act();
	const start = Date.now();
	await wait;
	assert.ok(Date.now() - start < 2000, `took ${Date.now() - start} ms`);
	return status;
}

describe('a key that is made', () => {
	test('opens what its scopes name and nothing else, and is shown once', async () => {
		const owner = await shop.staff('admin');
		const { key, secret } = await make(owner, { name: 'reader', scopes: [READ, 'visitors:read'], expiresInDays: 30 });
		assert.match(secret, /^sk_[0-9a-f]{8}_[\w-]{43}$/);
		assert.ok(secret.startsWith(key.hint) && key.hint.length === 16);
		assert.deepEqual([key.name, key.scopes, key.state, key.memberId, key.lastUsedAt],
			['reader', [READ, 'visitors:read'], 'active', null, null]);
		assert.ok(Math.abs(Date.parse(key.expiresAt) - Date.now() - 30 * 86400e3) < 60e3, key.expiresAt);
		const client = bearer(secret);
		assert.deepEqual(expect(await client.get('/api/v1/me'), 200).json.permissions,
			['signed-in', READ, 'visitors:read']);
		expect(await client.get('/api/v1/conversations'), 200);
		assert.equal(expect(await client.get('/api/v1/audit-log'), 403).json.code, 'no_permission');
		const { text, json } = expect(await owner.get(KEYS), 200);
		assert.ok(!text.includes(secret));
		assert.equal(json.data.find((k) => k.id === key.id).name, 'reader');
	});

	test('acts for its maker when asked to, and may no more than the maker may later', async () => {
		const o = await world.organization();
		const admin = await memberOf(o, 'admin', 'agent');
		const { key, secret } = await make(admin, { actsFor: 'me', scopes: [READ, 'keys:write'] });
		const member = o.members['admin agent'];
		assert.equal(key.memberId, member.id);
		expect(await bearer(secret, o).get(KEYS), 200);
		await world.sql.exec`UPDATE members SET role = 'member' WHERE id = ${member.id}`;
		expect(await bearer(secret, o).get(KEYS), 403);
		expect(await bearer(secret, o).get('/api/v1/conversations'), 200);
	});

	test('is refused with the place of the fault', async () => {
		const owner = await shop.staff('admin');
		const faults = [[{ scopes: [] }, '/scopes'], [{ scopes: [READ, 'nothing:read'] }, '/scopes/1'],
			[{ scopes: ['signed-in'] }, '/scopes/0'], [{ scopes: ['*', READ] }, '/scopes/0'],
			[{ scopes: [`${READ} keys:write`] }, '/scopes/0'], [{ scopes: READ }, '/scopes'], [{ name: '' }, '/name'],
			[{ name: 'x'.repeat(101) }, '/name'], [{ name: 'a\nb' }, '/name'], [{ actsFor: 'you' }, '/actsFor'],
			[{ expiresInDays: 0 }, '/expiresInDays'], [{ expiresInDays: 3651 }, '/expiresInDays'],
			[{ organizationId: 'x' }, '/organizationId']];
		for (const [body, pointer] of faults)
			assert.equal((await make(owner, body, 422)).errors[0].pointer, pointer, JSON.stringify(body));
		assert.equal((await make(await keyWith(['keys:write', READ]), { actsFor: 'me' }, 422)).errors[0].pointer, '/actsFor');
	});

	test('is one of at most 100 that live', async () => {
		const o = await world.organization();
		await world.sql.exec`INSERT INTO parlor.api_keys (id, organization_id, name, key_hash, hint)
			SELECT ${o.id} || n, ${o.id}, 'many', ${o.id} || n, 'sk_x' FROM generate_series(1, 99) n`;
		const owner = await o.staff('admin');
		assert.equal((await make(owner, {}, 409)).code, 'too_many_keys');
		const one = (await world.sql.rows`SELECT id FROM parlor.api_keys WHERE organization_id = ${o.id} AND name = 'many' LIMIT 1`)[0].id;
		expect(await owner.delete(`${KEYS}/${one}`), 204);
		await make(owner, {});
	});
});

describe('nobody gets more by a key', () => {
	test('than their own scopes', async () => {
		const maker = await keyWith(['keys:write']);
		for (const scopes of [[READ], ['*'], ['keys:write', READ], ['organization:delete']])
			assert.equal((await make(maker, { scopes }, 403)).code, 'beyond_own', scopes.join());
		const { secret } = await make(maker, { scopes: ['keys:write'] });
		assert.equal(await works(secret), 200);
	});

	test('than their own roles', async () => {
		const o = await world.organization();
		const admin = await memberOf(o, 'admin', 'viewer');
		for (const scopes of [['*'], ['organization:delete'], ['conversations:write']])
			assert.equal((await make(admin, { scopes }, 403)).code, 'beyond_own', scopes.join());
		await make(admin, { scopes: [READ, 'settings:write', 'members:write'] });
		const agent = await o.staff('agent');
		assert.equal((await make(agent, {}, 403)).code, 'no_permission');
	});

	test('by rotating one that gives more, or that acts for somebody else', async () => {
		const o = await world.organization();
		const owner = await o.staff('admin'), admin = await memberOf(o, 'admin', 'admin');
		const all = (await make(owner, { scopes: ['*'] })).key.id;
		const hers = (await make(owner, { scopes: [READ], actsFor: 'me' })).key.id;
		const small = (await make(owner, { scopes: ['keys:write', READ] })).key.id;
		const maker = await keyWith(['keys:write'], o);
		for (const [by, id] of [[maker, all], [maker, small], [maker, hers], [admin, all], [admin, hers]])
			assert.equal(expect(await rotate(by, id), 403).json.code, 'beyond_own');
		expect(await rotate(admin, small), 201);
		expect(await rotate(owner, hers), 201);
		expect(await admin.delete(`${KEYS}/${all}`), 204);
	});
});

describe('rotation', () => {
	test('leaves two live until the overlap is over', async () => {
		const owner = await shop.staff('admin');
		const old = await make(owner, { name: 'twins', scopes: [READ], expiresInDays: 10 });
		const { key, secret } = expect(await rotate(owner, old.key.id, { overlapSeconds: 3600 }), 201).json;
		assert.deepEqual([key.name, key.scopes, key.state], ['twins', [READ], 'active']);
		assert.ok(Math.abs(Date.parse(key.expiresAt) - Date.now() - 10 * 86400e3) < 60e3);
		assert.deepEqual([await works(old.secret), await works(secret)], [200, 200]);
		const before = (await owner.get(KEYS)).json.data.find((k) => k.id === old.key.id);
		assert.deepEqual([before.state, before.replacedBy], ['replaced', key.id]);
		assert.ok(Math.abs(Date.parse(before.expiresAt) - Date.now() - 3600e3) < 60e3);
		assert.equal(expect(await rotate(owner, old.key.id), 409).json.code, 'key_ended');
		assert.equal(await endedBy(bearer(old.secret), () => world.sql.exec`UPDATE parlor.api_keys
			SET expires_at = now() AT TIME ZONE 'UTC' WHERE id = ${old.key.id}`), 401);
		assert.deepEqual([await works(old.secret), await works(secret)], [401, 200]);
	});

	test('never makes the old one live longer than it would have', async () => {
		const owner = await shop.staff('admin');
		const old = await make(owner, { expiresInDays: 1 });
		expect(await rotate(owner, old.key.id, { overlapSeconds: 2592000 }), 201);
		assert.equal((await owner.get(KEYS)).json.data.find((k) => k.id === old.key.id).expiresAt, old.key.expiresAt);
	});

	test('without overlap ends the old one now, and what waits with it', async () => {
		const owner = await shop.staff('admin');
		const old = await make(owner);
		let made;
		assert.equal(await endedBy(bearer(old.secret), async () => {
			made = expect(await rotate(owner, old.key.id, { overlapSeconds: 0 }), 201).json;
		}), 401);
		assert.deepEqual([await works(old.secret), await works(made.secret)], [401, 200]);
	});

	test('takes a number of seconds', async () => {
		const owner = await shop.staff('admin');
		const { key } = await make(owner);
		for (const overlapSeconds of [-1, 2592001, 1.5, '60', null])
			expect(await rotate(owner, key.id, { overlapSeconds }), 422);
		expect(await rotate(owner, key.id), 201);
	});
});

describe('a key ends', () => {
	test('when it is revoked, with what waits', async () => {
		const owner = await shop.staff('admin');
		const { key, secret } = await make(owner);
		assert.equal(await endedBy(bearer(secret), async () => expect(await owner.delete(`${KEYS}/${key.id}`), 204)), 401);
		assert.equal(await works(secret), 401);
		expect(await owner.delete(`${KEYS}/${key.id}`), 204);
		const lines = (await owner.get('/api/v1/audit-log?limit=100')).json.data.filter((l) => l.targetId === key.id);
		assert.deepEqual(lines.map((l) => l.action), ['key.revoked', 'key.created'], 'the second time left no line');
	});

	test('with the membership it acts for, and does not become the organization itself', async () => {
		const o = await world.organization({ roles: ['admin', 'agent'] });
		const admin = await memberOf(o, 'admin', 'admin');
		const { key, secret } = await make(admin, { actsFor: 'me', scopes: [READ, 'keys:write', 'members:write'] });
		const client = bearer(secret, o);
		assert.equal(await endedBy(client, () => world.sql.exec`DELETE FROM members WHERE id = ${key.memberId}`), 401);
		assert.equal(await works(secret, o), 401);
		const [line] = (await o.api.get('/api/v1/audit-log')).json.data;
		assert.deepEqual([line.actorType, line.action, line.targetId, line.targetName],
			['system', 'key.revoked', key.id, key.name]);
	});

	test('with the organization', async () => {
		const o = await world.organization();
		const { secret } = await make(await o.staff('admin'), { actsFor: 'me' });
		await world.sql.exec`DELETE FROM organizations WHERE id = ${o.id}`;
		assert.equal(await works(secret, o), 401);
	});

	test('when its member is banned, here or by Better Auth, as sessions do', async () => {
		const o = await world.organization();
		const agent = await o.staff('admin');
		const { secret } = await make(agent, { actsFor: 'me' });
		const ban = () => world.sql.exec`UPDATE users SET banned = true WHERE id = ${o.members.admin.user}`;
		const ends = await Promise.all([endedBy(bearer(secret, o), ban), endedBy(agent, async () => {})]);
		assert.deepEqual(ends, [401, 401]);
		assert.equal(await works(secret, o), 401);
		expect(await agent.get('/api/v1/me'), 401);
		await world.sql.exec`UPDATE users SET banned = false WHERE id = ${o.members.admin.user}`;
		assert.equal(await works(secret, o), 401, 'what was revoked stays so');
		expect(await agent.get('/api/v1/me'), 401);
		expect(await (await o.staff('admin')).get('/api/v1/me'), 200);
	});
});

describe('the last use', () => {
	const used = async (id) => (await world.sql.rows`SELECT last_used_at FROM parlor.api_keys WHERE id = ${id}`)[0].last_used_at;
	const back = (id, seconds) => world.sql.exec`UPDATE parlor.api_keys
		SET last_used_at = last_used_at - make_interval(secs => ${seconds}) WHERE id = ${id}`;

	test('is noted, at most once a minute', async () => {
		const { key, secret } = await make(await shop.staff('admin'));
		assert.equal(await used(key.id), null);
		assert.equal(await works(secret), 200);
		const first = await used(key.id);
		assert.ok(first);
		const [{ xmin }] = await world.sql.rows`SELECT xmin::text FROM parlor.api_keys WHERE id = ${key.id}`;
		for (let i = 0; i < 5; i++)
			await works(secret);
		assert.deepEqual(await world.sql.rows`SELECT xmin::text FROM parlor.api_keys WHERE id = ${key.id}`, [{ xmin }],
			'the row was not written again');
		await back(key.id, 61);
		await works(secret);
		assert.ok(await used(key.id) >= first);
	});

	test('is that of a program which only waits, too', async () => {
		const { key, secret } = await make(await shop.staff('admin'));
		expect(await poll(bearer(secret), STAFF, '', 0), 200);
		await eventually('the use is noted', () => used(key.id), { seconds: 45, every: 500 });
	});
});

describe('the publishable key', () => {
	const opens = async (key) => (await shop.client().get(`/api/v1/widget/settings?key=${key}`)).status;

	test('is rotated, and the old one goes on for as long as is wanted', async () => {
		const o = await world.organization();
		const owner = await o.staff('admin');
		const now = async () => (await world.sql.rows`SELECT chat_api_key AS key FROM organizations WHERE id = ${o.id}`)[0].key;
		expect(await owner.form('/settings/keys/publishable', { overlap: '604800' }), 303);
		const second = await now();
		assert.match(second, /^pk_[0-9A-Za-z]{32}$/);
		assert.notEqual(second, o.key);
		assert.deepEqual([await opens(o.key), await opens(second)], [200, 200]);
		const visitor = await o.visitor();
		assert.equal(visitor.session.organizationId ?? o.id, o.id);
		expect(await owner.form('/settings/keys/publishable', { overlap: '0' }), 303);
		assert.deepEqual([await opens(o.key), await opens(second), await opens(await now())], [200, 404, 200]);
		await world.sql.exec`UPDATE parlor.retired_keys SET expires_at = now() AT TIME ZONE 'UTC' WHERE key = ${o.key}`;
		assert.equal(await opens(o.key), 404);
		await world.sql.exec`UPDATE organizations SET chat_is_active = false WHERE id = ${o.id}`;
		assert.equal(await opens(await now()), 404);
		for (const overlap of ['', '-1', '2592001', 'x'])
			expect(await owner.form('/settings/keys/publishable', { overlap }), 422);
	});
});

describe('the page of keys', () => {
	const csrf = (html) => html.match(/<meta name="csrf" content="([0-9a-f]+)">/)[1];

	test('makes, rotates and revokes by forms alone, and shows a secret once', async () => {
		const o = await world.organization();
		const owner = await o.staff('admin', { csrf: false });
		const html = async () => expect(await owner.get('/settings/keys'), 200).text;
		const token = csrf(await html());
		const made = expect(await owner.form('/settings/keys',
			`csrf=${token}&name=Order+sync&actsFor=organization&expires=90&scope=${READ}&scope=visitors:read`, { secret: true }), 201);
		const [secret] = made.text.match(/sk_[0-9a-f]{8}_[\w-]{43}/);
		assert.equal(await works(secret, o), 200);
		assert.match(made.headers['cache-control'], /no-store/);
		assert.ok((await html()).includes('Order sync'));
		const [{ id, scopes }] = await world.sql.rows`SELECT id, scopes FROM parlor.api_keys
			WHERE organization_id = ${o.id} AND name = 'Order sync'`;
		assert.equal(scopes, `${READ} visitors:read`);
		const second = expect(await owner.form(`/settings/keys/${id}/rotate`, { csrf: token, overlap: '86400' }, { secret: true }), 201)
			.text.match(/sk_[0-9a-f]{8}_[\w-]{43}/)[0];
		assert.deepEqual([await works(secret, o), await works(second, o)], [200, 200]);
		assert.equal(expect(await owner.form(`/settings/keys/${id}/revoke`, { csrf: token }), 303).headers.location,
			'/settings/keys?done=revoked');
		assert.deepEqual([await works(secret, o), await works(second, o)], [401, 200]);
		assert.match(expect(await owner.get('/settings/keys?done=revoked'), 200).text, /The key is revoked/);
	});

	test('says what is wrong and keeps what was typed', async () => {
		const owner = await shop.staff('admin');
		const fields = { name: '"><b>x', actsFor: 'me', expires: 'never' };
		const { text } = expect(await owner.form('/settings/keys', fields), 422);
		assert.match(text, /Tick what the key may do/);
		assert.ok(text.includes('value="&quot;&gt;&lt;b&gt;x"') && !text.includes('"><b>x'));
		assert.match(expect(await owner.form('/settings/keys', { ...fields, name: '', scope: READ }), 422).text, /Give the key a name/);
		expect(await owner.form('/settings/keys', { ...fields, expires: '91' }), 422);
		expect(await owner.form('/settings/keys', { ...fields, scope: 'nothing' }), 422);
	});

	test('offers an administrator only what they have', async () => {
		const o = await world.organization();
		const admin = await memberOf(o, 'admin', 'agent');
		const { text } = expect(await admin.get('/settings/keys'), 200);
		assert.match(text, /value="organization:delete" disabled/);
		assert.match(text, /value="conversations:write">/);
		const { text: refused } = expect(await admin.form('/settings/keys',
			{ name: 'x', actsFor: 'organization', expires: 'never', scope: 'organization:delete' }), 403);
		assert.match(refused, /more than you have yourself/);
	});

	test('is not for agents, who see no link to it', async () => {
		const agent = await shop.staff('agent');
		const { key } = await make(await shop.staff('admin'));
		expect(await agent.get('/settings/keys'), 403);
		for (const [path, fields] of [['', { name: 'x', actsFor: 'me', expires: '30', scope: READ }], [`/${key.id}/revoke`, {}],
			[`/${key.id}/rotate`, { overlap: '0' }], ['/publishable', { overlap: '0' }]])
			expect(await agent.form(`/settings/keys${path}`, fields), 403);
		for (const answer of [await agent.get(KEYS), await rotate(agent, key.id), await agent.delete(`${KEYS}/${key.id}`)])
			assert.equal(expect(answer, 403).json.code, 'no_permission');
		assert.doesNotMatch(expect(await agent.get('/settings/widget'), 200).text, /settings\/keys/);
		assert.match(expect(await (await shop.staff('admin')).get('/settings/widget'), 200).text, /settings\/keys/);
	});

	test('comes in pages', async () => {
		const o = await world.organization();
		await world.sql.exec`INSERT INTO parlor.api_keys (id, organization_id, name, key_hash, hint)
			SELECT ${o.id} || n, ${o.id}, 'number ' || n, ${o.id} || n, 'sk_x' FROM generate_series(1, 60) n`;
		const owner = await o.staff('admin');
		let path = '/settings/keys';
		const seen = [];
		for (let pages = 0; path && pages < 5; pages++) {
			const { text } = expect(await owner.get(path), 200);
			seen.push(...text.matchAll(/cell-name">([^<]+)</g));
			path = text.match(/href="(\/settings\/keys\?after=\w+)"/)?.[1];
		}
		assert.equal(new Set(seen.map(([, name]) => name)).size, 61);
		for (const after of ['%00', 'a b', "'", 'x'.repeat(65)])
			assert.ok([400, 404].includes((await owner.get(`/settings/keys?after=${encodeURIComponent(after)}`)).status), after);
		expect(await owner.get(`${KEYS}?after=a~b`), 400);
		expect(await owner.get(`${KEYS}?limit=101`), 400);
	});
});

describe('a copy of the database', () => {
	test('opens nothing: no live secret key and no visitor token stands in it', async () => {
		const owner = await shop.staff('admin');
		const { secret } = await make(owner, { scopes: ['*'] });
		const twin = expect(await rotate(owner, (await make(owner)).key.id), 201).json.secret;
		const visitor = await shop.visitor();
		await visitor.begin();
		const dump = execFileSync('pg_dump', ['--inserts', '--enable-row-security', world.stack.databaseUrl], { encoding: 'utf8', maxBuffer: 1 << 30 });
		assert.ok(dump.includes(shop.name), 'the dump holds the organization');
		for (const credential of [secret, twin, visitor.token, shop.secretKey]) {
			assert.ok(!dump.includes(credential) && !dump.includes(credential.slice(-43)));
			assert.equal((await bearer(credential).get('/api/v1/me')).status, credential.startsWith('sk_') ? 200 : 401);
		}
		assert.doesNotMatch(dump, /\b(sk|vt)_[0-9a-f]{8}_[\w-]{20}/);
		const [{ hash }] = await world.sql.rows`SELECT key_hash AS hash FROM parlor.api_keys WHERE organization_id = ${shop.id} LIMIT 1`;
		for (const stolen of [hash, `sk_${hash}`])
			assert.equal(await works(stolen), 401);
	});
});

test('the tests hash what b2sum hashes, at the end of a block, too', () => {
	for (const text of ['', 'sk_0123abcd_x', ...[127, 128, 129, 255, 256, 257].map((length) => word(length))])
		assert.equal(blake2b(text), execFileSync('b2sum', ['-l', '256'], { input: text, encoding: 'utf8' }).slice(0, 64));
});
