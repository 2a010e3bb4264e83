// Accounts where mail is configured: signing up, proving an address, a forgotten password. Mails are read
// from the queue, and at the end from their mailboxes.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, test } from 'node:test';
import { STAFF, cursorNow, poll } from '../lib/polls.mjs';
import { PASSWORD, eventually, expect, passwordHash, signCookie, useWorld, word } from '../lib/world.mjs';
import { Visit, formsOf, jwt, mailsTo, pathOf } from '../lib/visit.mjs';

const world = await useWorld({ mail: true });
await world.stack.mail.putOff(true); /* the queue keeps what is to be sent */
const shop = await world.organization();
const address = () => `${word(12).toLowerCase()}@example.org`;
const userOf = async (email) => (await world.sql.rows`SELECT id, name, email_verified FROM users WHERE email = ${email}`)[0];
const actions = (user) => world.sql.rows`SELECT action FROM parlor.audit_log WHERE actor_id = ${user} ORDER BY id`
	.then((rows) => rows.map((row) => row.action));
// What a page says, apart from the address that was typed and what belongs to the one request.
const said = (answer, email) => `${answer.status} ${answer.text.replaceAll(email, 'EMAIL')}`;

async function signUp(fields = {}, visit = new Visit(world)) {
	const email = address();
	await visit.go('/sign-up');
	const answer = await visit.submit('/sign-up', { name: 'Jo Young', email, password: PASSWORD,
		organization: 'Jo & Sons', ...fields });
	return { visit, email, answer };
}

async function verified() {
	const { visit, email } = await signUp();
	await visit.go(pathOf(world, (await mailsTo(world, email)).at(-1).data.link));
	await visit.submit('/verify-email');
	return { visit, email, user: await userOf(email) };
}

describe('signing up', () => {
	test('makes an account and an organization that wait for the proof of the address', async () => {
		const { visit, email, answer } = await signUp();
		expect(answer, 200);
		assert.match(answer.text, /Look into your mail/);
		assert.ok(!visit.isSignedIn, 'nobody is signed in yet');
		const user = await userOf(email);
		assert.deepEqual([user.name, user.email_verified], ['Jo Young', false]);
		const [member] = await world.sql.rows`SELECT m.role, o.name, o.slug FROM members m JOIN organizations o ON o.id = m.organization_id
			WHERE m.user_id = ${user.id}`;
		assert.deepEqual([member.role, member.name], ['owner', 'Jo & Sons']);
		assert.match(member.slug, /^jo-sons/);
		const mails = await mailsTo(world, email);
		assert.deepEqual(mails.map((mail) => mail.template), ['verify-email']);
		assert.equal(mails[0].data.name, 'Jo Young');
		assert.deepEqual(await actions(user.id), ['organization.created', 'account.created']);
	});

	test('leads into the inbox by the link, and only by its button', async () => {
		const { visit, email } = await signUp();
		const link = pathOf(world, (await mailsTo(world, email))[0].data.link);
		expect(await visit.signIn(email, PASSWORD), 401);
		assert.match(visit.page.text, /Confirm your address first/);
		assert.ok(!visit.isSignedIn);
		assert.equal((await mailsTo(world, email)).length, 2, 'the link is sent once more');
		for (let n = 0; n < 3; n++)
			expect(await visit.go(link), 200);
		assert.equal((await userOf(email)).email_verified, false, 'looking changes nothing');
		assert.match(visit.page.text, new RegExp(email));
		await visit.submit('/verify-email');
		assert.match(visit.page.text, /Your address is confirmed/);
		assert.equal((await userOf(email)).email_verified, true);
		expect(await visit.go(link), 200);
		await visit.submit('/verify-email');
		expect(visit.page, 200);
		expect(await visit.signIn(email, PASSWORD), 200);
		assert.equal(visit.page.path, '/inbox');
		const user = await userOf(email);
		assert.deepEqual((await actions(user.id)).filter((a) => a === 'account.email_verified').length, 1);
	});

	test('says the same for an address that has an account, and tells its owner by mail', async () => {
		const { email } = await signUp();
		const before = await world.sql.rows`SELECT password FROM accounts a JOIN users u ON u.id = a.user_id WHERE u.email = ${email}`;
		const other = await signUp();
		const again = await signUp({ email, name: 'Somebody Else', password: 'another password' });
		assert.equal(said(again.answer, email), said(other.answer, other.email));
		assert.deepEqual(Object.keys(again.answer.headers).sort(), Object.keys(other.answer.headers).sort());
		assert.deepEqual(await world.sql.rows`SELECT password FROM accounts a JOIN users u ON u.id = a.user_id WHERE u.email = ${email}`,
			before);
		const mails = await mailsTo(world, email);
		assert.deepEqual(mails.map((mail) => mail.template), ['verify-email', 'account-exists']);
		assert.ok(!JSON.stringify(mails[1]).includes('Somebody Else'), 'nothing of what a stranger typed');
		const spelled = await signUp({ email: email.toUpperCase() });
		expect(spelled.answer, 200);
		assert.equal((await mailsTo(world, email)).length, 3, 'another spelling is the same address');
	});

	for (const [what, fields, words] of [['a short password', { password: 'seven77' }, /8 to 128/],
		['an endless password', { password: 'x'.repeat(129) }, /8 to 128/],
		['no address', { email: 'nobody' }, /no e-mail address/], ['two addresses', { email: 'a@b.example,c@d.example' }, /no e-mail/],
		['no name', { name: '' }, /Name/], ['no organization', { organization: '' }, /Organization/],
		['an endless name', { name: 'x'.repeat(101) }, /Name/]])
		test(`with ${what} shows the form again, with what was typed but the password`, async () => {
			const { answer, email } = await signUp(fields);
			expect(answer, 422);
			assert.match(answer.text, words);
			const { fields: left } = formsOf(answer.text).find((form) => form.action === '/sign-up');
			assert.equal(left.password, '');
			assert.equal(left.email, fields.email ?? email);
			assert.equal(left.organization, fields.organization ?? 'Jo & Sons');
			assert.equal(await userOf(email), undefined);
		});

	test('is counted by address and by network', async () => {
		const email = address();
		for (let n = 0; n < 5; n++)
			expect((await signUp({ email })).answer, 200);
		const sixth = (await signUp({ email })).answer;
		expect(sixth, 429);
		assert.ok(Number(sixth.headers['retry-after']) > 60);
		const client = world.client(), answers = [];
		for (let n = 0; n < 12; n++)
			answers.push((await signUp({}, new Visit(world, { client }))).answer.status);
		assert.deepEqual([answers.filter((s) => s === 200).length, answers.filter((s) => s === 429).length], [10, 2]);
	});

	test('by another site is refused', async () => {
		for (const headers of [{ Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' }, {}])
			for (const path of ['/sign-up', '/verify-email', '/forgot-password', '/reset-password'])
				expect(await world.client().form(path, { name: 'x', email: address(), password: PASSWORD, organization: 'x',
					token: 'x' }, { headers }), 403);
	});
});

describe('an account whose address was never proved', () => {
	test('is of no use, even with a session that another application made', async () => {
		const person = await world.member(shop.id, 'agent');
		const token = await world.session(person.user, { organization: shop.id });
		const client = world.client({ headers: { Cookie: `better-auth.session_token=${signCookie(token, world.secret)}` } });
		expect(await client.get('/inbox'), 200);
		const cursor = await cursorNow(client, STAFF);
		await world.sql.exec`UPDATE users SET email_verified = false WHERE id = ${person.user}`;
		expect(await client.get('/inbox'), 303);
		expect(await poll(client, STAFF, cursor, 20), 401);
		expect(await client.get('/api/v1/me'), 401);
		expect(await client.get('/organizations'), 303);
		await world.sql.exec`UPDATE users SET email_verified = true WHERE id = ${person.user}`;
		expect(await client.get('/inbox'), 200);
	});

	test('gets no more than three links an hour for its password', async () => {
		const { email } = await signUp();
		for (let n = 0; n < 3; n++)
			expect(await new Visit(world).signIn(email, PASSWORD), 401);
		expect(await new Visit(world).signIn(email, PASSWORD), 429);
		assert.equal((await mailsTo(world, email)).length, 4);
	});
});

describe('a link that proves an address', () => {
	const confirm = (token) => world.client({ headers: { Origin: world.url, 'Sec-Fetch-Site': 'same-origin' } })
		.form('/verify-email', { token });

	test('is as good when Better Auth made it', async () => {
		for (const claims of [{}, { userId: true }]) {
			const { email } = await signUp(), user = await userOf(email);
			const token = jwt(world.secret, { email, ...claims.userId && { userId: user.id } }, { alg: 'HS256' });
			expect(await confirm(token), 303);
			assert.equal((await userOf(email)).email_verified, true);
		}
	});

	test('has the claims that Better Auth reads', async () => {
		const { email } = await signUp(), user = await userOf(email);
		const token = new URL((await mailsTo(world, email))[0].data.link).searchParams.get('token');
		const [header, claims] = token.split('.').slice(0, 2).map((p) => JSON.parse(Buffer.from(p, 'base64url')));
		assert.equal(header.alg, 'HS256');
		assert.deepEqual(Object.keys(claims).sort(), ['email', 'exp', 'iat', 'userId']);
		assert.deepEqual([claims.email, claims.userId, claims.exp - claims.iat], [email, user.id, 3600]);
		const [signed, mac] = [token.slice(0, token.lastIndexOf('.')), token.slice(token.lastIndexOf('.') + 1)];
		assert.equal(mac, createHmac('sha256', world.secret).update(signed).digest('base64url'));
	});

	test('is nothing when it is anything else', async () => {
		const { email } = await signUp(), user = await userOf(email), now = Math.floor(Date.now() / 1000);
		const good = jwt(world.secret, { email });
		const tokens = { 'nothing': '', 'a word': 'x', 'another secret': jwt('another secret of at least 32 characters', { email }),
			'no algorithm': jwt(world.secret, { email }, { alg: 'none' }), 'another algorithm': jwt(world.secret, { email }, { alg: 'HS512' }),
			'over': jwt(world.secret, { email, exp: now - 60 }), 'no end': jwt(world.secret, { email, exp: undefined }),
			'a change of address': jwt(world.secret, { email, updateTo: address() }),
			'another request': jwt(world.secret, { email, requestType: 'change-email-verification' }),
			'an invitation': jwt(world.secret, { invitation: word() }), 'no address': jwt(world.secret, { userId: user.id }),
			'another user': jwt(world.secret, { email, userId: shop.members.agent.user }),
			'an address that nobody has': jwt(world.secret, { email: address() }),
			'cut': good.slice(0, -2), 'changed': good.replace(/\.[^.]*\./, `.${jwt(world.secret, { email: address() }).split('.')[1]}.`),
			'endless': `${good}${'x'.repeat(9000)}` };
		for (const [what, token] of Object.entries(tokens)) {
			expect(await confirm(token), 400);
			assert.equal((await userOf(email)).email_verified, false, what);
		}
		expect(await world.client().get('/verify-email'), 400);
	});
});

describe('a forgotten password', () => {
	const ask = async (email, visit = new Visit(world)) => {
		await visit.go('/forgot-password');
		return visit.submit('/forgot-password', { email });
	};
	const linkTo = (email) => eventually('a link', async () =>
		(await mailsTo(world, email)).filter((mail) => mail.template === 'reset-password').at(-1));
	const rows = (user) => world.sql.rows`SELECT identifier, value,
		extract(epoch FROM expires_at - now() AT TIME ZONE 'UTC')::int AS left FROM verifications WHERE value = ${user}`;

	test('is replaced by a link of the mail, once', async () => {
		const { email, user } = await verified();
		const visit = new Visit(world);
		expect(await visit.signIn(email, PASSWORD), 200);
		const elsewhere = await world.session(user.id);
		expect(await ask(email.toUpperCase()), 200);
		const mail = await linkTo(email), [row] = await rows(user.id);
		assert.match(row.identifier, /^reset-password:[0-9A-Za-z]{24}$/);
		assert.ok(row.left > 3500 && row.left <= 3600, `${row.left}`);
		assert.equal(pathOf(world, mail.data.link), `/reset-password?token=${row.identifier.split(':')[1]}`);
		const reader = new Visit(world);
		expect(await reader.go(pathOf(world, mail.data.link)), 200);
		expect(await reader.submit('/reset-password', { password: 'seven77' }), 422);
		assert.equal((await rows(user.id)).length, 1, 'a password that is none does not use it up');
		await reader.submit('/reset-password', { password: 'a new password' });
		assert.match(reader.page.text, /Your new password is set/);
		assert.ok(!reader.isSignedIn, 'the second factor, if any, is still to come');
		assert.equal((await visit.go('/inbox')).path.split('?')[0], '/sign-in', 'every session is over');
		assert.deepEqual(await world.sql.rows`SELECT token FROM sessions WHERE token = ${elsewhere}`, []);
		expect(await new Visit(world).signIn(email, PASSWORD), 401);
		expect(await new Visit(world).signIn(email, 'a new password'), 200);
		expect(await reader.go(pathOf(world, mail.data.link)), 400);
		assert.deepEqual((await mailsTo(world, email)).map((m) => m.template).slice(-2), ['reset-password', 'password-changed']);
		const done = await actions(user.id);
		assert.deepEqual(done.slice(-2), ['password.reset_asked', 'password.reset']);
	});

	test('gets the same answer whether or not the address is known', async () => {
		const { email } = await verified(), unknown = address();
		const known = await ask(email), stranger = await ask(unknown);
		assert.equal(said(stranger, unknown), said(known, email));
		assert.deepEqual(Object.keys(stranger.headers).sort(), Object.keys(known.headers).sort());
		await linkTo(email);
		await eventually('the other question was answered, too', async () => !(await world.sql.rows`
			SELECT id FROM parlor.jobs WHERE kind = 'reset-password' AND payload LIKE ${`%${unknown}%`}`).length);
		assert.deepEqual(await mailsTo(world, unknown), []);
	});

	test('does the same work in the request, known or not', async () => {
		// What the request leaves behind is all it did: one job each, of the same kind and size.
		await world.stack.stopComponent('jobs');
		try {
			const { email } = await signUp(), unknown = `${'x'.repeat(email.length - 12)}@example.org`;
			await ask(email);
			await ask(unknown);
			const jobs = await world.sql.rows`SELECT payload::json ->> 'email' AS email, run_at <= created_at AS at_once, max_attempts
				FROM parlor.jobs WHERE kind = 'reset-password' ORDER BY id DESC LIMIT 2`;
			assert.deepEqual(jobs.map((job) => job.email), [unknown, email]);
			assert.deepEqual({ ...jobs[0], email: '' }, { ...jobs[1], email: '' });
			assert.deepEqual(await rows((await userOf(email)).id), []);
		} finally {
			await world.stack.startComponent('jobs');
		}
	});

	test('of somebody who never proved the address is a proof of it', async () => {
		const { email } = await signUp();
		await ask(email);
		const reader = new Visit(world);
		await reader.go(pathOf(world, (await linkTo(email)).data.link));
		await reader.submit('/reset-password', { password: 'a new password' });
		assert.equal((await userOf(email)).email_verified, true);
		expect(await new Visit(world).signIn(email, 'a new password'), 200);
	});

	const byBetterAuth = async (user, minutes = 60) => {
		const token = word(24);
		await world.sql.exec`INSERT INTO verifications (id, identifier, value, expires_at, created_at, updated_at)
			VALUES (${word()}, ${`reset-password:${token}`}, ${user}, now() AT TIME ZONE 'UTC' + make_interval(mins => ${minutes}),
				now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC')`;
		return token;
	};
	const use = (token, password, client = world.client()) => client.form('/reset-password', { token, password },
		{ headers: { Origin: world.url, 'Sec-Fetch-Site': 'same-origin' } });

	test('is set by a token that Better Auth made, also where there was none', async () => {
		const { user, email } = await verified();
		await world.sql.exec`DELETE FROM accounts WHERE user_id = ${user.id}`;
		const token = await byBetterAuth(user.id);
		expect(await world.client().get(`/reset-password?token=${token}`), 200);
		expect(await use(token, 'a new password'), 303);
		expect(await new Visit(world).signIn(email, 'a new password'), 200);
	});

	test('is not set by a token that is over, for somebody else\'s row, or none', async () => {
		const { user, email } = await verified();
		const over = await byBetterAuth(user.id, -1), gone = await byBetterAuth(word());
		const live = await byBetterAuth(user.id);
		for (const token of [over, gone, '', 'x', live.slice(1), `${live}x`, live.toLowerCase() === live ? 'y' : live.toLowerCase(),
			`${live.slice(0, 23)}%`, "' OR 1=1 --", `reset-password:${live}`]) {
			expect(await world.client().get(`/reset-password?token=${encodeURIComponent(token)}`), 400);
			expect(await use(token, 'stolen password'), 400);
		}
		expect(await new Visit(world).signIn(email, PASSWORD), 200);
	});

	test('of a banned user is not set', async () => {
		const { user, email } = await verified();
		const token = await byBetterAuth(user.id);
		await world.sql.exec`UPDATE users SET banned = true WHERE id = ${user.id}`;
		expect(await use(token, 'a new password'), 400);
		await ask(email);
		await eventually('the question was answered', async () => !(await world.sql.rows`
			SELECT id FROM parlor.jobs WHERE kind = 'reset-password' AND payload LIKE ${`%${email}%`}`).length);
		assert.deepEqual((await mailsTo(world, email)).filter((m) => m.template === 'reset-password'), []);
	});

	test('by fifty at once is set by one', async () => {
		const { user, email } = await verified();
		const token = await byBetterAuth(user.id);
		const answers = await Promise.all(Array.from({ length: 50 },
			(_, n) => use(token, `password number ${n}`)));
		const won = answers.flatMap((answer, n) => answer.status === 303 ? [n] : []);
		assert.equal(won.length, 1, answers.map((a) => a.status).join(' '));
		assert.ok(answers.every((a) => [303, 400, 503].includes(a.status)), answers.map((a) => a.status).join(' '));
		expect(await new Visit(world).signIn(email, `password number ${won[0]}`), 200);
		assert.equal((await actions(user.id)).filter((a) => a === 'password.reset').length, 1);
	});

	test('can be asked for three times an hour, and not for no address', async () => {
		const email = address();
		for (let n = 0; n < 3; n++)
			expect(await ask(email), 200);
		const fourth = expect(await ask(email), 429);
		assert.match(fourth.text, /Too many attempts/);
		expect(await ask('nobody'), 422);
	});

	test('is stored as Better Auth stores it', async () => {
		const { user } = await verified();
		expect(await use(await byBetterAuth(user.id), 'Ångström ﬁne'), 303);
		const stored = await world.sql.value`SELECT password FROM accounts WHERE user_id = ${user.id} AND provider_id = 'credential'
			AND account_id = user_id`;
		assert.equal(stored, passwordHash('Ångström ﬁne', stored.split(':')[0]));
	});
});

describe('mail as it arrives', () => {
	test('has the links that work', async () => {
		await world.stack.mail.putOff(false);
		const { email, visit } = await signUp(), proof = await world.stack.mail.to(email, { subject: /Confirm/ });
		assert.match(proof.text, /Hello Jo Young/);
		await visit.go(pathOf(world, proof.links.find((link) => link.includes('/verify-email'))));
		await visit.submit('/verify-email');
		assert.equal((await userOf(email)).email_verified, true);
		await signUp({ email });
		const exists = await world.stack.mail.to(email, { subject: /have an account already/ });
		assert.deepEqual(exists.links.slice(0, 2), [`${world.url}/sign-in`, `${world.url}/forgot-password`]);
		await visit.go('/forgot-password');
		await visit.submit('/forgot-password', { email });
		const reset = await world.stack.mail.to(email, { subject: /new password/ });
		await visit.go(pathOf(world, reset.links.find((link) => link.includes('/reset-password'))));
		await visit.submit('/reset-password', { password: 'a new password' });
		const changed = await world.stack.mail.to(email, { subject: /was changed/ });
		assert.match(changed.text, /127\./, 'from which address');
		const boss = new Visit(world), guest = address();
		await boss.signIn(shop.members.admin.email, PASSWORD);
		await boss.go('/team');
		await boss.submit('/team/invitations', { email: guest });
		const invitation = await world.stack.mail.to(guest);
		assert.match(invitation.subject, new RegExp(`invites you to ${shop.name}`));
		expect(await new Visit(world).go(pathOf(world, invitation.links.find((link) => link.includes('/invitations/')))), 200);
	});
});
