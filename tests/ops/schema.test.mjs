// A program and a schema of different versions: an older schema is refused, a newer one served.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readFile } from 'node:fs/promises';
import { eventually, expect, useWorld, word } from '../lib/world.mjs';

const world = await useWorld({});
const { stack } = world;
const shop = await world.organization();
const last = (await stack.sql('SELECT number, name, hash FROM parlor.schema_migrations ORDER BY number DESC LIMIT 1')).split('|');

// What nobody may have changed.
const state = () => stack.sql(`SELECT (SELECT count(*) FROM chat_users) || ' ' || (SELECT count(*) FROM sessions) || ' ' ||
	(SELECT count(*) FROM parlor.visitor_tokens) || ' ' || (SELECT count(*) FROM parlor.schema_migrations) || ' ' ||
	(SELECT coalesce(sum(n_tup_ins), 0) FROM pg_stat_user_tables WHERE relname = 'rate_buckets')`);
// What a worker asks once, it asks of each connection.
const reconnect = () => stack.sql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'parlor'");
const staff = await shop.staff();

describe('a schema that is older than the program', () => {
	test('is refused by the workers, in words, and nothing is written', async () => {
		await stack.sql(`DELETE FROM parlor.schema_migrations WHERE number = ${last[0]}`);
		await reconnect();
		await eventually('it is refused', async () => (await world.client().get('/readyz')).status === 503);
		const before = await state();
		for (const path of ['/readyz', '/inbox', '/api/v1/me', `/api/v1/widget/settings?key=${shop.key}`])
			assert.equal((await staff.get(path)).status, 503, path);
		expect(await world.client().post('/api/v1/widget/session', { key: shop.key }), 503);
		expect(await shop.api.get('/api/v1/events?wait=20'), 503);
		const form = world.client({ headers: { Origin: world.url, 'Sec-Fetch-Site': 'same-origin' } });
		assert.equal((await form.form('/sign-in', { email: shop.members.agent.email, password: shop.members.agent.password })).status, 503);
		assert.equal(await state(), before);
		for (const pool of ['api', 'jobs', 'poll'])
			await eventually(`${pool} says so`, async () =>
				/the database is older than this program: run parlor migrate \(migration \d+ of \d+\)/.test(await readFile(stack.log(pool), 'utf8')));
	});

	test('is served as soon as it has been migrated, without a restart', async () => {
		await stack.sql(`INSERT INTO parlor.schema_migrations (number, name, hash) VALUES (${last[0]}, '${last[1]}', '${last[2]}')`);
		await eventually('it serves', async () => (await world.client().get('/readyz')).status === 200);
		expect(await world.client().post('/api/v1/widget/session', { key: shop.key }), 200);
		await eventually('who waits is served', async () => (await shop.api.get('/api/v1/events?wait=0')).status === 200);
	});
});

describe('a schema that is newer than the program', () => {
	test('is served, since a release goes over to the next with both at work', async () => {
		await stack.sql(`INSERT INTO parlor.schema_migrations (number, name, hash) VALUES (${Number(last[0]) + 1}, '9999_${word(4)}', 'x')`);
		await reconnect();
		await eventually('it serves', async () => (await world.client().get('/readyz')).status === 200);
		expect(await world.client().post('/api/v1/widget/session', { key: shop.key }), 200);
	});

	test('is not migrated', async () => {
		const before = await state();
		await assert.rejects(stack.parlor('migrate'), /the database is newer than this program: it has migration 9999_/);
		assert.equal(await state(), before);
	});
});
