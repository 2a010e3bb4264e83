// The description itself: Redocly's linter finds nothing, and what all operations have in common, each has.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import redocly from '@redocly/openapi-core';
import { contract, operations, resolve } from '../lib/contract.mjs';

const file = fileURLToPath(new URL('../../docs/openapi.yaml', import.meta.url));
const api = operations.filter(({ path }) => path.startsWith('/api/'));
const none = (faults) => assert.deepEqual(faults, []);
const parametersOf = ({ parameters }) => parameters.map(({ name }) => name);
const goodOf = ({ operation }) => Object.entries(operation.responses).filter(([status]) => status[0] === '2').map(([, answer]) => resolve(answer));
const headersOf = (answer) => Object.keys(answer.headers ?? {});
const has = ({ operation }, ...statuses) => statuses.every((status) => operation.responses[status]);

test('Redocly has nothing to say', async () => {
	// The project has not chosen a license.
	const config = await redocly.createConfig({ extends: ['recommended'], rules: { 'info-license': 'off' } });
	none((await redocly.lint({ ref: file, config })).map(({ ruleId, message, location }) => `${ruleId}: ${message} ${location[0]?.pointer}`));
});

// Every schema that is written out, with the way to it.
function* schemas(node, at = '#') {
	if (typeof node !== 'object' || node === null)
		return;
	for (const [name, value] of Object.entries(node)) {
		const here = `${at}/${name}`;
		if (name === 'examples' || name === 'example')
			continue;
		if (name === 'schema' || /\/(schemas|properties|items|oneOf)$/.test(at) && !Array.isArray(value) || name === 'items')
			yield [here, value];
		yield* schemas(value, here);
	}
}
const all = [...schemas(contract)];
const isObject = (schema) => [schema.type].flat().includes('object') || schema.properties;

describe('schemas', () => {
	test('were found', () => assert.ok(all.length > 200, `${all.length}`));
	test('of objects are closed, or say that they are not', () => none(all.filter(([, schema]) => isObject(schema)
		&& schema.additionalProperties === undefined).map(([at]) => at)));
	test('with named fields are closed', () => none(all.filter(([at, schema]) => schema.properties && schema.additionalProperties !== false
		&& !at.startsWith('#/paths//api/v1/openapi.json/')).map(([at]) => at)));
	test('require only what they have', () => none(all.filter(([, { properties = {}, required = [] }]) => required.some((name) => !properties[name]))
		.map(([at]) => at)));
	test('name secrets as such', () => none(all.filter(([at, schema]) => /\/properties\/(secret|token|hash|password)$/.test(at) && !schema['x-sensitive'])
		.map(([at]) => at)));
});

// What answers say they always have, they do (tests/lib/contract.mjs); here: they say it of everything.
function optionalOf(node, at, seen = []) {
	const schema = resolve(node), name = node.$ref;
	if (name && seen.includes(name))
		return [];
	const inside = [...seen, name].filter(Boolean), { properties = {}, required = [], items, oneOf = [] } = schema;
	return [...Object.keys(properties).filter((field) => !required.includes(field)).map((field) => `${at}/${field}`),
		...Object.entries(properties).flatMap(([field, value]) => optionalOf(value, `${at}/${field}`, inside)),
		...items ? optionalOf(items, `${at}[]`, inside) : [], ...oneOf.flatMap((one) => optionalOf(one, at, inside))];
}

describe('every operation', () => {
	test('has a name of its own, and a summary', () => {
		const names = operations.map(({ operation }) => operation.operationId);
		none(names.filter((name, i) => !name || names.indexOf(name) !== i));
		none(operations.filter(({ operation }) => !operation.summary || /\.$/.test(operation.summary)).map(({ key }) => key));
	});
	test('answers with whole objects', () => none(operations.flatMap((one) => goodOf(one).flatMap(({ content }) =>
		Object.values(content ?? {}).flatMap(({ schema }) => (schema ? optionalOf(schema, one.key) : []))))));
	test('can be malformed, too many, and not available', () => none(operations.filter((one) => !has(one, 400, 429, 503)).map(({ key }) => key)));
	test('that somebody asks can be refused', () => none(operations.filter((one) => (one.operation.security ?? [1]).length && !has(one, 401, 403)).map(({ key }) => key)));
	test('with an id in its path can find nothing', () => none(operations.filter((one) => one.path.includes('{') && !has(one, 404)).map(({ key }) => key)));
	test('that writes can get too much, or what is no JSON', () => none(api.filter((one) => one.method !== 'GET'
		&& !has(one, 413, ...resolve(one.operation.requestBody)?.content['*/*'] ? [] : [415])).map(({ key }) => key)));
	test('with a body can find it not acceptable', () => none(api.filter((one) => one.operation.requestBody && !has(one, 422)).map(({ key }) => key)));
	test('that repeats by a key says so', () => none(api.filter((one) => one.method === 'POST' && (!parametersOf(one).includes('Idempotency-Key')
		|| !has(one, 409, 422) || goodOf(one).some((answer) => !headersOf(answer).includes('Idempotency-Replayed')))).map(({ key }) => key)));
	test('but a POST takes no key', () => none(operations.filter((one) => one.method !== 'POST' && parametersOf(one).includes('Idempotency-Key')).map(({ key }) => key)));
	test('whose answer has a version takes it, and answers with 304', () => none(operations.filter((one) => one.method === 'GET'
		&& (goodOf(one).some((answer) => headersOf(answer).includes('ETag')) !== parametersOf(one).includes('If-None-Match')
		|| parametersOf(one).includes('If-None-Match') !== has(one, 304)) && one.path.startsWith('/api/')).map(({ key }) => key)));
	test('that takes If-Match can find a change', () => none(operations.filter((one) => parametersOf(one).includes('If-Match') !== has(one, 412)).map(({ key }) => key)));
	test('of staff tells its limit, but polls', () => none(api.filter((one) => one.operation['x-permission'] && !one.path.endsWith('/events')
		&& goodOf(one).some((answer) => !headersOf(answer).includes('RateLimit'))).map(({ key }) => key)));
	test('says with 429 and 503 how long to wait', () => none(operations.flatMap((one) => ['429', '503'].filter((status) => one.operation.responses[status]
		&& !resolve(resolve(one.operation.responses[status]).headers?.['Retry-After'])?.required).map((status) => `${one.key}: ${status}`))));
});
