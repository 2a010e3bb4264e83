// Workers and PostgreSQL are killed under requests with an Idempotency-Key, again and again. Whoever repeats a
// request until it is answered has one effect and the answer of that effect.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client, eventually, expect, useWorld, word } from '../lib/world.mjs';

const world = await useWorld({ web: 4, durable: true });
const { stack } = world;
// An organization has at most a hundred keys, an address so many requests in a second.
const shops = await Promise.all(Array.from({ length: 16 }, () => world.organization({ roles: ['admin'] })));
const admins = await Promise.all(shops.map((shop) => shop.staff('admin')));
const WRITERS = 8, KILLS = 40, RESTARTS = 3;

let made = 0;

// Keys have nothing of their own by which a repetition could be told.
async function make(kept) {
	const { base, headers: cookie } = admins[made++ % admins.length];
	const name = `key ${word()}`, headers = { 'Idempotency-Key': word() };
	let attempts = 0;
	const { json } = await eventually(`${name} is made`, async () => {
		attempts++;
		const client = new Client(base, { headers: cookie });
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
	const kept = [];
	let over = false;
	const writers = Array.from({ length: WRITERS }, async () => {
		while (!over)
			await make(kept);
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
		WHERE name LIKE 'key %' AND name NOT LIKE 'key of %'`);
	const byName = new Map();
	for (const { id, name } of rows)
		byName.set(name, [...byName.get(name) ?? [], id]);
	for (const { name, id } of kept)
		assert.deepEqual(byName.get(name), [id], name);
	assert.equal(rows.length, kept.length);
	assert.equal(await world.sql.value`SELECT count(*)::int FROM parlor.audit_log
		WHERE action = 'key.created'`, kept.length);
	assert.ok(kept.filter((k) => k.attempts > 1).length >= KILLS / 4, 'the faults were met');
	for (const { secret } of kept.slice(-3))
		expect(await shops[0].client({ Authorization: `Bearer ${secret}` }).get('/api/v1/me'), 200);
});
