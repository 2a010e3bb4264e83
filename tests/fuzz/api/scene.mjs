// Who asks, and for what: callers of two organizations, and a good request for any operation of the description
// and any row of the route table.
import { bodies, kinds, queries, values } from '../../lib/examples.mjs';
import { exampleOf, operationsOf } from '../../lib/openapi.mjs';
import { routesOf } from '../../lib/requests.mjs';
import { blake2b, credential, word } from '../../lib/world.mjs';
import { utf8 } from './wire.mjs';

// Every row; json, required and parameters where the description has them.
export async function endpointsOf(world) {
	const operations = new Map(operationsOf().map((one) => [one.key, one]));
	return (await routesOf(world)).map((route) => ({ ...route, ...operations.get(route.key) && (({ json, required, parameters, id }) =>
		({ json, required, parameters, id }))(operations.get(route.key)), path: route.path }));
}

async function weakKey(world, shop) {
	const secret = credential('sk', shop.id);
	await world.sql.exec`INSERT INTO parlor.api_keys (id, organization_id, name, key_hash, hint, scopes)
		VALUES (${word()}, ${shop.id}, 'A weak key', ${blake2b(secret)}, ${secret.slice(0, 16)}, 'conversations:read')`;
	return { Authorization: `Bearer ${secret}` };
}

// One organization with its callers, and ids of everything that it has.
async function tenantOf(world, pool) {
	const shop = await world.organization({ roles: ['admin', 'agent', 'viewer'] }), visitor = await shop.visitor();
	const { conversation } = await visitor.begin(), who = { visitor: visitor.id, member: shop.members.admin.id, user: shop.members.admin.user };
	for (const kind of Object.keys(kinds))
		pool.add(kind, await kinds[kind].make(world, shop, who));
	for (const [kind, id] of [['conversation', conversation.id], ['visitor', visitor.id], ['member', shop.members.agent.id]])
		pool.add(kind, id);
	const browser = { Origin: world.url, 'Sec-Fetch-Site': 'same-origin' };
	const callers = [['visitor', 'visitor', { ...visitor.client.headers, Origin: world.url }], ['owner', 'agent', (await shop.staff('admin')).headers], ['agent', 'agent', (await shop.staff('agent')).headers],
		['viewer', 'agent', (await shop.staff('viewer')).headers], ['key', 'key', shop.api.headers], ['weak key', 'key', await weakKey(world, shop)],
		['member of nothing', 'user', (await shop.nobody()).headers], ['nobody', 'anyone', browser]];
	return { shop, callers: callers.map(([name, kind, headers]) => ({ name, kind, headers: Object.entries(headers) })) };
}

// A fresh pair of tenants; what the requests of a while destroy is left behind with them.
export async function sceneOf(world, pool) {
	pool.kinds.clear();
	const [own, other] = [await tenantOf(world, pool), await tenantOf(world, pool)];
	return { shop: own.shop, callers: own.callers, strangers: other.callers };
}

function callerOf(endpoint, scene, random) {
	const right = scene.callers.filter(({ kind }) => endpoint.actors.includes(kind) || endpoint.actors.includes('anyone'));
	if (random.chance(0.1))
		return random.pick(scene.strangers);
	return random.pick(random.chance(0.8) && right.length ? right : scene.callers);
}

function jsonBody(endpoint, scene, random, pool) {
	const body = random.chance(0.3) && bodies[endpoint.key]?.({ shop: scene.shop }) || exampleOf(endpoint.json, { every: random.chance(0.5), pick: (n) => random.between(0, n - 1),
		values: (name) => (name === 'clientId' && random.chance(0.2) ? pool.of(name) : name === 'attachmentIds' ? [pool.of('attachment')] : values[name]?.({ shop: scene.shop })) });
	for (const { in: place, name, of } of endpoint.ids)
		if (place === 'body')
			body[name] = random.chance(0.2) ? null : pool.of(of) ?? 'x';
	return utf8(JSON.stringify(body));
}

function formBody(endpoint, scene, random, pool) {
	const good = bodies[endpoint.key]?.({ shop: scene.shop }) ?? {};
	const names = new Set([...endpoint.fields.map(({ name }) => name), ...endpoint.byHand, ...Object.keys(good)]);
	const value = (name) => good[name] ?? endpoint.fields.find((f) => f.name === name)?.choices?.at(-1) ?? pool.of(endpoint.ids.find((id) => id.name === name)?.of) ?? 'x';
	return new URLSearchParams([...names].filter((name) => name !== 'csrf' || random.chance(0.5)).map((name) => [name, value(name)])).toString();
}

// Places in lists and in events are both "cursor" in the route table; here each has its parameter's name.
function kindOf(endpoint, name) {
	const kind = endpoint.ids.find((id) => id.in === 'query' && id.name === name)?.of ?? name;
	return kind === 'cursor' ? name : kind;
}

function queryOf(endpoint, scene, random, pool) {
	const wanted = new Map((endpoint.parameters ?? []).filter((one) => one.in === 'query').map((one) => [one.name, one]));
	const query = Object.entries(queries[endpoint.key]?.({ shop: scene.shop }) ?? {});
	for (const name of new Set([...wanted.keys(), ...endpoint.queries]))
		if ((wanted.get(name)?.required || random.chance(0.5)) && !query.some(([one]) => one === name))
			query.push([name, name === 'key' ? scene.shop.key : name === 'limit' ? random.pick(['1', '2', '100']) : pool.of(kindOf(endpoint, name))
				?? exampleOf(wanted.get(name)?.schema ?? { type: 'string' }, { pick: (n) => random.between(0, n - 1) })]);
	if (endpoint.poll && !query.some(([name]) => name === 'wait'))
		query.push(['wait', '0']);
	return query.map(([name, value]) => [name, encodeURIComponent(value)]);
}

// A request as wire.mjs has it, with who asks and which endpoint it is.
export function requestFor(endpoint, scene, random, pool) {
	const caller = callerOf(endpoint, scene, random), write = endpoint.method !== 'GET';
	const request = { endpoint, caller: caller.name, method: endpoint.method, headers: [...caller.headers.map((one) => [...one])], body: null,
		target: { path: endpoint.path.replace(/:(\w+)/g, (_, name) => pool.of(endpoint.ids.find((id) => id.in === 'path' && id.name === name)?.of) ?? 'x'),
			query: queryOf(endpoint, scene, random, pool) } };
	const carry = (type, body) => {
		request.headers.push(['Content-Type', type]);
		request.body = body;
	};
	if (endpoint.json)
		carry('application/json', jsonBody(endpoint, scene, random, pool));
	else if (endpoint.form)
		carry('application/x-www-form-urlencoded', formBody(endpoint, scene, random, pool));
	else if (endpoint.upload)
		carry(random.pick(['image/png', 'text/plain']), random.pick(['\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0\x90wS\xde', 'GIF89a\x02\0\x01\0\x80\0\0', 'x'.repeat(random.between(1, 70000))]));
	else if (write)
		request.body = '';
	if (write && random.chance(0.2)) {
		const key = word(12);
		pool.add('idempotency', key);
		request.headers.push(['Idempotency-Key', key]);
	}
	return request;
}
