// The schema as Better Auth sees it: nothing is missing, nothing has another type, and nothing that it
// writes is refused. A release of Better Auth that wants more fails here first.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { getAuthTables } from 'better-auth/db';
import { getMigrations } from 'better-auth/db/migration';
import { makeAuth } from './auth.mjs';
import { useBoth } from './both.mjs';
import * as schema from './schema.mjs';
import { getTableConfig } from 'drizzle-orm/pg-core';

const both = await useBoth();
const { options } = both.auth.auth;

const columns = await both.sql.rows`SELECT table_name AS t, column_name AS c, data_type AS type, is_nullable = 'YES' AS nullable,
	column_default AS "default" FROM information_schema.columns WHERE table_schema = 'public'`;
const columnOf = (table, name) => columns.find((c) => c.t === table && c.c === name);
const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

describe('the tables that this release of Better Auth wants', () => {
	const tables = Object.values(getAuthTables(options));
	const types = { string: ['text'], boolean: ['boolean'], date: ['timestamp without time zone'], number: ['integer', 'bigint'] };

	test('are those the tests know', () => assert.deepEqual(tables.map((t) => t.modelName).sort(),
		['account', 'invitation', 'member', 'organization', 'session', 'twoFactor', 'user', 'verification']));

	for (const { modelName, fields } of tables)
		test(`${modelName}: each field has its column, and takes what Better Auth may leave out`, () => {
			const table = `${snake(modelName)}s`;
			for (const [key, field] of Object.entries(fields)) {
				const name = snake(field.fieldName ?? key), column = columnOf(table, name);
				assert.ok(column, `${table}.${name} is missing`);
				assert.ok(types[field.type]?.includes(column.type), `${table}.${name} is ${column.type}, ${field.type} is wanted`);
				if (field.required === false && field.defaultValue === undefined)
					assert.ok(column.nullable || column.default, `${table}.${name} must take NULL`);
			}
			// What we added must not be asked of Better Auth.
			const known = new Set(['id', ...Object.entries(fields).map(([key, f]) => snake(f.fieldName ?? key))]);
			for (const column of columns.filter((c) => c.t === table && !known.has(c.c)))
				assert.ok(column.nullable || column.default, `${table}.${column.c} is ours and has neither NULL nor a default`);
		});
});

test('Better Auth\'s own migrator finds nothing to create and nothing to add', async () => {
	// It knows tables by their names, so it is told ours. Its adapter is Kysely's: it reads the catalogue.
	const names = {};
	for (const { modelName, fields } of Object.values(getAuthTables(options)))
		names[modelName] = { modelName: `${snake(modelName)}s`,
			fields: Object.fromEntries(Object.keys(fields).map((key) => [key, snake(key)])) };
	const { auth, pool } = makeAuth({ databaseUrl: both.world.stack.databaseUrl, secret: both.world.secret, baseURL: both.there,
		database: (p) => p });
	try {
		const config = { ...auth.options, database: pool, user: { ...auth.options.user, ...names.user }, session: names.session, account: names.account,
			verification: names.verification, plugins: auth.options.plugins.map((plugin) => ({ ...plugin,
				schema: renamed(plugin.schema, names) })) };
		const { toBeCreated, toBeAdded, schemaProblems, unsafeChanges, toBeAddedIndexes } = await getMigrations(config);
		assert.deepEqual([schemaProblems, unsafeChanges, toBeAddedIndexes], [[], [], []]);
		assert.deepEqual(toBeCreated.map((t) => t.table), []);
		assert.deepEqual(toBeAdded.map((t) => `${t.table}: ${Object.keys(t.fields)}`), []);
	} finally {
		await pool.end();
	}
});

function renamed(of, names) {
	return Object.fromEntries(Object.entries(of ?? {}).map(([model, table]) => [model, { ...table,
		modelName: names[model]?.modelName ?? table.modelName,
		fields: Object.fromEntries(Object.entries(table.fields).map(([key, field]) => [key, { ...field, fieldName: snake(key) }])) }]));
}

describe('the Drizzle schema of an application', () => {
	const types = { text: 'text', boolean: 'boolean', integer: 'integer', timestamp: 'timestamp without time zone' };
	for (const table of Object.values(schema.chat).filter((t) => t?.[Symbol.for('drizzle:IsDrizzleTable')])) {
		const { name, columns: wanted, indexes } = getTableConfig(table);
		test(`${name} is there as it says`, () => {
			for (const column of wanted) {
				const is = columnOf(name, column.name);
				assert.ok(is, `${name}.${column.name} is missing`);
				assert.equal(is.type, types[column.getSQLType()], `${name}.${column.name}`);
				if (!column.notNull)
					assert.ok(is.nullable || is.default, `${name}.${column.name} must take NULL`);
			}
			// What an INSERT of these columns leaves out is nullable, has a default, or is filled by a trigger.
			const filled = ['messages.organization_id', 'messages.seq', 'attachments.organization_id',
				'conversation_assignments.organization_id'];
			for (const is of columns.filter((c) => c.t === name && !wanted.some((w) => w.name === c.c)))
				assert.ok(is.nullable || is.default || filled.includes(`${name}.${is.c}`), `${name}.${is.c} is asked of the application`);
			assert.ok(indexes.length >= 0);
		});
	}
});

test('an application that logs in as the owner does not meet tables of ours by its own names', async () => {
	const names = await both.sql.rows`SELECT table_name AS n FROM information_schema.tables WHERE table_schema = 'parlor'`;
	assert.ok(names.some(({ n }) => n === 'teams'), 'there is one that Better Auth has, too');
	for (const { n } of names)
		assert.notEqual(await both.sql.value`SELECT to_regclass(${n}) = to_regclass(${`parlor.${n}`}) AS same`, true, n);
});
