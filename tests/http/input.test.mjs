// What a request may hold: JSON, types, sizes, media types.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { expect, useWorld, word } from '../lib/world.mjs';

const world = await useWorld();
const shop = await world.organization();
const visitor = await shop.visitor();
const { conversation } = await visitor.begin();
const staffPath = `/api/v1/conversations/${conversation.id}`;

const vectors = process.env.PARLOR_VECTORS ?? fileURLToPath(new URL('../../../shared/vectors', import.meta.url));
const suite = path.join(vectors, 'json', 'test_parsing');

describe('the JSON of a body', () => {
	const files = existsSync(suite) ? readdirSync(suite).filter((name) => name.endsWith('.json')) : [];
	const post = (bytes) => shop.api.post(`${staffPath}/typing`, bytes,
		{ headers: { 'Content-Type': 'application/json' } });

	const skip = !files.length && `the JSON vectors are not in ${suite}`;
	test('is taken by RFC 8259 and refused otherwise', { skip }, async () => {
		assert.equal(files.length, 318);
		const wrong = [];
		await Promise.all(files.map(async (name) => {
			const { status, json } = await post(readFileSync(path.join(suite, name)));
			const malformed = status === 400 && json.code === 'malformed' && /\(at byte \d+\)$/.test(json.detail);
			const good = {
				y: () => [400, 422].includes(status) && !malformed,
				n: () => [400, 413].includes(status),
				i: () => status >= 400 && status < 500,
			};
			if (!good[name[0]]())
				wrong.push(`${name}: ${status} ${json.detail}`);
		}));
		assert.deepEqual(wrong, []);
	});

	test('is not deep, not large, not ambiguous', async () => {
		const deep = (n) => `{"typing":${'['.repeat(n)}${']'.repeat(n)}}`;
		const cases = [
			[deep(15), 422], [deep(16), 413], [deep(20000), 413],
			[`{"typing":[${'1,'.repeat(1990)}1]}`, 422], [`{"typing":[${'1,'.repeat(2100)}1]}`, 413],
			['{"typing":true,"typing":false}', 422], ['{"typing":true,"typing\\u0000":1}', 422],
			['{"typing":1e999}', 422],
			['{"typing":99999999999999999999}', 422], ['', 400], ['[]', 400], ['"typing"', 400], ['null', 400],
			['\ufeff{"typing":true}', 400],
			['{"typing":true} ', 204], ['{"typing":true}x', 400], ["{'typing':true}", 400], ['{"typing":NaN}', 400],
		];
		for (const [body, status] of cases)
			assert.equal((await post(body)).status, status, body.slice(0, 60));
		for (const bytes of [[0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xff], [0x80], [0xc3]])
			expect(await post(Buffer.from([...Buffer.from('{"typing":"'), ...bytes, ...Buffer.from('"}')])), 400);
	});
});

describe('a body', () => {
	const good = JSON.stringify({ typing: true });

	test('has the media type that it says', async () => {
		for (const type of ['application/json', 'application/json; charset=utf-8', 'Application/JSON',
				'application/json;charset=UTF-8'])
			expect(await visitor.post(`conversations/${conversation.id}/typing`, good,
				{ headers: { 'Content-Type': type } }), 204);
		for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x',
			'application/jsonp', 'application/json-patch+json',
			'text/json', '', 'application/', 'application/javascript', 'text/plain; application/json'])
			expect(await visitor.post(`conversations/${conversation.id}/typing`, good,
				{ headers: { 'Content-Type': type } }), 415);
	});

	test('may have 64 KiB', async () => {
		const sized = (n) => { const s = '{"typing":true}'; return s + ' '.repeat(n - s.length); };
		expect(await visitor.post(`conversations/${conversation.id}/typing`, sized(65536),
			{ headers: { 'Content-Type': 'application/json' } }), 204);
		for (const size of [65537, 80 << 10, (80 << 10) + 1, 300 << 10, 2 << 20])
			expect(await visitor.post(`conversations/${conversation.id}/typing`, sized(size),
				{ headers: { 'Content-Type': 'application/json' } }), 413);
	});
});

// Every field of every body, with the values that must not pass as something else.
describe('a field', () => {
	const id = () => word(12);
	const bodies = [
		['POST', '/api/v1/widget/session',
			() => ({ key: shop.key, token: null, user: null, pageUrl: '', referrer: '', locale: 'en', metadata: {} }),
			null],
		['POST', '/api/v1/widget/conversations',
			() => ({ clientId: id(), content: 'x', pageUrl: 'https://shop.example/', referrer: '' }), 'visitor'],
		['POST', `/api/v1/widget/conversations/${conversation.id}/messages`, () => ({ clientId: id(), content: 'x' }),
		'visitor'],
		['POST', `/api/v1/widget/conversations/${conversation.id}/typing`, () => ({ typing: true }), 'visitor'],
		['POST', `/api/v1/widget/conversations/${conversation.id}/read`, () => ({ seq: 1 }), 'visitor'],
		['PATCH', staffPath, () => ({ status: 'open', priority: 'low', subject: 'x', tags: ['x'] }), 'staff'],
		['POST', `${staffPath}/messages`, () => ({ clientId: id(), content: 'x' }), 'staff'],
		['POST', `${staffPath}/notes`, () => ({ clientId: id(), content: 'x' }), 'staff'],
		['POST', `${staffPath}/assignments`, () => ({ agentId: null }), 'staff'],
		['POST', `${staffPath}/read`, () => ({ seq: 1 }), 'staff'],
		['POST', `${staffPath}/typing`, () => ({ typing: true }), 'staff'],
	];
	const huge = 'x'.repeat(20000);
	const values = ['null', 'true', 'false', '0', '-1', '1.5', '1e400', '99999999999999999999', '""', '" "', '"true"',
		'"12abc"', '"\\u0000"', '"a\\u0000b"',
		'"\\ud800"', `"${huge}"`, '[]', '[null]', '[[]]', '{}', '{"a":1}', '"../../x"', '"\' OR 1=1--"', '"\\u001b[2J"',
		'"\\r\\nSet-Cookie: a=b"'];
	const extra = ['organizationId', 'role', 'id', 'createdAt', 'senderType', 'seq2', '__proto__', 'constructor', '',
		'a\u0000'];

	for (const [method, target, make, who] of bodies)
		test(`of ${method} ${target.replace(conversation.id, ':id')} with a wrong value is refused, never an accident`,
			async () => {
			let writer = { client: visitor.client, id: conversation.id };
			const seen = new Set();
			const send = async (text) => {
				const client = who === 'staff' ? shop.api : who ? writer.client : shop.client();
				const answer = await client.request(method, target.replace(conversation.id, writer.id),
					{ body: text, headers: { 'Content-Type': 'application/json' } });
				if (answer.status === 429) { // limits are not what is tested: somebody else goes on
					const next = await shop.visitor();
					writer = { client: next.client, id: (await next.begin()).conversation.id };
					return send(text);
				}
				const wellMade = { 404: 'unknown_key', 409: 'client_id_reused' }[answer.status];
				assert.ok(wellMade ? answer.json.code === wellMade : [200, 201, 204, 400, 422].includes(answer.status),
					`${answer.status}: ${text.slice(0, 200)}: ${answer.text}`);
				seen.add(answer.status);
				return answer;
			};
			const pairs = (body, name, json) => `{${Object.entries({ ...body, [name]: undefined }).map(([key, value]) =>
				`${JSON.stringify(key)}:${key === name ? json : JSON.stringify(value)}`).join(',')}}`;
			for (const name of Object.keys(make())) {
				for (const json of values)
					await send(pairs(make(), name, json));
				const twice = make();
				const answer = await send(`{${JSON.stringify(name)}:${JSON.stringify(twice[name])},${JSON.stringify(twice).slice(1)}`);
				assert.ok([400, 422].includes(answer.status), `${name} twice: ${answer.status}`);
			}
			for (const name of extra) {
				const { status, json } = await send(pairs(make(), name, '"x"'));
				assert.ok([400, 422].includes(status), `${name}: ${status}`);
				assert.ok(status === 400 || json.errors?.some((e) => e.code === 'unknown_field') || json.detail,
					JSON.stringify(json));
			}
			assert.ok(seen.has(422));
		});

	test('that is missing is named, with all the others', async () => {
		const { json } = expect(await shop.api.post(`${staffPath}/messages`, { content: 5, other: 1 }), 422);
		assert.deepEqual(json.errors.map((e) => [e.pointer, e.code]).sort(),
			[['/clientId', 'required'], ['/content', 'wrong_type'], ['/other', 'unknown_field']]);
	});
});
