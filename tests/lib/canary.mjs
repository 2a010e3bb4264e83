// A word that nobody else may ever see, in every text cell that an organization has, of every table that
// names one. The tables are found in the catalog, so that those to come have it, too.
import { readFileSync } from 'node:fs';
import { CANARY } from './client.mjs';

const functions = readFileSync(new URL('./canary.sql', import.meta.url), 'utf8');
const lines = (text) => text.split('\n').filter(Boolean);

// prefix: of the ids of new rows. Resolves with the cells ("table.column") that cannot hold the word.
export async function fill(sql, organization, { prefix = '' } = {}) {
	await sql.exec([functions]);
	const missing = await sql.exec`SELECT pg_temp.canary_rows(${organization}, ${CANARY}, ${prefix})`;
	if (missing)
		throw new Error(`tests/lib/canary.sql cannot make a row of every table: ${missing}`);
	return lines(await sql.exec`SELECT pg_temp.canary_cells(${organization}, ${CANARY})`);
}

// Every column ("table.column: rows") where the word stands that does not belong to the owners.
export async function strayCells(sql, owners) {
	await sql.exec([functions]);
	return lines(await sql.exec`SELECT pg_temp.canary_stray(${CANARY}, ${`{${owners.join(',')}}`})`);
}
