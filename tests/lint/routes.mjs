// Every row of the route table says all that tests are made from: who may call, with which permission, and
// where ids stand. Which ids there are is read from the handlers.
import { fieldsOf, handlers, queriesOf, reached, read } from '../lib/source.mjs';

let count = 0, failed = 0;
function empty(name, faults) {
	count++;
	failed += faults.length > 0;
	console.log(`${faults.length ? 'not ok' : 'ok'} ${count} - ${name}`);
	for (const fault of faults)
		console.log(`#   ${fault}`);
}

const macros = { ANYONE: 'ACTOR_ANYONE, PERM_NONE', VISITOR: 'ACTOR_VISITOR, PERM_NONE' };
const source = read('src/web/routes.c').replace(/\/\*[\s\S]*?\*\//g, '');
for (const [, name, value] of source.matchAll(/^#define (\w+) (.+)$/gm))
	macros[name] = value.trim();
const expand = (text) => text.replace(/\b[A-Z_]+\b/g, (word) => (macros[word] && macros[word] !== word ? expand(macros[word]) : word));

// { method, path, handler, actors, needs, flags, ids } as they are written.
const rows = [...source.matchAll(/\{\s*(GET|POST|PATCH|PUT|DELETE),\s*"([^"]+)",\s*(\w+),\s*([^"{}]*?)\s*(?:,\s*"([^"]*)")?\s*\}/g)]
	.map(([line, method, route, handler, middle, ids]) => {
		const [actors, needs, flags] = expand(middle).split(/,(?![^(]*\))/).map((part) => part.trim());
		return { key: `${method} ${route}`, method, route, handler, actors, needs, flags, ids, line };
	});

// What stands in no row, and why.
const listed = new Set(read('tests/lint/no-ids.txt').split('\n').filter((line) => line && line[0] !== '#')
	.map((line) => line.split(/\s+/)[0]));
const named = (row) => (row.ids ?? '').split(' ').filter(Boolean);

empty('the table was read', rows.length >= 40 && rows.length === handlers().size ? [] : [`${rows.length} rows of ${handlers().size}`]);
empty('every handler was found', rows.filter(({ handler }) => !reached(handler).length).map(({ key, handler }) => `${key}: ${handler}`));
empty('every row says who, with which permission, how, and where ids stand', rows.filter(({ actors, needs, flags, ids }) =>
	!/ACTOR_/.test(actors) || !/^PERM_/.test(needs ?? '') || !flags || ids === undefined).map(({ key, line }) => `${key}: ${line}`));
empty('agents and keys need a permission, nobody else does', rows.filter(({ actors, needs }) =>
	/ACTOR_(AGENT|KEY)/.test(actors) === (needs === 'PERM_NONE')).map(({ key, needs }) => `${key}: ${needs}`));
empty('a form belongs to a page\'s agents, and is R_FORM', rows.filter(({ method, route, flags }) =>
	method !== 'GET' && !route.startsWith('/api/') && !/R_FORM/.test(flags)).map(({ key }) => key));
empty('ids are written as "?name=kind", "/name=kind" or "name=kind"', rows.flatMap((row) => named(row)
	.filter((word) => !/^[?/]?\w+=[a-z]+$/.test(word)).map((word) => `${row.key}: ${word}`)));
// clientId names what the sender makes itself, within the conversation. attachmentIds is a list: whose they
// must be is tested in tests/http/attachments.test.mjs.
// By its type or by its name.
empty('a field of type F_ID stands in the ids of its row', rows.flatMap((row) => fieldsOf(reached(row.handler))
	.filter(({ name, type }) => (type === 'F_ID' || /[a-z]Ids?$/.test(name)) && !['clientId', 'attachmentIds'].includes(name) && row.method !== 'GET')
	.filter(({ name }) => !named(row).some((word) => word.replace(/^\//, '').split('=')[0] === name))
	.map(({ name }) => `${row.key}: ${name}`)));
empty('a query parameter stands in the ids of its row, or in no-ids.txt', rows.flatMap((row) => queriesOf(reached(row.handler))
	.filter((name) => !listed.has(name) && !listed.has(`${row.route}?${name}`) && !named(row).some((word) => word.startsWith(`?${name}=`)))
	.map((name) => `${row.key}: ?${name}`)));
empty('an id that a row names is read by its handler', rows.flatMap((row) => {
	const fs = reached(row.handler), names = new Set([...queriesOf(fs).map((name) => `?${name}`), ...fieldsOf(fs).map(({ name }) => name)]);
	return named(row).map((word) => word.split('=')[0].replace(/^\//, '')).filter((name) => !names.has(name)).map((name) => `${row.key}: ${name}`);
}));
empty('no-ids.txt names nothing that is not there', [...listed].filter((word) => !rows.some((row) =>
	queriesOf(reached(row.handler)).some((name) => word === name || word === `${row.route}?${name}`))));
console.log(`1..${count}`);
process.exit(failed ? 1 : 0);
