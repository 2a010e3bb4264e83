// Holds answers to docs/openapi.yaml, the contract: an answer of an operation has a status that is described, and the
// headers and the body that its description says. What is no operation (a path or method that is not there) has none.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

// As the program that is tested has it.
const program = process.env.PARLOR_BIN ?? fileURLToPath(new URL('../../build/parlor', import.meta.url));
export const contract = JSON.parse(execFileSync(program, ['routes', '--openapi'], { encoding: 'utf8', maxBuffer: 16 << 20 }));

// What a $ref leads to, with what stands beside it.
export function resolve(node) {
	if (!node?.$ref)
		return node;
	const { $ref, ...beside } = node;
	return { ...resolve($ref.slice(2).split('/').reduce((at, part) => at[part], contract)), ...beside };
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

// { key: 'GET /api/v1/me', method, path, operation }
export const operations = Object.entries(contract.paths).flatMap(([route, item]) => METHODS.filter((method) => item[method])
	.map((method) => ({ key: `${method.toUpperCase()} ${route}`, method: method.toUpperCase(), path: route, operation: item[method],
		parameters: [...item.parameters ?? [], ...item[method].parameters ?? []].map(resolve),
		parts: route.split('/').map((part) => (part[0] === '{' ? null : part)) })))
	// As the program: a fixed word goes before an id.
	.sort((a, b) => a.parts.filter((part) => part === null).length - b.parts.filter((part) => part === null).length);

// The operation that answers; undefined for none.
export function operationOf(method, target) {
	const parts = target.split('?')[0].split('/'), name = method === 'HEAD' ? 'GET' : method;
	return operations.find((one) => one.method === name && one.parts.length === parts.length
		&& one.parts.every((part, i) => (part === null ? parts[i] && parts[i].length <= 64 : part === parts[i])));
}

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const types = { null: (v) => v === null, boolean: (v) => typeof v === 'boolean', string: (v) => typeof v === 'string', number: Number.isFinite,
	integer: Number.isInteger, array: Array.isArray, object: isObject };
const length = (text) => [...text].length;
const own = (object, name) => Object.prototype.hasOwnProperty.call(object, name);
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
const formats = { 'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/ };

// By keyword: (its value, value, schema, at) to faults. Those that do not belong to the value's type say nothing.
const keywords = {
	type: (t, v, s, at) => ([t].flat().some((one) => types[one](v)) ? [] : [`${at}: is no ${t}`]),
	enum: (list, v, s, at) => (list.some((one) => same(one, v)) ? [] : [`${at}: is none of ${list}`]),
	const: (one, v, s, at) => (same(one, v) ? [] : [`${at}: is not ${one}`]),
	pattern: (p, v, s, at) => (typeof v !== 'string' || new RegExp(p, 'u').test(v) ? [] : [`${at}: does not fit ${p}`]),
	format: (f, v, s, at) => (typeof v !== 'string' || formats[f].test(v) ? [] : [`${at}: is no ${f}`]),
	minLength: (n, v, s, at) => (typeof v !== 'string' || length(v) >= n ? [] : [`${at}: is shorter than ${n}`]),
	maxLength: (n, v, s, at) => (typeof v !== 'string' || length(v) <= n ? [] : [`${at}: is longer than ${n}`]),
	minimum: (n, v, s, at) => (typeof v !== 'number' || v >= n ? [] : [`${at}: is less than ${n}`]),
	maximum: (n, v, s, at) => (typeof v !== 'number' || v <= n ? [] : [`${at}: is more than ${n}`]),
	minItems: (n, v, s, at) => (!Array.isArray(v) || v.length >= n ? [] : [`${at}: has fewer than ${n}`]),
	maxItems: (n, v, s, at) => (!Array.isArray(v) || v.length <= n ? [] : [`${at}: has more than ${n}`]),
	minProperties: (n, v, s, at) => (!isObject(v) || Object.keys(v).length >= n ? [] : [`${at}: has fewer fields than ${n}`]),
	items: (schema, v, s, at) => (Array.isArray(v) ? v.flatMap((one, i) => faultsOf(schema, one, `${at}/${i}`)) : []),
	required: (names, v, s, at) => (isObject(v) ? names.filter((name) => !own(v, name)).map((name) => `${at}/${name}: is missing`) : []),
	properties: (all, v, s, at) => (isObject(v) ? Object.entries(all).filter(([name]) => own(v, name))
		.flatMap(([name, schema]) => faultsOf(schema, v[name], `${at}/${name}`)) : []),
	additionalProperties: (may, v, s, at) => (may === true || !isObject(v) ? [] : Object.keys(v).filter((name) => !own(s.properties ?? {}, name))
		.flatMap((name) => (may === false ? [`${at}/${name}: is not described`] : faultsOf(may, v[name], `${at}/${name}`)))),
	oneOf: (list, v, s, at) => {
		const all = list.map((one) => faultsOf(one, v, at)), fit = all.filter((faults) => !faults.length).length;
		return fit === 1 ? [] : fit ? [`${at}: fits ${fit} forms`] : all.sort((a, b) => a.length - b.length)[0];
	},
};
const NOTES = ['description', 'title', 'default', 'example', 'examples', 'x-sensitive'];

// What is wrong with a value, each fault with its JSON pointer. A keyword that nobody knows here is a fault of the test.
export function faultsOf(schema, value, at = '') {
	const whole = resolve(schema);
	return Object.entries(whole).filter(([word]) => !NOTES.includes(word)).flatMap(([word, argument]) => {
		assert.ok(keywords[word], `tests/lib/contract.mjs does not know the keyword "${word}"`);
		return keywords[word](argument, value, whole, at);
	});
}

function headerFaults(described, headers) {
	return Object.entries(described ?? {}).flatMap(([name, header]) => {
		const { required, schema } = resolve(header), text = headers[name.toLowerCase()];
		if (text === undefined)
			return required ? [`the header ${name} is missing`] : [];
		return faultsOf(schema, resolve(schema).type === 'integer' ? Number(text) : text, name);
	});
}

function bodyFaults(described, { headers, json, bytes }) {
	if (!described)
		return bytes.length ? ['there is a body'] : [];
	const type = (headers['content-type'] ?? '').split(';')[0], media = described[type] ?? described['*/*'];
	if (!media)
		return [`the type ${type} is not described`];
	return media.schema ? faultsOf(media.schema, type.startsWith('text/') ? bytes.toString('utf8') : json) : [];
}

// A problem's code belongs to its status.
function codeFaults({ status, json }) {
	const known = contract['x-codes'][json.code];
	return [...known?.status === status ? [] : [`x-codes has no ${json.code} with ${status}`],
		...(json.errors ?? []).filter(({ code }) => !contract['x-field-codes'][code]).map(({ code }) => `x-field-codes has no ${code}`)];
}

// answer: { method, path, status, headers (in small letters), json, bytes }
export function holdToContract(answer) {
	const found = operationOf(answer.method, answer.path);
	if (!found)
		return;
	const response = resolve(found.operation.responses[answer.status]);
	const faults = !response ? ['this status is not described']
		: [...headerFaults(response.headers, answer.headers), ...answer.method === 'HEAD' ? [] : bodyFaults(response.content, answer),
			...answer.status >= 400 && answer.json ? codeFaults(answer) : []];
	assert.deepEqual(faults, [], `docs/openapi.yaml: ${found.key} with ${answer.status}: ${answer.bytes.toString('utf8').slice(0, 1500)}`);
}
