// What the sources say of the routes: who handles each, which fields and query parameters that handler
// reads. From here come bodies for every route, and the check that a row names all of its ids.
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';

const root = fileURLToPath(new URL('../../', import.meta.url));
export const read = (file) => readFileSync(path.join(root, file), 'utf8');
export const files = (dir, ending) => readdirSync(path.join(root, dir)).filter((name) => name.endsWith(ending))
	.map((name) => `${dir}/${name}`);

const withoutComments = (text) => text.replace(/\/\*[\s\S]*?\*\//g, (c) => c.replace(/[^\n]/g, ' '));

const macrosOf = (text) => Object.fromEntries([...text.matchAll(/^#define (\w+) ("[^"]*")$/gm)].map(([, k, v]) => [k, v]));
const ofHeaders = Object.assign({}, ...files('src/core', '.h').map((file) => macrosOf(read(file))));

// name, file, body, own (static): each function of src/web.
function functionsOf(file) {
	const text = withoutComments(read(file));
	return [...text.matchAll(/^(static\s)?[^\n;{}()=#]*\n(\w+)\(([^;{}]*?)\)\n\{\n([\s\S]*?)^\}/gm)]
		.map(([, own, name, , body]) => ({ name, file, body, own: !!own, macros: { ...ofHeaders, ...macrosOf(text) } }));
}

// What dispatches, checks and answers for all rows alike says nothing of one of them.
const SHARED = /\/(auth|cors|fcgi|input|limit|query|parse|reply|req|route|route_json|serve|cgi|app|assets)\.c$/;

export const functions = files('src/web', '.c').flatMap(functionsOf);

// The functions that may run for a handler, itself first.
export function reached(handler) {
	const seen = new Set();
	const visit = (name, file) => {
		const f = functions.find((one) => one.name === name && one.file === file)
			?? functions.find((one) => one.name === name && !one.own);
		if (!f || seen.has(f))
			return;
		seen.add(f);
		if (SHARED.test(f.file) && f.name !== 'query_limit')
			return;
		for (const [word] of f.body.matchAll(/\b[a-z]\w+\b/g))
			visit(word, f.file);
	};
	visit(handler);
	return [...seen].filter((f) => !SHARED.test(f.file) || f.name === 'query_limit');
}

const number = (text) => (/^\d+$/.test(text ?? '') ? Number(text) : undefined);

function literal(choices) {
	if (choices[0] !== '"')
		throw new Error(`what are the choices of ${choices}?`);
	return choices;
}

// One line of a table of fields: { "name", F_TYPE, &to, .min = 1, .optional = true }.
function fieldOf([, name, type, rest], macros) {
	const [, choices] = /\.choices\s*=\s*("[^"]*"|\w+)/.exec(rest) ?? [];
	return { name, type, optional: /\.optional\s*=\s*true/.test(rest), nullable: /\.nullable\s*=\s*true/.test(rest),
		min: number(/\.min\s*=\s*(\w+)/.exec(rest)?.[1]) ?? 0, max: number(/\.max\s*=\s*(\w+)/.exec(rest)?.[1]),
		choices: choices && (macros[choices] ?? literal(choices)).replaceAll('"', '').split('|') };
}

export const fieldsOf = (fs) => fs.flatMap(({ body, macros }) =>
	[...body.matchAll(/\{\s*"(\w+)",\s*(F_[A-Z]+)\b([^{}]*)\}/g)].map((match) => fieldOf(match, macros)));

// req_query(r, "after") and its kin, which take the name second.
export const queriesOf = (fs) => [...new Set(fs.flatMap(({ body }) =>
	[...body.matchAll(/\b(?:req_query|query_\w+)\(\s*r,\s*"(\w+)"/g)].map(([, name]) => name)))];

// req_field(r, "content"): a field of a form that is read by hand.
export const formFieldsOf = (fs) => [...new Set(fs.flatMap(({ body }) =>
	[...body.matchAll(/\breq_field\(\s*r,\s*"(\w+)"/g)].map(([, name]) => name)))];

// "METHOD /path" -> handler, from the table itself.
export function handlers() {
	const rows = withoutComments(read('src/web/routes.c'))
		.matchAll(/\{\s*(GET|POST|PATCH|PUT|DELETE),\s*"([^"]+)",\s*(\w+),/g);
	return new Map([...rows].map(([, method, route, handler]) => [`${method} ${route}`, handler]));
}

// The rows of parlor routes --json, each with what its handler reads.
export function describeRoutes(routes) {
	const all = handlers();
	return routes.map((route) => {
		const key = `${route.method} ${route.path}`, handler = all.get(key);
		if (!handler)
			throw new Error(`${key}: no row of src/web/routes.c looks like this one`);
		const fs = reached(handler);
		if (!fs.length)
			throw new Error(`${key}: the function ${handler} was not found in src/web`);
		return { ...route, key, handler, fields: fieldsOf(fs), queries: queriesOf(fs), byHand: formFieldsOf(fs) };
	});
}

// The statements of the .sql files beside the C: { file, name, text }, without comments.
export function statements() {
	const all = [];
	for (const dir of ['src', 'src/core', 'src/db', 'src/web', 'src/poll', 'src/jobs'])
		for (const file of files(dir, '.sql'))
			for (const block of read(file).split(/^-- name: /m).slice(1)) {
				const [, name, text] = /^(\S+)[^\n]*\n([\s\S]*)$/.exec(block);
				all.push({ file, name, text: text.replace(/^[ \t]*--[^\n]*$/gm, '').trim() });
			}
	return all;
}
