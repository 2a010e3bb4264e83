// What the tests stand on: a Parlor and a Better Auth application on one database, and people who use both.
import assert from 'node:assert/strict';
import { after } from 'node:test';
import { useWorld, word } from '../lib/world.mjs';
import { startAuth } from './auth.mjs';
import { Browser } from './browser.mjs';

export { eventually, expect, word } from '../lib/world.mjs';

export const PASSWORD = 'correct horse battery';
export const SESSION = 'better-auth.session_token';
export const DAY = 86400;

// What Better Auth's two-factor plugin has in the database, as its own migration makes it.
const TWO_FACTOR = `
	ALTER TABLE users ADD COLUMN IF NOT EXISTS two_factor_enabled boolean DEFAULT false;
	CREATE TABLE IF NOT EXISTS two_factors (id text PRIMARY KEY, secret text NOT NULL, backup_codes text NOT NULL,
		user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE, verified boolean DEFAULT true,
		failed_verification_count integer DEFAULT 0, locked_until timestamp)`;

// options: of a stack of its own; authOptions: see makeAuth.
export async function useBoth(options, authOptions) {
	const world = await useWorld(options);
	await world.sql.exec([`BEGIN; SELECT pg_advisory_xact_lock(1707); ${TWO_FACTOR}; COMMIT`]);
	const auth = await startAuth({ databaseUrl: world.stack.databaseUrl, secret: world.secret, ...authOptions });
	after(() => auth.stop());
	return new Both(world, auth);
}

export class Both {
	constructor(world, auth) {
		Object.assign(this, { world, auth, sql: world.sql, here: world.url, there: auth.url });
	}

	browser() {
		return new Browser(this);
	}

	// Somebody who signed up there, with the browser that did it.
	async person({ password = PASSWORD, name = 'Ada Nagy', email = `${word(12).toLowerCase()}@example.org` } = {}) {
		const browser = this.browser();
		const { user } = await browser.signUpThere(name, email, password);
		return { browser, user: user.id, email, password, name };
	}

	// The owner of an organization that was made there; fields: chatDomain and the like.
	async owner(fields = {}, person) {
		const owner = await this.person(person);
		const organization = await owner.browser.did('organization/create',
			{ name: 'Shop', slug: word(16).toLowerCase(), ...fields });
		return { ...owner, organization: organization.id, slug: organization.slug };
	}

	// Somebody who was invited to the owner's organization there and accepted there.
	async colleague(owner, role = 'member', person = {}) {
		const someone = await this.person(person);
		const invitation = await owner.browser.did('organization/invite-member',
			{ email: someone.email, role, organizationId: owner.organization });
		const { member } = await someone.browser.did('organization/accept-invitation', { invitationId: invitation.id });
		await someone.browser.did('organization/set-active', { organizationId: owner.organization });
		return { ...someone, organization: owner.organization, member: member.id };
	}

	async memberId(person) {
		return this.sql.value`SELECT id FROM members WHERE user_id = ${person.user} AND organization_id = ${person.organization}`;
	}

	token(browser, name = SESSION) {
		const { value } = browser.jar.get(name);
		return decodeURIComponent(value).split('.')[0];
	}

	// Seconds that a session still has.
	async left(token) {
		return Number(await this.sql.value`SELECT extract(epoch FROM expires_at - now() AT TIME ZONE 'UTC')::int AS n
			FROM sessions WHERE token = ${token}`);
	}

	setLeft(token, seconds) {
		return this.sql.exec`UPDATE sessions SET expires_at = now() AT TIME ZONE 'UTC' + make_interval(secs => ${seconds})
			WHERE token = ${token}`;
	}
}

export const near = (value, expected, slack = 60) =>
	assert.ok(Math.abs(value - expected) <= slack, `${value} is not about ${expected}`);
