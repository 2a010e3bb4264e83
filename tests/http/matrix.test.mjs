// Nothing that can be sent breaks it: every field of every body that docs/openapi.yaml describes, every
// parameter of a query, every body as such, every field of every form, with values that are not meant.
// A refused request has left nothing behind.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bodies as exampleBodies, secrets, values as exampleValues } from '../lib/examples.mjs';
import { hostile as files } from '../lib/files.mjs';
import { encoded, nested, neverGood, values } from '../lib/hostile.mjs';
import { allows, exampleOf, operationsOf, placesOf, plain, typeOf } from '../lib/openapi.mjs';
import { callersOf, isSpecial, ownIds, peopleOf, routesOf } from '../lib/requests.mjs';
import { difference, rowsOf } from '../lib/rows.mjs';
import { useWorld, word } from '../lib/world.mjs';

const world = await useWorld({ options: { 'limits.limits_off': 'yes' } });
const routes = await routesOf(world), operations = operationsOf();
const routeOf = (operation) => routes.find(({ key }) => key === operation.key);

// An organization of its own for each operation: what it holds before and after is compared.
async function sceneOf(route) {
	const shop = await world.organization({ roles: ['admin', 'agent'] }), { visitor, who } = await peopleOf(shop);
	const kind = ['agent', 'visitor', 'key', 'user'].find((name) => route.actors.includes(name)) ?? (route.form ? 'agent' : 'anyone');
	const { client } = (await callersOf(shop, visitor, ['admin'])).find((caller) => caller.kind === kind);
	const ids = await ownIds(world, route, shop, who);
	const path = route.path.replace(/:(\w+)/g, (_, name) => ids[`path ${name}`]);
	return { route, shop, client, ids, path, secret: secrets.includes(route.key) };
}

const send = ({ route, client, path, secret }, body, headers = { 'Content-Type': 'application/json' }, query = '') =>
	client.request(route.method, path + query, { body, headers, secret });

const JSON_OF = (value) => JSON.stringify(value);
const pointerOf = (path) => path.map((name) => `/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

// A body that is allowed.
function bodyOf(operation, { route, shop, ids }) {
	const body = exampleBodies[route.key]?.({ shop })
		?? exampleOf(operation.json, { values: (name) => exampleValues[name]?.({ shop }) });
	for (const { in: place, name } of route.ids)
		if (place === 'body')
			body[name] = ids[`body ${name}`];
	return body;
}

// What a body is the text of, with something else in place of path; extra: a member beside it.
const HERE = '"@here@"';
function textOf(operation, body, path, { value, twice, missing }) {
	const copy = structuredClone(body), last = path.at(-1);
	let at = copy, schema = operation.json;
	for (const name of path.slice(0, -1)) {
		schema = plain(schema);
		schema = typeof name === 'number' ? schema.items : schema.properties[name];
		at[name] ??= typeof plain(schema).items === 'object' ? [] : exampleOf(schema, {});
		at = at[name];
	}
	if (missing)
		delete at[last];
	else
		at[last] = '@here@';
	const text = JSON_OF(copy);
	return twice ? text.replace(`${JSON_OF(last)}:${HERE}`, () => `${JSON_OF(last)}:${value},${JSON_OF(last)}:${value}`) : text.replace(HERE, () => value);
}

// The longest text that is allowed, of characters that take most bytes, and one more.
function lengthsOf(schema) {
	const { maxLength, pattern } = plain(schema);
	return maxLength && !pattern ? { 'the longest': JSON_OF('😀'.repeat(maxLength)), 'one too long': JSON_OF('é'.repeat(maxLength + 1)) } : {};
}

// All that is tried in one place: { name, text, allowed, pointer }.
function casesOf(operation, body, { path, schema }) {
	const pointer = pointerOf(path), inList = typeof path.at(-1) === 'number';
	const make = (name, how, never, where = pointer) => {
		const text = textOf(operation, body, path, how);
		return { name: `${pointer}: ${name}`, text, allowed: !never && allows(operation.json, JSON.parse(text)), pointer: where };
	};
	const all = [...Object.entries(neverGood).map(([name, value]) => make(name, { value }, true)),
		...Object.entries({ ...values, ...lengthsOf(schema) }).map(([name, value]) => make(name, { value })),
		make('with half a key', { value: `1,"a\\u0000":1`.replace('1,', `${JSON_OF(exampleOf(schema, {}))},`) }, true, inList ? pointer : pointerOf(path.slice(0, -1)))];
	if (inList)
		return all.slice(0, -1);
	const good = JSON_OF(exampleOf(schema, {}));
	return [...all, make('missing', { missing: true }), make('twice', { value: good, twice: true }, true),
		make('beside __proto__', { value: `${good},"__proto__":{"x":1}` }, false, pointerOf([...path.slice(0, -1), '__proto__']))];
}

const at = (one, answer) => `${one.name}: ${one.text.slice(0, 300)}: ${answer.status} ${answer.text.slice(0, 500)}`;
const isAt = (pointer, place) => pointer === place || pointer.startsWith(`${place}/`);

// What the description forbids is refused with a pointer to it. What it allows may be refused all the same, by what there is.
function judge(operation, one, answer) {
	if (answer.status < 300)
		assert.ok(one.allowed, `the description forbids it: ${at(one, answer)}`);
	else if (one.allowed)
		assert.ok([400, 403, 404, 409, 422].includes(answer.status), at(one, answer));
	else
		assert.ok([400, 422].includes(answer.status) && answer.json.errors?.some(({ pointer }) => isAt(pointer, one.pointer)), at(one, answer));
}

async function inTurns(list, width, act) {
	const rest = [...list];
	await Promise.all(Array.from({ length: width }, async () => {
		while (rest.length)
			await act(rest.shift());
	}));
}

// Nothing of it stays: the organization's rows are those of before.
async function leavesNothing({ shop }, act) {
	const before = await rowsOf(world, shop);
	await act();
	assert.deepEqual(difference(before, await rowsOf(world, shop)), { columns: [], more: {} });
}

const jsonOperations = operations.filter(({ json }) => json);

describe('a field', { concurrency: 4 }, () => {
	for (const operation of jsonOperations)
		test(`of ${operation.key} is what the description allows, or refused by its name`, async () => {
			const scene = await sceneOf(routeOf(operation));
			const cases = placesOf(operation.json).flatMap((place) => casesOf(operation, bodyOf(operation, scene), place));
			const ask = async (one) => judge(operation, one, await send(scene, one.text));
			assert.ok(cases.length > 60);
			await leavesNothing(scene, () => inTurns(cases.filter(({ allowed }) => !allowed), 2, ask));
			await inTurns(cases.filter(({ allowed }) => allowed), 2, ask);
		});
});

// [what, body, headers, statuses that are right]
function bodiesAsSuch(good) {
	const type = { 'Content-Type': 'application/json' }, sized = (n) => good + ' '.repeat(n - good.length);
	return [
		['nothing', '', type, [400]], ['nothing of no type', '', {}, [400]], ['null', 'null', type, [400]], ['a list', '[]', type, [400]], ['a text', '"x"', type, [400]], ['a number', '1', type, [400]],
		['a cut body', good.slice(0, -1), type, [400]], ['more than a body', `${good}x`, type, [400]], ['two', `${good}${good}`, type, [400]], ['a byte order mark', `\ufeff${good}`, type, [400]],
		['bad UTF-8', Buffer.from(`{"\xff":1,${good.slice(1)}`, 'latin1'), type, [400]], ['UTF-16', Buffer.from(good, 'utf16le'), { 'Content-Type': 'application/json; charset=utf-16' }, [400]],
		['NUL bytes', `${good}\0`, type, [400]], ['a remark', `/**/${good}`, type, [400]], ['a comma too many', `${good.slice(0, -1)},}`, type, [400]],
		['no type', good, {}, [415]], ['plain text', good, { 'Content-Type': 'text/plain' }, [415]], ['an empty type', good, { 'Content-Type': '' }, [415]],
		['a form', 'a=b', { 'Content-Type': 'application/x-www-form-urlencoded' }, [415]], ['parts', '--x\r\n\r\n--x--', { 'Content-Type': 'multipart/form-data; boundary=x' }, [415]],
		['64 KiB and one byte', sized(65537), type, [413]], ['1 MiB', sized(1 << 20), type, [413]], ['too deep', nested(17, good), type, [413]], ['far too deep', nested(30000, ''), type, [413]],
		['too many values', `[${'1,'.repeat(2001)}1]`, type, [413]],
	];
}

describe('a body as such', { concurrency: 4 }, () => {
	for (const operation of operations.filter(({ method }) => method !== 'GET'))
		test(`of ${operation.key} is refused when it is none`, async () => {
			const scene = await sceneOf(routeOf(operation)), good = operation.json ? JSON_OF(bodyOf(operation, scene)) : '{}';
			const ask = async ([what, body, headers, statuses]) => {
				const answer = await send(scene, body, headers);
				const right = operation.json && operation.required ? statuses.includes(answer.status) : answer.status < 500;
				assert.ok(right, `${what}: ${answer.status} ${answer.text.slice(0, 300)}`);
			};
			if (!operation.json || !operation.required)
				return inTurns(bodiesAsSuch(good), 1, ask);
			await leavesNothing(scene, () => inTurns(bodiesAsSuch(good), 2, ask));
			// RFC 8259 knows no parameter of the type; a declared character set changes nothing.
			const answer = await send(scene, good, { 'Content-Type': 'application/json; charset=iso-8859-1' });
			assert.ok(answer.status < 300 || isSpecial(scene.route) && answer.status < 500, `${answer.status} ${answer.text.slice(0, 300)}`);
		});
});

// A query that asks for nothing in particular; a poll does not wait.
const needed = (route, name) => [route.poll && name !== 'wait' && 'wait=0', route.key.endsWith('/search') && name !== 'q' && 'q=hello',
	route.key.endsWith('/thread') && name !== 'after' && 'after=0'].filter(Boolean);

async function askQueries(scene, names) {
	const { route } = scene, read = route.method === 'GET', body = route.form || route.upload || read ? undefined : '{}';
	const ask = async ([name, value, part]) => {
		const query = `?${[...needed(route, name), part].join('&')}`;
		const answer = await send(scene, body, read ? {} : undefined, query);
		assert.ok(answer.status < 500, `${query.slice(0, 200)}: ${answer.status} ${answer.text.slice(0, 300)}`);
		if (!route.path.startsWith('/api/'))
			return;
		const unreadable = /%(00|ff|c0|ed|$|4$|zz)/.test(value);
		assert.ok(!unreadable || answer.status === 400, `a query that cannot be read is not taken for another: ${query}: ${answer.status}`);
		assert.ok(unreadable || answer.status !== 400 || answer.json.errors?.every((fault) => fault.parameter === name || fault.code === 'required'),
			`a fault names its parameter: ${query}: ${answer.text.slice(0, 300)}`);
	};
	const once = (name, value) => [name, value, `${name}=${value}`];
	const spellings = (name) => ['x', '1', '0'].map((value) => [name, value, `${name}=${value}&${name}=2&wait=0`])
		.concat([[name, '', `wait=0&${name}[]=x`], [name, '', `wait=0&${name}`], [name, '', `wait=0&=x&&&${name}==`]]);
	// Of a parameter that nobody reads, all that matters is whether the query can be read.
	const valuesOf = (name) => (name === 'other' ? ['%00', '%ff', '%', '%c0%af', 'x', encoded.huge] : Object.values(encoded));
	await inTurns(names.flatMap((name) => [...valuesOf(name).map((value) => once(name, value)), ...spellings(name)]), 2, ask);
}

describe('a query', { concurrency: 4 }, () => {
	for (const route of routes.filter(({ method }) => method === 'GET'))
		test(`of ${route.key} breaks nothing`, async () => {
			const described = operations.find(({ key }) => key === route.key)?.parameters ?? [];
			const names = new Set([...described.filter((one) => one.in === 'query').map((one) => one.name), ...route.queries, 'other']);
			await askQueries(await sceneOf(route), [...names]);
		});
});

describe('an upload', () => {
	for (const operation of operations.filter(({ file }) => file))
		test(`to ${operation.key} has any name and type`, async () => {
			const scene = await sceneOf(routeOf(operation));
			const ask = async ([name, type, body]) => {
				const answer = await send(scene, body, type === undefined ? {} : { 'Content-Type': type }, `?name=${name}`);
				assert.ok([201, 400, 422].includes(answer.status), `${name}: ${type}: ${answer.status} ${answer.text.slice(0, 300)}`);
			};
			const bytes = Buffer.from('a file'), types = ['', 'x', 'image/png', 'application/json', 'multipart/form-data', 'text/plain; charset=\xff', 'a'.repeat(900), '/', 'a/b/c', ';;'];
			await inTurns([...Object.values(encoded).map((name) => [name, 'text/plain', bytes]), ...types.map((type) => ['x', type, bytes]),
				...files.map(({ name, type, body }) => [encodeURIComponent(name), type, body]), ['x', undefined, bytes], ['x', 'text/plain', Buffer.alloc(0)]], 2, ask);
		});
});

// Where a password is asked for, each try costs a tenth of a second.
const isSlow = ({ fields, byHand }) => [...fields.map(({ name }) => name), ...byHand].some((name) => /password|current|again/.test(name));

describe('a form', { concurrency: 4 }, () => {
	for (const route of routes.filter(({ form }) => form))
		test(`${route.key} breaks nothing`, async () => {
			const scene = await sceneOf(route), names = [...new Set([...route.fields.map(({ name }) => name), ...route.byHand])];
			const type = { 'Content-Type': 'application/x-www-form-urlencoded' };
			const good = { ...exampleBodies[route.key]?.({ shop: scene.shop }) };
			const ask = async (body, headers = type) => {
				const answer = await send(scene, body, headers);
				assert.ok(answer.status < 500, `${body.slice(0, 200)}: ${answer.status} ${answer.text.slice(0, 300)}`);
			};
			const fill = (chosen, value) => names.map((name) => `${name}=${chosen.includes(name) ? value : encodeURIComponent(good[name] ?? 'x')}`).join('&');
			const chosen = isSlow(route) ? [names] : [names, ...names.map((name) => [name])];
			const list = isSlow(route) ? ['', '%00', '%ff', encoded.huge, encoded.controls, encoded.SQL] : Object.values(encoded);
			await inTurns(chosen.flatMap((some) => list.map((value) => fill(some, value))), 2, (body) => ask(body));
			await ask(fill([], '').repeat(2));
			await ask(`${'a=1&'.repeat(300)}b=1`);
			await ask('');
			await ask('{}', { 'Content-Type': 'application/json' });
			await ask(`a=${'x'.repeat(70000)}`);
			await ask('--x\r\n\r\n--x--', { 'Content-Type': 'multipart/form-data; boundary=x' });
			await ask(`${word()}=%`, {});
		});
});

test('the matrix is of the whole description', () => {
	assert.ok(jsonOperations.length >= 15 && operations.every((operation) => routeOf(operation)), `${operations.map(({ key }) => key)}`);
	assert.ok(jsonOperations.every(({ json }) => typeOf(plain(json)) === 'object'));
});
