// What must hold of signing in, cookies and sessions wherever the two run: asked with plain http, with
// https behind one nginx, and on database servers in other time zones.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY, PASSWORD, near } from './both.mjs';

const cookieNamed = (answer, name) => answer.headers['set-cookie']?.find((line) => line.startsWith(`${name}=`));

export function describeCore(both, name) {
	test('who signed up there signs in here', async () => {
		const owner = await both.owner();
		const browser = both.browser();
		assert.equal((await browser.signInHere(owner.email, PASSWORD)).status, 303);
		const me = await browser.whoHere();
		assert.deepEqual([me.organizationId, me.role], [owner.organization, 'admin']);
		assert.equal((await both.browser().signInHere(owner.email, 'another password')).status, 401);
	});

	test('a cookie that was set there is good here', async () => {
		const { browser, organization, user } = await both.owner();
		const { value, line } = browser.jar.get(name);
		assert.match(line, /; Max-Age=604800; Path=\/; HttpOnly;( Secure;)? SameSite=Lax$/);
		assert.equal((await browser.whoHere()).organizationId, organization);
		for (const spelling of [decodeURIComponent(value), `"${value}"`, `"${decodeURIComponent(value)}"`]) {
			browser.jar.get(name).value = spelling;
			assert.equal((await browser.whoHere())?.organizationId, organization, spelling);
		}
		browser.jar.get(name).value = value;
		assert.equal(await browser.whoThere(), user);
	});

	test('a cookie that was set here is good there', async () => {
		const owner = await both.owner();
		const browser = both.browser();
		const answer = await browser.signInHere(owner.email, PASSWORD);
		assert.match(cookieNamed(answer, name), /Max-Age=604800/);
		const { session, user } = await browser.did('get-session');
		assert.deepEqual([user.id, session.userId, session.activeOrganizationId], [owner.user, owner.user, owner.organization]);
		assert.equal(session.token, both.token(browser, name));
		assert.match(session.ipAddress, /^127\./);
		assert.equal(session.userAgent, 'Mozilla/5.0 (test)');
		for (const time of ['createdAt', 'updatedAt'])
			near(Date.parse(session[time]) / 1000, Date.now() / 1000);
		near(Date.parse(session.expiresAt) / 1000, Date.now() / 1000 + 7 * DAY);
		assert.equal((await browser.did('organization/list')).length, 1);
	});

	test('a session that neither has used for a day is renewed by either, and not before', async () => {
		const { browser } = await both.owner();
		const token = both.token(browser, name);
		const uses = { here: () => browser.get('/api/v1/me'), there: () => browser.auth('get-session') };
		for (const [side, use] of Object.entries(uses)) {
			await both.setLeft(token, 6 * DAY + 60);
			const young = await use();
			near(await both.left(token), 6 * DAY + 60, 30);
			assert.equal(cookieNamed(young, name), undefined, side);
			await both.setLeft(token, 6 * DAY - 60);
			const old = await use();
			near(await both.left(token), 7 * DAY);
			assert.match(cookieNamed(old, name), /Max-Age=6047\d\d|Max-Age=604800/, side);
			assert.equal(both.token(browser, name), token);
		}
	});

	test('it ends at its hour on both sides, neither early nor late', async () => {
		const { browser, user, organization } = await both.owner();
		const token = both.token(browser, name);
		await both.setLeft(token, 30);
		const kept = browser.clone();
		assert.equal((await browser.whoHere())?.organizationId, organization);
		await both.setLeft(token, 30);
		assert.equal(await browser.whoThere(), user);
		await both.setLeft(token, -1);
		assert.equal(await kept.whoHere(), null);
		assert.equal(await kept.whoThere(), null);
	});

	test('"do not remember" there is kept here', async () => {
		const owner = await both.owner();
		const browser = both.browser();
		assert.equal((await browser.signInThere(owner.email, PASSWORD, { rememberMe: false })).status, 200);
		assert.equal(browser.jar.get(name).age, undefined);
		const token = both.token(browser, name);
		near(await both.left(token), DAY);
		await both.setLeft(token, DAY / 2);
		assert.equal(cookieNamed(await browser.get('/api/v1/me'), name), undefined);
		near(await both.left(token), DAY / 2);
	});

	test('"do not remember" here is kept there', async () => {
		const owner = await both.owner();
		const browser = both.browser();
		assert.equal((await browser.signInHere(owner.email, PASSWORD, { remember: false })).status, 303);
		assert.equal(browser.jar.get(name).age, undefined);
		const token = both.token(browser, name);
		near(await both.left(token), DAY);
		await both.setLeft(token, DAY / 2);
		assert.equal(cookieNamed(await browser.auth('get-session'), name), undefined);
		near(await both.left(token), DAY / 2);
		assert.equal(await browser.whoThere(), owner.user);
	});

	test('signing out here ends it there', async () => {
		const { browser } = await both.owner();
		const kept = browser.clone();
		assert.equal((await browser.form('/sign-out', {})).status, 303);
		assert.equal([...browser.jar.keys()].filter((cookie) => cookie.includes('better-auth')).length, 0);
		assert.equal(await kept.whoThere(), null);
	});

	test('signing out there ends it here', async () => {
		const owner = await both.owner();
		const browser = both.browser();
		await browser.signInHere(owner.email, PASSWORD);
		const kept = browser.clone();
		await browser.did('sign-out', {});
		assert.equal(browser.jar.has(name), false);
		assert.equal(await kept.whoHere(), null);
		assert.equal((await owner.browser.whoHere()).organizationId, owner.organization, 'the other session goes on');
	});
}
