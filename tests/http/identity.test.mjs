// Who a visitor is, by proof of the organization's server: docs/identity.md.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { blake2b, eventually, expect, useWorld, word } from '../lib/world.mjs';

const world = await useWorld();
const IDENTITY = '/api/v1/organization/identity';
const seconds = (ahead) => Math.floor(Date.now() / 1000) + ahead;
const hex = (secret, text) => createHmac('sha256', secret).update(text).digest('hex');

const hashOf = (secret, organization, user, ahead = 600) =>
	`v1.${seconds(ahead)}.${hex(secret, `v1.${seconds(ahead)}.${organization}.${user}`)}`;

function tokenOf(secret, claims, { alg = 'HS256', ahead = 600, ...header } = {}) {
	const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
	const text = `${part({ alg, ...header })}.${part({ exp: seconds(ahead), ...claims })}`;
	return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

// An organization with a secret.
async function proving(options) {
	const shop = await world.organization(options);
	shop.secret = await newSecret(shop);
	shop.user = (id, more) => ({ id, hash: hashOf(shop.secret, shop.id, id), ...more });
	return shop;
}
const newSecret = async (shop) => expect(await shop.api.post(`${IDENTITY}/secrets`), 201).json.secret;
const start = (shop, body, client = shop.client()) => client.post('/api/v1/widget/session', { key: shop.key, ...body });
const started = async (shop, body) => expect(await start(shop, body), 200).json;
const crowd = (shop, user) => Promise.all(Array.from({ length: 50 }, () => started(shop, { user })));
const refused = (answer, code) => assert.equal(expect(answer, 403).json.code, code);
const with_ = (shop, token) => shop.client({ Authorization: `Bearer ${token}` });
const texts = async (shop, token, conversation) =>
	expect(await with_(shop, token).get(`/api/v1/widget/conversations/${conversation.id}/messages`), 200)
		.json.data.map((m) => m.content);
const say = async (shop, token, content) => expect(await with_(shop, token).post('/api/v1/widget/conversations',
	{ clientId: word(), content }), 201).json;
const audit = async (shop) => (await shop.api.get('/api/v1/audit-log')).json.data;

describe('a proven user', () => {
	for (const [how, user] of [['hash', (shop, id) => shop.user(id)],
		['token', (shop, id) => ({ token: tokenOf(shop.secret, { sub: id }) })]])
		test(`by ${how}: one visitor and one history on all devices`, async () => {
			const shop = await proving();
			const id = `user ${word(8)} ü.1`;
			const phone = await started(shop, { user: user(shop, id) });
			assert.equal(phone.visitor.verified, true);
			const { conversation } = await say(shop, phone.token, 'from the phone');
			const desk = await started(shop, { user: user(shop, id) });
			assert.equal(desk.visitor.id, phone.visitor.id);
			assert.notEqual(desk.token, phone.token);
			assert.equal(desk.conversation.id, conversation.id);
			assert.deepEqual(await texts(shop, desk.token, conversation), ['from the phone']);
			const { visitor } = expect(await shop.api.get(`/api/v1/visitors/${desk.visitor.id}`), 200).json;
			assert.deepEqual([visitor.verified, visitor.identityKey, visitor.emailVerified], [true, id, false]);
			const other = await started(shop, { user: user(shop, `${id}x`) });
			assert.notEqual(other.visitor.id, desk.visitor.id);
			assert.equal(other.conversation, null);
		});

	test('is one visitor when 50 devices come at once', async () => {
		const shop = await proving();
		const user = shop.user('everywhere');
		const all = await crowd(shop, user);
		assert.equal(new Set(all.map(({ visitor }) => visitor.id)).size, 1);
		assert.equal(new Set(all.map(({ token }) => token)).size, 50);
		assert.equal(await world.sql.value`SELECT count(*) FROM chat_users WHERE organization_id = ${shop.id}`, 1);
	});

	test('is told of as an event', async () => {
		const shop = await proving();
		const cursor = (await shop.api.get('/api/v1/events?wait=0')).json.cursor;
		const { visitor } = await started(shop, { user: shop.user('u') });
		const seen = await eventually('the events', async () => {
			const { events } = (await shop.api.get(`/api/v1/events?wait=0&cursor=${encodeURIComponent(cursor)}`)).json;
			return events.length >= 2 && events;
		});
		assert.deepEqual(seen.map((e) => [e.type, e.data.visitor.id, e.data.visitor.verified]),
			[['visitor.created', visitor.id, true], ['visitor.identified', visitor.id, true]]);
	});

	test('is known by facts that a token proves, which claims do not change', async () => {
		const shop = await proving();
		const claims = { sub: 'u', name: 'Zoë', email: 'zoe@example.com', plan: 'pro', seats: 3 };
		const first = await started(shop, { user: { token: tokenOf(shop.secret, claims) } });
		await started(shop, { user: shop.user('u', { email: 'mallory@example.com' }) });
		await started(shop, { token: first.token, user: { name: 'Mallory', email: 'mallory@example.com' } });
		const { visitor } = (await shop.api.get(`/api/v1/visitors/${first.visitor.id}`)).json;
		assert.deepEqual([visitor.name, visitor.email, visitor.emailVerified], ['Zoë', 'zoe@example.com', true]);
		assert.deepEqual(visitor.metadata, { plan: 'pro', seats: 3 });
		await started(shop, { user: { token: tokenOf(shop.secret, { ...claims, plan: 'free', email: 'new@example.com' }) } });
		const later = (await shop.api.get(`/api/v1/visitors/${first.visitor.id}`)).json.visitor;
		assert.deepEqual([later.email, later.metadata], ['new@example.com', { plan: 'free', seats: 3 }]);
		const unsure = await started(shop, { user: { token: tokenOf(shop.secret,
			{ sub: 'v', email: 'v@example.com', email_verified: false }) } });
		assert.equal((await shop.api.get(`/api/v1/visitors/${unsure.visitor.id}`)).json.visitor.emailVerified, false);
	});

	test('carries a mark in the dashboard, others do not', async () => {
		const shop = await proving();
		const known = await started(shop, { user: shop.user('user-4711', { name: 'Known' }) });
		const claimed = await started(shop, { user: { name: 'Claimed' } });
		const staff = await shop.staff('agent');
		for (const [token, yes] of [[known.token, true], [claimed.token, false]]) {
			const { conversation } = await say(shop, token, 'hello');
			const { text } = expect(await staff.get(`/inbox/${conversation.id}/details`), 200);
			assert.equal(text.includes('Identity verified'), yes);
			assert.equal(text.includes('user-4711'), yes);
			assert.equal(text.includes('Not verified'), !yes);
		}
		const { text } = expect(await staff.get('/visitors'), 200);
		assert.equal(text.split('Identity verified').length, 2, 'one of two');
	});
});

describe('a proof that is not good', () => {
	test('has one answer, whatever is wrong with it', async () => {
		const shop = await proving(), other = await proving();
		const { secret, id } = shop, good = hashOf(secret, id, 'u');
		const mac = good.split('.')[2], end = good.split('.')[1];
		const users = {
			'over': { id: 'u', hash: hashOf(secret, id, 'u', -1) },
			'over since long': { id: 'u', hash: hashOf(secret, id, 'u', -86400) },
			'more than an hour ahead': { id: 'u', hash: hashOf(secret, id, 'u', 3660) },
			'for ever': { id: 'u', hash: hashOf(secret, id, 'u', 1e9) },
			'of another organization, by its secret': { id: 'u', hash: hashOf(other.secret, other.id, 'u') },
			'of another organization, by ours': { id: 'u', hash: hashOf(secret, other.id, 'u') },
			'of ours, by another secret': { id: 'u', hash: hashOf(other.secret, id, 'u') },
			'of another user': { id: 'v', hash: good },
			'of a user in other letters': { id: 'U', hash: good },
			'cut': { id: 'u', hash: good.slice(0, -1) },
			'cut to nothing': { id: 'u', hash: `v1.${end}.` },
			'empty': { id: 'u', hash: '' },
			'longer': { id: 'u', hash: `${good}0` },
			'with another end': { id: 'u', hash: `v1.${Number(end) + 1}.${mac}` },
			'of another version': { id: 'u', hash: `v2.${end}.${mac}` },
			'in capitals': { id: 'u', hash: `v1.${end}.${mac.toUpperCase()}` },
			'with the publishable key': { id: 'u', hash: hashOf(shop.key, id, 'u') },
			'without the prefix of the secret': { id: 'u', hash: hashOf(secret.slice(3), id, 'u') },
			'a token of another secret': { token: tokenOf(other.secret, { sub: 'u' }) },
			'a token that is over': { token: tokenOf(secret, { sub: 'u' }, { ahead: -60 }) },
			'a token for two days': { token: tokenOf(secret, { sub: 'u' }, { ahead: 2 * 86400 }) },
			'a token without an end': { token: tokenOf(secret, { sub: 'u', exp: undefined }) },
			'a token of nobody': { token: tokenOf(secret, {}) },
			'a token of another': { id: 'v', token: tokenOf(secret, { sub: 'u' }) },
			'a token for another organization': { token: tokenOf(secret, { sub: 'u', aud: other.id }) },
			'a token that is not signed': { token: `${tokenOf(secret, { sub: 'u' }, { alg: 'none' }).replace(/[^.]*$/, '')}` },
			'a token that says none': { token: tokenOf(secret, { sub: 'u' }, { alg: 'none' }) },
			'a token that says RS256': { token: tokenOf(secret, { sub: 'u' }, { alg: 'RS256' }) },
			'a token with crit': { token: tokenOf(secret, { sub: 'u' }, { crit: ['exp'] }) },
			'a cut token': { token: tokenOf(secret, { sub: 'u' }).slice(0, -1) },
			'a token that is none': { token: 'x' },
		};
		const bodies = new Set();
		for (const [what, user] of Object.entries(users)) {
			const answer = await start(shop, { user }, shop.client());
			assert.equal(answer.status, 403, what);
			assert.equal(answer.json.code, 'identity_invalid', what);
			bodies.add(answer.text.replaceAll(answer.json.requestId, ''));
		}
		assert.equal(bodies.size, 1);
		assert.equal(await world.sql.value`SELECT count(*) FROM chat_users WHERE organization_id = ${shop.id}`, 0);
		assert.equal((await started(shop, { user: { id: 'u', hash: good } })).visitor.verified, true);
	});

	test('is refused as well when there is no secret, or it is later in the session', async () => {
		const none = await world.organization();
		refused(await start(none, { user: { id: 'u', hash: hashOf('is_x', none.id, 'u') } }), 'identity_invalid');
		const visitor = await none.visitor();
		refused(await visitor.post('identify', { user: { id: 'u', hash: hashOf('', none.id, 'u') } }), 'identity_invalid');
	});

	test('cannot be tried for ever', async () => {
		const shop = await proving();
		const client = shop.client();
		const answers = [];
		for (let i = 0; i < 32; i++)
			answers.push((await start(shop, { user: { id: 'u', hash: `v1.1.${word(64)}` } }, client)).status);
		assert.deepEqual([answers[0], answers.at(-1)], [403, 429]);
	});

	test('that contradicts itself is a fault of the request', async () => {
		const shop = await proving();
		for (const [user, pointer] of [[{ hash: 'v1.1.x' }, '/user/id'], [{ id: 'u', hash: 'x', token: 'y' }, '/user/token']])
			assert.equal(expect(await start(shop, { user }), 422).json.errors[0].pointer, pointer);
		for (const [user, pointer] of [[{ id: '' }, '/user/id'], [{ id: 'x'.repeat(129) }, '/user/id'], [{ id: 7 }, '/user/id'],
				[{ token: 'x'.repeat(8193) }, '/user/token'], [{ admin: true }, '/user/admin'], [[], '/user']])
			assert.equal(expect(await start(shop, { user }), 422).json.errors[0].pointer, pointer);
		for (const user of [null, {}, { id: null, hash: null, name: null }])
			assert.equal((await started(shop, { user })).visitor.verified, false);
	});
});

describe('histories that are proven and not', () => {
	test('never merge: the anonymous one stays where it was, and its token knows nothing of the other', async () => {
		const shop = await proving();
		const before = await started(shop, { user: { name: 'Ada' } });
		const { conversation: anonymous } = await say(shop, before.token, 'anonymous');
		const after = await started(shop, { token: before.token, user: shop.user('ada') });
		assert.notEqual(after.token, before.token);
		assert.notEqual(after.visitor.id, before.visitor.id);
		assert.equal(after.conversation, null);
		const { conversation: known } = await say(shop, after.token, 'known');
		for (const [token, theirs, foreign] of [[before.token, anonymous, known], [after.token, known, anonymous]]) {
			expect(await with_(shop, token).get(`/api/v1/widget/conversations/${foreign.id}`), 404);
			assert.deepEqual((await with_(shop, token).get('/api/v1/widget/conversations')).json.data.map((c) => c.id), [theirs.id]);
		}
		const again = await started(shop, { token: before.token });
		assert.deepEqual([again.visitor.id, again.token], [before.visitor.id, before.token]);
	});

	test('a claim of somebody\'s id, name or address leads to nobody\'s history', async () => {
		const shop = await proving();
		const known = await started(shop, { user: shop.user('ada', { name: 'Ada', email: 'ada@example.com' }) });
		for (const user of [{ id: 'ada' }, { id: 'ada', name: 'Ada', email: 'ada@example.com' }, { email: 'ada@example.com' }]) {
			const claimed = await started(shop, { user });
			assert.notEqual(claimed.visitor.id, known.visitor.id);
			assert.equal(claimed.visitor.verified, false);
		}
	});

	test('a token goes on for the same person, and ends for another', async () => {
		const shop = await proving();
		const ada = await started(shop, { user: shop.user('ada') });
		const again = await started(shop, { token: ada.token, user: shop.user('ada') });
		assert.equal(again.token, ada.token, 'other tabs are not cut off');
		const plain = await started(shop, { token: ada.token });
		assert.deepEqual([plain.token, plain.visitor.verified], [ada.token, true]);
		const bo = await started(shop, { token: ada.token, user: shop.user('bo') });
		assert.notEqual(bo.visitor.id, ada.visitor.id);
		expect(await with_(shop, ada.token).get('/api/v1/widget/conversations'), 401);
		const other = await proving();
		const there = await started(other, { token: bo.token, user: other.user('bo') });
		assert.notEqual(there.visitor.id, bo.visitor.id);
		expect(await with_(shop, bo.token).get('/api/v1/widget/conversations'), 200);
	});

	test('identify does later what the start does', async () => {
		const shop = await proving();
		const visitor = await shop.visitor();
		await visitor.begin('anonymous');
		const claim = expect(await visitor.post('identify', { user: { name: 'Ada' } }), 200).json;
		assert.deepEqual([claim.token, claim.visitor.name, claim.visitor.verified], [visitor.token, 'Ada', false]);
		const known = expect(await visitor.post('identify', { user: shop.user('ada') }), 200).json;
		assert.notEqual(known.token, visitor.token);
		assert.deepEqual([known.visitor.verified, known.conversation], [true, null]);
		assert.equal((await started(shop, { user: shop.user('ada') })).visitor.id, known.visitor.id);
		expect(await shop.client().post('/api/v1/widget/identify', { user: shop.user('ada') }), 401);
		expect(await visitor.post('identify', {}), 422);
		assert.equal((await with_(shop, known.token).get(`/api/v1/widget/events?wait=0&cursor=${encodeURIComponent(known.cursor)}`)).status, 200);
	});
});

describe('what is asked for', () => {
	const set = (shop, mode) => shop.api.patch(IDENTITY, { mode });

	test('"users": whom a page names must be proven, others may write', async () => {
		const shop = await proving();
		assert.equal(expect(await set(shop, 'users'), 200).json.mode, 'users');
		const anonymous = await started(shop, {});
		for (const user of [{ name: 'Ada' }, { email: 'a@example.com' }, { id: 'ada' }]) {
			refused(await start(shop, { user }), 'identity_required');
			refused(await start(shop, { user, token: anonymous.token }), 'identity_required');
			refused(await with_(shop, anonymous.token).post('/api/v1/widget/identify', { user }), 'identity_required');
		}
		refused(await start(shop, { user: { id: 'ada', hash: 'v1.1.x' } }), 'identity_invalid');
		await say(shop, anonymous.token, 'hello');
		assert.equal((await started(shop, { user: shop.user('ada') })).visitor.verified, true);
	});

	test('"everybody": who is not proven is nobody from that moment, also in a poll', async () => {
		const shop = await proving();
		const anonymous = await shop.visitor();
		const { conversation } = await anonymous.begin();
		const ada = await started(shop, { user: shop.user('ada') });
		const poll = (token, cursor) => with_(shop, token).get(`/api/v1/widget/events?wait=25&cursor=${encodeURIComponent(cursor)}`);
		const waiting = poll(anonymous.token, (await anonymous.get('events?wait=0&cursor=')).json.cursor);
		const asked = Date.now();
		expect(await set(shop, 'everybody'), 200);
		assert.equal((await waiting).status, 401);
		assert.ok(Date.now() - asked < 5000, `${Date.now() - asked} ms`);
		expect(await anonymous.get(`conversations/${conversation.id}`), 401);
		refused(await start(shop, {}), 'identity_required');
		refused(await start(shop, { token: anonymous.token }), 'identity_required');
		assert.equal((await started(shop, { token: ada.token })).visitor.id, ada.visitor.id);
		await say(shop, ada.token, 'hello');
		expect(await set(shop, 'optional'), 200);
		expect(await anonymous.get(`conversations/${conversation.id}`), 200);
	});

	test('cannot be asked for when nobody can prove anything', async () => {
		const shop = await world.organization();
		for (const mode of ['users', 'everybody'])
			assert.equal(expect(await set(shop, mode), 409).json.code, 'no_secret');
		for (const body of [{ mode: 'x' }, { mode: null }, { followSignIn: 'yes' }, { secret: 'x' }])
			expect(await shop.api.patch(IDENTITY, body), 422);
		assert.equal((await shop.api.get(IDENTITY)).json.mode, 'optional');
	});

	test('is noted when it changes, once', async () => {
		const shop = await proving();
		await set(shop, 'users');
		await set(shop, 'users');
		const lines = (await audit(shop)).filter((a) => a.action === 'identity.updated');
		assert.deepEqual(lines.map((a) => a.changes), [{ mode: ['optional', 'users'] }]);
	});
});

describe('secrets', () => {
	test('are exchanged: two are good, then the old one is not', async () => {
		const shop = await proving();
		const old = shop.user('u');
		const fresh = await newSecret(shop);
		assert.equal(expect(await shop.api.post(`${IDENTITY}/secrets`), 409).json.code, 'two_secrets');
		const renewed = { id: 'u', hash: hashOf(fresh, shop.id, 'u') };
		const first = await started(shop, { user: old }), second = await started(shop, { user: renewed });
		assert.equal(first.visitor.id, second.visitor.id);
		const { secrets } = (await shop.api.get(IDENTITY)).json;
		assert.equal(secrets.length, 2);
		assert.ok(secrets.every((s) => s.lastUsedAt && s.hint.length === 7));
		assert.ok(fresh.startsWith(secrets[0].hint), 'the newest first');
		expect(await shop.api.request('DELETE', `${IDENTITY}/secrets/old`), 204);
		expect(await shop.api.request('DELETE', `${IDENTITY}/secrets/old`), 404);
		refused(await start(shop, { user: old }), 'identity_invalid');
		assert.equal((await started(shop, { user: renewed })).visitor.id, first.visitor.id);
		assert.deepEqual((await audit(shop)).map((a) => a.action),
			['identity_secret.retired', 'identity_secret.created', 'identity_secret.created']);
	});

	test('are two at most when many are made at once', async () => {
		const shop = await world.organization();
		const answers = await Promise.all(Array.from({ length: 20 }, () => shop.api.post(`${IDENTITY}/secrets`)));
		assert.deepEqual(answers.map((a) => a.status).sort(), [...Array(2).fill(201), ...Array(18).fill(409)]);
		const gone = await Promise.all(Array.from({ length: 10 }, () => shop.api.request('DELETE', `${IDENTITY}/secrets/old`)));
		assert.deepEqual(gone.map((a) => a.status).sort(), [204, ...Array(9).fill(404)]);
	});

	test('are sealed in the database, and in no answer but the first', async () => {
		const shop = await proving();
		const [row] = await world.sql.rows`SELECT to_jsonb(s)::text AS text FROM parlor.identity_secrets s WHERE organization_id = ${shop.id}`;
		assert.ok(!row.text.includes(shop.secret) && !row.text.includes(shop.secret.slice(8)));
		await started(shop, { user: shop.user('u') });
		const admin = await shop.staff('admin');
		for (const where of [IDENTITY, '/api/v1/audit-log', '/settings/identity'])
			assert.ok(!expect(await admin.get(where), 200).text.includes(shop.secret.slice(8)), where);
	});

	test('are for those who may make keys', async () => {
		const shop = await proving();
		for (const role of ['agent', 'viewer']) {
			const staff = await shop.staff(role);
			for (const [method, where] of [['GET', IDENTITY], ['PATCH', IDENTITY], ['POST', `${IDENTITY}/secrets`],
				['DELETE', `${IDENTITY}/secrets/old`], ['GET', '/settings/identity']])
				expect(await staff.request(method, where), 403);
		}
		expect(await shop.client().get(IDENTITY), 401);
		const other = await world.organization();
		assert.deepEqual((await other.api.get(IDENTITY)).json.secrets, []);
		expect(await other.api.request('DELETE', `${IDENTITY}/secrets/old`), 404);
	});

	test('on the settings page: made, shown once, exchanged, retired; rules are kept', async () => {
		const shop = await world.organization();
		const admin = await shop.staff('admin');
		const csrf = admin.headers['X-CSRF-Token'];
		const page = async () => expect(await admin.get('/settings/identity'), 200).text;
		const secretOf = (answer) => /is_[\w-]{43}/.exec(expect(answer, 200).text)[0];
		assert.match(await page(), /There is no secret yet/);
		assert.match(expect(await admin.form('/settings/identity', { csrf, mode: 'users' }), 409).text, /no secret yet, so nobody/);
		shop.secret = secretOf(await admin.form('/settings/identity/secrets', { csrf }));
		assert.ok(!(await page()).includes(shop.secret));
		const user = { id: 'u', hash: hashOf(shop.secret, shop.id, 'u') };
		await started(shop, { user });
		assert.match(expect(await admin.form('/settings/identity/retire', { csrf }), 409).text, /only one secret/);
		secretOf(await admin.form('/settings/identity/secrets', { csrf }));
		expect(await admin.form('/settings/identity/secrets', { csrf }), 409);
		expect(await admin.form('/settings/identity/retire', { csrf }), 303);
		refused(await start(shop, { user }), 'identity_invalid');
		expect(await admin.form('/settings/identity', { csrf, mode: 'everybody', followSignIn: 'true' }), 303);
		assert.match(await page(), /value="everybody" checked/);
		const { mode, followSignIn } = (await shop.api.get(IDENTITY)).json;
		assert.deepEqual([mode, followSignIn], ['everybody', true]);
		expect(await admin.form('/settings/identity', { mode: 'optional' }, { headers: { 'X-CSRF-Token': 'x' } }), 403);
	});
});

describe('a visitor of an account (users.id)', () => {
	const link = async (shop, { id = word(32) } = {}) => {
		await world.sql.exec`INSERT INTO users (id, name, email, email_verified, created_at, updated_at)
			VALUES (${id}, 'Acc Ount', ${`${word(12).toLowerCase()}@example.org`}, true, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC')`;
		return id;
	};
	const rowOf = async (id) => (await world.sql.rows`SELECT user_id, identity_key, verified FROM chat_users WHERE id = ${id}`)[0];

	test('is linked when the id is the account\'s, but not by a serial number', async () => {
		const shop = await proving();
		const account = await link(shop);
		const { visitor } = await started(shop, { user: shop.user(account) });
		assert.deepEqual(await rowOf(visitor.id), { user_id: account, identity_key: account, verified: true });
		const serial = await link(shop, { id: `${word(6)}` });
		const short = await started(shop, { user: shop.user(serial) });
		assert.equal((await rowOf(short.visitor.id)).user_id, null);
		expect(await shop.api.patch(IDENTITY, { followSignIn: true }), 200);
		await started(shop, { user: shop.user(serial) });
		assert.equal((await rowOf(short.visitor.id)).user_id, serial);
	});

	test('takes over the row that another program wrote for the account, with its history, under load', async () => {
		const shop = await proving();
		const account = await link(shop), ids = [word(), word()];
		for (const id of ids)
			await world.sql.exec`INSERT INTO chat_users (id, organization_id, user_id, name) VALUES (${id}, ${shop.id}, ${account}, 'Seeded')`;
		const conversation = { id: word() };
		await world.sql.exec`INSERT INTO conversations (id, organization_id, chat_user_id) VALUES (${conversation.id}, ${shop.id}, ${ids[1]})`;
		await world.sql.exec`INSERT INTO messages (id, conversation_id, sender_id, sender_type, content)
			VALUES (${word()}, ${conversation.id}, ${ids[1]}, 'user', 'from the other program')`;
		const old = `vt_00000000_${word(43)}`;
		await world.sql.exec`INSERT INTO parlor.visitor_tokens (token_hash, organization_id, chat_user_id) VALUES (${blake2b(old)}, ${shop.id}, ${ids[1]})`;
		expect(await with_(shop, old).get('/api/v1/widget/conversations'), 200);
		const all = await crowd(shop, shop.user(account));
		assert.deepEqual([...new Set(all.map(({ visitor }) => visitor.id))], [ids[1]]);
		assert.deepEqual(await texts(shop, all[0].token, conversation), ['from the other program']);
		expect(await with_(shop, old).get('/api/v1/widget/conversations'), 401);
		assert.deepEqual(await rowOf(ids[0]), { user_id: account, identity_key: null, verified: false });
	});
});

describe('signing out', () => {
	const waits = (shop, session) => with_(shop, session.token)
		.get(`/api/v1/widget/events?wait=25&cursor=${encodeURIComponent(session.cursor)}`);

	test('ends the token and the poll that waits with it, and no other', async () => {
		const shop = await proving();
		const here = await started(shop, { user: shop.user('u') }), there = await started(shop, { user: shop.user('u') });
		const waiting = waits(shop, here);
		const asked = Date.now();
		expect(await with_(shop, here.token).request('DELETE', '/api/v1/widget/session'), 204);
		assert.equal((await waiting).status, 401);
		assert.ok(Date.now() - asked < 5000);
		expect(await with_(shop, here.token).request('DELETE', '/api/v1/widget/session'), 401);
		expect(await with_(shop, here.token).get('/api/v1/widget/conversations'), 401);
		expect(await with_(shop, there.token).get('/api/v1/widget/conversations'), 200);
		const next = await started(shop, { token: here.token });
		assert.notEqual(next.visitor.id, here.visitor.id, 'the next visitor starts anew');
	});

	test('everywhere, by staff, ends all of a visitor', async () => {
		const shop = await proving();
		const sessions = [await started(shop, { user: shop.user('u') }), await started(shop, { user: shop.user('u') })];
		const neighbour = await shop.visitor();
		const where = `/api/v1/visitors/${sessions[0].visitor.id}/sign-out`;
		const waiting = sessions.map((session) => waits(shop, session));
		expect(await (await shop.staff('viewer')).post(where), 403);
		assert.deepEqual(expect(await (await shop.staff('agent')).post(where), 200).json, { revoked: 2 });
		for (const answer of await Promise.all(waiting))
			assert.equal(answer.status, 401);
		expect(await neighbour.get('conversations'), 200);
		assert.deepEqual(expect(await shop.api.post(where), 200).json, { revoked: 0 });
		const [, line] = await audit(shop);
		assert.deepEqual([line.action, line.targetId, line.changes], ['visitor.signed_out', sessions[0].visitor.id, { tokens: 2 }]);
		expect(await (await world.organization()).api.post(where), 404);
	});
});

describe('a token', () => {
	const ages = (token, column, interval) => world.sql.exec([`UPDATE parlor.visitor_tokens SET ${column} = now() AT TIME ZONE 'UTC' + interval '${interval}' WHERE token_hash = `, ''], blake2b(token));
	const days = async (token, column) => Number(await world.sql.value([`SELECT round(extract(epoch FROM ${column} - now() AT TIME ZONE 'UTC') / 86400) FROM parlor.visitor_tokens WHERE token_hash = `, ''], blake2b(token)));

	test('is of 256 bits, kept as a hash, idle for 30 days and 180 at most', async () => {
		const shop = await world.organization();
		const { token } = await shop.visitor();
		assert.match(token, /^vt_[0-9a-f]{8}_[\w-]{43}$/);
		assert.equal(Buffer.from(token.slice(12), 'base64url').length, 32);
		assert.deepEqual([await days(token, 'idle_expires_at'), await days(token, 'expires_at')], [30, 180]);
		assert.equal(await world.sql.value`SELECT count(*) FROM parlor.visitor_tokens t WHERE to_jsonb(t)::text LIKE ${`%${token.slice(12)}%`}`, 0);
	});

	test('goes on when it is used, never beyond its end', async () => {
		const shop = await world.organization();
		const { token, id } = await shop.visitor();
		await ages(token, 'last_used_at', '-2 days');
		await ages(token, 'idle_expires_at', '3 days');
		assert.equal((await started(shop, { token })).visitor.id, id);
		assert.equal(await days(token, 'idle_expires_at'), 30);
		await ages(token, 'last_used_at', '-2 days');
		await ages(token, 'expires_at', '5 days');
		await started(shop, { token });
		assert.equal(await days(token, 'idle_expires_at'), 5);
		for (const column of ['idle_expires_at', 'expires_at']) {
			const visitor = await shop.visitor();
			await ages(visitor.token, column, '-1 second');
			expect(await visitor.get('conversations'), 401);
			assert.notEqual((await started(shop, { token: visitor.token })).visitor.id, visitor.id);
		}
	});

	test('is taken from the header alone, and stands in no log', async () => {
		const shop = await proving();
		const { token } = await started(shop, { user: shop.user('u') });
		for (const where of [`/api/v1/widget/conversations?token=${token}`, `/api/v1/widget/conversations?access_token=${token}`])
			expect(await shop.client().get(where), 401);
		const visitor = await shop.visitor();
		await visitor.begin();
		await started(shop, { token: visitor.token });
		const logs = spawnSync('grep', ['-rlF', '-e', visitor.token, '-e', shop.secret, '-e', 'hash":"v1', '--', world.stack.dir], { encoding: 'utf8' });
		assert.equal(logs.stdout, '', 'neither token nor secret in any file of the installation');
	});
});

describe('the examples of docs/identity.md', () => {
	const text = readFileSync(fileURLToPath(new URL('../../docs/identity.md', import.meta.url)), 'utf8');
	const blocks = [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```/gm)].map(([, language, code]) => ({ language, code }));
	const runs = {
		js: ['node', 'js', (name) => `process.stdout.write(${name}(...process.argv.slice(2)));`],
		python: ['python3', 'py', (name) => `import sys\nsys.stdout.write(${name}(*sys.argv[1:]))`],
		php: ['php', 'php', (name) => `echo ${name}($argv[1], $argv[2], $argv[3]);`],
		ruby: ['ruby', 'rb', (name) => `print ${name}(*ARGV)`],
	};
	const examples = blocks.filter(({ language }) => runs[language]);

	test('there is one in each language', () => {
		assert.deepEqual(new Set(examples.map(({ language }) => language)), new Set(Object.keys(runs)));
	});

	for (const { language, code } of examples) {
		const [program, suffix, call] = runs[language];
		const name = /(?:function|def) (\w+)/.exec(code)[1];
		const there = spawnSync(program, ['--version']).status === 0;
		test(`${name} in ${language}`, { skip: !there && `no ${program}` }, async () => {
			const shop = await proving();
			const dir = mkdtempSync(path.join(tmpdir(), 'parlor-example-'));
			const file = path.join(dir, `example.${suffix}`);
			writeFileSync(file, `${code}\n${call(name)}\n`);
			const made = spawnSync(program, [file, shop.secret, shop.id, 'user 1, ü'], { encoding: 'utf8' });
			rmSync(dir, { recursive: true });
			assert.equal(made.status, 0, made.stderr);
			const user = /token/i.test(name) ? { token: made.stdout } : { id: 'user 1, ü', hash: made.stdout };
			const { visitor } = await started(shop, { user });
			assert.equal(visitor.verified, true);
		});
	}
});
