// Dashboard sessions in Better Auth's format, and the defence against requests from other sites.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, test } from 'node:test';
import { expect, signCookie, useWorld, word } from '../lib/world.mjs';

const world = await useWorld();
const shop = await world.organization();
const { agent } = shop.members;
const NAME = 'better-auth.session_token';

const me = (cookie) => shop.client(cookie === undefined ? {} : { Cookie: cookie }).get('/api/v1/me');

describe('a cookie that Better Auth made', () => {
	test('is accepted, in every spelling that browsers and proxies make of it', async () => {
		const token = await world.session(agent.user, { organization: shop.id });
		const encoded = signCookie(token, world.secret), plain = decodeURIComponent(encoded);
		for (const cookie of [`${NAME}=${encoded}`, `${NAME}=${plain}`, `${NAME}="${encoded}"`,
			`a=b; ${NAME}=${encoded}; c=d`,
			`x${NAME}=wrong; ${NAME}=${encoded}`, `a=b;${NAME}=${encoded}`, `${NAME}.old=1; ${NAME}=${encoded}`])
			assert.equal(expect(await me(cookie), 200).json.memberId, agent.id, cookie);
	});

	test('counts only with its signature, its row and its name', async () => {
		const token = await world.session(agent.user, { organization: shop.id });
		const good = signCookie(token, world.secret), [, mac] = decodeURIComponent(good).split('.');
		const other = await world.session(shop.members.admin.user, { organization: shop.id });
		const raw = {
			'nothing': undefined, 'an empty cookie': '', 'an empty value': `${NAME}=`,
			'the bare token': `${NAME}=${token}`,
			'no signature': `${NAME}=${token}.`,
			'a signature alone': `${NAME}=.${encodeURIComponent(mac)}`,
			'another key': `${NAME}=${signCookie(token, 'another secret of at least 32 characters')}`,
			'an unknown token, well signed': `${NAME}=${signCookie(word(32), world.secret)}`,
			'the signature of another session': `${NAME}=${encodeURIComponent(`${other}.${mac}`)}`,
			'a changed first letter': `${NAME}=${good[0] === 'a' ? 'b' : 'a'}${good.slice(1)}`,
			'a cut signature': `${NAME}=${encodeURIComponent(decodeURIComponent(good).slice(0, -2))}`,
			'a lengthened signature': `${NAME}=${good}A`,
			'a URL-safe signature': `${NAME}=${encodeURIComponent(`${token}.${createHmac('sha256', world.secret).update(token).digest('base64url')}`)}`,
			'a hexadecimal signature': `${NAME}=${token}.${createHmac('sha256', world.secret).update(token).digest('hex')}`,
			'the name of an https site': `__Secure-${NAME}=${good}`,
			'a name in capitals': `${NAME.toUpperCase()}=${good}`,
			'a broken escape': `${NAME}=${good}%2`,
			'a NUL': `${NAME}=${token}%00.${encodeURIComponent(mac)}`,
			'quotes that do not close': `${NAME}="${good}`,
			'SQL': `${NAME}=${signCookie("' OR 1=1 --", world.secret)}`,
			'the cache that Better Auth keeps beside it': `better-auth.session_data=${good}`,
		};
		for (const [what, cookie] of Object.entries(raw))
			assert.equal((await me(cookie)).status, 401, what);
		expect(await me(`${NAME}=${good}`), 200);
	});

	test('is no use when the session has expired or was deleted', async () => {
		const expired = await world.session(agent.user, { organization: shop.id, days: -1 });
		expect(await me(`${NAME}=${signCookie(expired, world.secret)}`), 401);
		const token = await world.session(agent.user, { organization: shop.id });
		expect(await me(`${NAME}=${signCookie(token, world.secret)}`), 200);
		await world.sql.exec`DELETE FROM sessions WHERE token = ${token}`;
		expect(await me(`${NAME}=${signCookie(token, world.secret)}`), 401);
	});

	test('speaks for the active organization only while its user is a member', async () => {
		const other = await world.organization();
		const token = await world.session(agent.user, { organization: other.id });
		assert.equal(expect(await me(`${NAME}=${signCookie(token, world.secret)}`), 200).json.organizationId, shop.id);
		const nobody = await world.organization({ roles: ['agent'] });
		const lost = await world.session(nobody.members.agent.user, { organization: nobody.id });
		await world.sql.exec`DELETE FROM members WHERE id = ${nobody.members.agent.id}`;
		const answer = await me(`${NAME}=${signCookie(lost, world.secret)}`);
		assert.ok([401, 403].includes(answer.status), answer.text);
	});

	test('is renewed for seven days when a day has gone by, as Better Auth does it', async () => {
		const left = async (token) => Number(await world.sql.value`SELECT extract(epoch FROM expires_at - now() AT TIME ZONE 'UTC')::int AS n
			FROM sessions WHERE token = ${token}`);
		const young = await world.session(agent.user, { organization: shop.id });
		const fresh = expect(await me(`${NAME}=${signCookie(young, world.secret)}`), 200);
		assert.equal(fresh.headers['set-cookie'], undefined);
		const old = await world.session(agent.user, { organization: shop.id, age: 3 });
		const before = await left(old);
		const [cookie] = expect(await me(`${NAME}=${signCookie(old, world.secret)}`), 200).headers['set-cookie'];
		assert.ok(before < 4 * 86400 + 60 && await left(old) > 7 * 86400 - 60);
		assert.equal(cookie.split(';')[0], `${NAME}=${signCookie(old, world.secret)}`);
		for (const part of ['Path=/', 'HttpOnly', 'SameSite=Lax', 'Max-Age=604800'])
			assert.ok(cookie.includes(`; ${part}`), cookie);
		const day = await world.session(agent.user, { organization: shop.id, days: 1 });
		assert.equal(expect(await me(`${NAME}=${signCookie(day, world.secret)}`), 200).headers['set-cookie'], undefined,
			'not that of a day');
	});
});

const visitor = await shop.visitor();
const { conversation } = await visitor.begin();
const staff = await shop.staff('agent', { csrf: false });

describe('a write with the cookie', () => {
	const path = `/api/v1/conversations/${conversation.id}/messages`;
	const token = createHmac('sha256', world.secret).update(`csrf:${staff.session}`).digest('hex');
	const own = world.url;
	const cases = [
		// what the browser says of the request; accepted?
		[{ Origin: own, 'Sec-Fetch-Site': 'same-origin', 'X-CSRF-Token': token }, true],
		[{ Origin: own, 'X-CSRF-Token': token }, true, 'an older browser'],
		[{ Origin: own, 'Sec-Fetch-Site': 'same-origin' }, false, 'no token'],
		[{ Origin: own, 'Sec-Fetch-Site': 'same-origin', 'X-CSRF-Token': '' }, false, 'an empty token'],
		[{ Origin: own, 'Sec-Fetch-Site': 'same-origin', 'X-CSRF-Token': token.slice(1) }, false, 'half a token'],
		[{ Origin: own, 'Sec-Fetch-Site': 'same-origin', 'X-CSRF-Token': '0'.repeat(64) }, false, 'another token'],
		[{ Origin: own, 'Sec-Fetch-Site': 'cross-site', 'X-CSRF-Token': token }, false, 'from another site'],
		[{ Origin: own, 'Sec-Fetch-Site': 'same-site', 'X-CSRF-Token': token }, false, 'from a neighbour'],
		[{ Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site', 'X-CSRF-Token': token }, false,
		'from another origin'],
		[{ Origin: 'https://evil.example', 'X-CSRF-Token': token }, false, 'from another origin, older browser'],
		[{ Origin: 'null', 'X-CSRF-Token': token }, false, 'from a sandbox'],
		[{ Origin: own.replace(/\d+$/, '1'), 'X-CSRF-Token': token }, false, 'from another port'],
		[{ Origin: `${own}.evil.example`, 'X-CSRF-Token': token }, false, 'from a longer host'],
		[{ 'X-CSRF-Token': token }, false, 'from nowhere'],
		[{ Referer: `${own}/inbox`, 'X-CSRF-Token': token }, false, 'with a referrer alone'],
	];
	for (const [headers, accepted, name = 'of the own page'] of cases)
		test(`${name} is ${accepted ? 'taken' : 'refused'}`, async () => {
			const plain = shop.client({ Cookie: staff.headers.Cookie });
			const body = { clientId: word(), content: 'from a page' };
			const answer = await plain.post(path, body, { headers });
			expect(answer, accepted ? 201 : 403);
			const rows = await world.sql.rows`SELECT id FROM messages WHERE client_id = ${body.clientId}`;
			assert.equal(rows.length, accepted ? 1 : 0);
		});

	test('of another session\'s token is refused', async () => {
		const other = await shop.staff('admin');
		expect(await other.post(path, { clientId: word(), content: 'x' },
			{ headers: { Cookie: staff.headers.Cookie } }), 403);
	});

	test('cannot ride on a key that is not there', async () => {
		expect(await shop.client({ Cookie: staff.headers.Cookie, Authorization: 'Bearer sk_none' }).get('/api/v1/me'),
			401);
	});
});
