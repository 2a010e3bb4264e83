// Nobody sets what a body is not asked for: every column of every table, and the words that frameworks
// take for one, are added to every body of the route table. JSON refuses them all by name; a form takes no
// notice: the same rows change in the same columns as without them.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ask, callersOf, good, ownIds, peopleOf, routesOf } from '../lib/requests.mjs';
import { difference, rowsOf } from '../lib/rows.mjs';
import { eventually, useWorld, word } from '../lib/world.mjs';

const world = await useWorld();
const routes = (await routesOf(world)).filter(({ method }) => method !== 'GET');
const columns = (await world.sql.rows`SELECT DISTINCT a.attname::text AS name FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
	WHERE c.relkind = 'r' AND c.relnamespace IN ('public'::regnamespace, 'parlor'::regnamespace) AND a.attnum > 0 AND NOT a.attisdropped`)
	.map(({ name }) => name);
const camel = (name) => name.replace(/_(\w)/g, (_, c) => c.toUpperCase());
const names = [...new Set([...columns, ...columns.map(camel), 'organizationId', 'organization', 'role', 'roles', 'id', '_id', 'createdAt',
	'isAdmin', 'admin', 'owner', 'permissions', 'member', 'memberId', 'agentId', 'senderType', 'visitorId', 'userId', 'tenant', 'account_id',
	'__proto__', 'constructor', 'prototype'])];

// A tenant of its own for each try, so that no two meet.
async function fresh(route) {
	const shop = await world.organization({ roles: ['admin', 'agent'] });
	const { visitor, who } = await peopleOf(shop);
	// Who needs no credential sends what a browser sends all the same.
	const kind = ['agent', 'visitor', 'key'].find((name) => route.actors.includes(name)) ?? (route.form ? 'agent' : 'anyone');
	const { client } = (await callersOf(shop, visitor, ['admin'])).find((caller) => caller.kind === kind);
	return { shop, client, ids: await ownIds(world, route, shop, who) };
}

// What the route takes: by its fields, and what is in its example.
const declared = (route, sent) => new Set([...route.fields.map((f) => f.name), ...route.byHand, ...Object.keys(sent), 'csrf']);

// What a job takes away behind the answer is gone before rows are counted.
const settled = (shop) => eventually('what is to be deleted is', () => world.sql.value`SELECT count(*) = 0 FROM parlor.jobs
	WHERE job_key = ${`organization-delete ${shop.id}`} OR kind = 'visitor-erase' AND organization_id = ${shop.id}`);

async function act(route, extra) {
	const { shop, client, ids } = await fresh(route);
	const before = await rowsOf(world, shop);
	let sent;
	const answer = await ask(client, route, { shop }, ids, { body: (body) => ({ ...sent = body, ...extra }) });
	await settled(shop);
	const after = await rowsOf(world, shop);
	return { answer, sent, before, after, difference: difference(before, after) };
}

describe('JSON', () => {
	for (const route of routes.filter(({ form, fields }) => !form && fields.length))
		test(`${route.key} refuses by name all that it does not know`, async () => {
			const plain = await act(route, {});
			good(route, plain.answer);
			const known = declared(route, plain.sent), unknown = names.filter((name) => !known.has(name));
			// Object literals treat this one apart; JSON does not.
			const extra = Object.defineProperty(Object.fromEntries(unknown.map((name) => [name, 'x'])), '__proto__',
				{ value: 'x', enumerable: true });
			const { answer, difference: d } = await act(route, extra);
			assert.equal(answer.status, 422, answer.text.slice(0, 300));
			const refused = new Set(answer.json.errors.filter(({ code }) => code === 'unknown_field').map(({ pointer }) => pointer.slice(1)));
			assert.deepEqual(unknown.filter((name) => !refused.has(name)), []);
			assert.deepEqual(d, { columns: [], more: {} });
		});
});

describe('a form', () => {
	for (const route of routes.filter(({ form }) => form))
		test(`${route.key} sets nothing that it does not know`, async () => {
			const plain = await act(route, {});
			good(route, plain.answer);
			const known = declared(route, plain.sent), unknown = names.filter((name) => !known.has(name));
			const marker = `taken${word(8)}`, half = Math.ceil(unknown.length / Math.ceil(unknown.length / 150));
			for (let i = 0; i < unknown.length; i += half)
				for (const value of [marker, '1']) {
					const extra = Object.fromEntries(unknown.slice(i, i + half).map((name) => [name, value]));
					const { answer, before, after, difference: d } = await act(route, extra);
					assert.equal(answer.status, plain.answer.status, `${answer.text.slice(0, 300)}`);
					assert.deepEqual(d, plain.difference, `with ${value}`);
					assert.ok(!JSON.stringify(after).includes(marker) && !JSON.stringify(before).includes(marker));
				}
		});
});

test('the names are those of the tables', () => {
	assert.ok(names.length > 250, `${names.length} names`);
	for (const name of ['organization_id', 'organizationId', 'chat_role', 'chatRole', 'assigned_agent_id', 'key_hash', 'created_at'])
		assert.ok(names.includes(name), name);
});
