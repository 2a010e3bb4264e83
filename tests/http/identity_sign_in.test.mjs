// Visitors who are signed in at this site: which request may look at the session cookie, what it tells,
// and what it never does. docs/identity.md, "Accounts of this site".
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { expect, signCookie, useWorld, word } from '../lib/world.mjs';

const world = await useWorld({ options: { 'auth.visitor_sign_in': 'yes' } });
const shop = await world.organization();
expect(await shop.api.patch('/api/v1/organization/identity', { followSignIn: true }), 200);
const NAME = 'better-auth.session_token';

// An account that is a member of nothing, and its session.
async function account(name = 'Cleo Diaz') {
	const id = word(32), email = `${word(12).toLowerCase()}@example.org`;
	await world.sql.exec`INSERT INTO users (id, name, email, email_verified, created_at, updated_at)
		VALUES (${id}, ${name}, ${email}, true, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC')`;
	const token = await world.session(id);
	return { id, email, name, token, cookie: `${NAME}=${signCookie(token, world.secret)}` };
}
const frame = { 'Sec-Fetch-Site': 'same-origin', Origin: world.url };
const start = async (headers, body = {}, at = shop) =>
	expect(await at.client(headers).post('/api/v1/widget/session', { key: at.key, ...body }), 200);
const asking = (token) => shop.client({ Authorization: `Bearer ${token}` });

describe('who is signed in at this site', () => {
	test('is known to the widget\'s frame, with one history on all devices', async () => {
		const user = await account();
		const { json, headers } = await start({ ...frame, Cookie: user.cookie });
		assert.equal(headers['set-cookie'], undefined);
		assert.equal(json.visitor.verified, true);
		assert.deepEqual([json.visitor.name, json.visitor.email], [user.name, user.email]);
		const { visitor } = (await shop.api.get(`/api/v1/visitors/${json.visitor.id}`)).json;
		assert.deepEqual([visitor.userId, visitor.emailVerified], [user.id, true]);
		const phone = `${NAME}=${signCookie(await world.session(user.id), world.secret)}`;
		const other = (await start({ ...frame, Cookie: phone })).json;
		assert.equal(other.visitor.id, json.visitor.id);
		const again = (await start({ ...frame, Cookie: user.cookie }, { token: json.token })).json;
		assert.equal(again.token, json.token);
	});

	test('is one visitor when 50 come at once', async () => {
		const user = await account();
		const all = await Promise.all(Array.from({ length: 50 }, async () => expect(
			await shop.client({ ...frame, Cookie: user.cookie }).post('/api/v1/widget/session', { key: shop.key }), 200)));
		assert.equal(new Set(all.map(({ json }) => json.visitor.id)).size, 1);
		assert.equal(await world.sql.value`SELECT count(*) FROM chat_users WHERE user_id = ${user.id}`, 1);
	});

	test('is nobody to any other request', async () => {
		const user = await account();
		const others = {
			'without a word of the browser': { Origin: world.url }, 'of a neighbour': { ...frame, 'Sec-Fetch-Site': 'same-site' },
			'of another site': { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://shop.example' },
			'typed in': { 'Sec-Fetch-Site': 'none' },
			'with another origin': { ...frame, Origin: 'https://shop.example' },
		};
		for (const [what, headers] of Object.entries(others))
			assert.equal((await start({ ...headers, Cookie: user.cookie })).json.visitor.verified, false, what);
		for (const cookie of [`${NAME}=${signCookie(user.token, 'another secret, also of 32 characters')}`, `${NAME}=${user.token}`,
			`${NAME}=${signCookie(word(32), world.secret)}`, `x${user.cookie}`])
			assert.equal((await start({ ...frame, Cookie: cookie })).json.visitor.verified, false, cookie);
		const client = shop.client({ ...frame, Cookie: user.cookie });
		for (const [method, path, body] of [['GET', '/api/v1/widget/conversations'], ['DELETE', '/api/v1/widget/session'],
			['POST', '/api/v1/widget/conversations', { clientId: word(), content: 'x' }],
			['POST', '/api/v1/widget/identify', { user: { id: user.id } }], ['GET', '/api/v1/widget/events?wait=0']])
			expect(await client.request(method, path, { body }), 401);
		const anonymous = (await start({})).json;
		const identified = await asking(anonymous.token).with({ ...frame, Cookie: user.cookie })
			.post('/api/v1/widget/identify', { user: { name: 'x' } });
		assert.equal(expect(identified, 200).json.visitor.verified, false);
	});

	test('is known only where the organization wants it', async () => {
		const user = await account(), plain = await world.organization();
		assert.equal((await start({ ...frame, Cookie: user.cookie }, {}, plain)).json.visitor.verified, false);
		for (const [at, known] of [[shop, true], [plain, false]]) {
			const { text } = expect(await at.client({ Cookie: user.cookie }).get(`/widget/frame?key=${at.key}`), 200);
			assert.equal(text.includes('data-known="yes"'), known);
		}
		assert.ok(!(await shop.client().get(`/widget/frame?key=${shop.key}`)).text.includes('data-known="yes"'));
	});

	test('suffices where everybody is asked for proof', async () => {
		const closed = await world.organization(), user = await account();
		expect(await closed.api.patch('/api/v1/organization/identity', { followSignIn: true, mode: 'everybody' }), 200);
		assert.equal((await start({ ...frame, Cookie: user.cookie }, {}, closed)).json.visitor.verified, true);
		assert.equal(expect(await closed.client(frame).post('/api/v1/widget/session', { key: closed.key }), 403).json.code,
			'identity_required');
	});

	test('ends as a visitor with the session: a waiting poll, the token, the next start', async () => {
		const user = await account();
		const { json } = await start({ ...frame, Cookie: user.cookie });
		const waiting = asking(json.token).get(`/api/v1/widget/events?wait=25&cursor=${encodeURIComponent(json.cursor)}`);
		const asked = Date.now();
		await world.sql.exec`DELETE FROM sessions WHERE token = ${user.token}`;
		assert.equal((await waiting).status, 401);
		assert.ok(Date.now() - asked < 5000);
		expect(await asking(json.token).get('/api/v1/widget/conversations'), 401);
		const next = (await start({ ...frame, Cookie: user.cookie }, { token: json.token })).json;
		assert.deepEqual([next.visitor.verified, next.visitor.id === json.visitor.id], [false, false]);
	});

	test('ends with a start that comes without the cookie', async () => {
		const user = await account();
		const { json } = await start({ ...frame, Cookie: user.cookie });
		const next = (await start(frame, { token: json.token })).json;
		assert.notEqual(next.visitor.id, json.visitor.id);
		expect(await asking(json.token).get('/api/v1/widget/conversations'), 401);
	});

	test('goes on when the session changes its organization, not beyond its end', async () => {
		const user = await account();
		const { json } = await start({ ...frame, Cookie: user.cookie });
		await world.sql.exec`UPDATE sessions SET active_organization_id = ${shop.id} WHERE token = ${user.token}`;
		expect(await asking(json.token).get('/api/v1/widget/conversations'), 200);
		assert.equal(await world.sql.value`SELECT count(*) FROM parlor.visitor_tokens t JOIN sessions s ON s.token = ${user.token}
			WHERE t.chat_user_id = ${json.visitor.id} AND t.expires_at <= s.expires_at AND t.idle_expires_at <= s.expires_at`, 1);
		await world.sql.exec`UPDATE sessions SET expires_at = now() AT TIME ZONE 'UTC' - interval '1 second' WHERE token = ${user.token}`;
		expect(await asking(json.token).get('/api/v1/widget/conversations'), 401);
	});
});

test('an installation that does not allow it looks at no cookie', async () => {
	const strict = await useWorld();
	const there = await strict.organization();
	expect(await there.api.patch('/api/v1/organization/identity', { followSignIn: true }), 200);
	const token = await strict.session(there.members.agent.user);
	const cookie = `${NAME}=${signCookie(token, strict.secret)}`;
	const answer = await there.client({ 'Sec-Fetch-Site': 'same-origin', Origin: strict.url, Cookie: cookie })
		.post('/api/v1/widget/session', { key: there.key });
	assert.equal(expect(answer, 200).json.visitor.verified, false);
	assert.equal(expect(await there.api.patch('/api/v1/organization/identity', { mode: 'everybody' }), 409).json.code, 'no_secret');
});
