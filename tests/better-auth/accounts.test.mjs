// Accounts, passwords, proofs of addresses and invitations: begun on one side, finished on the other. Parlor's
// mails are read from its queue.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Visit, formsOf, mailsTo, pathOf } from '../lib/visit.mjs';
import { PASSWORD, eventually, useBoth, word } from './both.mjs';
import { passwords } from './passwords.mjs';

const both = await useBoth({ mail: true, settings: ["timezone = 'America/New_York'"] });
const { sql, world } = both;
await world.stack.mail.putOff(true); // the queue keeps what is to be sent
const address = () => `${word(12).toLowerCase()}@example.org`;
const isVerified = (email) => sql.value`SELECT email_verified FROM users WHERE email = ${email}`;

// The path of the link in the newest mail of ours.
const linkTo = (email, template) => eventually(`a mail ${template} to ${email}`, async () => {
	const mail = (await mailsTo(world, email)).filter((m) => m.template === template).at(-1);
	return mail && pathOf(world, mail.data.link);
});
const parameter = (path, name) => new URL(path, world.url).searchParams.get(name);

// Signed up here, with an organization, the address proved here.
async function personHere({ password = PASSWORD } = {}) {
	const visit = new Visit(world), email = address();
	await visit.go('/sign-up');
	await visit.submit('/sign-up', { name: 'Jo Young', email, password, organization: 'Jo & Sons' });
	await visit.go(await linkTo(email, 'verify-email'));
	await visit.submit('/verify-email');
	await visit.signIn(email, password);
	assert.equal(visit.page.path, '/inbox');
	return { visit, email, password };
}

// Signed up there, the address proved there.
async function personThere(options) {
	const person = await both.person(options);
	await person.browser.did('send-verification-email', { email: person.email });
	const { token } = both.auth.mailTo('verify', person.email);
	await person.browser.auth(`verify-email?token=${token}`);
	assert.equal(await isVerified(person.email), true);
	return person;
}

async function ownerThere() {
	const owner = await personThere();
	const { id } = await owner.browser.did('organization/create', { name: 'Shop', slug: word(16).toLowerCase() });
	return { ...owner, organization: id };
}

async function visitOf(person) {
	const visit = new Visit(world);
	await visit.signIn(person.email, person.password);
	return visit;
}

describe('who signed up here', () => {
	test('signs in there, and finds the organization there', async () => {
		const { email, password } = await personHere(), browser = both.browser();
		assert.equal((await browser.signInThere(email, password)).status, 200);
		const [organization] = await browser.did('organization/list');
		assert.equal(organization.name, 'Jo & Sons');
		await browser.did('organization/set-active', { organizationId: organization.id });
		const { members } = await browser.did('organization/get-full-organization');
		assert.deepEqual(members.map((m) => [m.role, m.user.email]), [['owner', email]]);
		await browser.did('organization/update', { organizationId: organization.id, data: { name: 'Jo & Daughters' } });
		assert.match((await browser.get('/organizations')).text, /Jo &amp; Daughters/);
	});
});

describe('a forgotten password', () => {
	test('asked for there, set here', async () => {
		const person = await personThere();
		await person.browser.did('request-password-reset', { email: person.email, redirectTo: '/reset' });
		const { token } = both.auth.mailTo('reset', person.email);
		const visit = new Visit(world);
		await visit.go(`/reset-password?token=${token}`);
		await visit.submit('/reset-password', { password: 'set over here' });
		assert.equal((await both.browser().signInThere(person.email, 'set over here')).status, 200);
		assert.equal((await both.browser().signInThere(person.email, PASSWORD)).status, 401);
		assert.equal(await person.browser.whoThere(), null, 'the sessions of before have ended');
		const again = await both.browser().auth('reset-password', { newPassword: 'once more here', token });
		assert.equal(again.status, 400, 'a token is good for once');
	});

	test('asked for here, set there', async () => {
		const { email, visit } = await personHere(), asking = new Visit(world);
		await asking.go('/forgot-password');
		await asking.submit('/forgot-password', { email });
		const path = await linkTo(email, 'reset-password'), token = parameter(path, 'token');
		assert.match(token, /^[0-9A-Za-z]{24}$/);
		await both.browser().did('reset-password', { newPassword: 'set over there', token });
		assert.equal((await (await both.browser()).signInHere(email, 'set over there')).status, 303);
		assert.equal((await both.browser().signInHere(email, PASSWORD)).status, 401);
		const late = new Visit(world);
		await late.go(path);
		assert.equal(formsOf(late.page.text).some((form) => form.action === '/reset-password' && form.fields.token), false, late.page.text);
		assert.ok(visit.isSignedIn);
	});

	test('asked for there, but too late here, as there', async () => {
		const person = await personThere();
		await person.browser.did('request-password-reset', { email: person.email, redirectTo: '/reset' });
		const { token } = both.auth.mailTo('reset', person.email);
		const setLeft = (seconds) => sql.exec`UPDATE verifications SET expires_at = now() AT TIME ZONE 'UTC' + make_interval(secs => ${seconds})
			WHERE identifier = ${`reset-password:${token}`}`;
		await setLeft(30);
		const visit = new Visit(world);
		await visit.go(`/reset-password?token=${token}`);
		visit.form('/reset-password');
		await setLeft(-1);
		await visit.submit('/reset-password', { password: 'much too late' });
		assert.equal((await both.browser().signInThere(person.email, PASSWORD)).status, 200);
	});
});

describe('the proof of an address', () => {
	test('sent by Better Auth, clicked here', async () => {
		const person = await both.person();
		assert.equal(await person.browser.whoHere(), null, 'without it nobody is in');
		await person.browser.did('send-verification-email', { email: person.email });
		const { token } = both.auth.mailTo('verify', person.email), visit = new Visit(world);
		await visit.go(`/verify-email?token=${encodeURIComponent(token)}`);
		assert.equal(await isVerified(person.email), false);
		await visit.submit('/verify-email');
		assert.equal(await isVerified(person.email), true);
	});

	test('sent by Parlor, clicked there', async () => {
		const visit = new Visit(world), email = address();
		await visit.go('/sign-up');
		await visit.submit('/sign-up', { name: 'Jo Young', email, password: PASSWORD, organization: 'Jo' });
		const token = parameter(await linkTo(email, 'verify-email'), 'token');
		assert.equal(await isVerified(email), false);
		const answer = await both.browser().auth(`verify-email?token=${encodeURIComponent(token)}`);
		assert.ok([200, 302].includes(answer.status) && !/error/i.test(answer.headers.location ?? ''), answer.text);
		assert.equal(await isVerified(email), true);
	});

	test('signed with another secret is refused by both', async () => {
		const { email, browser } = await both.person();
		await browser.did('send-verification-email', { email });
		const { token } = both.auth.mailTo('verify', email), forged = `${token.slice(0, -4)}AAAA`;
		const visit = new Visit(world);
		await visit.go(`/verify-email?token=${encodeURIComponent(forged)}`);
		if (formsOf(visit.page.text).some((form) => form.action === '/verify-email'))
			await visit.submit('/verify-email');
		assert.notEqual((await both.browser().auth(`verify-email?token=${encodeURIComponent(forged)}`)).status, 200);
		assert.equal(await isVerified(email), false);
	});
});

describe('an invitation', () => {
	const memberOf = (email, organization) => sql.rows`SELECT m.role FROM members m JOIN users u ON u.id = m.user_id
		WHERE u.email = ${email} AND m.organization_id = ${organization}`;

	test('made there, accepted here', async () => {
		const owner = await ownerThere(), invited = await personThere();
		const { id } = await owner.browser.did('organization/invite-member', { email: invited.email, role: ['member', 'admin'],
			organizationId: owner.organization });
		const visit = await visitOf(invited);
		await visit.go(`/invitations/${id}`);
		await visit.submit(`/invitations/${id}/accept`);
		assert.deepEqual(await memberOf(invited.email, owner.organization), [{ role: 'member,admin' }]);
		const { members, invitations } = await owner.browser.did(`organization/get-full-organization?organizationId=${owner.organization}`);
		assert.equal(members.find((m) => m.user.email === invited.email).role, 'member,admin');
		assert.equal(invitations.find((i) => i.id === id).status, 'accepted');
		assert.equal((await invited.browser.auth('organization/accept-invitation', { invitationId: id })).status, 400, 'once');
	});

	test('made here, accepted there', async () => {
		const owner = await ownerThere(), invited = await personThere(), boss = await visitOf(owner);
		await boss.go('/team');
		await boss.submit('/team/invitations', { email: invited.email.toUpperCase() });
		const id = await sql.value`SELECT id FROM invitations WHERE email = ${invited.email}`;
		assert.deepEqual((await invited.browser.did('organization/list-user-invitations')).map((i) => [i.id, i.status]), [[id, 'pending']]);
		const { member } = await invited.browser.did('organization/accept-invitation', { invitationId: id });
		assert.equal(member.organizationId, owner.organization);
		assert.equal((await invited.browser.whoHere()).organizationId, owner.organization);
		const visit = await visitOf(invited);
		await visit.go(`/invitations/${id}`);
		assert.equal(formsOf(visit.page.text).some((form) => form.action === `/invitations/${id}/accept`), false, 'once');
	});

	test('canceled or rejected on one side is over on the other', async () => {
		const owner = await ownerThere(), boss = await visitOf(owner);
		const invite = async (invited) => (await owner.browser.did('organization/invite-member',
			{ email: invited.email, role: 'member', organizationId: owner.organization })).id;
		const [one, two, three, four] = await Promise.all([personThere(), personThere(), personThere(), personThere()]);
		const there = await invite(one);
		await owner.browser.did('organization/cancel-invitation', { invitationId: there });
		const refused = await invite(two);
		await two.browser.did('organization/reject-invitation', { invitationId: refused });
		for (const [person, id] of [[one, there], [two, refused]]) {
			const visit = await visitOf(person);
			await visit.go(`/invitations/${id}`);
			assert.equal(formsOf(visit.page.text).some((form) => form.action === `/invitations/${id}/accept`), false);
		}
		const here = await invite(three);
		await boss.go('/team');
		await boss.submit(`/team/invitations/${here}/cancel`);
		assert.equal((await three.browser.auth('organization/accept-invitation', { invitationId: here })).status, 400);
		const declined = await invite(four), visit = await visitOf(four);
		await visit.go(`/invitations/${declined}`);
		await visit.submit(`/invitations/${declined}/decline`);
		assert.equal((await four.browser.auth('organization/accept-invitation', { invitationId: declined })).status, 400);
		assert.deepEqual((await sql.rows`SELECT status FROM invitations WHERE organization_id = ${owner.organization} ORDER BY created_at`)
			.map((row) => row.status).sort(), ['canceled', 'canceled', 'rejected', 'rejected']);
	});

	test('of somebody else, or that is too old, is nobody\'s', async () => {
		const owner = await ownerThere(), invited = await personThere(), other = await personThere();
		const { id } = await owner.browser.did('organization/invite-member', { email: invited.email, role: 'member',
			organizationId: owner.organization });
		const visit = await visitOf(other);
		await visit.go(`/invitations/${id}`);
		assert.equal(formsOf(visit.page.text).some((form) => form.action === `/invitations/${id}/accept`), false);
		await sql.exec`UPDATE invitations SET expires_at = now() AT TIME ZONE 'UTC' - interval '1 second' WHERE id = ${id}`;
		const late = await visitOf(invited);
		await late.go(`/invitations/${id}`);
		assert.equal(formsOf(late.page.text).some((form) => form.action === `/invitations/${id}/accept`), false);
		assert.equal((await invited.browser.auth('organization/accept-invitation', { invitationId: id })).status, 400);
	});
});

describe('what is done here to an account', () => {
	test('a new password is the one there, and ends the sessions of before', async () => {
		const owner = await ownerThere(), visit = await visitOf(owner);
		await visit.go('/settings/security');
		await visit.submit('/settings/security/password', { current: PASSWORD, password: 'a brand new one', again: 'a brand new one' });
		assert.equal(await owner.browser.whoThere(), null);
		assert.equal((await both.browser().signInThere(owner.email, 'a brand new one')).status, 200);
		assert.equal((await both.browser().signInThere(owner.email, PASSWORD)).status, 401);
	});

	test('signing out everywhere ends the sessions there', async () => {
		const owner = await ownerThere(), visit = await visitOf(owner), kept = owner.browser.clone();
		await visit.go('/settings/security');
		await visit.submit('/settings/security/sessions/end-others');
		assert.equal(await owner.browser.whoThere(), null);
		assert.ok(visit.isSignedIn);
		await kept.signInThere(owner.email, PASSWORD);
		await visit.go('/settings/security');
		await visit.submit('/settings/security/sessions/end-all');
		assert.equal(await kept.whoThere(), null);
	});

	test('leaving and deleting an organization is seen there', async () => {
		const owner = await ownerThere(), colleague = await personThere();
		const { id } = await owner.browser.did('organization/invite-member', { email: colleague.email, role: 'member', organizationId: owner.organization });
		await colleague.browser.did('organization/accept-invitation', { invitationId: id });
		const visit = await visitOf(colleague);
		await visit.go('/organizations');
		await visit.submit('/organizations/leave');
		assert.deepEqual(await colleague.browser.did('organization/list'), []);
		const boss = await visitOf(owner);
		await boss.go('/organizations');
		await boss.submit('/organizations/delete', { name: 'Shop' });
		// With all that is in it, in parts, by a job.
		await eventually('it is gone', async () => (await owner.browser.did('organization/list')).length === 0, { seconds: 30 });
	});
});

describe('passwords set here, used there', () => {
	const state = { current: PASSWORD };
	const change = async (password) => {
		state.owner ??= await ownerThere();
		state.visit ??= await visitOf(state.owner);
		await state.visit.go('/settings/security');
		return state.visit.submit('/settings/security/password', { current: state.current, password, again: password });
	};

	for (const [what, { password, forms }] of Object.entries(passwords))
		test(what, async () => {
			assert.equal((await change(password)).status, 200);
			state.current = password;
			// Better Auth counts what is typed, before it is normalized.
			for (const form of new Set([password, ...forms(password).filter((f) => f.length <= 128)]))
				assert.equal((await both.browser().signInThere(state.owner.email, form)).status, 200, JSON.stringify(form));
		});

	test('too long by one character beyond the BMP', async () => {
		assert.equal((await change('😀'.repeat(65))).status, 422);
		assert.equal((await both.browser().signInThere(state.owner.email, state.current)).status, 200);
	});
});
