// A database server in another time zone: what is stored is UTC all the same, and nothing expires early
// or late. The other files run on a server in New York (see run); here one east of Greenwich, half an
// hour off.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CANARY } from '../lib/world.mjs';
import { SESSION, near, useBoth, word } from './both.mjs';
import { describeCore } from './core.mjs';

const both = await useBoth({ settings: ["timezone = 'Asia/Kolkata'"] });
const zone = await both.sql.value`SELECT current_setting('TimeZone') AS zone`;

describe(`on a server in ${zone}`, () => {
	test('it is far from UTC', () => assert.notEqual(zone, 'UTC'));
	describeCore(both, SESSION);

	test('every time that was stored is a time of now in UTC', async () => {
		// A visitor, a message of each side, a note, an assignment, a new status; and Better Auth's own.
		const owner = await both.owner({ chatApiKey: `pk_${word(24)}` });
		const colleague = await both.colleague(owner);
		await both.world.stack.parlor('demo', '--seed');
		const begun = Date.now() / 1000 - 600;
		const columns = await both.sql.rows`SELECT table_schema AS s, table_name AS t, column_name AS c
			FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
			WHERE table_schema IN ('public', 'parlor') AND data_type = 'timestamp without time zone'
			  AND table_type = 'BASE TABLE' ORDER BY 1, 2, 3`;
		let seen = 0;
		for (const { s, t, c } of columns) {
			const [{ latest }] = await both.sql.rows([`SELECT extract(epoch FROM max("${c}"))::float8 AS latest FROM "${s}"."${t}"`]);
			if (latest === null || /expires|run_at|lease|full_at|locked|due/.test(c))
				continue;
			seen++;
			// The demo's rows are of the last days, but none is of the future, and none that was just
			// written is hours old.
			assert.ok(latest < Date.now() / 1000 + 60, `${s}.${t}.${c} is ${latest - Date.now() / 1000} s ahead`);
			if (['users', 'sessions', 'members', 'schema_migrations'].includes(t))
				assert.ok(latest > begun - 3600, `${s}.${t}.${c} is ${Date.now() / 1000 - latest} s old`);
		}
		assert.ok(seen > 20, `${seen} columns`);
		assert.ok(colleague.member && CANARY);
	});

	test('rows that another program inserts without a time have one of now', async () => {
		const owner = await both.owner();
		const id = word();
		await both.sql.exec`INSERT INTO chat_users (id, organization_id) VALUES (${id}, ${owner.organization});
			INSERT INTO conversations (id, organization_id, chat_user_id) VALUES (${id}, ${owner.organization}, ${id});
			INSERT INTO messages (id, conversation_id, sender_id, sender_type, content) VALUES (${id}, ${id}, ${id}, 'user', 'x')`;
		for (const table of ['chat_users', 'conversations', 'messages'])
			near(await both.sql.value([`SELECT extract(epoch FROM created_at)::float8 AS t FROM ${table} WHERE id = '${id}'`]),
				Date.now() / 1000);
	});
});
