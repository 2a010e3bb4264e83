// The scanner. A small server stands in for clamd and speaks its INSTREAM; the real one, with its
// signatures of a gigabyte, is too heavy for a test.
import assert from 'node:assert/strict';
import { chmodSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { expect, useWorld, word } from '../lib/world.mjs';
import { eventually } from './stack.mjs';
import { png } from '../lib/files.mjs';

const EICAR = 'X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*';

// What it was sent, and what it says: by default whether the test file's text is in it.
class Scanner {
	constructor(file) {
		Object.assign(this, { file, seen: [], sockets: new Set(), say: null });
	}

	listen() {
		rmSync(this.file, { force: true });
		this.server = net.createServer((socket) => this.serve(socket));
		return new Promise((done) => this.server.listen(this.file, () => {
			chmodSync(this.file, 0o666); // the workers are another user
			done();
		}));
	}

	stop() {
		for (const socket of this.sockets)
			socket.destroy();
		return new Promise((done) => (this.server?.listening ? this.server.close(done) : done()));
	}

	serve(socket) {
		let got = Buffer.alloc(0);
		this.sockets.add(socket);
		socket.on('close', () => this.sockets.delete(socket));
		socket.on('error', () => {});
		socket.on('data', (part) => {
			got = Buffer.concat([got, part]);
			const body = this.whole(got);
			if (!body)
				return;
			this.seen.push(body);
			socket.end(this.say ?? (body.includes(EICAR) ? 'stream: Eicar-Test-Signature FOUND\0' : 'stream: OK\0'));
		});
	}

	// The chunks, once the one of no length has come; null before.
	whole(got) {
		const chunks = [];
		if (got.length < 10)
			return null;
		assert.equal(got.subarray(0, 10).toString('latin1'), 'zINSTREAM\0');
		for (let at = 10; at + 4 <= got.length;) {
			const size = got.readUInt32BE(at);
			if (size === 0)
				return Buffer.concat(chunks);
			chunks.push(got.subarray(at + 4, at + 4 + size));
			at += 4 + size;
		}
		return null;
	}
}

const scanner = new Scanner(path.join(tmpdir(), `parlor-clamd-${process.pid}.sock`));
after(() => scanner.stop());
const world = await useWorld({ options: { 'uploads.clamd_socket': scanner.file } });
const shop = await world.organization();
const agent = await shop.staff('agent');
const due = () => world.sql.exec`UPDATE parlor.jobs SET run_at = now() AT TIME ZONE 'UTC' - interval '1 second' WHERE kind = 'scan'`;

// A file of a visitor's, sent.
async function sent(body) {
	const visitor = await shop.visitor();
	const { attachment } = expect(await visitor.client.post('/api/v1/widget/attachments?name=a.png', body,
		{ headers: { 'Content-Type': 'image/png' } }), 201).json;
	const { message } = expect(await visitor.post('conversations', { clientId: word(), attachmentIds: [attachment.id] }), 201).json;
	return { visitor, attachment, message, path: `/api/v1/conversations/${message.conversationId}/messages` };
}
const stateOf = async ({ path: list }) => expect(await agent.get(list), 200).json.data[0].attachments[0].state;

describe('a file', () => {
	test('waits for a scanner that is not there', async () => {
		const one = await sent(png(3, 3));
		assert.equal(one.attachment.state, 'pending');
		await eventually('it was tried', () => world.sql.value`SELECT last_error FROM parlor.jobs WHERE kind = 'scan' AND last_error LIKE 'clamd%'`, { seconds: 20 });
		assert.equal(await stateOf(one), 'pending');
		for (const client of [agent, shop.api]) {
			const { json } = expect(await client.get(one.attachment.url), 409);
			assert.equal(json.code, 'scan_pending');
		}
		expect(await one.visitor.client.get(one.attachment.url), 200);
		await scanner.listen();
		await due();
		await eventually('it is clean', async () => await stateOf(one) === 'clean', { seconds: 20 });
		assert.ok(expect(await agent.get(one.attachment.url), 200).bytes.equals(png(3, 3)));
		assert.ok(scanner.seen.some((body) => body.equals(png(3, 3))));
	});

	test('is told of when it was looked at', async () => {
		const { cursor } = expect(await shop.api.get('/api/v1/events?wait=0&cursor='), 200).json;
		const body = Buffer.alloc(400000, word(701));
		const one = await sent(body);
		const updated = await eventually('the event', async () => {
			const { events } = (await shop.api.get(`/api/v1/events?wait=0&cursor=${encodeURIComponent(cursor)}`)).json;
			return events.find(({ type, data }) => type === 'message.updated' && data.message.id === one.message.id);
		}, { seconds: 20 });
		assert.equal(updated.data.message.attachments[0].state, 'clean');
		assert.ok(scanner.seen.some((seen) => seen.equals(body)), 'all of it was shown, in order');
	});

	test('that is harmful is nobody\'s', async () => {
		const one = await sent(Buffer.from(`${'.'.repeat(200000)}${EICAR}`));
		await eventually('it is found', async () => await stateOf(one) === 'infected', { seconds: 20 });
		for (const client of [agent, shop.api, one.visitor.client])
			assert.equal(expect(await client.get(one.attachment.url), 403).json.code, 'infected');
		assert.equal(await world.sql.value`SELECT finding FROM parlor.uploads WHERE id = ${one.attachment.id}`, 'Eicar-Test-Signature');
	});

	test('that was found harmful before it was sent cannot be sent', async () => {
		const visitor = await shop.visitor();
		const { attachment } = expect(await visitor.client.post('/api/v1/widget/attachments', Buffer.from(EICAR)), 201).json;
		await eventually('it is found', async () =>
			await world.sql.value`SELECT state FROM parlor.uploads WHERE id = ${attachment.id}` === 'infected', { seconds: 20 });
		expect(await visitor.post('conversations', { clientId: word(), attachmentIds: [attachment.id] }), 422);
	});

	test('is not clean because the scanner fails', async () => {
		for (const say of ['INSTREAM size limit exceeded. ERROR\0', 'stream: ERROR\0', 'stream: OK, or not\0', ' FOUND\0', '\0', '']) {
			scanner.say = say;
			const count = scanner.seen.length;
			const one = await sent(png());
			await eventually('it was asked', () => scanner.seen.length > count, { seconds: 20 });
			await eventually('it will be asked again', () => world.sql.value`SELECT count(*)::int FROM parlor.jobs
				WHERE kind = 'scan' AND payload LIKE ${`%${one.attachment.id}%`} AND last_error IS NOT NULL`, { seconds: 20 });
			assert.equal(await stateOf(one), 'pending', say);
		}
		scanner.say = null;
	});
});
