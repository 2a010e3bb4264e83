// The second factor, by forms alone: setting it up, signing in with it, guessing at it; and Better Auth's
// rows, read and written.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, test } from 'node:test';
import { PASSWORD, eventually, expect, signCookie, useWorld, word } from '../lib/world.mjs';
import { codeOf, fromBase32, giveFactor, unseal } from '../lib/factor.mjs';
import { Visit, wordsOf } from '../lib/visit.mjs';

const world = await useWorld();
const shop = await world.organization();
const PAGE = '/settings/security', STEP = '/sign-in/second-factor';

const rowOf = async (user) => (await world.sql.rows`SELECT t.*, locked_until > now() AT TIME ZONE 'UTC' AS locked,
	extract(epoch FROM locked_until - now() AT TIME ZONE 'UTC')::int AS left, u.two_factor_enabled FROM users u
	LEFT JOIN two_factors t ON t.user_id = u.id WHERE u.id = ${user}`)[0];
const codesIn = (row) => JSON.parse(unseal(world.secret, row.backup_codes));
// As if half a minute had gone by: the last code that was taken is forgotten.
const forgetSteps = (user) => world.sql.exec`DELETE FROM parlor.two_factor_steps
	WHERE factor_id IN (SELECT id FROM two_factors WHERE user_id = ${user})`;

// So that a code is still of the step it was made for when it is looked at.
const earlyInStep = () => eventually('a step that lasts', () => Date.now() % 30000 < 24000);

// A member with a factor as Better Auth's plugin makes it.
async function protectedMember(options) {
	const member = await world.member(shop.id, 'agent');
	return Object.assign(member, await giveFactor(world, member.user, options));
}

// At the second step, with the right password behind them.
async function halfWay(member, fields = {}) {
	const person = new Visit(world);
	const answer = expect(await person.enter(member.email, PASSWORD, fields), 303);
	assert.equal(answer.headers.location, STEP);
	return person;
}
const give = (person, code, more = {}) => person.post(STEP, { code, ...more });

async function setUp(member) {
	const person = new Visit(world);
	expect(await person.enter(member.email, PASSWORD), 303);
	const setup = expect(await person.send(await person.get(PAGE), '/settings/security/two-factor', { password: PASSWORD }), 200);
	const secret = fromBase32(wordsOf(setup).match(/type this key: ([A-Z2-7 ]+?) Copy/)[1]);
	const done = expect(await person.send(setup, '/settings/security/two-factor/confirm', { code: codeOf(secret) }), 200);
	const codes = done.text.match(/<pre[^>]*>([\s\S]*?)<\/pre>/)[1].trim().split('\n');
	return { person, secret, codes, setup, done };
}

describe('setting it up', () => {
	test('asks for the password, shows a picture and a key, and stores nothing before the first code', async () => {
		const member = await world.member(shop.id, 'agent'), person = new Visit(world);
		expect(await person.enter(member.email, PASSWORD), 303);
		const page = await person.get(PAGE);
		assert.match(wordsOf(page), /Off: the password alone signs you in/);
		const wrong = expect(await person.send(page, '/settings/security/two-factor', { password: 'something else' }), 422);
		assert.match(wordsOf(wrong), /That is not your password/);
		const setup = expect(await person.send(wrong, '/settings/security/two-factor', { password: PASSWORD }), 200);
		assert.match(setup.text, /<svg class="qr"[^>]*>.*<path d="M0 0h7v1h-7z/);
		assert.doesNotMatch(setup.text, /src="data:|https?:\/\/(?!127\.0\.0\.1)[a-z]/);
		const key = wordsOf(setup).match(/type this key: ([A-Z2-7 ]+?) Copy/)[1];
		assert.equal(fromBase32(key).length, 32);
		const uri = new URL(setup.text.match(/href="(otpauth:[^"]*)"/)[1].replaceAll('&amp;', '&'));
		assert.equal(uri.host, 'totp');
		assert.equal(decodeURIComponent(uri.pathname), `/Parlor 127.0.0.1:${member.email}`);
		assert.deepEqual(Object.fromEntries(uri.searchParams), { secret: key.replaceAll(' ', ''), issuer: 'Parlor 127.0.0.1',
			digits: '6', period: '30' });
		const refused = expect(await person.send(setup, '/settings/security/two-factor/confirm', { code: '000000' }), 422);
		assert.match(wordsOf(refused), /That code is not right/);
		assert.ok(wordsOf(refused).includes(key), 'the same key again');
		assert.equal((await rowOf(member.user)).id, null);
		assert.equal((await rowOf(member.user)).two_factor_enabled, false);
		expect(await person.send(refused, '/settings/security/two-factor/confirm', { code: codeOf(fromBase32(key)) }), 200);
		assert.equal((await rowOf(member.user)).two_factor_enabled, true);
	});

	test('leaves the rows of Better Auth, tells the audit log, and signs other devices out', async () => {
		const member = await world.member(shop.id, 'agent');
		const other = new Visit(world);
		expect(await other.enter(member.email, PASSWORD), 303);
		const { person, secret, codes } = await setUp(member);
		const row = await rowOf(member.user);
		assert.deepEqual([row.verified, row.failed_verification_count, row.locked_until], [true, 0, null]);
		assert.equal(unseal(world.secret, row.secret), secret.toString());
		assert.match(secret.toString(), /^[a-zA-Z0-9]{32}$/);
		assert.deepEqual(codesIn(row), codes);
		assert.equal(codes.length, 10);
		assert.equal(new Set(codes).size, 10);
		for (const code of codes)
			assert.match(code, /^[a-zA-Z0-9]{5}-[a-zA-Z0-9]{5}$/);
		assert.equal((await other.get('/inbox')).headers.location, '/sign-in?next=%2Finbox');
		expect(await person.get('/inbox'), 200);
		const log = await world.sql.rows`SELECT action, actor_id FROM parlor.audit_log WHERE target_id = ${member.user} ORDER BY id`;
		assert.deepEqual(log.map((l) => [l.action, l.actor_id]), [['two_factor.enabled', member.user]]);
		const page = expect(await person.get(PAGE), 200);
		assert.match(wordsOf(page), /On: signing in asks for a code as well\. Backup codes left: 10\./);
		for (const hidden of [...codes, secret.toString()])
			assert.ok(!page.text.includes(hidden), 'shown once');
	});

	test('gives the session a new token; the old one is worth nothing', async () => {
		const member = await world.member(shop.id, 'agent');
		const person = new Visit(world);
		expect(await person.enter(member.email, PASSWORD), 303);
		const before = person.elsewhere();
		const setup = await person.send(await person.get(PAGE), '/settings/security/two-factor', { password: PASSWORD });
		const secret = fromBase32(wordsOf(setup).match(/type this key: ([A-Z2-7 ]+?) Copy/)[1]);
		const done = expect(await person.send(setup, '/settings/security/two-factor/confirm', { code: codeOf(secret) }), 200);
		assert.notEqual(person.session, before.session);
		expect(await before.get('/inbox'), 303);
		expect(await person.send(done, '/sign-out'), 303, 'the page has the new token of its forms');
	});

	test('by another\'s or an old setup is refused', async () => {
		const [one, two] = [await world.member(shop.id, 'agent'), await world.member(shop.id, 'agent')];
		const people = [new Visit(world), new Visit(world)];
		expect(await people[0].enter(one.email, PASSWORD), 303);
		expect(await people[1].enter(two.email, PASSWORD), 303);
		const begun = await people[0].send(await people[0].get(PAGE), '/settings/security/two-factor', { password: PASSWORD });
		const setup = begun.text.match(/name="setup" value="([^"]+)"/)[1];
		const secret = fromBase32(wordsOf(begun).match(/type this key: ([A-Z2-7 ]+?) Copy/)[1]);
		const csrf = (await people[1].get(PAGE)).text.match(/name="csrf" value="([^"]+)"/)[1];
		for (const value of [setup, `${setup}00`, setup.slice(2), 'x'])
			expect(await people[1].post('/settings/security/two-factor/confirm', { csrf, setup: value, code: codeOf(secret) }), 422);
		assert.equal((await rowOf(two.user)).two_factor_enabled, false);
	});

	test('twice at once makes one factor', async () => {
		const member = await world.member(shop.id, 'agent'), person = new Visit(world);
		expect(await person.enter(member.email, PASSWORD), 303);
		const page = await person.get(PAGE);
		const setups = [];
		for (let i = 0; i < 4; i++)
			setups.push(await person.send(page, '/settings/security/two-factor', { password: PASSWORD }));
		const answers = await Promise.all(setups.map((setup) => person.send(setup, '/settings/security/two-factor/confirm',
			{ code: codeOf(fromBase32(wordsOf(setup).match(/type this key: ([A-Z2-7 ]+?) Copy/)[1])) })));
		assert.equal(answers.filter((a) => a.status === 200).length, 1, answers.map((a) => a.status).join());
		assert.equal((await world.sql.rows`SELECT id FROM two_factors WHERE user_id = ${member.user}`).length, 1);
	});
});

describe('signing in', () => {
	test('makes no session before the code, and one as asked for after it', async () => {
		const member = await protectedMember();
		const before = (await world.sql.rows`SELECT id FROM sessions WHERE user_id = ${member.user}`).length;
		const person = new Visit(world);
		const answer = await person.send(await person.get('/sign-in?next=%2Fvisitors'), '/sign-in',
			{ email: member.email, password: PASSWORD });
		assert.equal(answer.headers.location, STEP);
		const cookies = answer.headers['set-cookie'].map((line) => line.split('=')[0]);
		assert.deepEqual(cookies, ['parlor.second_factor']);
		for (const part of ['Path=/', 'HttpOnly', 'SameSite=Lax', 'Max-Age=600'])
			assert.ok(answer.headers['set-cookie'][0].includes(`; ${part}`), answer.headers['set-cookie'][0]);
		assert.equal((await world.sql.rows`SELECT id FROM sessions WHERE user_id = ${member.user}`).length, before);
		for (const path of ['/inbox', '/api/v1/me'])
			assert.ok([303, 401].includes((await person.get(path)).status), path);
		const step = await person.follow(answer);
		assert.ok(wordsOf(step).includes(`Signing in as ${member.email}`));
		const done = expect(await person.send(step, STEP, { code: codeOf(member.secret) }), 303);
		assert.equal(done.headers.location, '/visitors');
		assert.ok(!person.cookie('parlor.second_factor'));
		expect(await person.get('/visitors'), 200);
	});

	test('for this visit only is for this visit only', async () => {
		const member = await protectedMember();
		for (const [remember, days] of [['true', 7], ['', 1]]) {
			const person = new Visit(world);
			const page = await person.get('/sign-in');
			const fields = { csrf: '', next: '', email: member.email, password: PASSWORD, ...remember && { remember } };
			expect(await person.post('/sign-in', fields), 303, page.path);
			await forgetSteps(member.user);
			const done = expect(await give(person, codeOf(member.secret)), 303);
			const line = done.headers['set-cookie'].find((l) => l.startsWith('better-auth.session_token='));
			assert.equal(/Max-Age=604800/.test(line), days === 7);
			const left = await world.sql.value`SELECT round(extract(epoch FROM expires_at - now() AT TIME ZONE 'UTC') / 86400)::int AS n
				FROM sessions WHERE token = ${person.session}`;
			assert.equal(Number(left), days);
		}
	});

	test('takes the codes of one step before and after, with blanks, and no others', async () => {
		for (const [steps, status] of [[-1, 303], [0, 303], [1, 303], [-3, 401], [3, 401]]) {
			const member = await protectedMember(), person = await halfWay(member);
			await earlyInStep();
			const code = codeOf(member.secret, steps);
			expect(await give(person, `${code.slice(0, 3)} ${code.slice(3)}`), status, `${steps}`);
		}
		for (const code of ['', 'x', '12345', '1234567', '00000０', 'a'.repeat(60), '\'; --'])
			assert.ok([401, 422].includes((await give(await halfWay(await protectedMember()), code)).status), code);
	});

	test('takes a code once', async () => {
		const member = await protectedMember();
		const code = codeOf(member.secret);
		expect(await give(await halfWay(member), code), 303);
		expect(await give(await halfWay(member), code), 401, 'again');
		expect(await give(await halfWay(member), codeOf(member.secret, -1)), 401, 'an earlier one');
		expect(await give(await halfWay(member), codeOf(member.secret, 1)), 303, 'the next one');
	});

	test('takes a code once when it comes many times at once', async () => {
		const member = await protectedMember();
		const people = await Promise.all(Array.from({ length: 6 }, () => halfWay(member)));
		const code = codeOf(member.secret);
		const answers = await Promise.all(people.map((person) => give(person, code)));
		assert.equal(answers.filter((a) => a.status === 303).length, 1);
	});

	test('takes a backup code once, however it is written', async () => {
		const member = await protectedMember({ codes: ['aB3dE-fG5hI', 'z9Y8x-W7v6U', '11111-22222'] });
		expect(await give(await halfWay(member), 'ab3de-fg5hi'), 401, 'letters are as they are');
		expect(await give(await halfWay(member), 'aB3dE fG5hI'), 303);
		expect(await give(await halfWay(member), 'aB3dE-fG5hI'), 401);
		const page = await (await halfWay(member)).get(STEP);
		assert.match(wordsOf(page), /Use a backup code/);
		expect(await (await halfWay(member)).send(page, STEP, { code: 'z9Y8xW7v6U' }, 1), 303);
		assert.deepEqual(codesIn(await rowOf(member.user)), ['11111-22222']);
		assert.equal((await rowOf(member.user)).failed_verification_count, 0);
	});

	test('leaves backup codes that Better Auth keeps unsealed as they are', async () => {
		const member = await protectedMember();
		await world.sql.exec`UPDATE two_factors SET backup_codes = ${'["aaaaa-bbbbb","ccccc-ddddd"]'} WHERE id = ${member.id}`;
		expect(await give(await halfWay(member), 'aaaaa-bbbbb'), 303);
		assert.equal((await rowOf(member.user)).backup_codes, '["ccccc-ddddd"]');
	});

	test('takes the key of another program\'s app, which Better Auth marks', async () => {
		const member = await protectedMember({ secret: 'base32:GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ' });
		expect(await give(await halfWay(member), codeOf('12345678901234567890')), 303);
	});

	test('by a factor that was begun and not confirmed takes no code from it', async () => {
		const member = await protectedMember({ verified: false });
		expect(await give(await halfWay(member), codeOf(member.secret)), 401);
		expect(await give(await halfWay(member), member.codes[0]), 303, 'but a backup code');
	});

	test('with a factor that cannot be asked for here says so', async () => {
		const member = await world.member(shop.id, 'agent');
		await world.sql.exec`UPDATE users SET two_factor_enabled = true WHERE id = ${member.user}`;
		const person = new Visit(world);
		const answer = expect(await person.enter(member.email, PASSWORD), 401);
		assert.match(wordsOf(answer), /cannot be asked for here\. Sign in through your application/);
		assert.equal(person.jar.size, 0);
	});

	test('a password that is wrong leads nowhere, with or without a factor', async () => {
		const [bare, member] = [await world.member(shop.id, 'agent'), await protectedMember()];
		const pages = [];
		for (const { email } of [bare, member]) {
			const person = new Visit(world);
			const answer = expect(await person.enter(email, 'wrong password'), 401);
			assert.equal(person.jar.size, 0);
			pages.push(answer.text.replaceAll(email, 'EMAIL'));
		}
		assert.equal(pages[0], pages[1]);
	});
});

describe('whose turn it is', () => {
	test('is not for sale: a made-up, altered, old or used cookie leads back', async () => {
		const member = await protectedMember();
		const person = await halfWay(member);
		const good = person.cookie('parlor.second_factor');
		const [payload, mac] = [good.slice(0, good.lastIndexOf('.')), good.slice(good.lastIndexOf('.') + 1)];
		const lines = payload.split('\n');
		assert.equal(lines[1], member.user);
		const old = [...lines];
		old[2] = String(Number(old[2]) - 601);
		for (const value of ['', 'x', encodeURIComponent(payload), encodeURIComponent(`${payload}x.${mac}`),
			signCookie(payload, 'another secret of at least 32 characters'), signCookie(old.join('\n'), world.secret),
			signCookie(lines.slice(0, 5).join('\n'), world.secret), signCookie(`x${payload}`, world.secret),
			signCookie([...lines.slice(0, 4), '0'.repeat(16), lines[5]].join('\n'), world.secret),
			signCookie(payload.replace(member.user, word()), world.secret)]) {
			const other = new Visit(world, { jar: new Map([['parlor.second_factor', value]]) });
			assert.equal(expect(await other.get(STEP), 303).headers.location, '/sign-in', value);
			assert.equal(expect(await give(other, codeOf(member.secret)), 303).headers.location, '/sign-in', value);
		}
		assert.equal((await rowOf(member.user)).failed_verification_count, 0);
		expect(await give(person, codeOf(member.secret)), 303);
	});

	test('leads to this site only', async () => {
		const member = await protectedMember();
		const person = await halfWay(member);
		const lines = person.cookie('parlor.second_factor').replace(/\.[^.]*$/, '').split('\n');
		lines[5] = '//evil.example';
		person.jar.set('parlor.second_factor', signCookie(lines.join('\n'), world.secret));
		assert.equal(expect(await give(person, codeOf(member.secret)), 303).headers.location, '/inbox');
	});

	test('ends when the password is another one, and when the factor is off', async () => {
		for (const change of [
			(user) => world.sql.exec`UPDATE accounts SET password = ${`${'0'.repeat(32)}:${'1'.repeat(128)}`} WHERE user_id = ${user}`,
			(user) => world.sql.exec`UPDATE users SET two_factor_enabled = false WHERE id = ${user}`,
			(user) => world.sql.exec`DELETE FROM users WHERE id = ${user}`]) {
			const member = await protectedMember();
			const person = await halfWay(member);
			await change(member.user);
			assert.equal(expect(await give(person, codeOf(member.secret)), 303).headers.location, '/sign-in');
			assert.ok(!person.session);
		}
	});

	test('cannot be used by another site', async () => {
		const member = await protectedMember();
		const person = await halfWay(member);
		const answer = await person.client.form(STEP, { code: codeOf(member.secret) }, { headers: {
			Cookie: [...person.jar].map((c) => c.join('=')).join('; '), Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' } });
		expect(answer, 403);
	});
});

describe('guessing', () => {
	test('ends after ten wrong codes for a quarter of an hour, also for the right one', async () => {
		const member = await protectedMember();
		for (let i = 0; i < 10; i++)
			expect(await give(await halfWay(member), '000000'), 401);
		const row = await rowOf(member.user);
		assert.equal(row.failed_verification_count, 10);
		assert.ok(row.left > 880 && row.left <= 900, `${row.left}`);
		const refused = expect(await give(await halfWay(member), codeOf(member.secret)), 429);
		assert.ok(Number(refused.headers['retry-after']) > 800 && Number(refused.headers['retry-after']) <= 900);
		assert.match(wordsOf(refused), /Too many wrong codes\. Wait 15 minutes/);
		expect(await give(await halfWay(member), member.codes[0]), 429, 'a backup code as well');
		await world.sql.exec`UPDATE two_factors SET locked_until = now() AT TIME ZONE 'UTC' - interval '1 second' WHERE id = ${member.id}`;
		expect(await give(await halfWay(member), '000000'), 401, 'the lock is over');
		assert.deepEqual(await rowOf(member.user).then((r) => [r.failed_verification_count, r.locked_until]), [1, null]);
		expect(await give(await halfWay(member), codeOf(member.secret)), 303);
		assert.equal((await rowOf(member.user)).failed_verification_count, 0);
	});

	test('goes on counting where Better Auth left off', async () => {
		const member = await protectedMember({ failures: 9 });
		expect(await give(await halfWay(member), '000000'), 401);
		assert.equal((await rowOf(member.user)).locked, true);
		const locked = await protectedMember();
		await world.sql.exec`UPDATE two_factors SET locked_until = now() AT TIME ZONE 'UTC' + interval '5 minutes' WHERE id = ${locked.id}`;
		const refused = expect(await give(await halfWay(locked), codeOf(locked.secret)), 429);
		assert.ok(Number(refused.headers['retry-after']) <= 300);
		const old = await protectedMember();
		await world.sql.exec`UPDATE two_factors SET failed_verification_count = NULL WHERE id = ${old.id}`;
		expect(await give(await halfWay(old), '000000'), 401);
		assert.equal((await rowOf(old.user)).failed_verification_count, 1);
	});

	test('from one network ends as guessing passwords does', async () => {
		const people = [];
		for (let i = 0; i < 3; i++)
			people.push(await halfWay(await protectedMember()));
		const answers = [];
		for (let i = 0; i < 24; i++) {
			const person = new Visit(world, { jar: new Map(people[i % 3].jar) });
			person.client.address = people[0].client.address;
			answers.push(await give(person, '000000'));
		}
		assert.equal(answers.filter((a) => a.status === 401).length, 20);
		assert.equal(answers.filter((a) => a.status === 429).length, 4);
	});
});

describe('a trusted device', () => {
	test('is not asked again, and shows something new each time', async () => {
		const member = await protectedMember();
		const person = await halfWay(member);
		const step = await person.get(STEP);
		expect(await person.send(step, STEP, { code: codeOf(member.secret), trust: 'true' }), 303);
		const first = person.cookie('better-auth.trust_device');
		const [, identifier] = first.split('!');
		const id = identifier.split('.')[0];
		const [row] = await world.sql.rows`SELECT value, extract(epoch FROM expires_at - now() AT TIME ZONE 'UTC')::int AS left
			FROM verifications WHERE identifier = ${id}`;
		assert.match(id, /^trust-device-[a-zA-Z0-9]{32}$/);
		assert.equal(row.value, member.user);
		assert.ok(row.left > 30 * 86400 - 60 && row.left <= 30 * 86400);
		assert.equal(first.split('!')[0], createHmac('sha256', world.secret).update(`${member.user}!${id}`).digest('base64url'));
		const before = person.elsewhere();
		for (const name of ['better-auth.session_token', 'parlor.second_factor'])
			person.jar.delete(name);
		assert.equal(expect(await person.enter(member.email, PASSWORD), 303).headers.location, '/inbox');
		expect(await person.get('/inbox'), 200);
		assert.notEqual(person.cookie('better-auth.trust_device'), first);
		before.jar.delete('better-auth.session_token');
		assert.equal(expect(await before.enter(member.email, PASSWORD), 303).headers.location, STEP, 'the old value is used up');
		assert.ok(!before.cookie('better-auth.trust_device'));
	});

	test('of Better Auth is one here; of somebody else it is none', async () => {
		const member = await protectedMember(), other = await protectedMember();
		const trust = async (of, days = 30) => {
			const id = `trust-device-${word(32)}`;
			await world.sql.exec`INSERT INTO verifications (id, identifier, value, expires_at, created_at, updated_at)
				SELECT ${word()}, ${id}, ${of.user}, t + make_interval(days => ${days}), t, t FROM (SELECT now() AT TIME ZONE 'UTC' AS t) x`;
			return `${createHmac('sha256', world.secret).update(`${of.user}!${id}`).digest('base64url')}!${id}`;
		};
		const cases = [[await trust(member), '/inbox'], [await trust(other), STEP], [await trust(member, -1), STEP],
			[(await trust(member)).replace(/^./, (c) => (c === 'a' ? 'b' : 'a')), STEP], ['x', STEP], ['!', STEP]];
		for (const [value, location] of cases) {
			const person = new Visit(world, { jar: new Map([['better-auth.trust_device', signCookie(value, world.secret)]]) });
			assert.equal(expect(await person.enter(member.email, PASSWORD), 303).headers.location, location, value);
		}
	});

	test('is none any more after the password or the factor was changed', async () => {
		const { person, secret } = await setUp(await world.member(shop.id, 'agent'));
		const user = await world.sql.value`SELECT user_id FROM sessions WHERE token = ${person.session}`;
		const [{ email }] = await world.sql.rows`SELECT email FROM users WHERE id = ${user}`;
		const device = await halfWay({ email });
		expect(await give(device, codeOf(secret, 1), { trust: 'true' }), 303);
		expect(await person.send(await person.get(PAGE), '/settings/security/password',
			{ current: PASSWORD, password: 'another password', again: 'another password' }), 303);
		device.jar.delete('better-auth.session_token');
		assert.equal(expect(await device.enter(email, 'another password'), 303).headers.location, STEP);
	});
});

describe('changing it', () => {
	test('new backup codes need the password and a code; the old ones stop working', async () => {
		const member = await world.member(shop.id, 'agent');
		const { person, secret, codes } = await setUp(member);
		const page = await person.get(PAGE), action = '/settings/security/two-factor/codes';
		expect(await person.send(page, action, { password: 'wrong', code: codeOf(secret, 1) }), 422);
		const wrong = expect(await person.send(page, action, { password: PASSWORD, code: '000000' }), 422);
		assert.match(wordsOf(wrong), /That code is not right, or was used already/);
		const made = expect(await person.send(wrong, action, { password: PASSWORD, code: codeOf(secret, 1) }), 200);
		const fresh = made.text.match(/<pre[^>]*>([\s\S]*?)<\/pre>/)[1].trim().split('\n');
		assert.equal(fresh.length, 10);
		assert.ok(!fresh.some((code) => codes.includes(code)));
		expect(await give(await halfWay(member), codes[0]), 401);
		expect(await give(await halfWay(member), fresh[0]), 303);
		assert.deepEqual((await world.sql.rows`SELECT action FROM parlor.audit_log WHERE target_id = ${member.user} ORDER BY id`)
			.map((l) => l.action), ['two_factor.enabled', 'backup_codes.renewed']);
	});

	test('switching it off needs both, too, and leaves nothing', async () => {
		const member = await world.member(shop.id, 'agent');
		const { person, secret, codes } = await setUp(member);
		const page = await person.get(PAGE), action = '/settings/security/two-factor/disable';
		expect(await person.send(page, action, { password: 'wrong', code: codeOf(secret, 1) }), 422);
		expect(await person.send(page, action, { password: PASSWORD, code: codes[0].replace(/^./, '0') }), 422);
		assert.equal((await rowOf(member.user)).two_factor_enabled, true);
		const other = await halfWay(member);
		expect(await give(other, codes[1]), 303);
		const token = person.session;
		const done = await person.follow(await person.send(page, action, { password: PASSWORD, code: codes[0] }));
		assert.match(wordsOf(done), /The second factor is off/);
		assert.notEqual(person.session, token);
		assert.deepEqual(await rowOf(member.user).then((r) => [r.id, r.two_factor_enabled]), [null, false]);
		expect(await other.get('/inbox'), 303);
		assert.equal(expect(await new Visit(world).enter(member.email, PASSWORD), 303).headers.location, '/inbox');
		await setUp(member);
	});

	test('is not offered where another application looks after it, nor without a password', async () => {
		const member = await world.member(shop.id, 'agent'), person = new Visit(world);
		expect(await person.enter(member.email, PASSWORD), 303);
		await world.sql.exec`UPDATE users SET two_factor_enabled = true WHERE id = ${member.user}`;
		assert.match(wordsOf(await person.get(PAGE)), /of a kind that another application looks after/);
		await world.sql.exec`UPDATE users SET two_factor_enabled = false WHERE id = ${member.user}`;
		await world.sql.exec`DELETE FROM accounts WHERE user_id = ${member.user}`;
		const page = await person.get(PAGE);
		assert.match(wordsOf(page), /Your account has no password: you sign in by another service/);
		assert.doesNotMatch(page.text, /type="password"/);
		const csrf = page.text.match(/name="csrf" value="([^"]+)"/)[1];
		expect(await person.post('/settings/security/two-factor', { csrf, password: PASSWORD }), 422);
		expect(await person.post('/settings/security/password', { csrf, current: PASSWORD, password: 'another one', again: 'another one' }), 422);
	});
});
