// The table of docs/permissions.md, on every route: each combination of roles and each scope of a key is
// let through or refused as the table says. Generated from the program's own table of routes.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { credential, blake2b, expect, useWorld, word } from '../lib/world.mjs';

const world = await useWorld();
const shop = await world.organization({ roles: ['admin'] });
const routes = JSON.parse(await world.stack.parlor('routes', '--json')).filter((route) => route.needs);

// { "conversations:read": Set { "chat admin", ... } }
const table = Object.fromEntries(readFileSync(new URL('../../docs/permissions.md', import.meta.url), 'utf8')
	.split('\n').filter((line) => /^\| [a-z-]+(:[a-z]+)? \|/.test(line) && !line.startsWith('| permission'))
	.map((line) => line.split('|').map((cell) => cell.trim()))
	.map(([, name, ...cells]) => [name, new Set(['owner', 'admin', 'chat admin', 'supervisor', 'agent', 'viewer']
		.filter((role, i) => cells[i] === 'yes'))]));

const CHAT_ROLES = [null, 'admin', 'supervisor', 'agent', 'viewer'];
const chat = (role, chatRole) => chatRole === null ? (role === 'member' ? 'agent' : 'chat admin')
	: chatRole === 'admin' ? 'chat admin' : chatRole;
const memberHas = (role, chatRole, needs) => table[needs].has(role) || table[needs].has(chat(role, chatRole));

// Nothing that is there is named, so whoever is let through changes nothing. What signs out gets somebody of its own.
function ask(client, route) {
	const path = route.path.replace(/:\w+/g, word(26)) + (route.poll ? '?wait=0' : '');
	if (route.method === 'GET')
		return client.get(path);
	return route.form ? client.form(path, {}) : client.request(route.method, path, { body: route.method === 'DELETE' ? undefined : {} });
}

function judge(answer, allowed, route, who) {
	const what = `${route.method} ${route.path} by ${who}: ${answer.status} ${answer.text.slice(0, 200)}`;
	if (allowed) {
		assert.ok(![401, 403].includes(answer.status) && answer.status < 500, what);
		return;
	}
	assert.equal(answer.status, 403, what);
	if (answer.json)
		assert.equal(answer.json.code, 'no_permission', what);
	assert.match(answer.text, new RegExp(`needs the permission ${route.needs}`), what);
}

async function member(role, chatRole) {
	const name = `${role} ${chatRole}`;
	shop.members[name] = await world.member(shop.id, 'viewer');
	await world.sql.exec`UPDATE members SET role = ${role}, chat_role = ${chatRole} WHERE id = ${shop.members[name].id}`;
	return name;
}

async function key(scopes, memberId = null) {
	const secret = credential('sk', shop.id);
	await world.sql.exec`INSERT INTO parlor.api_keys (id, organization_id, member_id, name, key_hash, hint, scopes)
		VALUES (${word()}, ${shop.id}, ${memberId}, 'scoped', ${blake2b(secret)}, 'sk_x', ${scopes})`;
	return shop.client({ Authorization: `Bearer ${secret}` });
}

test('the table and the routes are there', () => {
	assert.ok(Object.keys(table).length >= 12, Object.keys(table).join());
	assert.ok(routes.length >= 30);
	for (const route of routes)
		assert.ok(table[route.needs], `${route.path} needs ${route.needs}, which is not in the table`);
	assert.deepEqual([...table['organization:delete']], ['owner']);
});

describe('members', () => {
	for (const role of ['owner', 'admin', 'member'])
		for (const chatRole of CHAT_ROLES)
			test(`${role}, in the chat ${chatRole ?? 'nothing of their own'}`, async () => {
				const name = await member(role, chatRole);
				const agent = await shop.staff(name);
				const me = expect(await agent.get('/api/v1/me'), 200).json;
				assert.deepEqual(me.permissions, Object.keys(table).filter((needs) => memberHas(role, chatRole, needs)));
				for (const route of routes.filter(({ actors }) => actors.includes('agent'))) {
					const client = /\/(sign-out|end-all|leave)$/.test(route.path) ? await shop.staff(await member(role, chatRole)) : agent;
					judge(await ask(client, route), memberHas(role, chatRole, route.needs), route, name);
				}
			});
});

describe('keys', () => {
	const byKey = routes.filter(({ actors }) => actors.includes('key'));
	for (const scope of ['', ...Object.keys(table).filter((name) => name !== 'signed-in'), '*'])
		test(`with the scope "${scope}"`, async () => {
			const client = await key(scope);
			for (const route of byKey)
				judge(await ask(client, route), scope === '*' || ['signed-in', scope].includes(route.needs), route, scope);
		});

	test('may no more than the member they act for', async () => {
		const name = await member('member', 'viewer');
		const client = await key('*', shop.members[name].id);
		for (const route of byKey)
			judge(await ask(client, route), memberHas('member', 'viewer', route.needs), route, 'a viewer\'s key');
	});

	test('with words that are no scopes give nothing', async () => {
		for (const scopes of ['conversations', 'conversations:*', 'Conversations:read', 'conversations:readall', '* conversations:write'])
			judge(await ask(await key(scopes), byKey.find(({ path }) => path === '/api/v1/conversations')), false,
				{ method: 'GET', path: '/api/v1/conversations', needs: 'conversations:read' }, scopes);
	});
});
