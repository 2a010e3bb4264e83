// One's own password and sessions, by forms alone.
import assert from 'node:assert/strict';
import { scryptSync } from 'node:crypto';
import { describe, test } from 'node:test';
import { PASSWORD, expect, useWorld } from '../lib/world.mjs';
import { Visit, wordsOf } from '../lib/visit.mjs';
import { STAFF, cursorNow, poll } from '../lib/polls.mjs';

const world = await useWorld();
const shop = await world.organization();
const PAGE = '/settings/security', CHANGE = '/settings/security/password';

async function signedIn(member, password = PASSWORD, options) {
	const person = new Visit(world, options);
	expect(await person.enter(member.email, password), 303);
	return person;
}
const fresh = () => world.member(shop.id, 'agent');
const sessionsOf = (user) => world.sql.rows`SELECT id, token FROM sessions WHERE user_id = ${user} ORDER BY created_at`;
const change = async (person, fields) => person.send(await person.get(PAGE), CHANGE,
	{ current: PASSWORD, password: 'a new password', again: 'a new password', ...fields });

describe('changing the password', () => {
	test('needs the old one, and twice the same new one of 8 to 128 characters', async () => {
		const member = await fresh(), person = await signedIn(member);
		const wrong = expect(await change(person, { current: 'not this one' }), 422);
		assert.match(wordsOf(wrong), /That is not your password/);
		for (const [fields, words] of [[{ again: 'a new passworD' }, /not the same/], [{ password: 'short', again: 'short' }, /8 to 128/],
			[{ password: 'x'.repeat(129), again: 'x'.repeat(129) }, /8 to 128/], [{ password: '', again: '' }, /Fill in all fields/]])
			assert.match(wordsOf(expect(await change(person, fields), 422)), words);
		expect(await person.get('/inbox'), 200);
		expect(await new Visit(world).enter(member.email, PASSWORD), 303, 'nothing was changed');
	});

	test('keeps this session under a new token, ends the others, and is told', async () => {
		const member = await fresh(), person = await signedIn(member), other = await signedIn(member);
		const old = person.elsewhere(), token = person.session;
		const page = await person.follow(await change(person));
		assert.match(wordsOf(page), /Your password is changed\. All other devices are signed out/);
		assert.notEqual(person.session, token);
		for (const gone of [other, old])
			assert.equal(expect(await gone.get('/inbox'), 303).headers.location, '/sign-in?next=%2Finbox');
		assert.deepEqual((await sessionsOf(member.user)).map((s) => s.token), [person.session]);
		expect(await new Visit(world).enter(member.email, PASSWORD), 401);
		expect(await new Visit(world).enter(member.email, 'a new password'), 303);
		const log = await world.sql.rows`SELECT action, actor_type, actor_id, ip_address FROM parlor.audit_log WHERE target_id = ${member.user}`;
		assert.deepEqual(log.map((l) => [l.action, l.actor_type, l.actor_id]), [['password.changed', 'user', member.user]]);
		assert.match(log[0].ip_address, /^127\./);
	});

	test('to one with other letters stores what Better Auth would, in any normal form', async () => {
		const member = await fresh(), person = await signedIn(member);
		const password = 'Ångström ﬁne ½ 密码';
		expect(await change(person, { password: password.normalize('NFD'), again: password.normalize('NFD') }), 303);
		const stored = await world.sql.value`SELECT password FROM accounts WHERE user_id = ${member.user}`;
		assert.match(stored, /^[0-9a-f]{32}:[0-9a-f]{128}$/);
		const [salt, key] = stored.split(':');
		assert.equal(scryptSync(password.normalize('NFKC'), salt, 64, { N: 16384, r: 16, p: 1, maxmem: 128 << 20 }).toString('hex'), key);
		for (const form of ['NFC', 'NFD', 'NFKC'])
			expect(await new Visit(world).enter(member.email, password.normalize(form)), 303, form);
		expect(await change(person, { current: password.normalize('NFC') }), 303);
		expect(await change(person, { current: 'a new password', password: '密'.repeat(128), again: '密'.repeat(128) }), 303);
		expect(await change(person, { current: '密'.repeat(128), password: '😀'.repeat(65), again: '😀'.repeat(65) }), 422, '130 units');
	});

	test('cannot be guessed at with a session somebody got hold of', async () => {
		const member = await fresh(), person = await signedIn(member);
		for (let i = 0; i < 5; i++)
			expect(await change(person, { current: `guess ${i}` }), 422);
		const sixth = expect(await change(person), 429);
		assert.match(wordsOf(sixth), /Too many attempts\. Wait \d+ minutes/);
		assert.ok(Number(sixth.headers['retry-after']) > 60);
		expect(await new Visit(world).enter(member.email, PASSWORD), 429, 'it is the same count');
	});

	test('needs the session\'s own token, from this site', async () => {
		const member = await fresh(), person = await signedIn(member);
		const fields = { current: PASSWORD, password: 'a new password', again: 'a new password' };
		expect(await person.post(CHANGE, fields), 403);
		expect(await person.post(CHANGE, { ...fields, csrf: '0'.repeat(64) }), 403);
		expect(await new Visit(world).enter(member.email, PASSWORD), 303);
	});

	test('is there for people in no organization, too', async () => {
		const member = await fresh(), person = await signedIn(member);
		await world.sql.exec`DELETE FROM members WHERE user_id = ${member.user}`;
		const token = person.session;
		const page = await person.follow(await change(person));
		assert.match(wordsOf(page), /Your password is changed/);
		assert.notEqual(person.session, token);
		assert.ok(person.cookie('better-auth.session_token') && !person.cookie('better-auth.dont_remember'), 'still remembered');
		expect(await person.send(page, `${PAGE}/sessions/end-all`), 303);
	});

	test('a page that refused a form can be loaded again', async () => {
		const person = await signedIn(await fresh());
		for (const at of [CHANGE, '/settings/security/two-factor', '/settings/security/two-factor/confirm',
			'/settings/security/two-factor/codes', '/settings/security/two-factor/disable'])
			assert.match(wordsOf(expect(await person.get(at), 200)), /Password and security/);
	});
});

describe('the sessions', () => {
	const agents = { 'Firefox on Linux': undefined,
		'Safari on iPhone': 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile/15E148 Safari/604.1',
		'Edge on Windows': 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0',
		'Unknown device': 'curl/8' };

	test('are listed in words, this one first, those of others and of yesterday not', async () => {
		const member = await fresh();
		for (const agent of Object.values(agents).slice(1))
			await signedIn(member, PASSWORD, { agent });
		await world.session(member.user, { organization: shop.id, days: -1 });
		const person = await signedIn(member);
		const page = expect(await person.get(PAGE), 200);
		const rows = page.text.match(/<ul class="sessions">([\s\S]*?)<\/ul>/)[1].split('<li>').slice(1)
			.map((html) => wordsOf({ text: html }));
		assert.equal(rows.length, 4);
		assert.match(rows[0], /^ ?Firefox on Linux This one 127\.[\d.]+ · since just now · last renewed just now/);
		for (const name of Object.keys(agents))
			assert.equal(rows.filter((row) => row.includes(name)).length, 1, name);
		assert.equal(rows.filter((row) => row.includes('Sign out')).length, 3);
		for (const { token } of await sessionsOf(member.user))
			assert.ok(!page.text.includes(token), 'no token');
	});

	test('can be ended one by one, one\'s own only', async () => {
		const member = await fresh(), person = await signedIn(member), other = await signedIn(member), third = await signedIn(member);
		const stranger = await fresh(), victim = await signedIn(stranger);
		const id = (await sessionsOf(member.user)).find((s) => s.token === other.session).id;
		const page = await person.get(PAGE);
		const after = await person.follow(await person.send(page, `${PAGE}/sessions/${id}/end`));
		assert.match(wordsOf(after), /That device is signed out/);
		expect(await other.get('/inbox'), 303);
		expect(await third.get('/inbox'), 200);
		expect(await person.get('/inbox'), 200);
		const csrf = page.text.match(/name="csrf" value="([^"]+)"/)[1];
		const foreign = (await sessionsOf(stranger.user))[0].id;
		const answers = [];
		for (const which of [foreign, 'nosuchsession', id])
			answers.push(expect(await person.post(`${PAGE}/sessions/${which}/end`, { csrf }), 404).text
				.replaceAll(which, 'ID').replace(/<code>[^<]*/, ''));
		assert.equal(new Set(answers).size, 1, 'another\'s is as one that is not there');
		expect(await victim.get('/inbox'), 200);
	});

	test('can be ended all but this one, and all with this one', async () => {
		const member = await fresh(), person = await signedIn(member), other = await signedIn(member);
		const page = await person.follow(await person.send(await person.get(PAGE), `${PAGE}/sessions/end-others`));
		assert.match(wordsOf(page), /All other devices are signed out/);
		assert.doesNotMatch(page.text, /end-others/, 'there are none');
		expect(await other.get('/inbox'), 303);
		const third = await signedIn(member);
		const out = expect(await person.send(await person.get(PAGE), `${PAGE}/sessions/end-all`), 303);
		assert.equal(out.headers.location, '/sign-in');
		assert.ok(!person.session);
		expect(await third.get('/inbox'), 303);
		assert.equal((await sessionsOf(member.user)).length, 0);
		assert.deepEqual((await world.sql.rows`SELECT action FROM parlor.audit_log WHERE target_id = ${member.user} ORDER BY id`)
			.map((l) => l.action), ['sessions.ended', 'sessions.ended']);
	});

	for (const [what, act] of Object.entries({
		'one by one': async (person, id) => person.send(await person.get(PAGE), `${PAGE}/sessions/${id}/end`),
		'with all others': async (person) => person.send(await person.get(PAGE), `${PAGE}/sessions/end-others`),
		'by a new password': (person) => change(person) }))
		test(`that are ended ${what} end what waits with them, within 2 s`, async () => {
			const member = await fresh(), person = await signedIn(member), other = await signedIn(member);
			const waiting = other.client.with({ Cookie: [...other.jar].map((c) => c.join('=')).join('; ') });
			const cursor = await cursorNow(waiting, STAFF);
			const held = poll(waiting, STAFF, cursor);
			const id = (await sessionsOf(member.user)).find((s) => s.token === other.session).id;
			const own = person.client.with({ Cookie: [...person.jar].map((c) => c.join('=')).join('; ') });
			const mine = what === 'one by one' && poll(own, STAFF, await cursorNow(own, STAFF), 3);
			expect(await act(person, id), 303);
			const begun = Date.now();
			const answer = await held;
			assert.ok(Date.now() - begun < 2000, `${Date.now() - begun} ms`);
			expect(answer, 401);
			if (mine)
				expect(await mine, 200);
		});
});
