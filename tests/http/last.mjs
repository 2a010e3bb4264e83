// Run by tests/http/run after all tests of a stack: the canary's word (tests/lib/canary.mjs) stands in no
// log, and in no row that is not the canary's own: mails, webhooks and other work to be done included. And whatever
// was written into the audit log, its page has words for.
import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { strayCells } from '../lib/canary.mjs';
import { CANARY, useWorld } from '../lib/world.mjs';

const world = await useWorld();

test('no log says what only the canary knows', async () => {
	const dir = path.join(world.stack.home, 'log'), names = await readdir(dir);
	assert.ok(names.includes('api.log') && names.includes('poll.log') && names.includes('jobs.log'), `${names}`);
	let bytes = 0;
	for (const name of names) {
		const text = await readFile(path.join(dir, name), 'utf8');
		bytes += text.length;
		const line = text.split('\n').find((one) => one.includes(CANARY));
		assert.ok(!line, `${name}: ${line}`);
	}
	assert.ok(bytes > 10000, 'there are logs');
});

test('no row of others has what only the canary knows', async () => {
	const owners = (await world.sql.rows`SELECT id FROM organizations WHERE position(${CANARY} in slug) > 0`).map(({ id }) => id);
	assert.ok(owners.length >= 1);
	assert.deepEqual(await strayCells(world.sql, owners), []);
});

// Not for lines of the audit log's own test, which are of no release.
test('the page of the audit log has words for all that was done', async () => {
	const done = (await world.sql.rows`SELECT DISTINCT action FROM parlor.audit_log
		WHERE position(${CANARY} in action) = 0 AND target_id IS DISTINCT FROM 'gone' ORDER BY action`).map(({ action }) => action);
	const source = await readFile(new URL('../../src/web/dash_audit.c', import.meta.url), 'utf8');
	assert.ok(done.length >= 1);
	assert.deepEqual(done.filter((action) => !source.includes(`{ "${action}", `)), []);
});
