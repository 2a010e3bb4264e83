// Sessions of a person on both sides, over plain http.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { poll, cursorNow, STAFF } from '../lib/polls.mjs';
import { PASSWORD, SESSION, eventually, useBoth } from './both.mjs';
import { describeCore } from './core.mjs';

const both = await useBoth();

describe('over http', () => describeCore(both, SESSION));

describe('signing out everywhere', () => {
	// One browser that signed in there, one that signed in here.
	async function two() {
		const owner = await both.owner(), other = both.browser();
		assert.equal((await other.signInHere(owner.email, PASSWORD)).status, 303);
		return { owner, other };
	}

	test('there (revokeSessions) ends all of them here', async () => {
		const { owner, other } = await two();
		await owner.browser.did('revoke-sessions', {});
		assert.deepEqual([await owner.browser.whoHere(), await other.whoHere()], [null, null]);
	});

	test('there but for this one (revokeOtherSessions) leaves this one here', async () => {
		const { owner, other } = await two();
		await owner.browser.did('revoke-other-sessions', {});
		assert.equal(await other.whoHere(), null);
		assert.equal((await owner.browser.whoHere()).organizationId, owner.organization);
	});

	test('there ends a poll that waits here within two seconds', async () => {
		const { owner, other } = await two();
		const client = both.world.client({ headers: { Cookie: other.cookies(false), Origin: both.here, 'Sec-Fetch-Site': 'same-origin' } });
		const cursor = await cursorNow(client, STAFF);
		const waiting = poll(client, STAFF, cursor, 20);
		const late = { value: false };
		const answer = waiting.then((a) => {
			late.value = true;
			return a;
		});
		await owner.browser.did('revoke-sessions', {});
		await eventually('the wait has ended', () => late.value, { seconds: 2 });
		assert.ok([200, 401].includes((await answer).status));
		assert.equal((await poll(client, STAFF, cursor, 0)).status, 401);
	});

	test('there by a new password ends the others here, and the new one is good here', async () => {
		const { owner, other } = await two();
		await owner.browser.did('change-password', { currentPassword: PASSWORD, newPassword: 'a new password', revokeOtherSessions: true });
		assert.equal(await other.whoHere(), null);
		assert.equal((await both.browser().signInHere(owner.email, PASSWORD)).status, 401);
		assert.equal((await both.browser().signInHere(owner.email, 'a new password')).status, 303);
	});
});

describe('the sessions that Better Auth lists', () => {
	test('are those of both sides', async () => {
		const owner = await both.owner(), other = both.browser();
		await other.signInHere(owner.email, PASSWORD);
		const tokens = (await owner.browser.did('list-sessions')).map((s) => s.token).sort();
		assert.deepEqual(tokens, [both.token(owner.browser), both.token(other)].sort());
	});

	test('are ended one by one', async () => {
		const owner = await both.owner(), other = both.browser();
		await other.signInHere(owner.email, PASSWORD);
		await owner.browser.did('revoke-session', { token: both.token(other) });
		assert.equal(await other.whoHere(), null);
	});
});

describe('an address', () => {
	test('in capitals is the same account on both sides', async () => {
		const owner = await both.owner({}, { email: `Ada.${Date.now()}@Example.ORG` });
		assert.equal((await both.browser().signInHere(owner.email, PASSWORD)).status, 303);
		assert.equal((await both.browser().signInHere(owner.email.toLowerCase(), PASSWORD)).status, 303);
	});
});

describe('somebody without an organization', () => {
	test('is told so here, and is in as soon as there is one', async () => {
		const { browser } = await both.person();
		assert.equal((await browser.get('/inbox')).headers.location, '/organizations');
		await browser.did('organization/create', { name: 'Late', slug: `late-${Date.now()}` });
		assert.equal((await browser.get('/inbox')).status, 200);
	});

	test('who is deleted there is out here', async () => {
		const owner = await both.owner();
		const other = both.browser();
		await other.signInHere(owner.email, PASSWORD);
		await owner.browser.did('delete-user', { password: PASSWORD });
		assert.equal(await other.whoHere(), null);
		assert.equal((await both.browser().signInHere(owner.email, PASSWORD)).status, 401);
	});
});
