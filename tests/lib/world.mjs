// What tests stand on: a stack, organizations with members, visitors, agents. Each test file makes
// organizations of its own, so files run side by side on one stack: that named by PARLOR_TEST_STACK
// (tests/http/run starts it), else one of their own.
import { createHmac, randomBytes, randomInt, scryptSync } from 'node:crypto';
import { after } from 'node:test';
import { attachStack, startStack } from '../http/stack.mjs';
import { CANARY, Client, closeConnections, expect } from './client.mjs';
import { fill } from './canary.mjs';
import { blake2b } from './blake2b.mjs';
import { openSql } from './sql.mjs';

export { CANARY, Client, expect, newAddress } from './client.mjs';
export { eventually } from '../http/stack.mjs';
export { blake2b } from './blake2b.mjs';

// Some tests run a second time without any hint (see tests/http/stack); what is about hints does not.
export const hintsAreOff = process.env.PARLOR_TEST_HINTS === 'off';
export const aboutHints = { skip: hintsAreOff && 'there are no hints' };
export const notAboutEvents = { skip: hintsAreOff && 'has been tested with hints' };

export const PASSWORD = 'correct horse battery';

const letters = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
export const word = (length = 26) => Array.from({ length }, () => letters[randomInt(62)]).join('');

// Better Auth's formats, made with other means than the server's.
export function passwordHash(password, salt = randomBytes(16).toString('hex')) {
	const key = scryptSync(password.normalize('NFKC'), salt, 64, { N: 16384, r: 16, p: 1, maxmem: 128 << 20 });
	return `${salt}:${key.toString('hex')}`;
}
const usualHash = passwordHash(PASSWORD);

export function signCookie(token, secret) {
	return encodeURIComponent(`${token}.${createHmac('sha256', secret).update(token).digest('base64')}`);
}

// A visitor's token ("vt") or a secret key ("sk") of an organization; see src/base/crypt.h.
export const credential = (kind, organization) => `${kind}_${blake2b(organization).slice(0, 8)}_${word(43)}`;

// The stack for this test process, and SQL on it.
export async function useWorld(options) {
	const dir = process.env.PARLOR_TEST_STACK;
	const stack = dir && !options ? await attachStack(dir) : await startStack({ seed: false, ...options });
	const world = new World(stack);
	after(() => world.close());
	await world.canary();
	return world;
}

export class World {
	constructor(stack) {
		this.stack = stack;
		this.url = stack.url;
		this.secret = stack.authSecret;
		this.sql = openSql(stack.databaseUrl);
	}

	async close() {
		this.sql.close();
		closeConnections();
		await this.stack.stop();
	}

	client(options) {
		return new Client(this.url, options);
	}

	// An organization with one member for each of roles; domains as in chat_domain.
	// apiRate: requests a minute, so many that tests do not meet the limit; null for the usual one.
	async organization({ name = `Shop ${word(6)}`, domains = null, roles = ['admin', 'agent', 'viewer'],
		text = name, apiRate = 1000000, ...columns } = {}) {
		const { sql } = this;
		const id = word(), key = `pk_${word(24)}`, secretKey = credential('sk', id);
		await sql.exec`INSERT INTO organizations (id, name, slug, created_at, chat_domain, chat_api_key, chat_is_active,
			chat_welcome_message, chat_offline_message) VALUES (${id}, ${name}, ${id.toLowerCase() + word(4)},
				now() AT TIME ZONE 'UTC',
			${domains}, ${key}, true, ${`Welcome to ${text}`}, ${`${text} is closed`})`;
		if (apiRate)
			await sql.exec`INSERT INTO parlor.api_limits (organization_id, per_minute) VALUES (${id}, ${apiRate})`;
		for (const [column, value] of Object.entries(columns))
			await sql.exec([`UPDATE organizations SET ${column} = `, ' WHERE id = ', ''], value, id);
		const organization = new Organization(this, { id, name, key, secretKey, domains });
		for (const role of roles)
			organization.members[role] = await this.member(id, role, text);
		await sql.exec`INSERT INTO parlor.api_keys (id, organization_id, member_id, name, key_hash, hint)
			VALUES (${word()}, ${id}, ${organization.members.admin?.id ?? null}, ${`key of ${text}`},
				${blake2b(secretKey)}, ${secretKey.slice(0, 16)})`;
		return organization;
	}

	async member(organization, role, text = 'Shop') {
		const { sql } = this;
		const id = word(), user = word(), email = `${word(12).toLowerCase()}@example.org`;
		const name = `${role[0].toUpperCase()}${role.slice(1)} of ${text}`;
		await sql.exec`INSERT INTO users (id, name, email, email_verified, created_at, updated_at)
			VALUES (${user}, ${name}, ${email}, true, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC')`;
		await sql.exec`INSERT INTO accounts (id, account_id, provider_id, user_id, password, created_at, updated_at)
			VALUES (${word()}, ${user}, 'credential', ${user}, ${usualHash}, now() AT TIME ZONE 'UTC',
				now() AT TIME ZONE 'UTC')`;
		await sql.exec`INSERT INTO members (id, organization_id, user_id, role, created_at, chat_role, chat_display_name, chat_is_online)
			VALUES (${id}, ${organization}, ${user}, ${role === 'admin' ? 'owner' : 'member'}, now() AT TIME ZONE 'UTC',
				${role}, ${name}, false)`;
		return { id, user, email, password: PASSWORD, name, role };
	}

	// A session row as Better Auth writes it; days may be negative.
	async session(user, { organization = null, days = 7, age = 0 } = {}) {
		const token = word(32);
		await this.sql.exec`INSERT INTO sessions (id, token, user_id, created_at, updated_at, expires_at, active_organization_id)
			SELECT ${word()}, ${token}, ${user}, t, t, t + make_interval(days => ${days}), ${organization}
			FROM (SELECT now() AT TIME ZONE 'UTC' - make_interval(days => ${age}) AS t) x`;
		return token;
	}

	// Once for each stack: an organization full of a word that must never reach anybody else, in its ids, too.
	async canary() {
		const { sql } = this, id = `${CANARY}${word(8)}`, user = `${CANARY}${word(8)}`;
		const made = await sql.rows`INSERT INTO organizations (id, name, slug, created_at, chat_is_active)
			VALUES (${id}, ${CANARY}, ${CANARY}, now() AT TIME ZONE 'UTC', true) ON CONFLICT DO NOTHING RETURNING id`;
		if (!made.length)
			return; /* another file was faster */
		await sql.exec`INSERT INTO users (id, name, email, created_at, updated_at)
			VALUES (${user}, ${`${CANARY} user`}, ${`${CANARY}@example.org`}, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC');
			INSERT INTO members (id, organization_id, user_id, role, created_at)
			VALUES (${`${CANARY}${word(8)}`}, ${id}, ${user}, 'owner', now() AT TIME ZONE 'UTC')`;
		await fill(sql, id, { prefix: CANARY });
	}
}

export class Organization {
	constructor(world, facts) {
		Object.assign(this, facts, { world, members: {} });
	}

	client(headers = {}) {
		return this.world.client({ headers });
	}

	// By secret key.
	get api() {
		return this.client({ Authorization: `Bearer ${this.secretKey}` });
	}

	// By dashboard cookie; the client sends what a script of the page sends.
	async staff(role = 'agent', options = {}) {
		return this.signedIn(this.members[role].user, options);
	}

	// Somebody who is signed in and in no organization.
	async nobody() {
		const { world } = this, user = word();
		await world.sql.exec`INSERT INTO users (id, name, email, email_verified, created_at, updated_at)
			VALUES (${user}, 'Nobody', ${`${user.toLowerCase()}@example.org`}, true, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC')`;
		return this.signedIn(user);
	}

	async signedIn(user, { csrf = true, session = {} } = {}) {
		const { world } = this;
		const token = await world.session(user, { organization: this.id, ...session });
		const client = this.client({ Cookie: `better-auth.session_token=${signCookie(token, world.secret)}`,
			Origin: world.url, 'Sec-Fetch-Site': 'same-origin',
			...csrf && { 'X-CSRF-Token': createHmac('sha256', world.secret).update(`csrf:${token}`).digest('hex') } });
		client.session = token;
		client.user = user;
		return client;
	}

	// A visitor with a session of its own.
	async visitor(body = {}, options = {}) {
		const client = this.client(options.headers);
		const answer = expect(await client.post('/api/v1/widget/session', { key: this.key, ...body }), 200);
		return new Visitor(this, client, answer.json);
	}
}

export class Visitor {
	constructor(organization, client, session) {
		Object.assign(this, { organization, session, token: session.token, id: session.visitor.id });
		this.client = client.with({ Authorization: `Bearer ${session.token}` });
	}

	get(path, options) { return this.client.get(`/api/v1/widget/${path}`, options); }
	post(path, body, options) { return this.client.post(`/api/v1/widget/${path}`, body, options); }

	// Begins a conversation; the answer's conversation and message.
	async begin(content = 'Hello') {
		return expect(await this.post('conversations', { clientId: word(), content }), 201).json;
	}
}
