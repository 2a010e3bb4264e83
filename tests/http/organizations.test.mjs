// Which organization is at work; being in none; making, leaving and deleting one. Without mail.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { Client, PASSWORD, eventually, expect, useWorld, word } from '../lib/world.mjs';
import { Visit } from '../lib/visit.mjs';
import { startStack } from './stack.mjs';

const world = await useWorld();
const shop = await world.organization();
const address = () => `${word(12).toLowerCase()}@example.org`;
const send = (visit, path, fields = {}) => visit.client.form(path, { csrf: visit.form('/sign-out').fields.csrf, ...fields },
	{ headers: visit.headers() });
const join = (user, organization, role = 'member') => world.sql.exec`INSERT INTO members (id, organization_id, user_id, role, created_at)
	VALUES (${word()}, ${organization}, ${user}, ${role}, now() AT TIME ZONE 'UTC')`;

async function visitAs({ email }) {
	const visit = new Visit(world);
	expect(await visit.signIn(email, PASSWORD), 200);
	return visit;
}

async function signUp(fields = {}, at = world) {
	const visit = new Visit(at), email = address();
	await visit.go('/sign-up');
	await visit.submit('/sign-up', { name: 'Jo', email, password: PASSWORD, organization: 'Jo & Sons', ...fields });
	return { visit, email };
}

describe('signing up where there is no mail', () => {
	test('leads into the inbox at once', async () => {
		const { visit, email } = await signUp();
		assert.equal(expect(visit.page, 200).path, '/inbox');
		assert.match(visit.page.text, /Jo &amp; Sons/);
		const rows = await world.sql.rows`SELECT m.role, u.email_verified, o.chat_api_key FROM users u JOIN members m ON m.user_id = u.id
			JOIN organizations o ON o.id = m.organization_id WHERE u.email = ${email}`;
		assert.equal(rows.length, 1);
		assert.deepEqual([rows[0].role, rows[0].email_verified], ['owner', false]);
		assert.match(rows[0].chat_api_key, /^pk_/);
	});

	test('with a taken address cannot but say so', async () => {
		const { email } = await signUp(), { visit } = await signUp({ email });
		assert.match(expect(visit.page, 409).text, /has an account/);
		assert.ok(!visit.isSignedIn);
	});

	test('of those who are signed in leads to their organizations', async () => {
		const { visit } = await signUp();
		assert.equal((await visit.go('/sign-up')).path, '/organizations');
	});

	test('a forgotten password is the operator\'s to set', async () => {
		const visit = new Visit(world);
		assert.match(expect(await visit.go('/forgot-password'), 200).text, /parlor user password/);
		const answer = await world.client().form('/forgot-password', { email: address() }, { headers: visit.headers() });
		assert.match(expect(answer, 200).text, /sends no mail/);
		assert.deepEqual(await world.sql.rows`SELECT id FROM parlor.jobs WHERE kind = 'reset-password'`, []);
	});
});

describe('a user in several organizations', () => {
	test('chooses which is at work', async () => {
		const other = await world.organization({ name: 'The Other <One>' }), one = await world.member(shop.id, 'agent');
		await join(one.user, other.id, 'admin');
		const visit = await visitAs(one);
		assert.match(visit.page.text, new RegExp(shop.name));
		await visit.go('/organizations');
		assert.match(visit.page.text, /The Other &lt;One&gt;/);
		const form = visit.page.text.match(/name="organization" value="([^"]+)"/);
		assert.equal(form[1], other.id);
		await visit.submit('/organizations/active', { organization: other.id });
		assert.equal(visit.page.path, '/inbox');
		assert.match(visit.page.text, /The Other &lt;One&gt;/);
		const me = await world.client({ headers: { Cookie: visit.headers().Cookie } }).get('/api/v1/me');
		assert.deepEqual([me.json.organizationId, me.json.permissions.includes('members:write')], [other.id, true]);
		const [row] = await world.sql.rows`SELECT active_organization_id FROM sessions WHERE user_id = ${one.user} ORDER BY created_at DESC LIMIT 1`;
		assert.equal(row.active_organization_id, other.id);
	});

	test('opens none that they are no member of', async () => {
		const other = await world.organization(), visit = await visitAs(shop.members.agent);
		await visit.go('/organizations');
		for (const organization of [other.id, word(), other.id.toLowerCase()])
			expect(await send(visit, '/organizations/active', { organization }), 404);
		expect(await send(visit, '/organizations/active', { organization: '' }), 422);
		assert.match((await visit.go('/inbox')).text, new RegExp(shop.name));
	});

	test('is in the next one when they leave', async () => {
		const other = await world.organization(), one = await world.member(shop.id, 'agent');
		await join(one.user, other.id);
		const visit = await visitAs(one);
		await visit.go('/organizations');
		await visit.submit('/organizations/leave');
		assert.match(visit.page.text, /You have left/);
		assert.match((await visit.go('/inbox')).text, new RegExp(other.name));
		assert.deepEqual(await world.sql.rows`SELECT id FROM members WHERE id = ${one.id}`, []);
		const [line] = await world.sql.rows`SELECT action, actor_id FROM parlor.audit_log WHERE target_id = ${one.id} ORDER BY id DESC LIMIT 1`;
		assert.deepEqual(line, { action: 'member.left', actor_id: one.user });
	});
});

describe('a user in no organization', () => {
	const lost = async () => {
		const o = await world.organization({ roles: ['agent'] }), visit = await visitAs(o.members.agent);
		await world.sql.exec`DELETE FROM members WHERE id = ${o.members.agent.id}`;
		return { visit, ...o.members.agent };
	};

	test('is led to a page that says what to do, from everywhere', async () => {
		const { visit } = await lost();
		for (const path of ['/inbox', '/visitors', '/team', '/settings/widget', '/sign-in', '/sign-up'])
			assert.equal((await visit.go(path)).path, '/organizations', path);
		assert.match(visit.page.text, /You are in no organization/);
		assert.doesNotMatch(visit.page.text, /class="rail"/);
		const api = expect(await visit.client.get('/api/v1/me', { headers: visit.headers() }), 403);
		assert.equal(api.json.code, 'no_organization');
		expect(await send(visit, '/organizations/leave'), 303);
		expect(await send(visit, '/organizations/delete', { name: shop.name }), 303);
		await visit.submit('/sign-out');
		assert.ok(!visit.isSignedIn);
	});

	test('makes one', async () => {
		const { visit, user } = await lost();
		await visit.go('/organizations');
		await visit.submit('/organizations', { name: 'A New Start' });
		assert.equal(expect(visit.page, 200).path, '/inbox');
		assert.match(visit.page.text, /A New Start/);
		const rows = await world.sql.rows`SELECT m.role, l.action FROM members m JOIN parlor.audit_log l ON l.organization_id = m.organization_id
			WHERE m.user_id = ${user}`;
		assert.deepEqual(rows, [{ role: 'owner', action: 'organization.created' }]);
		await visit.go('/organizations');
		expect(await send(visit, '/organizations', { name: '' }), 422);
	});

	test('sees what they are invited to, and joins it', async () => {
		const { visit, email, user } = await lost(), id = word();
		await world.sql.exec`INSERT INTO invitations (id, organization_id, email, role, expires_at, inviter_id)
			VALUES (${id}, ${shop.id}, ${email}, 'member', now() AT TIME ZONE 'UTC' + interval '1 day', ${shop.members.admin.user})`;
		await visit.go('/organizations');
		assert.match(visit.page.text, new RegExp(`/invitations/${id}`));
		await visit.go(`/invitations/${id}`);
		await visit.submit(`/invitations/${id}/accept`);
		assert.match(visit.page.text, new RegExp(shop.name));
		assert.equal((await world.sql.rows`SELECT id FROM members WHERE user_id = ${user}`).length, 1);
	});
});

describe('deleting an organization', () => {
	const rowsOf = async (id) => (await world.sql.value`SELECT (SELECT count(*) FROM organizations WHERE id = ${id})
		+ (SELECT count(*) FROM members WHERE organization_id = ${id}) + (SELECT count(*) FROM conversations WHERE organization_id = ${id})
		+ (SELECT count(*) FROM messages WHERE organization_id = ${id}) + (SELECT count(*) FROM chat_users WHERE organization_id = ${id})
		+ (SELECT count(*) FROM invitations WHERE organization_id = ${id}) + (SELECT count(*) FROM parlor.api_keys WHERE organization_id = ${id})
		+ (SELECT count(*) FROM parlor.audit_log WHERE organization_id = ${id}) AS n`);

	test('takes an owner, and its name as it stands', async () => {
		const o = await world.organization({ name: 'Gone & Forgotten' }), visit = await visitAs(o.members.admin);
		await visit.go('/organizations');
		for (const name of ['', 'gone & forgotten', 'Gone & Forgotten ', shop.name])
			assert.match(expect(await visit.submit('/organizations/delete', { name }), 422).text, /That is not the name/);
		const admin = await world.member(o.id, 'agent');
		await world.sql.exec`UPDATE members SET role = 'admin' WHERE id = ${admin.id}`;
		const other = await visitAs(admin);
		await other.go('/organizations');
		assert.doesNotMatch(other.page.text, /organizations\/delete/);
		expect(await send(other, '/organizations/delete', { name: o.name }), 403);
		assert.equal(await world.sql.value`SELECT chat_is_active FROM organizations WHERE id = ${o.id}`, true);
		assert.deepEqual(await world.sql.rows`SELECT id FROM parlor.jobs WHERE kind = 'organization-delete'`, []);
	});

	test('ends the chat at once and leaves nothing', async () => {
		const o = await world.organization(), keep = await shop.visitor(), visitor = await o.visitor();
		for (let n = 0; n < 3; n++)
			await visitor.begin(`chat ${n}`);
		await keep.begin('stays');
		await world.stack.stopComponent('jobs');
		const visit = await visitAs(o.members.admin);
		try {
			await visit.go('/organizations');
			await visit.submit('/organizations/delete', { name: o.name });
			assert.match(expect(visit.page, 200).text, /is being deleted/);
			assert.doesNotMatch(visit.page.text, /action="\/organizations\/delete"/, 'once is enough');
			expect(await visitor.get('conversations'), 401);
			const settings = await world.client().get(`/api/v1/widget/settings?key=${o.key}`);
			assert.ok(settings.status >= 400);
			expect(await send(visit, '/organizations/delete', { name: o.name }), 303, 'again is the same');
			assert.equal((await world.sql.rows`SELECT id FROM parlor.jobs WHERE kind = 'organization-delete' AND payload LIKE ${`%${o.id}%`}`).length, 1);
		} finally {
			await world.stack.startComponent('jobs');
		}
		await eventually('all of it is gone', async () => Number(await rowsOf(o.id)) === 0, { seconds: 20 });
		assert.equal((await visit.go('/inbox')).path, '/organizations');
		assert.ok(Number(await rowsOf(shop.id)) > 0);
		assert.equal(expect(await keep.get('conversations'), 200).json.data.length, 1);
	});
});

describe('where a form leads afterwards', () => {
	const vectors = readFileSync(new URL('../vectors/redirects.txt', import.meta.url), 'utf8').split('\n')
		.filter((line) => line && line[0] !== '#').map((line) => line.split('\t'))
		.map(([verdict, value]) => ({ keep: verdict === 'keep', bytes: Buffer.from(value.replace(/\\(?:x(..)|(.))/g,
			(_, hex, letter) => (hex ? String.fromCharCode(parseInt(hex, 16)) : { t: '\t', n: '\n', r: '\r' }[letter] ?? letter)), 'latin1') }));
	const encode = (bytes) => [...bytes].map((b) => `%${b.toString(16).padStart(2, '0')}`).join('');

	test('is on this site for every target', async () => {
		assert.ok(vectors.filter(({ keep }) => !keep).length >= 60);
		const visit = await visitAs(shop.members.agent);
		await visit.go('/organizations');
		const { csrf } = visit.form('/sign-out').fields;
		for (const { keep, bytes } of vectors) {
			visit.client = world.client(); // as many as that from one address are too many
			const text = bytes.toString('latin1');
			for (const [path, field, extra] of [['/organizations/active', 'next', `organization=${shop.id}`], ['/me/presence', 'back', 'online=true']]) {
				const answer = await visit.client.request('POST', path, { body: `csrf=${csrf}&${extra}&${field}=${encode(bytes)}`,
					headers: { ...visit.headers(), 'Content-Type': 'application/x-www-form-urlencoded' } });
				const where = answer.headers.location;
				if (keep)
					assert.equal(expect(answer, 303).headers.location, text, path);
				else
					assert.ok(where === '/inbox' || answer.status >= 400 && !where, `${path}: ${JSON.stringify(text)}: ${answer.status} ${where}`);
			}
			const answer = await visit.client.get(`/sign-in?next=${encode(bytes)}`, { headers: visit.headers() });
			assert.equal(expect(answer, 303).headers.location, keep ? text : '/inbox', JSON.stringify(text));
		}
	});
});

describe('by invitation only', () => {
	test('nobody signs up or makes an organization', async () => {
		const stack = await startStack({ seed: false, options: { 'auth.sign_up': 'invited' } });
		try {
			const closed = { url: stack.url, client: () => new Client(stack.url) }, visit = new Visit(closed);
			await visit.go('/sign-up');
			assert.match(expect(visit.page, 200).text, /by invitation/);
			const answer = await visit.client.form('/sign-up', { name: 'Jo', email: address(), password: PASSWORD, organization: 'X' },
				{ headers: visit.headers() });
			expect(answer, 403);
			assert.equal(await stack.sql('SELECT count(*) FROM users'), '0');
			assert.match((await visit.go('/sign-in')).text, /Ask an administrator/);
		} finally {
			await stack.stop();
		}
	});
});
