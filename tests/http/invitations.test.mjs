// Invitations, where mail is configured: the link of the mail proves the address, the id alone proves
// nothing. Rows are Better Auth's, so each side accepts those of the other.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PASSWORD, expect, useWorld, word } from '../lib/world.mjs';
import { Visit, jwt, mailsTo, pathOf } from '../lib/visit.mjs';

const world = await useWorld({ mail: true });
await world.stack.mail.putOff(true); /* the queue keeps what is to be sent */
const shop = await world.organization({ name: 'Lamps & <Co>' });
const address = () => `${word(12).toLowerCase()}@example.org`;
const invitationOf = async (email) => (await world.sql.rows`SELECT id, status, role, email, inviter_id, organization_id,
	extract(epoch FROM expires_at - now() AT TIME ZONE 'UTC')::int AS left FROM invitations WHERE email = ${email} ORDER BY id DESC`)[0];
const memberOf = async (email, organization = shop.id) => (await world.sql.rows`SELECT m.role, m.chat_role FROM members m
	JOIN users u ON u.id = m.user_id WHERE u.email = ${email} AND m.organization_id = ${organization}`);
const trail = (id) => world.sql.rows`SELECT action FROM parlor.audit_log WHERE target_id = ${id} ORDER BY id`
	.then((rows) => rows.map((row) => row.action));

async function admin(role = 'admin') {
	const visit = new Visit(world);
	await visit.signIn(shop.members[role].email, PASSWORD);
	return visit;
}
const boss = await admin();

async function invite(fields = {}) {
	const email = address();
	await boss.go('/team');
	const answer = await boss.submit('/team/invitations', { email, ...fields });
	const row = await invitationOf(email);
	return { email, answer, row, link: async () => pathOf(world, (await mailsTo(world, email)).at(-1).data.link) };
}

// Somebody with an account and a proved address, signed in.
async function person({ verified = true } = {}) {
	const { user, email } = await world.member((await world.organization({ roles: [] })).id, 'agent');
	if (!verified)
		await world.sql.exec`UPDATE users SET email_verified = false WHERE id = ${user}`;
	const visit = new Visit(world);
	if (verified)
		await visit.signIn(email, PASSWORD);
	return { visit, email, user };
}

// A row as another program writes it.
async function row(email, { hours = 48, status = 'pending', role = 'member', organization = shop } = {}) {
	const id = word();
	await world.sql.exec`INSERT INTO invitations (id, organization_id, email, role, status, expires_at, created_at, inviter_id)
		VALUES (${id}, ${organization.id}, ${email}, ${role}, ${status}, now() AT TIME ZONE 'UTC' + make_interval(hours => ${hours}),
			now() AT TIME ZONE 'UTC', ${organization.members.admin.user})`;
	return id;
}

describe('inviting', () => {
	test('makes the row that Better Auth makes, and a mail', async () => {
		const { email, answer, row: made } = await invite({ role: 'admin', chatRole: 'supervisor' });
		expect(answer, 200);
		assert.match(answer.text, /on its way by mail/);
		assert.deepEqual([made.status, made.role, made.email, made.inviter_id, made.organization_id],
			['pending', 'admin', email, shop.members.admin.user, shop.id]);
		assert.ok(made.left > 48 * 3600 - 60 && made.left <= 48 * 3600, `${made.left}`);
		const [mail] = await mailsTo(world, email);
		assert.equal(mail.template, 'invitation');
		assert.deepEqual([mail.data.organization, mail.data.role, mail.data.hours], ['Lamps & <Co>', 'admin', 48]);
		assert.match(pathOf(world, mail.data.link), new RegExp(`^/invitations/${made.id}\\?token=`));
		assert.deepEqual(await trail(made.id), ['invitation.created']);
	});

	test('stores the address in lower case', async () => {
		const email = address();
		await boss.go('/team');
		await boss.submit('/team/invitations', { email: email.toUpperCase() });
		assert.equal((await invitationOf(email)).email, email);
	});

	test('twice, or of a member, is refused with the reason', async () => {
		const { email } = await invite();
		const again = await boss.submit('/team/invitations', { email });
		assert.match(expect(again, 409).text, /invited already/);
		assert.match(again.text, new RegExp(`value="${email}"`), 'what was typed is still there');
		const member = await boss.submit('/team/invitations', { email: shop.members.agent.email });
		assert.match(expect(member, 409).text, /in the team already/);
		for (const email of ['nobody', 'a@b.example\r\nBcc: c@d.example', '', 'a b@c.example', 'x'.repeat(300)])
			expect(await boss.submit('/team/invitations', { email }), 422);
	});

	test('at once by two makes one invitation', async () => {
		const email = address();
		await boss.go('/team');
		const answers = await Promise.all(Array.from({ length: 4 }, () =>
			boss.client.form('/team/invitations', { ...boss.form('/team/invitations').fields, email }, { headers: boss.headers() })));
		assert.deepEqual(answers.map((a) => a.status).sort(), [303, 409, 409, 409]);
		assert.equal((await world.sql.rows`SELECT id FROM invitations WHERE email = ${email}`).length, 1);
	});

	test('is for those who may, and owners are made by owners', async () => {
		const fields = (visit) => ({ csrf: visit.form('/sign-out').fields.csrf, email: address(), role: 'member', chatRole: '' });
		for (const role of ['agent', 'viewer']) {
			const visit = await admin(role);
			await visit.go('/team');
			assert.ok(!visit.page.text.includes('action="/team/invitations"'), role);
			expect(await visit.client.form('/team/invitations', fields(visit), { headers: visit.headers() }), 403);
		}
		const helper = await world.member(shop.id, 'supervisor'), visit = new Visit(world);
		await world.sql.exec`UPDATE members SET role = 'admin' WHERE id = ${helper.id}`;
		await visit.signIn(helper.email, PASSWORD);
		await visit.go('/team');
		assert.ok(!visit.page.text.includes('<option value="owner">'), 'an administrator is not offered owner');
		const answer = await visit.client.form('/team/invitations', { ...fields(visit), role: 'owner' }, { headers: visit.headers() });
		assert.match(expect(answer, 403).text, /Only an owner/);
		expect(await visit.submit('/team/invitations', { email: address(), role: 'admin' }), 200);
		const { row: made } = await invite({ role: 'owner' });
		assert.equal(made.role, 'owner');
	});

	test('by another organization touches nothing of this one', async () => {
		const other = await world.organization(), id = await row(address(), { organization: other });
		await boss.go('/team');
		const { csrf } = boss.form('/team/invitations').fields;
		for (const act of ['send', 'cancel'])
			expect(await boss.client.form(`/team/invitations/${id}/${act}`, { csrf }, { headers: boss.headers() }), 404);
		const [{ status }] = await world.sql.rows`SELECT status FROM invitations WHERE id = ${id}`;
		assert.equal(status, 'pending');
	});

	test('can be taken back, and done again', async () => {
		const { email, row: made, link } = await invite();
		const old = await link();
		await world.sql.exec`UPDATE invitations SET expires_at = now() AT TIME ZONE 'UTC' - interval '1 hour' WHERE id = ${made.id}`;
		assert.match((await boss.go('/team')).text, new RegExp(`${email}[\\s\\S]{0,400}· over`));
		await boss.submit(`/team/invitations/${made.id}/send`);
		assert.ok((await invitationOf(email)).left > 47 * 3600);
		assert.equal((await mailsTo(world, email)).length, 2);
		await boss.submit(`/team/invitations/${made.id}/cancel`);
		assert.equal((await invitationOf(email)).status, 'canceled');
		expect(await new Visit(world).go(old), 410);
		assert.deepEqual(await trail(made.id), ['invitation.created', 'invitation.renewed', 'invitation.canceled']);
		expect(await boss.client.form(`/team/invitations/${made.id}/send`, { csrf: boss.form('/team/invitations').fields.csrf },
			{ headers: boss.headers() }), 404);
	});

	test('is counted by address', async () => {
		const { email } = await invite(), statuses = [];
		for (let n = 0; n < 6; n++)
			statuses.push((await boss.submit('/team/invitations', { email })).status);
		assert.deepEqual(statuses, [409, 409, 409, 409, 429, 429]);
	});
});

describe('joining', () => {
	test('by the link of the mail makes a proved account, a member and a session', async () => {
		const { email, row: made, link } = await invite({ chatRole: 'viewer' }), guest = new Visit(world);
		expect(await guest.go(await link()), 200);
		assert.match(guest.page.text, /Lamps &amp; &lt;Co&gt;/);
		await guest.submit(`/invitations/${made.id}/join`, { name: 'New Person', password: 'a good password' });
		assert.equal(expect(guest.page, 200).path, '/inbox');
		assert.deepEqual(await memberOf(email), [{ role: 'member', chat_role: 'viewer' }]);
		const [user] = await world.sql.rows`SELECT email_verified, name FROM users WHERE email = ${email}`;
		assert.deepEqual(user, { email_verified: true, name: 'New Person' });
		assert.equal((await invitationOf(email)).status, 'accepted');
		assert.deepEqual((await mailsTo(world, email)).map((m) => m.template), ['invitation']);
		assert.deepEqual(await trail(made.id), ['invitation.created', 'invitation.accepted']);
		expect(await new Visit(world).go(await link()), 410);
	});

	test('by the bare id proves nothing: the address is to be proved first', async () => {
		const { email, row: made } = await invite(), guest = new Visit(world);
		await guest.go(`/invitations/${made.id}`);
		await guest.submit(`/invitations/${made.id}/join`, { name: 'New Person', password: 'a good password' });
		assert.match(expect(guest.page, 200).text, /Look into your mail/);
		assert.ok(!guest.isSignedIn);
		assert.deepEqual(await memberOf(email), []);
		assert.equal((await invitationOf(email)).status, 'pending');
		const proof = (await mailsTo(world, email)).at(-1);
		assert.equal(proof.template, 'verify-email');
		await guest.go(pathOf(world, proof.data.link));
		await guest.submit('/verify-email');
		await guest.submit('/sign-in', { email, password: 'a good password' });
		assert.equal(guest.page.path, `/invitations/${made.id}`);
		await guest.submit(`/invitations/${made.id}/accept`);
		assert.equal(guest.page.path, '/inbox');
		assert.equal((await memberOf(email)).length, 1);
	});

	test('with the bare id says the same whether or not the address has an account', async () => {
		const said = async (email) => {
			const id = await row(email), guest = new Visit(world);
			await guest.go(`/invitations/${id}`);
			const answer = await guest.submit(`/invitations/${id}/join`, { name: 'X', password: 'a good password' });
			return `${answer.status} ${answer.text.replaceAll(email, 'EMAIL').replaceAll(id, 'ID')}`;
		};
		const known = await person();
		assert.equal(await said(known.email), await said(address()));
		assert.deepEqual(await memberOf(known.email), []);
	});

	test('with a token of another kind or of another invitation proves nothing', async () => {
		const { email, row: made, link } = await invite(), other = await invite();
		const theirs = new URLSearchParams((await other.link()).split('?')[1]).get('token');
		const own = new URLSearchParams((await link()).split('?')[1]).get('token');
		const tokens = [theirs, own.slice(0, -1), 'x', jwt(world.secret, { email }), jwt(world.secret, { invitation: made.id }, { alg: 'none' }),
			jwt('another secret of at least 32 characters', { invitation: made.id }),
			jwt(world.secret, { invitation: made.id, exp: Math.floor(Date.now() / 1000) - 60 })];
		for (const token of tokens.slice(0, 4).concat(tokens.slice(4, 5))) {
			const answer = await world.client().form(`/invitations/${made.id}/join`, { name: 'X', password: 'a good password', token },
				{ headers: { Origin: world.url, 'Sec-Fetch-Site': 'same-origin' } });
			assert.ok(!answer.headers['set-cookie'], token);
			const [user] = await world.sql.rows`SELECT email_verified FROM users WHERE email = ${email}`;
			assert.ok(!user?.email_verified, token);
			await world.sql.exec`DELETE FROM users WHERE email = ${email}`;
		}
		assert.deepEqual(await memberOf(email), []);
		expect(await world.client().form('/verify-email', { token: own },
			{ headers: { Origin: world.url, 'Sec-Fetch-Site': 'same-origin' } }), 400, 'nor does it prove an address');
	});

	test('by fifty at once makes one member', async () => {
		const { email, row: made } = await invite();
		await world.sql.exec`INSERT INTO users (id, name, email, created_at, updated_at, email_verified)
			VALUES (${word()}, 'Somebody', ${email}, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC', true)`;
		const [{ id: user }] = await world.sql.rows`SELECT id FROM users WHERE email = ${email}`;
		const staff = await shop.signedIn(user);
		const csrf = staff.headers['X-CSRF-Token'];
		const answers = await Promise.all(Array.from({ length: 50 },
			() => staff.form(`/invitations/${made.id}/accept`, { csrf })));
		const statuses = answers.map((a) => a.status);
		assert.equal(statuses.filter((s) => s === 303).length, 1, statuses.join(' '));
		assert.ok(statuses.every((s) => [303, 410, 503].includes(s)), statuses.join(' '));
		assert.equal((await memberOf(email)).length, 1);
		assert.equal((await trail(made.id)).filter((a) => a === 'invitation.accepted').length, 1);
	});

	test('by several new accounts at once makes one', async () => {
		const { email, row: made, link } = await invite();
		const token = new URLSearchParams((await link()).split('?')[1]).get('token');
		const answers = await Promise.all(Array.from({ length: 5 }, () => world.client().form(`/invitations/${made.id}/join`,
			{ name: 'X', password: 'a good password', token }, { headers: { Origin: world.url, 'Sec-Fetch-Site': 'same-origin' } })));
		assert.equal(answers.filter((a) => a.status === 303).length, 1, answers.map((a) => a.status).join(' '));
		assert.equal((await memberOf(email)).length, 1);
	});

	test('where there is an account, by signing in', async () => {
		const { email } = await person(), { row: made, link } = await (async () => {
			await boss.go('/team');
			await boss.submit('/team/invitations', { email, role: 'admin' });
			return { row: await invitationOf(email), link: pathOf(world, (await mailsTo(world, email)).at(-1).data.link) };
		})();
		const guest = new Visit(world);
		await guest.go(link);
		const taken = await guest.submit(`/invitations/${made.id}/join`, { name: 'X', password: 'a good password' });
		assert.match(expect(taken, 409).text, /has an account/);
		await guest.go(`/sign-in?next=/invitations/${made.id}`);
		await guest.submit('/sign-in', { email, password: PASSWORD });
		await guest.submit(`/invitations/${made.id}/accept`);
		assert.equal(guest.page.path, '/inbox');
		assert.deepEqual((await memberOf(email)).map((m) => m.role), ['admin']);
		assert.match(guest.page.text, /Lamps &amp; &lt;Co&gt;/, 'it is the organization at work');
	});

	test('can be declined', async () => {
		const { visit, email } = await person(), id = await row(email);
		await visit.go('/organizations');
		assert.match(visit.page.text, /You are invited/);
		await visit.go(`/invitations/${id}`);
		await visit.submit(`/invitations/${id}/decline`);
		assert.equal((await invitationOf(email)).status, 'rejected');
		expect(await visit.go(`/invitations/${id}`), 410);
		assert.deepEqual(await memberOf(email), []);
		assert.deepEqual(await trail(id), ['invitation.declined']);
	});

	test('is for the address it names', async () => {
		const { visit, email } = await person(), id = await row(address());
		await visit.go(`/invitations/${id}`);
		assert.match(expect(visit.page, 200).text, /For another address/);
		const csrf = visit.form('/sign-out').fields.csrf, absent = word();
		for (const act of ['accept', 'decline'])
			for (const one of [id, absent])
				expect(await visit.client.form(`/invitations/${one}/${act}`, { csrf }, { headers: visit.headers() }), 404);
		const [{ status }] = await world.sql.rows`SELECT status FROM invitations WHERE id = ${id}`;
		assert.equal(status, 'pending');
		assert.deepEqual(await memberOf(email), []);
	});

	for (const [what, options] of [['is over', { hours: -1 }], ['was canceled', { status: 'canceled' }],
		['was declined', { status: 'rejected' }], ['was accepted', { status: 'accepted' }]])
		test(`is no more when it ${what}`, async () => {
			const { visit, email } = await person(), id = await row(email, options);
			expect(await visit.go(`/invitations/${id}`), 410);
			await visit.go('/organizations');
			assert.ok(!visit.page.text.includes(id));
			const { csrf } = visit.form('/sign-out').fields;
			expect(await visit.client.form(`/invitations/${id}/accept`, { csrf }, { headers: visit.headers() }), 410);
			const join = await world.client().form(`/invitations/${id}/join`, { name: 'X', password: 'a good password' },
				{ headers: { Origin: world.url, 'Sec-Fetch-Site': 'same-origin' } });
			expect(join, 410);
			assert.deepEqual(await memberOf(email), []);
		});

	test('of one that Better Auth made, with a role of several words', async () => {
		const { visit, email } = await person(), id = await row(email, { role: 'admin,member' });
		await visit.go(`/invitations/${id}`);
		await visit.submit(`/invitations/${id}/accept`);
		assert.deepEqual((await memberOf(email)).map((m) => m.role), ['admin,member']);
	});

	test('of one with a role that nobody knows says so and leaves it open', async () => {
		const { visit, email } = await person(), id = await row(email, { role: 'janitor' });
		await visit.go(`/invitations/${id}`);
		expect(await visit.submit(`/invitations/${id}/accept`), 422);
		assert.equal((await invitationOf(email)).status, 'pending');
	});

	test('through Better Auth gives the chat role as well', async () => {
		const { email, row: made } = await invite({ chatRole: 'supervisor' });
		const { user } = await person();
		await world.sql.exec`UPDATE users SET email = ${email} WHERE id = ${user}`;
		// Its acceptInvitation, as it writes.
		await world.sql.exec`UPDATE invitations SET status = 'accepted' WHERE id = ${made.id};
			INSERT INTO members (id, organization_id, user_id, role, created_at)
			VALUES (${word()}, ${shop.id}, ${user}, 'member', now() AT TIME ZONE 'UTC')`;
		assert.deepEqual(await memberOf(email), [{ role: 'member', chat_role: 'supervisor' }]);
	});

	test('of a member already only answers it', async () => {
		const { visit, email, user } = await person(), id = await row(email, { role: 'owner' });
		await world.sql.exec`INSERT INTO members (id, organization_id, user_id, role, created_at)
			VALUES (${word()}, ${shop.id}, ${user}, 'member', now() AT TIME ZONE 'UTC')`;
		await visit.go(`/invitations/${id}`);
		await visit.submit(`/invitations/${id}/accept`);
		assert.deepEqual((await memberOf(email)).map((m) => m.role), ['member']);
		assert.equal((await invitationOf(email)).status, 'accepted');
	});
});
