// The program and its description, both ways: routes with their permissions and callers, codes of problems.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { contract, operations } from '../lib/contract.mjs';
import { files, read } from '../lib/source.mjs';
import { useWorld } from '../lib/world.mjs';

const world = await useWorld();
const table = JSON.parse(await world.stack.parlor('routes', '--json'));
const described = (route) => route.path.startsWith('/api/') || operations.some(({ path }) => path === inBraces(route.path));
const inBraces = (path) => path.replace(/:(\w+)/g, '{$1}');
const schemes = { visitor: 'visitorToken', key: 'secretKey', agent: 'sessionCookie' };

describe('a route', () => {
	const have = table.filter(described).map(({ method, path, needs, actors }) => ({ key: `${method} ${inBraces(path)}`, permission: needs,
		security: actors.filter((actor) => schemes[actor]).map((actor) => schemes[actor]).sort() }));
	const said = operations.map(({ key, operation }) => ({ key, permission: operation['x-permission'] ?? null,
		security: (operation.security ?? contract.security).flatMap(Object.keys).sort() }));
	const sorted = (list) => list.sort((a, b) => (a.key < b.key ? -1 : 1));

	test('has the path, the permission and the callers that are described', () => assert.deepEqual(sorted(said), sorted(have)));
	test('was found', () => assert.ok(have.length >= 35, `${have.length}`));
});

describe('a code', () => {
	// Pages answer with these, and pages show no code.
	const PAGES = ['unknown_role'];
	const source = [...files('src/web', '.c'), ...files('src/poll', '.c')].map((file) => read(file).replace(/\/\*[\s\S]*?\*\//g, '')).join('\n');
	const words = (pattern) => [...source.matchAll(pattern)].map(([, word]) => word);
	const status = Object.fromEntries([...read('src/web/reply.c').matchAll(/\[(ERR_\w+)\] = \{ (\d+), "(\w+)"/g)].map(([, e, n, code]) => [e, { n: Number(n), code }]));
	const problems = [...source.matchAll(/reply_problem\(\s*r,\s*(\w+),\s*"(\w+)"/g)].map(([, e, code]) => ({ e, code })).filter(({ code }) => !PAGES.includes(code));
	const fields = [...words(/reply_invalid(?:_query)?\(\s*r,\s*(?:"[^"]*"|\w+(?:\([^()]*(?:\([^()]*\)[^()]*)*\))?),\s*"(\w+)"/g), ...words(/\bfault\(\s*r,\s*f,\s*"(\w+)"/g)];
	const nginx = [...read('conf/nginx/server.conf').matchAll(/return (\d+) '.*?"code":"(\w+)"/g)].map(([, n, code]) => ({ n: Number(n), code }));
	const known = contract['x-codes'];

	test('of the source is found', () => {
		assert.ok(Object.keys(status).length >= 16 && problems.length >= 20 && fields.length >= 12 && nginx.length >= 4,
			`${Object.keys(status).length} ${problems.length} ${fields.length} ${nginx.length}`);
		const calls = [...source.matchAll(/\breply_problem\(\s*r,\s*\w+,\s*(NULL|"\w+")/g)].length, all = words(/(\breply_problem)\(\s*r,/g).length;
		assert.equal(calls, all, 'every code is written where the problem is made');
	});
	test('is in the contract, with its status', () => {
		assert.deepEqual([...Object.values(status), ...nginx].filter(({ n, code }) => known[code]?.status !== n), []);
		assert.deepEqual(problems.filter(({ e, code }) => (status[e] ? known[code]?.status !== status[e].n : !known[code])), []);
	});
	test('of the contract is in the source', () => {
		const made = new Set([...Object.values(status), ...problems].map(({ code }) => code));
		assert.deepEqual(Object.keys(known).filter((code) => !made.has(code)), []);
	});
	test('of a field is in the contract, and the other way round', () =>
		assert.deepEqual([...new Set(fields)].sort(), Object.keys(contract['x-field-codes']).sort()));
});
