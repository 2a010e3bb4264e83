// Files: who may put and get them, what becomes of their names and types, and what room they take.
import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import { describe, test } from 'node:test';
import { expect, useWorld, word } from '../lib/world.mjs';
import { eventually } from './stack.mjs';
import { gif, hostile, jpeg, names, png, polyglots, webp } from '../lib/files.mjs';

const MB = 1024 * 1024;
const world = await useWorld();
const { sql } = world;
const shop = await world.organization(), other = await world.organization();
const agent = await shop.staff('agent');
const mine = await shop.visitor(), neighbour = await shop.visitor();
const { conversation } = await mine.begin();

const pathOf = (name) => (name === undefined ? '' : `?name=${encodeURIComponent(name)}`);
const WIDGET = '/api/v1/widget/attachments', STAFF = '/api/v1/attachments';

// The pool takes few at once; what it has no room for comes again.
async function put(client, path, body, type = 'application/octet-stream') {
	return eventually('there is room in the pool', async () => {
		const answer = await client.post(path, body, { headers: { 'Content-Type': type } });
		return answer.status !== 503 && answer;
	}, { seconds: 60 });
}
const upload = async (client, path, body = png(), name = 'a.png') =>
	expect(await put(client, path + pathOf(name), body, 'image/png'), 201).json.attachment;
const byVisitor = (visitor, body, name) => upload(visitor.client, WIDGET, body, name);
const byAgent = (body, name) => upload(agent, STAFF, body, name);

const say = (client, path, attachmentIds, content) =>
	client.post(path, { clientId: word(), attachmentIds, ...content !== undefined && { content } });
const staffPath = (id) => `/api/v1/conversations/${id}/messages`;
const widgetPath = (id) => `/api/v1/widget/conversations/${id}/messages`;

const kept = () => sql.rows`SELECT (SELECT count(*)::int FROM parlor.uploads) AS files,
	(SELECT count(*)::int FROM parlor.attachment_chunks) AS chunks, (SELECT count(*)::int FROM attachments) AS rows`;
async function keepsNothing(work) {
	const before = await kept();
	await work();
	assert.deepEqual(await kept(), before);
}

function isInert(answer, name) {
	assert.equal(answer.headers['content-type'], 'application/octet-stream');
	assert.match(answer.headers['content-disposition'], /^attachment; /);
	isBoxed(answer, name);
}
function isBoxed({ headers, raw }, name) {
	assert.match(headers['content-security-policy'], /^sandbox; default-src 'none'/);
	assert.equal(headers['x-content-type-options'], 'nosniff');
	assert.equal(headers['cross-origin-resource-policy'], 'same-origin');
	assert.ok(!headers['set-cookie']);
	assert.equal(raw.filter((field) => /^content-disposition$/i.test(field)).length, 1);
	assert.equal(decodeURIComponent(headers['content-disposition'].match(/filename\*=UTF-8''([^;]*)$/)[1]), name);
}

describe('a file', () => {
	test('is what its uploader alone has, until it is sent', async () => {
		const body = png(640, 480);
		const file = await byVisitor(mine, body, 'Grüße.png');
		assert.deepEqual({ ...file, id: '', createdAt: '' }, { id: '', fileName: 'Grüße.png', fileSize: body.length, mimeType: 'image/png',
			width: 640, height: 480, url: `/attachments/${file.id}`, thumbnailUrl: null, state: 'unscanned', createdAt: '' });
		assert.match(file.createdAt, /^\d{4}-.*Z$/);
		assert.deepEqual(expect(await mine.client.get(file.url), 200).bytes, body);
		for (const client of [neighbour.client, agent, shop.api, other.api])
			expect(await client.get(file.url), 404);
		expect(await world.client().get(file.url), 401);
		const { message } = expect(await say(mine.client, widgetPath(conversation.id), [file.id]), 201).json;
		assert.deepEqual([message.content, message.messageType, message.attachments], ['', 'image', [file]]);
		for (const client of [mine.client, agent, shop.api])
			assert.deepEqual(expect(await client.get(file.url), 200).bytes, body);
		for (const client of [neighbour.client, (await other.visitor()).client, other.api, await other.staff('agent')])
			expect(await client.get(file.url), 404);
	});

	test('is in the list, in the event and in the conversation\'s preview', async () => {
		const { cursor } = expect(await shop.api.get('/api/v1/events?wait=0&cursor='), 200).json;
		const files = [await byAgent(png(), 'one.png'), await byAgent(Buffer.from('text'), 'two.txt')];
		const { message } = expect(await say(agent, staffPath(conversation.id), files.map(({ id }) => id), 'Here'), 201).json;
		assert.equal(message.messageType, 'file');
		assert.deepEqual(message.attachments, files);
		const { data } = expect(await mine.get(`conversations/${conversation.id}/messages`), 200).json;
		assert.deepEqual(data.find(({ id }) => id === message.id).attachments, files);
		const { events } = expect(await shop.api.get(`/api/v1/events?wait=0&cursor=${encodeURIComponent(cursor)}`), 200).json;
		assert.deepEqual(events.filter(({ data: { message: m } }) => m?.id === message.id).map(({ type, data: { message: m } }) => [type, m.attachments]),
			[['message.created', files]]);
		const alone = await byAgent(png(), 'alone.png');
		expect(await say(agent, staffPath(conversation.id), [alone.id]), 201);
		assert.equal(await sql.value`SELECT preview FROM conversations WHERE id = ${conversation.id}`, '📎 alone.png');
	});

	test('can begin a conversation', async () => {
		const visitor = await shop.visitor();
		const file = await byVisitor(visitor);
		const answer = expect(await say(visitor.client, '/api/v1/widget/conversations', [file.id]), 201).json;
		assert.deepEqual(answer.message.attachments, [file]);
		assert.equal(answer.conversation.lastSeq, 1);
	});

	test('is sent once; the same clientId again is the same message', async () => {
		const file = await byVisitor(mine);
		const body = { clientId: word(), attachmentIds: [file.id] };
		const first = expect(await mine.client.post(widgetPath(conversation.id), body), 201).json;
		const again = expect(await mine.client.post(widgetPath(conversation.id), body), 200).json;
		assert.deepEqual(again, first);
		const twice = expect(await say(mine.client, widgetPath(conversation.id), [file.id], 'x'), 422).json;
		assert.equal(twice.errors[0].pointer, '/attachmentIds');
		const race = await byVisitor(neighbour);
		const { conversation: its } = await neighbour.begin();
		const answers = await Promise.all(Array.from({ length: 6 }, () => say(neighbour.client, widgetPath(its.id), [race.id])));
		assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 422, 422, 422, 422, 422]);
	});

	test('of another one, or none, cannot be sent', async () => {
		const before = await sql.value`SELECT last_seq FROM conversations WHERE id = ${conversation.id}`;
		const good = await byAgent(), foreign = await upload(other.api, STAFF), its = await byVisitor(neighbour);
		const absent = expect(await say(agent, staffPath(conversation.id), [word(26)]), 422);
		for (const ids of [[its.id], [foreign.id], [good.id, foreign.id], [good.id, good.id], [good.id, word(26)]]) {
			const { json } = expect(await say(agent, staffPath(conversation.id), ids), 422);
			assert.deepEqual({ ...json, requestId: '' }, { ...absent.json, requestId: '' });
		}
		expect(await say(agent, staffPath(conversation.id), Array(6).fill(good.id)), 422);
		expect(await say(agent, staffPath(conversation.id), [], 'x'), 201);
		expect(await say(agent, staffPath(conversation.id), []), 422);
		expect(await say(agent, staffPath(conversation.id), [1]), 422);
		expect(await say(agent, `/api/v1/conversations/${conversation.id}/notes`, [good.id], 'x'), 422);
		await sql.exec`UPDATE parlor.uploads SET created_at = created_at - interval '25 hours' WHERE id = ${good.id}`;
		expect(await say(agent, staffPath(conversation.id), [good.id]), 422);
		assert.equal(Number(await sql.value`SELECT last_seq FROM conversations WHERE id = ${conversation.id}`), Number(before) + 1);
	});
});

describe('who', () => {
	test('may not put one keeps nothing here', () => keepsNothing(async () => {
		const expired = await shop.visitor();
		await sql.exec`UPDATE parlor.visitor_tokens SET expires_at = now() - interval '1 day' WHERE chat_user_id = ${expired.id}`;
		const clients = [world.client(), world.client({ headers: { Authorization: 'Bearer vt_00000000_x' } }), expired.client];
		for (const client of clients)
			for (const path of [WIDGET, STAFF])
				expect(await put(client, path, png()), 401);
		expect(await put(mine.client, STAFF, png()), 401);
		expect(await put(shop.api, WIDGET, png()), 401);
		expect(await put(await shop.staff('viewer'), STAFF, png()), 403);
		expect(await put(await shop.staff('agent', { csrf: false }), STAFF, png()), 403);
	}));

	test('has lost access gets none', async () => {
		const o = await world.organization();
		const staff = await o.staff('agent'), visitor = await o.visitor(), second = await o.visitor();
		const [file, late] = [await byVisitor(visitor), await byVisitor(second)];
		for (const [who, one] of [[visitor, file], [second, late]])
			expect(await say(who.client, '/api/v1/widget/conversations', [one.id]), 201);
		expect(await staff.get(file.url), 200);
		await sql.exec`DELETE FROM members WHERE id = ${o.members.agent.id}`;
		assert.ok([401, 403].includes((await staff.get(file.url)).status));
		await sql.exec`DELETE FROM chat_users WHERE id = ${visitor.id}`;
		expect(await o.api.get(file.url), 404);
		assert.equal(await sql.value`SELECT count(*)::int FROM parlor.attachment_chunks WHERE upload_id = ${file.id}`, 0);
		await sql.exec`UPDATE organizations SET chat_is_active = false WHERE id = ${o.id}`;
		expect(await o.api.get(late.url), 404);
		expect(await second.client.get(late.url), 401);
	});
});

describe('hostile files', () => {
	test('are many', () => assert.ok(hostile.length + polyglots.length >= 80, `${hostile.length}`));

	test('are never shown in place', async () => {
		let n = 0;
		for (const { name, type, body } of hostile) {
			const path = STAFF + pathOf(name);
			const { attachment } = expect(await put(agent, path, body, type), 201).json;
			assert.deepEqual([attachment.width, attachment.height], [null, null], name);
			assert.doesNotMatch(attachment.mimeType, /^image\/(png|jpeg|gif|webp)$/, `${name} ${type}`);
			const answer = expect(await agent.get(attachment.url), 200);
			isInert(answer, attachment.fileName);
			assert.deepEqual(answer.bytes, body, name);
			n++;
		}
		assert.equal(n, hostile.length);
	});

	test('have harmless names', async () => {
		const key = await world.organization();
		for (const [name, clean] of names) {
			const { fileName, url } = await upload(key.api, STAFF, Buffer.from('x'), name);
			assert.equal(fileName, clean);
			assert.ok(Buffer.byteLength(fileName) <= 255);
			assert.doesNotMatch(fileName, /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069/\\]/);
			isInert(expect(await key.api.get(url), 200), clean);
		}
		for (const bad of ['%00', 'a%00.png', '%ff', '%c0%af', '%ed%a0%80', '%', '%4'])
			expect(await put(key.api, `${STAFF}?name=${bad}`, png()), 400);
	});

	test('that are pictures are nothing but pictures', async () => {
		for (const { name, type, body, mime } of polyglots) {
			const { attachment } = expect(await put(shop.api, STAFF + pathOf(name), body, type), 201).json;
			assert.equal(attachment.mimeType, mime);
			const answer = expect(await shop.api.get(attachment.url), 200);
			assert.equal(answer.headers['content-type'], mime);
			isBoxed(answer, name);
		}
	});

	test('that promise too many pixels are for saving', async () => {
		for (const [width, height, shown] of [[8000, 5000, true], [8001, 5000, false], [0x7fffffff, 0x7fffffff, false], [40e6, 1, true]]) {
			const file = await upload(shop.api, STAFF, png(width, height, { pixels: false }));
			assert.deepEqual([file.mimeType, file.width, file.height], ['image/png', shown ? width : null, shown ? height : null]);
			assert.match((await shop.api.get(file.url)).headers['content-disposition'], shown ? /^inline/ : /^attachment/);
		}
	});

	test('real pictures are shown', async () => {
		for (const [body, type] of [[png(), 'image/png'], [gif, 'image/gif'], [jpeg, 'image/jpeg'], [webp, 'image/webp']]) {
			const file = await upload(shop.api, STAFF, body, 'a.bin');
			assert.equal(file.mimeType, type);
			const answer = expect(await shop.api.get(file.url), 200);
			assert.equal(answer.headers['content-type'], type);
			assert.match(answer.headers['content-disposition'], /^inline; /);
		}
	});
});

describe('sizes', () => {
	test('up to the limit, exactly', async () => {
		const o = await world.organization();
		for (const size of [1, 128 * 1024 - 1, 128 * 1024, 128 * 1024 + 1, 10 * MB - 1, 10 * MB]) {
			const body = Buffer.alloc(size, word(997));
			const file = await upload(o.api, STAFF, body, 'a.bin');
			assert.equal(file.fileSize, size);
			assert.ok(expect(await o.api.get(file.url), 200).bytes.equals(body), `${size}`);
		}
		await keepsNothing(async () => {
			expect(await put(o.api, STAFF, Buffer.alloc(10 * MB + 1)), 413);
			expect(await put(o.api, STAFF, Buffer.alloc(12 * MB)), 413);
			assert.equal(expect(await put(o.api, STAFF, Buffer.alloc(0)), 422).json.code, 'empty_file');
		});
	});

	test('only on these routes', async () => {
		expect(await shop.api.post(staffPath(conversation.id), Buffer.alloc(100 * 1024, ' '), { headers: { 'Content-Type': 'application/json' } }), 413);
	});

	test('without a length before', async () => {
		const body = Buffer.alloc(300000, word(499));
		const answer = await new Promise((resolve, reject) => {
			const request = http.request(world.url + STAFF, { method: 'POST', headers: { Authorization: `Bearer ${shop.secretKey}`, 'Transfer-Encoding': 'chunked' } },
				(response) => {
					let text = '';
					response.on('data', (part) => { text += part; });
					response.on('end', () => resolve({ status: response.statusCode, json: JSON.parse(text) }));
				});
			request.on('error', reject);
			for (let at = 0; at < body.length; at += 7001)
				request.write(body.subarray(at, at + 7001));
			request.end();
		});
		assert.equal(answer.status, 201);
		assert.ok((await shop.api.get(answer.json.attachment.url)).bytes.equals(body));
	});

	test('that never come leave nothing', () => keepsNothing(async () => {
		const { hostname, port } = new URL(world.url);
		for (const end of ['destroy', 'end'])
			await new Promise((resolve) => {
				const socket = net.connect(port, hostname, () => {
					socket.write(`POST ${STAFF} HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer ${shop.secretKey}\r\nContent-Length: 500000\r\n\r\n`);
					socket.write(Buffer.alloc(200000), () => socket[end]());
				});
				socket.resume();
				socket.on('error', resolve);
				socket.on('close', resolve);
			});
		expect(await shop.api.get('/api/v1/me'), 200);
	}));
});

describe('room', () => {
	const limit = { organization: 10 * 1024 * MB, visitor: 100 * MB };
	const used = (id) => sql.value`SELECT bytes::float8 FROM parlor.upload_usage WHERE organization_id = ${id}`;

	test('is counted, and free again', async () => {
		const o = await world.organization();
		const file = await upload(o.api, STAFF, Buffer.alloc(1000)), second = await upload(o.api, STAFF, Buffer.alloc(500));
		assert.equal(await used(o.id), 1500);
		await sql.exec`DELETE FROM parlor.uploads WHERE id = ${file.id}`;
		assert.equal(await used(o.id), 500);
		assert.ok(second);
	});

	test('of an organization is never exceeded by 100 at once', async () => {
		const o = await world.organization();
		await upload(o.api, STAFF, Buffer.alloc(1000));
		await sql.exec`UPDATE parlor.upload_usage SET bytes = ${limit.organization - 7 * 1000 - 1} WHERE organization_id = ${o.id}`;
		const answers = await Promise.all(Array.from({ length: 100 }, () => put(o.api, STAFF, Buffer.alloc(1000))));
		assert.equal(answers.filter(({ status }) => status === 201).length, 7);
		for (const answer of answers.filter(({ status }) => status !== 201))
			assert.equal(expect(answer, 507).json.code, 'organization_quota');
		assert.equal(await used(o.id), limit.organization - 1);
		assert.equal(await sql.value`SELECT count(*)::int FROM parlor.uploads WHERE organization_id = ${o.id}`, 8);
	});

	test('of a visitor, too', async () => {
		const o = await world.organization(), visitor = await o.visitor();
		const first = await byVisitor(visitor, Buffer.alloc(1000));
		await sql.exec`UPDATE parlor.uploads SET file_size = ${limit.visitor - 3000} WHERE id = ${first.id}`;
		const answers = await Promise.all(Array.from({ length: 9 }, () => put(visitor.client, WIDGET, Buffer.alloc(1000))));
		assert.equal(answers.filter(({ status }) => status === 201).length, 3);
		assert.ok(answers.filter(({ status }) => status !== 201).every(({ status, json }) => status === 507 && json.code === 'visitor_quota'));
	});

	test('for ten files an hour', async () => {
		const visitor = await shop.visitor();
		for (let i = 0; i < 10; i++)
			await byVisitor(visitor, Buffer.from('x'));
		await keepsNothing(async () => {
			expect(await put(visitor.client, WIDGET, Buffer.from('x')), 429);
		});
	});

	test('of what was never sent is free after a day', async () => {
		const o = await world.organization(), visitor = await o.visitor(), gone = await o.visitor();
		const [old, fresh, sent, left] = [await byVisitor(visitor), await byVisitor(visitor), await byVisitor(visitor), await byVisitor(gone)];
		expect(await say(visitor.client, '/api/v1/widget/conversations', [sent.id]), 201);
		for (const { id } of [old, sent])
			await sql.exec`UPDATE parlor.uploads SET created_at = created_at - interval '24 hours 1 second' WHERE id = ${id}`;
		await sql.exec`DELETE FROM chat_users WHERE id = ${gone.id}`;
		await sql.exec`UPDATE parlor.jobs SET run_at = now() AT TIME ZONE 'UTC' - interval '1 second' WHERE kind = 'retention'`;
		await eventually('the old one is deleted', async () =>
			!await sql.value`SELECT count(*)::int FROM parlor.uploads WHERE id IN (${old.id}, ${left.id})`, { seconds: 20 });
		assert.equal(await sql.value`SELECT count(*)::int FROM parlor.attachment_chunks WHERE upload_id IN (${old.id}, ${left.id})`, 0);
		assert.equal(await sql.value`SELECT count(*)::int FROM parlor.uploads WHERE id IN (${fresh.id}, ${sent.id})`, 2);
		assert.equal(await used(o.id), fresh.fileSize + sent.fileSize);
	});
});

describe('parts', () => {
	const SIZE = 300000;
	const body = Buffer.alloc(SIZE);
	for (let i = 0; i < SIZE; i++)
		body[i] = i * 31 + (i >> 8);
	let file, whole;
	const get = (headers) => shop.api.get(file.url, { headers });

	test('are served, one at a time', async () => {
		file = await upload(shop.api, STAFF, body, 'parts.bin');
		whole = expect(await get(), 200);
		assert.equal(whole.headers['accept-ranges'], 'bytes');
		assert.equal(whole.headers['content-length'], String(SIZE));
		const edge = 128 * 1024;
		const matrix = [['0-0', 0, 0], ['0-', 0, SIZE - 1], [`0-${SIZE}`, 0, SIZE - 1], ['5-9', 5, 9], ['-1', SIZE - 1, SIZE - 1], [`-${SIZE * 2}`, 0, SIZE - 1],
			[`${edge - 1}-${edge}`, edge - 1, edge], [`${edge}-${2 * edge - 1}`, edge, 2 * edge - 1], [`${edge + 7}-`, edge + 7, SIZE - 1], [`${SIZE - 1}-`, SIZE - 1, SIZE - 1]];
		for (const [range, from, to] of matrix) {
			const answer = expect(await get({ Range: `bytes=${range}` }), 206);
			assert.equal(answer.headers['content-range'], `bytes ${from}-${to}/${SIZE}`);
			assert.ok(answer.bytes.equals(body.subarray(from, to + 1)), range);
			assert.equal(answer.headers.etag, whole.headers.etag);
			isInert(answer, 'parts.bin');
		}
		for (const range of ['bytes=5-4', 'bytes=0-1,4-5', 'bytes=x', 'lines=0-1', 'bytes=-', 'bytes='])
			assert.equal(expect(await get({ Range: range }), 200).bytes.length, SIZE, range);
		for (const range of [`bytes=${SIZE}-`, 'bytes=-0', 'bytes=99999999999999999999-']) {
			const answer = expect(await get({ Range: range }), 416);
			assert.equal(answer.headers['content-range'], `bytes */${SIZE}`);
			assert.match(answer.headers['content-type'], /problem\+json/);
		}
	});

	test('depend on what the client has', async () => {
		const { etag } = whole.headers;
		assert.match(etag, /^"[0-9a-f]{64}"$/);
		assert.match(whole.headers['cache-control'], /^private, max-age=31536000, immutable$/);
		assert.match(whole.headers.vary, /Authorization, Cookie/);
		for (const seen of [etag, '*', `"x", ${etag}`, `W/${etag}`])
			expect(await get({ 'If-None-Match': seen }), 304);
		expect(await get({ 'If-None-Match': '"x"' }), 200);
		expect(await get({ Range: 'bytes=0-1', 'If-Range': etag }), 206);
		for (const condition of ['"x"', `W/${etag}`, 'Wed, 25 Nov 2026 00:00:00 GMT'])
			expect(await get({ Range: 'bytes=0-1', 'If-Range': condition }), 200);
		const head = await shop.api.request('HEAD', file.url);
		assert.deepEqual([head.status, head.headers['content-length'], head.bytes.length], [200, String(SIZE), 0]);
	});
});

test('an attachment that another program wrote is told of, and is not ours to give', async () => {
	const id = word();
	const { message } = await (await shop.visitor()).begin();
	await sql.exec`INSERT INTO attachments (id, message_id, file_name, file_size, mime_type, url)
		VALUES (${id}, ${message.id}, 'a.png', 3, 'image/png', 'https://cdn.example/a.png')`;
	const { data } = expect(await agent.get(staffPath(message.conversationId)), 200).json;
	assert.deepEqual({ ...data[0].attachments[0], createdAt: '' }, { id, fileName: 'a.png', fileSize: 3, mimeType: 'image/png', width: null, height: null,
		url: 'https://cdn.example/a.png', thumbnailUrl: null, state: null, createdAt: '' });
	expect(await agent.get(`/attachments/${id}`), 404);
});
