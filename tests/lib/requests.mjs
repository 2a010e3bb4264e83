// Requests for any row of the route table: its path with ids, the query and the body that it needs.
import assert from 'node:assert/strict';
import { bodies, kinds, queries, secrets, special, values } from './examples.mjs';
import { describeRoutes } from './source.mjs';
import { newAddress, word } from './world.mjs';

// The program's own table, with what the handlers read.
export async function routesOf(world) {
	const routes = describeRoutes(JSON.parse(await world.stack.parlor('routes', '--json')));
	for (const { key, ids } of routes)
		for (const { in: place, name, of } of ids)
			assert.ok(kinds[of] || of === 'cursor', `${key}: the ${place} has an id "${name}" of a kind "${of}" that `
				+ 'nobody knows: add it to kinds in tests/lib/examples.mjs');
	return routes;
}

function sample({ name, type, min, choices }, about) {
	if (values[name])
		return values[name](about);
	switch (type) {
	case 'F_ID': return word(12);
	case 'F_CHOICE': return choices.find(Boolean);
	case 'F_INT': return Math.max(min, 1);
	case 'F_BOOL': return true;
	case 'F_OBJECT': return {};
	case 'F_STRINGS': return ['x'];
	default: return 'x'.repeat(Math.max(min, 1));
	}
}

const idsIn = (route, place) => route.ids.filter((id) => id.in === place);

// What has to be there, or, when nothing has to, all there may be; and all ids.
function bodyOf(route, about, ids) {
	const place = route.form ? 'form' : 'body', needed = route.fields.filter((f) => !f.optional);
	const body = bodies[route.key] ? bodies[route.key](about)
		: Object.fromEntries((needed.length ? needed : route.fields).map((f) => [f.name, sample(f, about)]));
	for (const { name } of idsIn(route, place))
		if (`${place} ${name}` in ids)
			body[name] = ids[`${place} ${name}`];
	return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
}

function pathOf(route, about, ids) {
	let path = route.path;
	for (const { name } of idsIn(route, 'path'))
		path = path.replace(`:${name}`, encodeURIComponent(ids[`path ${name}`]));
	const query = new URLSearchParams(queries[route.key]?.(about));
	if (route.queries.includes('key'))
		query.set('key', about.shop.key);
	if (route.poll)
		query.set('wait', '0');
	for (const { name } of idsIn(route, 'query'))
		if (ids[`query ${name}`] !== undefined)
			query.set(name, ids[`query ${name}`]);
	const text = query.toString();
	return text ? `${path}?${text}` : path;
}

// ids: { 'path conversation': '...', 'body agentId': undefined } by place and name. body: changes the
// body before it is sent. Who is limited by address comes from another one: limits are tested elsewhere.
export async function ask(client, route, about, ids, options) {
	let answer = await send(client, route, about, ids, options);
	for (let tries = 0; answer.status === 429 && tries < 3; tries++) {
		client.address = newAddress();
		answer = await send(client, route, about, ids, options);
	}
	return answer;
}

function send(client, route, about, ids, { body: change = (b) => b, headers } = {}) {
	const path = pathOf(route, about, ids), secret = secrets.includes(route.key);
	if (route.method === 'GET')
		return client.get(path, { headers, secret });
	if (route.upload)
		return client.request(route.method, path, { headers: { 'Content-Type': 'text/plain', ...headers }, secret, body: Buffer.from('a file') });
	const body = change(bodyOf(route, about, ids));
	if (route.form)
		return client.form(path, body, { headers, secret });
	return client.request(route.method, path, { headers, secret, body: route.fields.length ? body : undefined });
}

// So many at once: a pool of workers takes no more than eight, and the other test files ask, too.
export async function inTurns(list, width, act) {
	const rest = [...list];
	await Promise.all(Array.from({ length: width }, async () => {
		while (rest.length)
			await act(rest.shift());
	}));
}

// One's own id for every place of a row but those in the cursor's.
export async function ownIds(world, route, shop, who) {
	const ids = {};
	for (const { in: place, name, of } of route.ids)
		if (of !== 'cursor')
			ids[`${place} ${name}`] = await kinds[of].make(world, shop, who);
	return ids;
}

// A visitor, and the members that act, of an organization.
export async function peopleOf(shop) {
	const visitor = await shop.visitor();
	return { visitor, who: { visitor: visitor.id, member: shop.members.admin.id, user: shop.members.admin.user } };
}

export const isSpecial = (route) => special[route.key];

// Callers of an organization, by the words of the route table; several of a kind. who: whose account it is.
export async function callersOf(shop, visitor, roles = Object.keys(shop.members)) {
	const { url } = shop.world, browser = { Origin: url, 'Sec-Fetch-Site': 'same-origin' };
	const agents = await Promise.all(roles.map(async (role) => [`agent (${role})`, 'agent', await shop.staff(role)]));
	return [['anyone', 'anyone', shop.client(browser)], ['user', 'user', await shop.nobody()], ['visitor', 'visitor', visitor.client.with(browser)],
		...agents, ['key', 'key', shop.api.with(browser)]].map(([name, kind, client]) =>
		({ name, kind, client, who: client.user ? { user: client.user, alone: kind === 'user' } : {} }));
}

// What a caller may, as the program says itself.
export async function permissionsOf({ kind, client }) {
	if (!['agent', 'key'].includes(kind))
		return [];
	return (await client.get('/api/v1/me')).json.permissions;
}

// One's own must go well, else the test of strangers proves nothing; but where there is no good example.
export function good(route, answer) {
	assert.ok(answer.status < 400 || isSpecial(route) && answer.status < 500, `${route.key}: no good example: ${answer.status} ${answer.text.slice(0, 400)}; `
		+ 'say in tests/lib/examples.mjs what it takes');
	return answer;
}
