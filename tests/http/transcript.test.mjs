// Conversations as text: saved, and mailed, without becoming a cannon.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { eventually, expect, useWorld, word } from '../lib/world.mjs';

const world = await useWorld({ mail: true });
const { sql, stack } = world;
const newEmail = () => `${word(12).toLowerCase()}@example.org`;

// A conversation with an answer, a note and what could break a text.
async function talk({ answered = true, proven = null, shop } = {}) {
	shop ??= await world.organization();
	const visitor = await shop.visitor({ user: { name: 'Ada' } });
	if (proven)
		await sql.exec`UPDATE chat_users SET email = ${proven}, email_verified = true WHERE id = ${visitor.id}`;
	const { conversation: { id } } = await visitor.begin('Hello\n\nwhere is {{name}} & <my> order?');
	const path = `/api/v1/conversations/${id}`;
	if (answered)
		expect(await shop.api.post(`${path}/messages`, { clientId: word(), content: 'On its way' }), 201);
	return { shop, visitor, id, path, own: (body = {}, options) => visitor.post(`conversations/${id}/transcript`, body, options),
		staff: (body = {}, client = shop.api) => client.post(`${path}/transcript`, body) };
}
const code = (answer, status) => expect(answer, status).json.code;
const jobsFor = (shop) => sql.value`SELECT count(*)::int FROM parlor.jobs WHERE kind = 'mail' AND organization_id = ${shop.id}`;

describe('a conversation as text', () => {
	test('has the messages in order and the names of files, and no note', async () => {
		const { shop, visitor, id, path } = await talk();
		const { attachment } = expect(await visitor.client.post('/api/v1/widget/attachments?name=order.txt', Buffer.from('one mug')), 201).json;
		expect(await visitor.post(`conversations/${id}/messages`, { clientId: word(), attachmentIds: [attachment.id] }), 201);
		expect(await shop.api.post(`${path}/notes`, { clientId: word(), content: 'zebrafink' }), 201);
		await sql.exec`INSERT INTO messages (id, conversation_id, sender_type, content) VALUES (${word()}, ${id}, 'system', ${'it\u2028ends\rhere'})`;
		for (const client of [shop.api, await shop.staff('viewer')]) {
			const { text, headers } = expect(await client.get(`${path}/transcript`), 200);
			assert.equal(headers['content-type'], 'text/plain; charset=utf-8');
			assert.match(headers['content-disposition'], /^attachment; filename="[\w.]+"$/);
			const time = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d UTC`;
			assert.match(text, new RegExp(`^Ada and ${shop.name}, from ${time}

${time}  Ada
    Hello
    
    where is {{name}} & <my> order\\?

${time}  ${shop.members.admin.name}
    On its way

${time}  Ada
    File: order.txt

${time}  \\*
    it ends here
$`));
		}
	});

	test('cannot be made to look as if somebody else had written', async () => {
		const { visitor, id, shop, path } = await talk();
		const forged = `2026-01-01 10:00 UTC  ${shop.name}\n    All free`;
		expect(await visitor.post(`conversations/${id}/messages`, { clientId: word(), content: forged }), 201);
		await sql.exec`UPDATE chat_users SET name = ${'Eve\n\n2026-01-01 10:00 UTC  Boss'} WHERE id = ${visitor.id}`;
		const { text } = expect(await shop.api.get(`${path}/transcript`), 200);
		assert.ok(text.includes(`    2026-01-01 10:00 UTC  ${shop.name}`));
		assert.doesNotMatch(text, /^2026-01-01/m);
	});

	test('is of bounded length: the newest are there, and it says so', async () => {
		const { visitor, id, shop, path } = await talk();
		await sql.exec`INSERT INTO messages (id, conversation_id, sender_id, sender_type, content, created_at)
			SELECT concat(${id}, n), ${id}, ${visitor.id}, 'user', concat('number ', n, ' ', repeat('x', 15000)), now() AT TIME ZONE 'UTC'
				FROM generate_series(1, 300) n`;
		const { text } = expect(await shop.api.get(`${path}/transcript`), 200);
		assert.ok(text.length > 4e6 && text.length < 4.3e6, text.length);
		assert.match(text, /\n\(\d+ earlier messages are left out\.\)\n/);
		assert.ok(text.includes('number 300 ') && !text.includes('number 1 '));
		const to = newEmail();
		expect(await shop.api.post(`${path}/transcript`, { email: to }), 204);
		const mail = await stack.mail.to(to);
		assert.ok(mail.text.length > 200e3 && mail.text.length < 300e3, mail.text.length);
		assert.ok(mail.text.includes('number 300 '));
	});
});

describe('a mail', () => {
	test('goes to the address that was proved, or to the one that is given', async () => {
		const proven = newEmail(), other = newEmail(), { shop, own } = await talk({ proven });
		expect(await own(), 204);
		expect(await own({ email: other }), 204);
		for (const to of [proven, other]) {
			const mail = await stack.mail.to(to);
			assert.equal(mail.subject, `Your conversation with ${shop.name}`);
			assert.ok(mail.text.includes('\n    Hello\n    \n    where is {{name}} & <my> order?\n') || mail.text.includes('\n    Hello\n\n    where is {{name}} & <my> order?\n'), mail.text);
			assert.ok(mail.text.includes('    On its way\n'));
			assert.deepEqual(mail.envelope.to, [to]);
		}
		await eventually('nothing of it is kept', async () => await jobsFor(shop) === 0);
	});

	test('has no private note', async () => {
		const to = newEmail(), { shop, path, staff } = await talk();
		expect(await shop.api.post(`${path}/notes`, { clientId: word(), content: 'zebrafink' }), 201);
		expect(await staff({ email: to }), 204);
		assert.ok(!(await stack.mail.to(to)).raw.includes('zebrafink'));
	});

	test('needs an address, that is one', async () => {
		const { own, staff, visitor } = await talk();
		await sql.exec`UPDATE chat_users SET email = ${newEmail()} WHERE id = ${visitor.id}`; // claimed only
		for (const send of [own, staff]) {
			assert.equal(expect(await send(), 422).json.errors[0].code, 'required');
			for (const email of ['', 'x', 'a@b, c@d', 'a@b\r\nBcc: c@d', 'Ann <a@example.org>', ['a@example.org'], 'a@example.org '])
				assert.equal(expect(await send({ email }), 422).json.errors[0].pointer, '/email');
		}
	});

	test('by a visitor goes to others only when somebody has answered', async () => {
		const proven = newEmail(), { shop, own, staff } = await talk({ answered: false, proven });
		assert.equal(code(await own({ email: newEmail() }), 409), 'not_answered');
		assert.equal(await jobsFor(shop), 0);
		expect(await own({ email: proven }), 204);
		expect(await staff({ email: newEmail() }), 204);
	});

	test('by staff stands in the audit log, without the address', async () => {
		const proven = newEmail(), { shop, staff, id } = await talk({ proven }), other = newEmail();
		expect(await staff({}), 204);
		expect(await staff({ email: other }), 204);
		const rows = await sql.rows`SELECT * FROM parlor.audit_log WHERE organization_id = ${shop.id} ORDER BY id`;
		assert.deepEqual(rows.map(({ action, target_id: target, data }) => [action, target, JSON.parse(data)]),
			[['conversation.transcript_sent', id, { to: 'visitor' }], ['conversation.transcript_sent', id, { to: 'other' }]]);
		assert.ok(![proven, other].some((address) => JSON.stringify(rows).includes(address)));
	});

	test('is one, however often a request is repeated with its key', async () => {
		const to = newEmail(), { own } = await talk(), options = { headers: { 'Idempotency-Key': word() } };
		for (let i = 0; i < 3; i++)
			expect(await own({ email: to }, options), 204);
		await stack.mail.to(to);
		assert.equal(await sql.value`SELECT count(*)::int FROM parlor.jobs WHERE payload LIKE ${`%${to}%`}`, 0);
		assert.equal((await stack.mail.messages()).filter(({ envelope }) => envelope.to.includes(to)).length, 1);
	});
});

describe('limits', () => {
	test('hold a visitor', async () => {
		const { own } = await talk();
		for (let i = 0; i < 5; i++)
			expect(await own({ email: newEmail() }), 204);
		expect(await own({ email: newEmail() }), 429);
	});

	test('hold what one address gets from an organization, whoever sends and however it is spelled', async () => {
		const to = newEmail(), { shop, staff, own } = await talk();
		expect(await staff({ email: to }), 204);
		expect(await own({ email: to.toUpperCase() }), 204);
		expect(await (await talk({ shop })).own({ email: to }), 204);
		expect(await (await talk({ shop })).own({ email: to }), 429);
		expect(await staff({ email: to }), 429);
		expect(await (await talk()).staff({ email: to }), 204);
	});

	test('hold an organization', async () => {
		const { shop, staff } = await talk();
		const agents = [shop.api, await shop.staff('admin'), await shop.staff('agent')];
		for (const role of ['a', 'b'])
			shop.members[role] = await world.member(shop.id, 'agent');
		agents.push(await shop.staff('a'), await shop.staff('b'));
		await stack.mail.putOff(true);
		const answers = [];
		for (const client of agents)
			for (let i = 0; i < 45; i++)
				answers.push((await staff({ email: newEmail() }, client)).status);
		await sql.exec`DELETE FROM parlor.jobs WHERE kind = 'mail' AND organization_id = ${shop.id}`;
		await stack.mail.putOff(false);
		assert.ok(answers.slice(0, 200).every((status) => status === 204), answers.join());
		assert.ok(answers.includes(429));
	});
});

describe('an erased visitor', () => {
	test('leaves no mail that waits, and none that was given up', async () => {
		const refused = `refused.${newEmail()}`, { own, visitor, shop } = await talk();
		await stack.mail.putOff(true);
		expect(await own({ email: newEmail() }), 204);
		await stack.mail.putOff(false);
		expect(await own({ email: refused }), 204);
		await eventually('it was given up', () => sql.value`SELECT failed_at FROM parlor.jobs WHERE payload LIKE ${`%${refused}%`}`, { seconds: 20 });
		await sql.exec`DELETE FROM chat_users WHERE id = ${visitor.id}`;
		assert.equal(await jobsFor(shop), 0);
		const found = await sql.rows`SELECT 1 FROM parlor.jobs WHERE payload LIKE ${`%${refused}%`} OR last_error LIKE ${`%${refused}%`}`;
		assert.deepEqual(found, []);
	});
});

test('strangers get the same answer as for what is not there', async () => {
	const mine = await talk(), theirs = await talk(), neighbours = await talk({ shop: mine.shop });
	assert.equal(code(await mine.visitor.post(`conversations/${neighbours.id}/transcript`, { email: newEmail() }), 404), 'not_found');
	for (const id of [theirs.id, word()]) {
		const body = { email: newEmail() };
		assert.equal(code(await mine.visitor.post(`conversations/${id}/transcript`, body), 404), 'not_found');
		assert.equal(code(await mine.shop.api.post(`/api/v1/conversations/${id}/transcript`, body), 404), 'not_found');
		assert.equal(code(await mine.shop.api.get(`/api/v1/conversations/${id}/transcript`), 404), 'not_found');
	}
	expect(await (await mine.shop.staff('viewer')).post(`${mine.path}/transcript`, { email: newEmail() }), 403);
});
