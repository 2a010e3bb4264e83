// Signing in by the form: throttled, and without a word on who exists.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PASSWORD, eventually, expect, passwordHash, useWorld, word } from '../lib/world.mjs';

const world = await useWorld();
const shop = await world.organization();
const { agent } = shop.members;

// The form as a browser sends it.
const browser = (headers) => shop.client({ Origin: world.url, 'Sec-Fetch-Site': 'same-origin', ...headers });
const signIn = (fields, client = browser()) =>
	client.form('/sign-in', { next: '', remember: 'true', email: agent.email, password: PASSWORD, ...fields });
const cookieOf = (answer, name = 'better-auth.session_token') =>
	answer.headers['set-cookie']?.find((line) => line.startsWith(`${name}=`));
// What the answer says, apart from what belongs to the one request.
const bodyOf = (answer, email) => answer.text.replaceAll(email, 'EMAIL').replace(/request[^<]*<code>[^<]*/gi, '');

async function fresh() {
	return world.member(shop.id, 'agent');
}

describe('signing in', () => {
	test('makes a session that Better Auth would make', async () => {
		const answer = expect(await signIn({}), 303);
		assert.equal(answer.headers.location, '/inbox');
		const cookie = cookieOf(answer);
		for (const part of ['Path=/', 'HttpOnly', 'SameSite=Lax', 'Max-Age=604800'])
			assert.ok(cookie.includes(`; ${part}`), cookie);
		const [value] = cookie.split(';');
		const token = decodeURIComponent(value.split('=')[1]).split('.')[0];
		assert.match(token, /^[0-9A-Za-z]{32}$/);
		const [row] = await world.sql.rows`SELECT user_id, active_organization_id, ip_address,
			extract(epoch FROM expires_at - now() AT TIME ZONE 'UTC')::int AS left FROM sessions WHERE token = ${token}`;
		assert.deepEqual([row.user_id, row.active_organization_id], [agent.user, shop.id]);
		assert.match(row.ip_address, /^127\./);
		assert.ok(row.left > 7 * 86400 - 60 && row.left <= 7 * 86400);
		assert.equal(expect(await shop.client({ Cookie: value }).get('/api/v1/me'), 200).json.memberId, agent.id);
		expect(await shop.client({ Cookie: value }).get('/inbox'), 200);
	});

	test('for this visit only makes a session of a day', async () => {
		const answer = expect(await browser().form('/sign-in', { email: agent.email, password: PASSWORD }), 303);
		assert.doesNotMatch(cookieOf(answer), /Max-Age|Expires/i);
		assert.ok(cookieOf(answer, 'better-auth.dont_remember'));
		const token = decodeURIComponent(cookieOf(answer).split(/[=;]/)[1]).split('.')[0];
		const left = await world.sql.value`SELECT extract(epoch FROM expires_at - now() AT TIME ZONE 'UTC')::int AS n FROM sessions WHERE token = ${token}`;
		assert.ok(left > 86400 - 60 && left <= 86400, `${left}`);
	});

	test('takes an address in capitals and a password in any normal form', async () => {
		expect(await signIn({ email: agent.email.toUpperCase() }), 303);
		const person = await fresh();
		const password = 'Ångström ﬁne ½ 密码';
		await world.sql.exec`UPDATE accounts SET password = ${passwordHash(password)} WHERE user_id = ${person.user}`;
		for (const form of ['NFC', 'NFD', 'NFKC'])
			expect(await signIn({ email: person.email, password: password.normalize(form) }), 303);
		expect(await signIn({ email: person.email, password: 'Angstrom fine 1/2' }), 401);
	});

	test('leads where one wanted to go, on this site only', async () => {
		const targets = { '/inbox?view=all': '/inbox?view=all', '/settings/widget': '/settings/widget', '': '/inbox' };
		for (const evil of ['https://evil.example/', '//evil.example', '/\\evil.example', '\\\\evil.example',
			'/%2fevil.example', 'javascript:alert(1)',
			'/..//evil.example', 'evil.example', '/\tevil.example', '/inbox\r\nSet-Cookie: a=b', '/ /evil.example',
			'/inbox/../../x', '///evil.example', 'http:evil.example',
			'/@evil.example', '/inbox?a=\\x', '/\u2028', 'data:text/html,x', '/./x', '?x'])
			targets[evil] = '/inbox';
		for (const [next, location] of Object.entries(targets)) {
			const page = await shop.client().get(`/sign-in?next=${encodeURIComponent(next)}`);
			assert.match(expect(page, 200).text, new RegExp(`name="next" value="${location.replace(/[?/]/g, '\\$&')}"`),
				JSON.stringify(next));
		}
		for (const next of ['/inbox?view=all', '//evil.example', '/\\evil.example'])
			assert.equal(expect(await signIn({ next }), 303).headers.location, targets[next], next);
	});

	test('says the same to a wrong password and to an unknown address', async () => {
		const wrong = expect(await signIn({ password: 'wrong password' }), 401);
		const unknown = `${word(12).toLowerCase()}@example.org`;
		const nobody = expect(await signIn({ email: unknown }), 401);
		assert.equal(bodyOf(nobody, unknown), bodyOf(wrong, agent.email));
		assert.ok(!cookieOf(wrong) && !cookieOf(nobody));
		assert.deepEqual(Object.keys(nobody.headers).sort(), Object.keys(wrong.headers).sort());
	});

	test('takes as long for an unknown address as for a wrong password', async () => {
		// A password check costs a tenth of a second or more; without it an answer takes a few ms.
		const start = Date.now();
		expect(await signIn({ email: `${word(12).toLowerCase()}@example.org` }), 401);
		const unknown = Date.now() - start;
		const begun = Date.now();
		expect(await signIn({ password: 'wrong password' }), 401);
		const wrong = Date.now() - begun;
		assert.ok(unknown > wrong / 3, `${unknown} ms, ${wrong} ms`);
	});

	test('is refused to accounts without a password, and to those with a second factor missing one', async () => {
		const person = await fresh();
		await world.sql.exec`UPDATE accounts SET password = NULL WHERE user_id = ${person.user}`;
		expect(await signIn({ email: person.email }), 401);
		await world.sql.exec`UPDATE accounts SET password = ${'not a hash'} WHERE user_id = ${person.user}`;
		expect(await signIn({ email: person.email }), 401);
	});

	for (const [what, fields] of Object.entries({ 'nothing': { email: '', password: '' },
		'no password': { password: '' }, 'a control character': { email: 'a\u0001b' },
		'an endless password': { password: 'x'.repeat(5000) }, 'an endless address': { email: 'x'.repeat(400) } }))
		test(`with ${what} is no accident`, async () => {
			assert.ok([401, 422].includes((await signIn(fields)).status));
		});

	for (const [what, headers] of Object.entries({ 'another site': { 'Sec-Fetch-Site': 'cross-site',
			Origin: 'https://evil.example' },
		'another origin': { Origin: 'https://evil.example' }, 'nowhere': {} }))
		test(`from ${what} is refused`, async () => {
			const answer = await signIn({}, shop.client(headers));
			expect(answer, 403);
			assert.ok(!cookieOf(answer));
		});
});

describe('guessing', () => {
	test('ends after five wrong passwords, also for the right one', async () => {
		const person = await fresh();
		for (let i = 0; i < 5; i++)
			expect(await signIn({ email: person.email, password: `guess ${i}` }), 401);
		const sixth = expect(await signIn({ email: person.email }), 429);
		assert.ok(Number(sixth.headers['retry-after']) > 60 && Number(sixth.headers['retry-after']) <= 900,
			sixth.headers['retry-after']);
		assert.ok(!cookieOf(sixth));
		expect(await signIn({ email: person.email.toUpperCase() }), 429, 'another spelling is the same account');
		expect(await signIn({}), 303, 'others are not touched');
	});

	test('in parallel gains nothing', async () => {
		const person = await fresh();
		const answers = await Promise.all(Array.from({ length: 25 },
			(_, i) => signIn({ email: person.email, password: `guess ${i}` })));
		assert.equal(answers.filter((a) => a.status === 401).length, 5);
		assert.equal(answers.filter((a) => a.status === 429).length, 20);
	});

	test('at many accounts from one address ends as well', async () => {
		const client = browser();
		const answers = await Promise.all(Array.from({ length: 24 },
			() => signIn({ email: `${word(12).toLowerCase()}@example.org` }, client)));
		assert.equal(answers.filter((a) => a.status === 401).length, 20);
		assert.equal((await signIn({}, client)).status, 429);
		expect(await signIn({}), 303, 'from elsewhere it goes on');
	});

	test('is not what a success counts as', async () => {
		const person = await fresh();
		for (let i = 0; i < 7; i++)
			expect(await signIn({ email: person.email }), 303);
	});
});

describe('signing out', () => {
	test('ends the session and takes the cookies', async () => {
		const staff = await shop.staff('agent', { csrf: false });
		const answer = expect(await staff.form('/sign-out', {}), 303);
		assert.equal(answer.headers.location, '/sign-in');
		assert.match(cookieOf(answer), /^better-auth\.session_token=;.*Max-Age=0/);
		assert.ok(cookieOf(answer, 'better-auth.session_data') && cookieOf(answer, 'better-auth.dont_remember'));
		expect(await staff.get('/api/v1/me'), 401);
		await eventually('the row is gone',
			async () => !(await world.sql.rows`SELECT 1 AS n FROM sessions WHERE token = ${staff.session}`).length);
	});

	test('cannot be done by another site', async () => {
		const staff = await shop.staff('agent');
		expect(await staff.form('/sign-out', {},
			{ headers: { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' } }), 403);
		expect(await staff.get('/api/v1/me'), 200);
	});
});
