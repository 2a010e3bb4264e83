// Every statement of the program that touches a table of organizations says of which one, for each table
// that it reads or writes: the first wall. It is read roughly, by words and brackets; what only looks as if
// it did not stands in no-organization.txt.
import { files, read, statements } from '../lib/source.mjs';

let count = 0, failed = 0;
function empty(name, faults) {
	count++;
	failed += faults.length > 0;
	console.log(`${faults.length ? 'not ok' : 'ok'} ${count} - ${name}`);
	for (const fault of faults)
		console.log(`#   ${fault}`);
}

// The tables that name an organization, by what the migrations say.
const migrations = files('src/migrations', '.sql').sort().map((file) => read(file).replace(/--[^\n]*/g, '')).join('\n');
const tenants = new Set(['organizations']);
for (const [, name, columns] of migrations.matchAll(/CREATE (?:UNLOGGED )?TABLE (?:IF NOT EXISTS )?(?:\w+\.)?(\w+) \(([\s\S]*?)\n\)/g))
	if (/\borganization_id\b/.test(columns))
		tenants.add(name);
for (const [, name, change] of migrations.matchAll(/ALTER TABLE (?:\w+\.)?(\w+)\s([^;]*);/g))
	if (/ADD COLUMN (IF NOT EXISTS )?organization_id/.test(change))
		tenants.add(name);

// The brackets around a place: [from, to] of what is inside.
function around(text, at) {
	let depth = 0, from = 0, to = text.length;
	for (let i = at - 1; i >= 0; i--)
		if (text[i] === ')')
			depth++;
		else if (text[i] === '(' && depth-- === 0) {
			from = i + 1;
			break;
		}
	depth = 0;
	for (let i = at; i < text.length; i++)
		if (text[i] === '(')
			depth++;
		else if (text[i] === ')' && depth-- === 0) {
			to = i;
			break;
		}
	return [from, to];
}

// Without what stands in brackets of its own, but for lists of columns and rows: those have no SELECT.
function level(text) {
	for (let last; last !== text;) {
		last = text;
		text = text.replace(/\((?=\s*(?:SELECT|WITH|INSERT|UPDATE|DELETE|VALUES)\b)[^()]*\)/g, ' ')
			.replace(/\((?!\s*(?:SELECT|WITH|INSERT|UPDATE|DELETE|VALUES)\b)([^()]*)\)/g, '\u0001$1\u0002');
	}
	return text.replaceAll('\u0001', '(').replaceAll('\u0002', ')');
}

const RESERVED = /^(WHERE|ON|SET|JOIN|LEFT|CROSS|ORDER|GROUP|LIMIT|VALUES|SELECT|FOR|UNION|USING|RETURNING|WINDOW|INNER|RIGHT|FULL)$/i;

// Each use of such a table in a statement that does not say of which organization.
function unnamed({ text }) {
	const faults = [];
	for (const match of text.matchAll(/\b(FROM|JOIN|UPDATE|INTO|,)\s+(?:parlor\.|public\.)?(\w+)\b(?:\s+(?:AS\s+)?(\w+))?/gi)) {
		const [, verb, table] = match, alias = match[3] && !RESERVED.test(match[3]) ? match[3] : table;
		if (!tenants.has(table) || /FOR\s+(NO KEY\s+)?$/i.test(text.slice(0, match.index)))
			continue;
		const [from, to] = around(text, match.index), here = level(text.slice(from, to));
		const column = table === 'organizations' ? 'id' : 'organization_id';
		const names = new RegExp(`(?<![.\\w])(?:${alias}\\.)?${column}\\b`);
		if (/INTO/i.test(verb) ? !new RegExp(`\\b${column}\\b`).test(here) : !names.test(here.replace(/SELECT[\s\S]*?\bFROM\b/, 'FROM')))
			faults.push(table);
	}
	return [...new Set(faults)];
}

const listed = new Map(read('tests/lint/no-organization.txt').split('\n').filter((line) => line && line[0] !== '#')
	.map((line) => /^(\S+)\s+(\S+)\s+(.+)$/.exec(line)).map(([, name, table, why]) => [`${name} ${table}`, why]));
const all = statements();
const found = all.flatMap((statement) => unnamed(statement).map((table) => ({ file: statement.file, what: `${statement.name} ${table}` })));

empty('the tables of organizations were found', tenants.size >= 20 && tenants.has('messages') && tenants.has('audit_log') ? [] : [[...tenants].join(' ')]);
empty('the statements were found', all.length > 80 ? [] : [`${all.length}`]);
empty('every statement says of which organization', found.filter(({ what }) => !listed.has(what)).map(({ file, what }) => `${file}: ${what}`));
empty('no-organization.txt lists nothing else', [...listed.keys()].filter((what) => !found.some((one) => one.what === what)));
const broken = [
	['SELECT content FROM messages WHERE id = $1', 'messages'],
	['SELECT 1 FROM conversations c JOIN messages m ON m.conversation_id = c.id WHERE c.organization_id = $1', 'messages'],
	['UPDATE members SET role = $2 WHERE id = $1', 'members'],
	['DELETE FROM parlor.api_keys WHERE id = $1', 'api_keys'],
	['SELECT (SELECT count(*) FROM notes n WHERE n.organization_id = $1), id FROM conversations WHERE id = $2', 'conversations'],
	['SELECT m.organization_id FROM members m WHERE m.id = $1', 'members'],
	['INSERT INTO teams (id, name) VALUES ($1, $2)', 'teams'],
	['SELECT name FROM organizations o WHERE slug = $1', 'organizations'],
];
empty('one that does not is found', broken.filter(([text, table]) => !unnamed({ text }).includes(table)).map(([text]) => text));
console.log(`1..${count}`);
process.exit(failed ? 1 : 0);
