// Workers and PostgreSQL are killed under requests with an Idempotency-Key, again and again. Whoever repeats a
// request until it is answered has one effect and the answer of that effect.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually, expect, useWorld, word } from '../lib/world.mjs';

const world = await useWorld({ web: 4, durable: true });
const shop = await world.organization();
const { stack } = world;
const WRITERS = 8, KILLS = 40, RESTARTS = 3;

// Keys have nothing of their own by which a repetition could be told.
async function make(client, kept) {
	const name = `key ${word()}`, headers = { 'Idempotency-Key': word() };
	let attempts = 0;
	const { json } = await eventually(`${name} is made`, async () => {
		attempts++;
		const answer = await client.post('/api/v1/api-keys', { name, scopes: ['conversations:read'] },
			{ headers, secret: true }).catch(() => null);
		assert.ok(!answer || [201, 409, 502, 503, 504].includes(answer.status), answer?.text);
		return answer?.status === 201 && answer;
	}, { seconds: 40 });
	kept.push({ name, attempts, id: json.key.id, secret: json.secret });
}

async function killWorkers() {
	const pids = await stack.pids('web').catch(() => []);
	for (const pid of pids)
		if (Math.random() < 0.5)
			try { process.kill(pid, 'SIGKILL'); } catch { /* it ended by itself */ }
}

test('a request that is repeated through crashes has one effect', async () => {
	const client = await shop.staff('admin'), kept = [];
	let over = false;
	const writers = Array.from({ length: WRITERS }, async () => {
		while (!over)
			await make(client, kept);
	});
	for (let n = 0; n < KILLS; n++) {
		const before = kept.length;
		await killWorkers();
		if (n % Math.floor(KILLS / RESTARTS) === 5) {
			await stack.killComponent('postgresql');
			await stack.startComponent('postgresql');
		}
		await eventually('it goes on', () => kept.length > before, { seconds: 30 });
	}
	over = true;
	await Promise.all(writers);

	const rows = await eventually('the database answers', () => world.sql.rows`SELECT id, name FROM parlor.api_keys
		WHERE organization_id = ${shop.id} AND name LIKE 'key _%' AND revoked_at IS NULL AND name NOT LIKE 'key of%'`);
	const byName = new Map();
	for (const { id, name } of rows)
		byName.set(name, [...byName.get(name) ?? [], id]);
	for (const { name, id } of kept)
		assert.deepEqual(byName.get(name), [id], name);
	assert.equal(rows.length, kept.length);
	assert.equal(await world.sql.value`SELECT count(*)::int FROM parlor.audit_log
		WHERE organization_id = ${shop.id} AND action = 'key.created'`, kept.length);
	assert.ok(kept.filter((k) => k.attempts > 1).length >= KILLS / 4, 'the faults were met');
	for (const { secret } of kept.slice(-3))
		expect(await shop.client({ Authorization: `Bearer ${secret}` }).get('/api/v1/me'), 200);
});
