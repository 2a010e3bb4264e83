// The visitor's way: settings, session, conversation, messages.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { exchange } from '../lib/raw.mjs';
import { credential, expect, useWorld, word } from '../lib/world.mjs';

const world = await useWorld();
const shop = await world.organization();
const anyone = shop.client();

const sameOrder = (messages, from = 1) =>
	assert.deepEqual(messages.map((m) => m.seq), messages.map((_, i) => from + i));

// All messages of a conversation, page by page.
async function history(who, path, limit = 100) {
	const all = [];
	for (let after = '0'; after !== null;) {
		const { data, next } = expect(await who.get(`${path}?limit=${limit}&after=${after}`), 200).json;
		all.push(...data);
		after = next;
	}
	return all;
}

describe('settings', () => {
	const path = `/api/v1/widget/settings?key=${shop.key}`;

	test('name the organization and what the widget looks like', async () => {
		const { json } = expect(await anyone.get(path), 200);
		assert.equal(json.organizationId, shop.id);
		assert.equal(json.name, shop.name);
		assert.match(json.theme, /^(auto|light|dark)$/);
		assert.match(json.primaryColor, /^#[0-9a-f]{6}$/i);
		assert.match(json.position, /^bottom-(left|right)$/);
		assert.equal(json.online, false);
		assert.deepEqual(Object.keys(json.agents[0]).sort(), ['initials', 'name']);
		for (const name of ['showAgentAvatar', 'collectEmail', 'collectName'])
			assert.equal(typeof json[name], 'boolean', name);
	});

	test('are not sent again to whom they are known', async () => {
		const { headers } = await anyone.get(path);
		assert.match(headers.etag, /^(W\/)?"[^"]+"$/);
		const again = await anyone.get(path, { headers: { 'If-None-Match': headers.etag } });
		expect(again, 304);
		assert.equal(again.headers.etag, headers.etag);
		expect(await anyone.get(path, { headers: { 'If-None-Match': '"another"' } }), 200);
	});

	test('change with the organization, and with an agent who comes online', async () => {
		const o = await world.organization();
		const own = `/api/v1/widget/settings?key=${o.key}`;
		const { headers } = await anyone.get(own);
		await world.sql.exec`UPDATE members SET chat_is_online = true WHERE id = ${o.members.agent.id}`;
		await world.sql.exec`UPDATE organizations SET chat_primary_color = '#112233', chat_theme = 'dark' WHERE id = ${o.id}`;
		const { json } = expect(await anyone.get(own, { headers: { 'If-None-Match': headers.etag } }), 200);
		assert.deepEqual([json.online, json.primaryColor, json.theme], [true, '#112233', 'dark']);
		assert.equal(json.agents[0].name, o.members.agent.name, 'those online come first');
	});

	test('exist for no unknown, empty or switched-off key', async () => {
		const off = await world.organization({ chat_is_active: false });
		for (const [key, status] of [['pk_unknown', 404], ['', 404], [off.key, 404], [shop.secretKey, 404],
				["'; --", 404]])
			expect(await anyone.get(`/api/v1/widget/settings?key=${encodeURIComponent(key)}`), status);
		expect(await anyone.get('/api/v1/widget/settings'), 400);
	});
});

describe('session', () => {
	test('makes a visitor, and resumes the same one by its token', async () => {
		const first = await shop.visitor({ pageUrl: 'https://shop.example/', referrer: '', locale: 'en',
			metadata: { plan: 'pro' } });
		assert.match(first.token, /^vt_[0-9a-f]{8}_[\w-]{43}$/);
		assert.equal(first.session.conversation, null);
		assert.ok(first.session.cursor);
		assert.equal(first.session.settings.organizationId, shop.id);
		const again = expect(await anyone.post('/api/v1/widget/session', { key: shop.key, token: first.token }),
			200).json;
		assert.equal(again.token, first.token);
		assert.equal(again.visitor.id, first.id);
		const rows = await world.sql.rows`SELECT count(*)::int AS n FROM chat_users WHERE id = ${first.id}`;
		assert.equal(rows[0].n, 1);
	});

	test('keeps only a hash of the token', async () => {
		const visitor = await shop.visitor();
		const found = await world.sql.rows`SELECT t::text FROM parlor.visitor_tokens t WHERE chat_user_id = ${visitor.id}`;
		assert.equal(found.length, 1);
		assert.ok(!JSON.stringify(found).includes(visitor.token));
	});

	test('takes what the page says about the visitor', async () => {
		const visitor = await shop.visitor({ user: { name: 'Ada', email: 'ada@example.org' } });
		assert.deepEqual(visitor.session.visitor, { id: visitor.id, name: 'Ada', email: 'ada@example.org', verified: false });
		const { visitor: staffView } = expect(await shop.api.get(`/api/v1/visitors/${visitor.id}`), 200).json;
		assert.equal(staffView.name, 'Ada');
		assert.equal(staffView.verified, false, 'a claim is no proof');
	});

	const tokens = {
		'a foreign': async () => (await (await world.organization()).visitor()).token,
		'an expired': async () => {
			const { id, token } = await shop.visitor();
			await world.sql.exec`UPDATE parlor.visitor_tokens SET idle_expires_at = now() AT TIME ZONE 'UTC' WHERE chat_user_id = ${id}`;
			return token;
		},
		'a revoked': async () => {
			const { id, token } = await shop.visitor();
			await world.sql.exec`UPDATE parlor.visitor_tokens SET revoked_at = now() AT TIME ZONE 'UTC' WHERE chat_user_id = ${id}`;
			return token;
		},
		'a borrowed tag and a good': async () => {
			const { token } = await shop.visitor();
			return credential('vt', 'another').slice(0, 12) + token.slice(12);
		},
		'an empty': () => '', 'a null': () => null, 'a made-up': () => credential('vt', shop.id), 'a bare': () => word(43),
		'a long': () => 'x'.repeat(128),
	};
	for (const [name, make] of Object.entries(tokens))
		test(`starts anew with ${name} token`, async () => {
			const token = await make();
			const { json } = expect(await anyone.post('/api/v1/widget/session', { key: shop.key, token }), 200);
			assert.match(json.token, /^vt_[0-9a-f]{8}_[\w-]{43}$/);
			assert.notEqual(json.token, token);
			assert.equal(json.conversation, null);
			const rows = await world.sql.rows`SELECT organization_id FROM chat_users WHERE id = ${json.visitor.id}
				AND created_at > now() AT TIME ZONE 'UTC' - interval '10 seconds'`;
			assert.deepEqual(rows, [{ organization_id: shop.id }]);
		});

	test('brings back the open conversation', async () => {
		const visitor = await shop.visitor();
		const { conversation } = await visitor.begin();
		const again = expect(await anyone.post('/api/v1/widget/session', { key: shop.key, token: visitor.token }),
			200).json;
		assert.equal(again.conversation.id, conversation.id);
	});

	test('is refused without a known key', async () => {
		expect(await anyone.post('/api/v1/widget/session', { key: 'pk_unknown' }), 404);
		expect(await anyone.post('/api/v1/widget/session', {}), 422);
	});

	test('a new visitor too many for one address has to wait', async () => {
		const o = await world.organization();
		const crowd = o.client();
		const answers = await Promise.all(Array.from({ length: 40 },
			() => crowd.post('/api/v1/widget/session', { key: o.key })));
		const made = answers.filter((a) => a.status === 200).length;
		assert.ok(made >= 30 && made <= 32, `${made} visitors`);
		assert.ok(answers.every((a) => a.status === 200 || a.status === 429));
		expect(await o.client().post('/api/v1/widget/session', { key: o.key }), 200);
		const resumed = answers.find((a) => a.status === 200).json.token;
		expect(await crowd.post('/api/v1/widget/session', { key: o.key, token: resumed }), 200);
	});
});

describe('conversation', () => {
	test('begins with the first message', async () => {
		const visitor = await shop.visitor();
		const { conversation, message } = expect(await visitor.post('conversations',
			{ clientId: 'one', content: 'Where is my order?', pageUrl: 'https://shop.example/cart' }), 201).json;
		assert.equal(conversation.status, 'open');
		assert.equal(conversation.lastSeq, 1);
		assert.deepEqual([message.seq, message.content, message.senderType, message.senderId, message.clientId,
			message.private],
			[1, 'Where is my order?', 'user', visitor.id, 'one', false]);
		assert.match(message.createdAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
		assert.ok(Math.abs(Date.parse(message.createdAt) - Date.now()) < 60000, 'in UTC');
		const { data, next } = expect(await visitor.get('conversations'), 200).json;
		assert.deepEqual([data.map((c) => c.id), next], [[conversation.id], null]);
		assert.deepEqual(expect(await visitor.get(`conversations/${conversation.id}`), 200).json.conversation, data[0]);
	});

	test('shows the visitor nothing that agents keep to themselves', async () => {
		const visitor = await shop.visitor();
		const { conversation } = await visitor.begin();
		await shop.api.patch(`/api/v1/conversations/${conversation.id}`,
			{ tags: ['secret-tag'], subject: 'secret-subject', priority: 'urgent' });
		for (const path of ['conversations', `conversations/${conversation.id}`,
				`conversations/${conversation.id}/messages`])
			assert.doesNotMatch((await visitor.get(path)).text, /secret-|urgent|agent_unread|waitingSince|ipAddress/);
	});

	test('begins once, however often the first message is sent', async () => {
		const visitor = await shop.visitor();
		const body = { clientId: word(), content: 'Hello?' };
		const answers = await Promise.all(Array.from({ length: 8 }, () => visitor.post('conversations', body)));
		assert.deepEqual(answers.map((a) => a.status).sort(), [200, 200, 200, 200, 200, 200, 200, 201]);
		assert.equal(new Set(answers.map((a) => a.json.conversation.id)).size, 1);
		assert.equal(new Set(answers.map((a) => a.json.message.id)).size, 1);
		assert.equal((await visitor.get('conversations')).json.data.length, 1);
		const other = expect(await visitor.post('conversations', { ...body, content: 'Something else' }), 409);
		assert.equal(other.json.code, 'client_id_reused');
	});

	test('that is closed opens again when the visitor writes', async () => {
		const visitor = await shop.visitor();
		const { conversation } = await visitor.begin();
		for (const status of ['closed', 'resolved']) {
			const closed = expect(await shop.api.patch(`/api/v1/conversations/${conversation.id}`, { status }),
				200).json.conversation;
			assert.equal(closed.status, status);
			assert.ok(closed.closedAt);
			expect(await visitor.post(`conversations/${conversation.id}/messages`,
				{ clientId: word(), content: 'One more thing' }), 201);
			const open = (await visitor.get(`conversations/${conversation.id}`)).json.conversation;
			assert.deepEqual([open.status, open.closedAt], ['open', null]);
		}
	});

	test('too many of them have to wait', async () => {
		const visitor = await shop.visitor();
		const answers = [];
		for (let i = 0; i < 12; i++)
			answers.push(await visitor.post('conversations', { clientId: `c${i}`, content: 'again' }));
		assert.equal(answers.filter((a) => a.status === 201).length, 10);
		assert.equal(answers.at(-1).status, 429);
		assert.ok(Number(answers.at(-1).headers['retry-after']) > 60);
	});
});

describe('messages', () => {
	const fresh = async () => {
		const visitor = await shop.visitor();
		const { conversation } = await visitor.begin();
		return { visitor, id: conversation.id, path: `conversations/${conversation.id}/messages` };
	};

	test('sent again are there once', async () => {
		const { visitor, path } = await fresh();
		const body = { clientId: 'x-1', content: 'Once' };
		const first = expect(await visitor.post(path, body), 201).json.message;
		assert.deepEqual(expect(await visitor.post(path, body), 200).json.message, first);
		assert.equal(expect(await visitor.post(path, { ...body, content: 'Twice' }), 409).json.code,
			'client_id_reused');
		assert.deepEqual((await visitor.get(path)).json.data.map((m) => m.content), ['Hello', 'Once']);
	});

	test('a client id means nothing in another conversation', async () => {
		const a = await fresh(), b = await fresh();
		for (const { visitor, path } of [a, b])
			expect(await visitor.post(path, { clientId: 'same', content: 'text' }), 201);
	});

	test('50 at once with repeated ids: no gap, none twice', async () => {
		const { visitor, id, path } = await fresh();
		const bodies = Array.from({ length: 50 }, (_, i) => ({ clientId: `k${i % 20}`, content: `text ${i % 20}` }));
		const answers = await Promise.all(bodies.map((body) =>
			shop.api.post(`/api/v1/conversations/${id}/messages`, body)));
		assert.equal(answers.filter((a) => a.status === 201).length, 20);
		assert.equal(answers.filter((a) => a.status === 200).length, 30);
		answers.forEach((a, i) => assert.deepEqual([a.json.message.clientId, a.json.message.content],
			[bodies[i].clientId, bodies[i].content]));
		const all = await history(visitor, path);
		assert.equal(all.length, 21);
		sameOrder(all);
		assert.equal(new Set(all.map((m) => m.clientId)).size, 21);
	});

	test('of both sides at once take one order', async () => {
		const { visitor, id, path } = await fresh();
		const answers = await Promise.all(Array.from({ length: 30 }, (_, i) => i % 2 ?
			visitor.post(path, { clientId: word(), content: `visitor ${i}` }) :
			shop.api.post(`/api/v1/conversations/${id}/messages`, { clientId: word(), content: `agent ${i}` })));
		answers.forEach((a) => expect(a, 201));
		const seen = await history(visitor, path);
		sameOrder(seen);
		assert.deepEqual(new Set(seen.slice(1).map((m) => m.id)), new Set(answers.map((a) => a.json.message.id)));
		assert.deepEqual(await history(shop.api, `/api/v1/conversations/${id}/messages`), seen);
	});

	test('come in pages, forwards and backwards', async () => {
		const { visitor, id, path } = await fresh();
		for (let i = 2; i <= 25; i++)
			expect(await shop.api.post(`/api/v1/conversations/${id}/messages`,
				{ clientId: `m${i}`, content: `text ${i}` }), 201);
		const seqs = async (query) => {
			const { data, next } = expect(await visitor.get(`${path}?${query}`), 200).json;
			return [data.map((m) => m.seq), next];
		};
		assert.deepEqual(await seqs('limit=3'), [[1, 2, 3], '3']);
		assert.deepEqual(await seqs('limit=3&after=3'), [[4, 5, 6], '6']);
		assert.deepEqual(await seqs('limit=3&after=23'), [[24, 25], null]);
		assert.deepEqual(await seqs('after=25'), [[], null]);
		assert.deepEqual(await seqs('limit=3&before=26'), [[23, 24, 25], '23']);
		assert.deepEqual(await seqs('limit=3&before=3'), [[1, 2], null]);
		assert.deepEqual((await history(visitor, path, 7)).map((m) => m.seq),
			Array.from({ length: 25 }, (_, i) => i + 1));
		for (const query of ['limit=0', 'limit=101', 'limit=x', 'after=-1', 'after=1e3', 'before=',
				'after=99999999999999999999', 'limit=1;2'])
			expect(await visitor.get(`${path}?${query}`), 400);
	});

	test('keep every character', async () => {
		const { visitor, path } = await fresh();
		const texts = ['<b>&amp;"\'', 'שלום عليكم', '👩‍👩‍👧‍👦 é́́', 'line\nline\ttab', '\u202eright to left',
			"'); DROP TABLE messages; --", '\\n \\u0041', '{"a":1}'];
		for (const content of texts)
			expect(await visitor.post(path, { clientId: word(), content }), 201);
		assert.deepEqual((await visitor.get(path)).json.data.slice(1).map((m) => m.content), texts);
	});

	test('have 1 to 8000 characters, counted as people do', async () => {
		const { visitor, path } = await fresh();
		expect(await visitor.post(path, { clientId: word(), content: '€'.repeat(8000) }), 201);
		for (const content of ['', 'x'.repeat(8001), 'nul\u0000', 'bell\u0007', 'escape\u001b[31m'])
			expect(await visitor.post(path, { clientId: word(), content }), 422);
	});

	test('too many have to wait, and go on afterwards', async () => {
		const { visitor, path } = await fresh();
		const answers = await Promise.all(Array.from({ length: 40 },
			(_, i) => visitor.post(path, { clientId: `r${i}`, content: 'flood' })));
		const sent = answers.filter((a) => a.status === 201).length;
		assert.ok(sent >= 20 && sent <= 22, `${sent} messages`);
		const refused = answers.filter((a) => a.status === 429);
		assert.equal(refused.length, 40 - sent);
		assert.ok(refused.every((a) => a.json.code === 'rate_limited' && Number(a.headers['retry-after']) <= 5));
		sameOrder(await history(visitor, path));
	});

	test('that repeat a client id count as well', async () => {
		const { visitor, path } = await fresh();
		const answers = [];
		for (let i = 0; i < 30; i++)
			answers.push((await visitor.post(path, { clientId: 'again', content: 'flood' })).status);
		assert.deepEqual(answers.slice(0, 3), [201, 200, 200]);
		assert.ok(answers.slice(20).includes(429), String(answers));
	});
});

describe('typing and read marks', () => {
	test('are taken, and are never ahead of the messages', async () => {
		const visitor = await shop.visitor();
		const { conversation: { id } } = await visitor.begin();
		expect(await visitor.post(`conversations/${id}/typing`, { typing: true }), 204);
		expect(await visitor.post(`conversations/${id}/typing`, { typing: false }), 204);
		expect(await shop.api.post(`/api/v1/conversations/${id}/messages`, { clientId: 'a', content: 'Good morning' }),
			201);
		const state = async () => {
			const { conversation: c } = (await visitor.get(`conversations/${id}`)).json;
			return [c.visitorUnread, c.visitorReadSeq, c.agentReadSeq];
		};
		assert.deepEqual(await state(), [1, 0, 2], 'a mark moves when there was something to read');
		expect(await visitor.post(`conversations/${id}/read`, { seq: 2 }), 204);
		assert.deepEqual(await state(), [0, 2, 2]);
		expect(await visitor.post(`conversations/${id}/read`, { seq: 1 }), 204);
		assert.deepEqual(await state(), [0, 2, 2], 'nothing becomes unread again');
		expect(await visitor.post(`conversations/${id}/read`, { seq: 4000 }), 204);
		assert.deepEqual(await state(), [0, 2, 2], 'not beyond the last message');
		for (const seq of [-1, 1.5, '2', null, 1e30])
			expect(await visitor.post(`conversations/${id}/read`, { seq }), 422);
	});
});

test('a browser whose name is no UTF-8 is served, and its name not kept', async () => {
	const body = JSON.stringify({ key: shop.key });
	const answer = await exchange(world.url, 'POST /api/v1/widget/session HTTP/1.1\r\nConnection: close\r\n'
		+ `Host: ${new URL(world.url).host}\r\nUser-Agent: \xff\xfe\x80\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
	assert.equal(answer.status, 200, answer.text);
	const { visitor } = JSON.parse(answer.body);
	assert.equal(await world.sql.value`SELECT user_agent FROM chat_users WHERE id = ${visitor.id}`, null);
});
