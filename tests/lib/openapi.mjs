// The contract for tests that are made from it: its operations with all that they refer to, whether a value is one
// that a schema allows, and bodies that it does.
import { randomInt } from 'node:crypto';
import { faultsOf, operations, resolve } from './contract.mjs';

// Every $ref in it exchanged for what it names. The contract has no circles.
function whole(node) {
	if (Array.isArray(node))
		return node.map(whole);
	if (!node || typeof node !== 'object')
		return node;
	return Object.fromEntries(Object.entries(resolve(node)).map(([name, value]) => [name, whole(value)]));
}

// [{ key, id, method, path, parameters, json, required, file }]: key as in the route table
// ("GET /api/v1/visitors/:visitor"), json the schema of a body, file true for one of bytes.
export const operationsOf = () => operations.map(({ key, method, path, operation, parameters }) => {
	const body = whole(operation.requestBody), content = body?.content ?? {};
	return { key: key.replace(/\{(\w+)\}/g, ':$1'), id: operation.operationId, method, path, parameters: whole(parameters),
		json: content['application/json']?.schema, required: !!body?.required, file: !!content['*/*'] };
});

export const allows = (schema, value) => faultsOf(schema, value).length === 0;

// The one of a choice of schemas that is not null.
export const plain = (schema) => [...schema.oneOf ?? [], ...schema.anyOf ?? []].find((one) => one.type !== 'null') ?? schema;
export const typeOf = (schema) => [schema.type ?? (schema.enum ? 'enum' : [])].flat().find((type) => type !== 'null');

const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';
const word = (n, pick) => Array.from({ length: n }, () => LETTERS[pick(36)]).join('');

// Something that a schema allows. values: by the name of a field, what stands in for it, if not undefined; pick(n): a number
// below n; every: also what may be left out.
export function exampleOf(schema, { name, values = () => undefined, pick = randomInt, every = false } = {}) {
	const known = name === undefined ? undefined : values(name);
	if (known !== undefined)
		return known;
	const one = plain(schema), inside = { values, pick, every };
	if (one.enum)
		return one.enum[pick(one.enum.length)];
	switch (typeOf(one)) {
	case 'string': return word(Math.min(Math.max(one.minLength ?? 0, 10), one.maxLength ?? 10), pick);
	case 'integer': case 'number': return Math.max(one.minimum ?? 0, Math.min(one.maximum ?? 3, 3));
	case 'boolean': return pick(2) === 1;
	case 'array': return Array.from({ length: one.minItems ?? 0 }, () => exampleOf(one.items ?? {}, inside));
	case 'object': return Object.fromEntries(Object.entries(one.properties ?? {})
		.filter(([field]) => every || one.required?.includes(field)).map(([field, of]) => [field, exampleOf(of, { name: field, ...inside })]));
	default: return null;
	}
}

// Every place of a body, nested too: [{ path: ['user', 'name'], schema }]; of a list its first entry.
export function placesOf(schema, path = []) {
	const one = plain(schema), inner = [];
	for (const [name, of] of Object.entries(one.properties ?? {}))
		inner.push({ path: [...path, name], schema: of }, ...placesOf(of, [...path, name]));
	if (typeOf(one) === 'array' && one.items)
		inner.push({ path: [...path, 0], schema: one.items }, ...placesOf(one.items, [...path, 0]));
	return inner;
}
