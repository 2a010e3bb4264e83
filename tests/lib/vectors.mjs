// The data files of tests/vectors: a line each, fields separated by tabs, # for remarks.
import { readFileSync } from 'node:fs';

const bytes = (text) => text.replace(/\\(\\|t|n|r|x([0-9a-f]{2}))/gi, (_, name, hex) =>
	(hex ? String.fromCharCode(parseInt(hex, 16)) : { '\\': '\\', t: '\t', n: '\n', r: '\r' }[name]));

// Fields as they are after their escapes, one character a byte ("latin1").
export function vectors(name) {
	return readFileSync(new URL(`../vectors/${name}`, import.meta.url), 'latin1').split('\n')
		.filter((line) => line && line[0] !== '#').map((line) => line.split('\t').map(bytes));
}

// The same text as a string of characters, where the bytes are UTF-8.
export const utf8 = (text) => Buffer.from(text, 'latin1').toString('utf8');
