// The contract as the server gives it: to programs as JSON, to people as a page.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { contract, operations } from '../lib/contract.mjs';
import { expect, useWorld } from '../lib/world.mjs';

const world = await useWorld();
const client = world.client(), JSON_PATH = '/api/v1/openapi.json';

describe('the contract', () => {
	test('is what the program was built with', async () => {
		assert.deepEqual(expect(await client.get(JSON_PATH), 200).json, contract);
	});

	test('is kept by a client until it changes', async () => {
		const { headers } = expect(await client.get(JSON_PATH), 200);
		assert.match(headers['cache-control'], /max-age=[1-9]/);
		expect(await client.get(JSON_PATH, { headers: { 'If-None-Match': headers.etag } }), 304);
		expect(await client.get(JSON_PATH, { headers: { 'If-None-Match': '"other"' } }), 200);
	});

	test('may be read by any page', async () => {
		const { headers } = expect(await client.get(JSON_PATH, { headers: { Origin: 'https://docs.example' } }), 200);
		assert.equal(headers['access-control-allow-origin'], 'https://docs.example');
	});
});

describe('the page of it', () => {
	test('has every operation and every code, for everybody', async () => {
		const { text } = expect(await client.get('/docs/api'), 200);
		const ids = new Set([...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
		assert.deepEqual(operations.filter(({ operation }) => !ids.has(operation.operationId)).map(({ key }) => key), []);
		assert.deepEqual(Object.keys(contract['x-codes']).filter((code) => !text.includes(`<code>${code}</code>`)), []);
		assert.deepEqual([...text.matchAll(/ href="#([^"]+)"/g)].map(([, id]) => id).filter((id) => !ids.has(id)), []);
		assert.ok(!/class="rail"/.test(text));
	});

	test('is HTML, and loads nothing from elsewhere', async () => {
		const answer = expect(await client.get('/docs/api'), 200);
		assert.deepEqual([...answer.text.matchAll(/<(?:script|link|img)[^>]* (?:src|href)="([^"]*)"/g)].map(([, url]) => url)
			.filter((url) => !url.startsWith('/static/')), []);
		const { stderr, error } = spawnSync('tidy', ['-e', '-q', '--drop-empty-elements', 'no'], { input: answer.bytes, encoding: 'utf8' });
		if (!error)
			assert.equal(stderr, '');
	});

	test('is the same for who is signed in, within the dashboard', async () => {
		const shop = await world.organization({ roles: ['viewer'] });
		const { text } = expect(await (await shop.staff('viewer')).get('/docs/api'), 200);
		assert.match(text, /id="startWidgetSession"/);
	});
});

test('a file that is nowhere is a problem, whatever its id looks like', async () => {
	for (const id of ['nowhere', '%25', `x'`, 'x'.repeat(65), 'a/b'])
		assert.match(expect(await client.get(`/attachments/${id}`), id === 'nowhere' ? 401 : 404).headers['content-type'], /^application\/problem\+json/, id);
});
