// The second factor: switched on, asked for, locked and switched off on either side. Codes are made with
// Better Auth's own library.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { base32 } from '@better-auth/utils/base32';
import { createOTP } from '@better-auth/utils/otp';
import { Visit, decode, formsOf } from '../lib/visit.mjs';
import { PASSWORD, useBoth } from './both.mjs';

const both = await useBoth();
const { sql, world } = both;
const STEP = '/sign-in/second-factor';

const secretOf = (uri) => new TextDecoder().decode(base32.decode(new URL(uri).searchParams.get('secret')));
const codeOf = (secret) => createOTP(secret).totp();
// No code of now or of the steps beside it.
async function wrongCode(secret) {
	const now = Math.floor(Date.now() / 30000), near = await Promise.all([-2, -1, 0, 1, 2].map((n) => createOTP(secret).hotp(now + n)));
	return ['000000', '111111', '222222', '333333', '444444', '555555'].find((code) => !near.includes(code));
}
// Each code is taken once, on the side that remembers it; to use a second one at once its memory is taken away.
const forget = () => sql.exec`DELETE FROM parlor.two_factor_steps`;

// Somebody who switched it on there.
async function withFactorThere() {
	const owner = await both.owner();
	const { totpURI, backupCodes } = await owner.browser.did('two-factor/enable', { password: PASSWORD });
	const secret = secretOf(totpURI);
	await owner.browser.did('two-factor/verify-totp', { code: await codeOf(secret) });
	assert.equal(await sql.value`SELECT two_factor_enabled FROM users WHERE id = ${owner.user}`, true);
	return { ...owner, secret, backupCodes };
}

// Somebody who switched it on here.
async function withFactorHere() {
	const owner = await both.owner(), visit = new Visit(world);
	await visit.signIn(owner.email, PASSWORD);
	await visit.go('/settings/security');
	await visit.submit('/settings/security/two-factor', { password: PASSWORD });
	const uri = decode(/otpauth:\/\/totp\/[^"<\s]+/.exec(visit.page.text)?.[0] ?? '');
	const secret = uri ? secretOf(uri) : new TextDecoder().decode(base32.decode(/id="secret">([^<]+)</.exec(visit.page.text)[1].replaceAll(/\s/g, '')));
	await visit.submit('/settings/security/two-factor/confirm', { code: await codeOf(secret) });
	const backupCodes = /<pre class="codes" id="codes">([^<]+)</.exec(visit.page.text)[1].trim().split('\n');
	await forget();
	return { ...owner, visit, secret, backupCodes };
}

// The password here, then a code; follows to where it leads.
async function signInHere(person, code, fields = {}, visit = new Visit(world)) {
	await visit.signIn(person.email, PASSWORD);
	assert.equal(visit.page.path, STEP, visit.page.text.slice(0, 500));
	assert.ok(!visit.isSignedIn);
	const form = formsOf(visit.page.text).find((f) => f.action === STEP && Object.keys(fields).every((name) => f.names.has(name)));
	await visit.keep(await visit.client.form(STEP, { ...form.fields, code, ...fields }, { headers: visit.headers() }));
	return visit;
}

// The same there.
async function signInThere(person, path, code, fields = {}, browser = both.browser()) {
	const first = await browser.signInThere(person.email, PASSWORD);
	assert.equal(first.json.twoFactorRedirect, true, first.text);
	return { browser, answer: await browser.auth(`two-factor/${path}`, { code, ...fields }) };
}

describe('switched on there', () => {
	test('is asked for here, with the same app', async () => {
		const person = await withFactorThere();
		const wrong = await signInHere(person, await wrongCode(person.secret));
		assert.equal(wrong.page.status, 401);
		assert.ok(!wrong.isSignedIn);
		const visit = await signInHere(person, await codeOf(person.secret));
		assert.equal(visit.page.status, 303);
		assert.ok(visit.isSignedIn);
		const browser = both.browser();
		browser.jar.set('better-auth.session_token', { value: visit.jar.get('better-auth.session_token'), secure: false });
		assert.equal(await browser.whoThere(), person.user, 'and that session is good there');
	});

	test('has backup codes that work here, each once on both sides', async () => {
		const person = await withFactorThere(), [first, second] = person.backupCodes;
		assert.ok((await signInHere(person, first)).isSignedIn);
		assert.ok(!(await signInHere(person, first)).isSignedIn);
		assert.equal((await signInThere(person, 'verify-backup-code', first)).answer.status, 401);
		assert.equal((await signInThere(person, 'verify-backup-code', second)).answer.status, 200);
		assert.ok(!(await signInHere(person, second)).isSignedIn);
	});

	test('and off again here: no side asks any more', async () => {
		const person = await withFactorThere(), visit = await signInHere(person, await codeOf(person.secret));
		await forget();
		await visit.go('/settings/security');
		await visit.submit('/settings/security/two-factor/disable', { password: PASSWORD, code: await codeOf(person.secret) });
		const browser = both.browser(), answer = await browser.signInThere(person.email, PASSWORD);
		assert.equal(answer.json.twoFactorRedirect, undefined);
		assert.equal(await browser.whoThere(), person.user);
		assert.equal(await sql.value`SELECT count(*)::int AS n FROM two_factors WHERE user_id = ${person.user}`, 0);
	});
});

describe('switched on here', () => {
	test('is asked for there, with the same app', async () => {
		const person = await withFactorHere();
		assert.equal((await signInThere(person, 'verify-totp', await wrongCode(person.secret))).answer.status, 401);
		const { browser, answer } = await signInThere(person, 'verify-totp', await codeOf(person.secret));
		assert.equal(answer.status, 200, answer.text);
		assert.equal((await browser.whoHere()).organizationId, person.organization);
	});

	test('has backup codes that work there, each once on both sides', async () => {
		const person = await withFactorHere(), [first, second] = person.backupCodes;
		const used = await signInThere(person, 'verify-backup-code', first);
		assert.equal(used.answer.status, 200, used.answer.text);
		assert.equal((await signInThere(person, 'verify-backup-code', first)).answer.status, 401);
		assert.ok(!(await signInHere(person, first)).isSignedIn);
		assert.ok((await signInHere(person, second)).isSignedIn);
	});

	test('new backup codes from there replace those from here', async () => {
		const person = await withFactorHere(), { browser } = await signInThere(person, 'verify-totp', await codeOf(person.secret));
		const { backupCodes } = await browser.did('two-factor/generate-backup-codes', { password: PASSWORD });
		assert.ok(!(await signInHere(person, person.backupCodes[3])).isSignedIn);
		assert.ok((await signInHere(person, backupCodes[3])).isSignedIn);
	});

	test('and off again there: no side asks any more', async () => {
		const person = await withFactorHere(), { browser } = await signInThere(person, 'verify-totp', await codeOf(person.secret));
		await browser.did('two-factor/disable', { password: PASSWORD });
		assert.equal((await both.browser().signInHere(person.email, PASSWORD)).headers.location, '/inbox');
	});
});

describe('ten wrong codes', () => {
	const setLock = (person, seconds) => sql.exec`UPDATE two_factors SET locked_until = now() AT TIME ZONE 'UTC' + make_interval(secs => ${seconds})
		WHERE user_id = ${person.user}`;

	test('there lock it here, for as long', async () => {
		const person = await withFactorThere(), wrong = await wrongCode(person.secret);
		for (let n = 0; n < 10;) {
			const { browser } = await signInThere(person, 'verify-totp', wrong);
			n++;
			for (; n % 5 && n < 10; n++)
				assert.equal((await browser.auth('two-factor/verify-totp', { code: wrong })).status, 401);
		}
		const locked = await sql.value`SELECT extract(epoch FROM locked_until - now() AT TIME ZONE 'UTC')::int AS n FROM two_factors WHERE user_id = ${person.user}`;
		assert.ok(locked > 840 && locked <= 900, `${locked}`);
		const visit = await signInHere(person, await codeOf(person.secret));
		assert.equal(visit.page.status, 429);
		assert.ok(!visit.isSignedIn);
		await setLock(person, -1);
		assert.ok((await signInHere(person, await codeOf(person.secret))).isSignedIn, 'until it is over');
	});

	test('here lock it there', async () => {
		const person = await withFactorThere(), wrong = await wrongCode(person.secret);
		for (let n = 0; n < 10; n++)
			assert.ok(!(await signInHere(person, wrong)).isSignedIn);
		const { answer } = await signInThere(person, 'verify-totp', await codeOf(person.secret));
		assert.equal(answer.status, 429, answer.text);
		await setLock(person, -1);
		assert.equal((await signInThere(person, 'verify-totp', await codeOf(person.secret))).answer.status, 200);
	});
});

describe('a device that is trusted', () => {
	test('there is trusted here', async () => {
		const person = await withFactorThere();
		const { browser, answer } = await signInThere(person, 'verify-totp', await codeOf(person.secret), { trustDevice: true });
		assert.equal(answer.status, 200, answer.text);
		await browser.did('sign-out', {});
		assert.equal((await browser.signInHere(person.email, PASSWORD)).headers.location, '/inbox');
	});

	test('here is trusted there, and no other person with it', async () => {
		const person = await withFactorThere(), visit = await signInHere(person, await codeOf(person.secret), { trust: 'true' });
		assert.ok(visit.isSignedIn);
		const browser = both.browser(), trust = [...visit.jar].find(([name]) => name.endsWith('.trust_device'));
		assert.ok(trust, [...visit.jar.keys()].join());
		browser.jar.set(trust[0], { value: trust[1], secure: false });
		const answer = await browser.signInThere(person.email, PASSWORD);
		assert.equal(answer.json.twoFactorRedirect, undefined);
		assert.equal(await browser.whoThere(), person.user);
		const other = await withFactorThere(), thief = both.browser();
		thief.jar.set(trust[0], { value: trust[1], secure: false });
		assert.equal((await thief.signInThere(other.email, PASSWORD)).json.twoFactorRedirect, true);
		assert.equal((await thief.signInHere(other.email, PASSWORD)).headers.location, STEP);
	});
});
