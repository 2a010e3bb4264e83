// Search: what words find, what they never find, pages that stay, hostile questions.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { eventually, expect, useWorld, word } from '../lib/world.mjs';

const world = await useWorld();
const shop = await world.organization(), other = await world.organization();
const agent = await shop.staff('agent');
const SEARCH = '/api/v1/search';

const query = (fields) => `${SEARCH}?${new URLSearchParams(fields)}`;
const ask = async (q, fields = {}, client = shop.api) => expect(await client.get(query({ q, ...fields })), 200).json;
const contents = ({ data }) => data.map((one) => one.message?.content);
const text = (snippet) => snippet.map((part) => part.text).join('');
const marked = (snippet) => snippet.filter((part) => part.mark).map((part) => part.text);

// A conversation of a new visitor with these messages.
async function talk(organization, messages, session = {}) {
	const visitor = await organization.visitor(session);
	const { conversation } = await visitor.begin(messages[0]);
	for (const content of messages.slice(1))
		expect(await visitor.post(`conversations/${conversation.id}/messages`, { clientId: word(), content }), 201);
	return { visitor, id: conversation.id };
}

// Entries are made behind the requests: waits for one thing, by a word of its own.
// Until what it holds holds.
const soon = (check) => eventually('what was to be found is', async () => await check() ?? true);
const found = (q, fields, client) => soon(async () => {
	const answer = await ask(q, fields, client);
	assert.ok(answer.data.length > 0, `nothing has ${q}`);
	return answer;
});
const gone = (q, fields, client) => soon(async () => assert.deepEqual((await ask(q, fields, client)).data, []));
const messages = (q, fields, client) => ask(q, { type: 'messages', ...fields }, client);

const lamps = await talk(shop, ['Two lamps were delivered broken', 'The blue one flickers all evening', 'lampshade zinnober']);
const teapot = await talk(shop, ['My teapot leaks and the lamp is fine', 'zinnoberrot']);
await found('zinnoberrot', { type: 'messages' });

describe('words', () => {
	test('are found in every form', async () => {
		for (const q of ['lamp', 'lamps', 'LAMPS', 'lamp '])
			assert.equal((await messages(q)).data.filter(({ message }) => /lamps? /.test(message.content)).length, 2, q);
		assert.deepEqual(contents(await messages('deliver ')), ['Two lamps were delivered broken']);
		assert.deepEqual(contents(await messages('flickering ')), ['The blue one flickers all evening']);
	});

	test('the last one is found while it is typed, those before are whole', async () => {
		assert.deepEqual(contents(await messages('tea')), ['My teapot leaks and the lamp is fine']);
		assert.deepEqual(contents(await messages('leaks teap')), ['My teapot leaks and the lamp is fine']);
		assert.deepEqual(contents(await messages('tea leaks')), []);
		assert.deepEqual(contents(await messages('tea ')), []);
	});

	test('phrases stand in their order, and what is left out is not there', async () => {
		assert.deepEqual(contents(await messages('"blue one"')), ['The blue one flickers all evening']);
		assert.deepEqual(contents(await messages('"one blue"')), []);
		assert.deepEqual(contents(await messages('lamps -teapot')), ['Two lamps were delivered broken']);
		assert.equal((await messages('teapot or flickers')).data.length, 2);
	});

	test('are marked where they stand, as text', async () => {
		const html = `<b>Zarge</b> & "quotes" </script> zargen`;
		await talk(shop, [html]);
		const { data: [one] } = await found('zargen', { type: 'messages' });
		assert.ok(marked(one.snippet).includes('zargen'), JSON.stringify(one.snippet));
		for (const part of one.snippet)
			assert.deepEqual(Object.keys(part).sort(), ['mark', 'text']);
		const { data: [lamp] } = await messages('flickers');
		assert.equal(text(lamp.snippet), 'The blue one flickers all evening');
		assert.deepEqual(marked(lamp.snippet), ['flickers']);
	});

	test('of a language of the organization', async () => {
		const german = await world.organization();
		const settings = '/api/v1/organization/search';
		await talk(german, ['Die Häuser sind verkauft', 'kontrollwort']);
		await found('kontrollwort', { type: 'messages' }, german.api);
		assert.deepEqual(contents(await messages('Haus ', {}, german.api)), []);
		const owner = await german.staff('admin');
		assert.equal(expect(await owner.get(settings), 200).json.search.language, 'english');
		expect(await owner.patch(settings, { language: 'german' }), 200);
		await soon(async () =>
			assert.deepEqual(contents(await messages('Haus ', {}, german.api)), ['Die Häuser sind verkauft']));
		await soon(async () => assert.deepEqual(expect(await owner.get(settings), 200).json.search,
			{ language: 'german', indexing: false }));
		const refused = expect(await owner.patch(settings, { language: 'klingon' }), 422).json;
		assert.equal(refused.errors[0].pointer, '/language');
		expect(await (await german.staff('agent')).patch(settings, { language: 'french' }), 403);
	});

	test('of a language that a page of the settings knows', async () => {
		const o = await world.organization(), owner = await o.staff('admin');
		const chosen = async (who = owner) => /<option value="(\w+)" selected>/.exec(expect(await who.get('/settings/search'), 200).text)[1];
		const acts = () => world.sql.value`SELECT count(*)::int FROM parlor.audit_log WHERE organization_id = ${o.id} AND action = 'search.changed'`;
		assert.equal(await chosen(), 'english');
		for (const [language, noted] of [['english', 0], ['german', 1], ['german', 1], ['simple', 2], ['english', 3]]) {
			assert.equal(expect(await owner.form('/settings/search', { language }), 303).headers.location, '/settings/search?saved=1');
			assert.equal(await chosen(), language);
			assert.equal(await acts(), noted, 'what changes nothing is not noted');
		}
		for (const language of ['klingon', '', 'pg_catalog.german'])
			expect(await owner.form('/settings/search', { language }), 422);
		const agent = await o.staff('agent');
		assert.equal(await chosen(agent), 'english');
		assert.match((await agent.get('/settings/search')).text, /<fieldset disabled>/);
		expect(await agent.form('/settings/search', { language: 'german' }), 403);
	});
});

describe('visitors', () => {
	test('are found by the beginning of names and addresses, and by what is nearly one', async () => {
		const ada = await shop.visitor({ user: { name: 'Ada Lovelace', email: 'ada.lovelace@analytical.example' } });
		const id = async (q) => (await ask(q, { type: 'visitors' })).data.map((one) => one.visitorId);
		await found('lovelace', { type: 'visitors' });
		for (const q of ['ada', 'Love', 'lovelace ada', 'ada.lovelace@ana', 'analytical', 'Lovelcae', 'Lovelac', 'Lovvelace', 'Lavelace',
			'ada lovelaec'])
			assert.deepEqual(await id(q), [ada.id], q);
		for (const q of ['lovelace bob', 'Lvlc', 'xovelaxe'])
			assert.deepEqual(await id(q), [], q);
		const [one] = (await ask('lovel', { type: 'visitors' })).data;
		assert.equal(one.visitor.email, 'ada.lovelace@analytical.example');
		assert.equal(text(one.snippet), 'Ada Lovelace · ada.lovelace@analytical.example');
		assert.deepEqual(marked(one.snippet), ['Lovelace']);
	});

	test('by their new name after a change, no longer by the old one', async () => {
		const visitor = await shop.visitor({ user: { name: 'Quastenflosser' } });
		await found('quastenflosser', { type: 'visitors' });
		await world.sql.exec`UPDATE chat_users SET name = 'Zitteraal' WHERE id = ${visitor.id}`;
		await found('zitteraal', { type: 'visitors' });
		assert.deepEqual((await ask('quastenflosser', { type: 'visitors' })).data, []);
	});

	test('only by who may see them', async () => {
		await shop.visitor({ user: { name: 'Grubenlampe' } });
		await found('grubenlampe', { type: 'visitors' });
		const owner = await shop.staff('admin');
		const { secret } = expect(await owner.post('/api/v1/api-keys', { name: 'key', scopes: ['conversations:read'] },
			{ secret: true }), 201).json;
		const reader = shop.client({ Authorization: `Bearer ${secret}` });
		expect(await reader.get(query({ q: 'grubenlampe', type: 'visitors' })), 403);
		assert.deepEqual((await ask('grubenlampe', {}, reader)).data, []);
		assert.equal((await ask('grubenlampe')).data[0].type, 'visitor');
	});
});

describe('conversations', () => {
	test('are found by subject and tags, as they are now', async () => {
		const { id } = await talk(shop, ['Hello']);
		expect(await agent.patch(`/api/v1/conversations/${id}`, { subject: 'Grundwasser invoices', tags: ['vip', 'Quellwolke'] }), 200);
		const { data: [one] } = await found('grundwasser invoice', { type: 'conversations' });
		assert.deepEqual([one.conversationId, one.conversation.subject], [id, 'Grundwasser invoices']);
		assert.equal((await ask('quellwolke', { type: 'conversations' })).data.length, 1);
		expect(await agent.patch(`/api/v1/conversations/${id}`, { subject: null, tags: [] }), 200);
		await gone('grundwasser', { type: 'conversations' });
	});

	test('everything at once: a few of each', async () => {
		const { id } = await talk(shop, ['Sammelbegriff'], { user: { name: 'Sammelbegriff' } });
		expect(await agent.patch(`/api/v1/conversations/${id}`, { subject: 'Sammelbegriff' }), 200);
		await soon(async () => assert.deepEqual((await ask('sammelbegriff')).data.map((one) => one.type),
			['visitor', 'conversation', 'message']));
		assert.equal((await ask('sammelbegriff')).next, null);
	});
});

describe('notes and other programs', () => {
	test('notes are found by staff, marked as private', async () => {
		const { id } = await talk(shop, ['Hello']);
		expect(await agent.post(`/api/v1/conversations/${id}/notes`, { clientId: word(), content: 'Geheimtipp for us' }), 201);
		const { data: [one] } = await found('geheimtipp', { type: 'messages' });
		assert.equal(one.message.private, true);
		assert.equal(one.conversationId, id);
	});

	test('a row that another program writes, changes and deletes', async () => {
		const { id, visitor } = await talk(shop, ['Hello']), row = word();
		await world.sql.exec`INSERT INTO messages (id, conversation_id, sender_id, sender_type, content)
			VALUES (${row}, ${id}, ${visitor.id}, 'user', 'Fremdzeile one')`;
		await found('fremdzeile', { type: 'messages' });
		await world.sql.exec`UPDATE messages SET content = 'Ersatzzeile one' WHERE id = ${row}`;
		await found('ersatzzeile', { type: 'messages' });
		assert.deepEqual((await messages('fremdzeile')).data, []);
		await world.sql.exec`DELETE FROM messages WHERE id = ${row}`;
		assert.deepEqual((await messages('ersatzzeile')).data, []); // at once
		assert.equal(await world.sql.value`SELECT count(*) FROM parlor.search_entries WHERE message_id = ${row}`, 0);
	});

	test('text that other programs write, and that is JSON which nobody can read, keeps nobody from being found', async () => {
		const { id, visitor } = await talk(shop, ['Hello']);
		for (const text of ['["\\ud800", "x"]', '["\\u0000"]', '{"a": ["\\udc00\\ud800"]}', '{"\\u0000": 1}', '['.repeat(10000)])
			await world.sql.exec`UPDATE conversations SET tags = ${text} WHERE id = ${id};
				UPDATE chat_users SET metadata = ${text}, name = ${word()} WHERE id = ${visitor.id}`;
		await talk(shop, ['Trotzdemwort']);
		await found('trotzdemwort', { type: 'messages' });
		expect(await agent.get(`/api/v1/conversations/${id}`), 200);
		expect(await agent.get(`/api/v1/visitors/${visitor.id}`), 200);
	});

	test('a visitor who is deleted takes all entries along, at once', async () => {
		const { visitor, id } = await talk(shop, ['Abschiedswort'], { user: { name: 'Abschiedswort' } });
		await soon(async () => assert.equal((await ask('abschiedswort')).data.length, 2));
		await world.sql.exec`DELETE FROM chat_users WHERE id = ${visitor.id}`;
		assert.deepEqual((await ask('abschiedswort')).data, []);
		assert.equal(await world.sql.value`SELECT count(*) FROM parlor.search_entries
			WHERE chat_user_id = ${visitor.id} OR conversation_id = ${id}`, 0);
	});
});

describe('filters and pages', () => {
	test('status, assignee, tag, visitor and time', async () => {
		const a = await talk(shop, ['Filterwort a']), b = await talk(shop, ['Filterwort b']);
		await soon(async () => assert.equal((await messages('filterwort')).data.length, 2));
		expect(await agent.patch(`/api/v1/conversations/${a.id}`, { status: 'resolved', tags: ['rot'] }), 200);
		expect(await agent.post(`/api/v1/conversations/${b.id}/assignments`, { agentId: 'me' }), 200);
		const only = async (fields) => contents(await messages('filterwort', fields));
		assert.deepEqual(await only({ status: 'resolved' }), ['Filterwort a']);
		assert.deepEqual(await only({ status: 'open' }), ['Filterwort b']);
		assert.deepEqual(await only({ tag: 'rot' }), ['Filterwort a']);
		assert.deepEqual(await only({ tag: 'ro' }), []);
		assert.deepEqual(await only({ assignee: 'none' }), ['Filterwort a']);
		assert.deepEqual(await only({ assignee: shop.members.agent.id }), ['Filterwort b']);
		assert.deepEqual(contents(await messages('filterwort', { assignee: 'me' }, agent)), ['Filterwort b']);
		assert.deepEqual(await only({ visitor: b.visitor.id }), ['Filterwort b']);
		const today = new Date().toISOString().slice(0, 10), day = 86400e3;
		const date = (days) => new Date(Date.now() + days * day).toISOString();
		assert.equal((await only({ from: today, to: today })).length, 2);
		assert.equal((await only({ from: date(-1), to: date(1) })).length, 2);
		assert.deepEqual(await only({ from: date(1) }), []);
		assert.deepEqual(await only({ to: date(-1).slice(0, 10) }), []);
	});

	test('what is no filter is refused', async () => {
		for (const fields of [{ q: '' }, { q: ' ' }, { q: 'x'.repeat(201) }, { type: 'users' }, { type: 'messages|visitors' },
			{ status: 'gone' }, { from: 'yesterday' }, { to: '2026-02-30' }, { from: '2026-13-01' }, { from: '2026-00-10' }, { to: '2026--1-01' }, { from: '2026-01-01T25:00:00Z' },
			{ limit: '0' }, { type: 'messages', after: 'x' }, { after: '2026-01-01 00:00:00~x' }])
			expect(await shop.api.get(query({ q: 'x', ...fields })), 400);
		expect(await shop.api.get(SEARCH), 400);
		expect(await shop.client().get(query({ q: 'x' })), 401);
	});

	test('pages neither repeat nor lose anything while more is written', async () => {
		const { id, visitor } = await talk(shop, ['Seitenwort 0']);
		await world.sql.exec`INSERT INTO messages (id, conversation_id, sender_id, sender_type, content, created_at)
			SELECT 'page' || i || ${word(8)}, ${id}, ${visitor.id}, 'user', 'Seitenwort ' || i,
				date_trunc('second', now() AT TIME ZONE 'UTC') - make_interval(mins => i / 3) FROM generate_series(1, 20) i`;
		await soon(async () => assert.equal((await messages('seitenwort', { limit: '50' })).data.length, 21));
		const before = contents(await messages('seitenwort', { limit: '50' })), seen = [];
		for (let after, page = 0; after !== null; page++) {
			const answer = await messages('seitenwort', { limit: '4', ...after && { after } });
			seen.push(...contents(answer));
			after = answer.next;
			expect(await visitor.post(`conversations/${id}/messages`, { clientId: word(), content: `Seitenwort new ${page}` }), 201);
			if (page === 0)
				await soon(async () => assert.ok((await messages('seitenwort', { limit: '50' })).data.length > 21));
		}
		assert.deepEqual(seen, before);
	});
});

describe('nobody else', () => {
	test('finds a word, a name or a piece of them', async () => {
		const { id } = await talk(other, ['Nachbarwort in secret'], { user: { name: 'Nachbarwort', email: 'nachbarwort@example.org' } });
		expect(await other.api.patch(`/api/v1/conversations/${id}`, { subject: 'Nachbarwort' }), 200);
		await soon(async () => assert.equal((await ask('nachbarwort', {}, other.api)).data.length, 3));
		for (const q of ['nachbarwort', 'nachbar', '"nachbarwort in secret"', 'nachbarwrot', 'hello or nachbarwort', '-zzz nachbarwort'])
			for (const type of ['', 'messages', 'conversations', 'visitors']) {
				const { text: all } = expect(await shop.api.get(query({ q, ...type && { type } })), 200);
				assert.doesNotMatch(all, /nachbarwort/i, `${type} ${q}`);
			}
		const { visitor } = await talk(other, ['Hello']);
		assert.deepEqual((await messages('lamps', { visitor: visitor.id })).data, []);
	});

	test('a visitor has no search', async () => {
		expect(await lamps.visitor.client.get(query({ q: 'lamps' })), 401);
		expect(await teapot.visitor.get('search?q=lamps'), 404);
	});
});

describe('hostile questions', () => {
	const own = ['\'', '"', '""', '\\', '&', '|', '!', ':*', '<->', '(', 'a & | b', 'a:*', '\':*', '\\\':*', '-', '--x', '"open phrase', 'or', 'or or',
		'x or ', '@m0cc175b9c02968', '%', '_', 'a\u0001b', '\ufeff', '\u202e', 'word:A', '1 <2> 3', 'x'.repeat(200), '😀'.repeat(100), 'e\u0301'.repeat(99),
		'a.b@c.d/e:f+g-', '-"not this"', 'ab\'cd efg\'hij'];
	const file = new URL('../../../shared/vectors/naughty/blns.json', import.meta.url);
	const naughty = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [];

	test(`${own.length} of ours and ${naughty.length} of others are text`, async () => {
		for (const q of [...own, ...naughty])
			for (const type of ['messages', 'visitors', '']) {
				const answer = await shop.api.get(query({ q, ...type && { type } }));
				assert.ok([200, 400].includes(answer.status), `${answer.status} ${q} ${type} ${answer.text}`);
				if (answer.status === 400) // too long, empty, or nginx and the worker took offence at a byte
					assert.ok([...q].length > 200 || q.trim() === '' || /[\0-\x1f\x7f]/.test(q), `refused: ${q} ${answer.text}`);
			}
	});
});

describe('the page', () => {
	const page = async (path) => expect(await agent.get(path), 200).text;

	test('shows groups with marks, escaped', async () => {
		await talk(shop, ['<img src=x onerror=alert(1)> Schaufenster & more'], { user: { name: 'Schaufenster <b>' } });
		await soon(async () => assert.equal((await ask('schaufenster')).data.length, 2));
		const html = await page('/search?q=schaufenster');
		assert.match(html, /<mark>Schaufenster<\/mark> &amp; more/);
		assert.doesNotMatch(html, /<img|Schaufenster <b>/);
		assert.match(html, /<h2>Messages<\/h2>/);
		assert.match(html, /<h2>Visitors<\/h2>/);
		assert.match(html, /href="\/inbox\/\w+\?status=any"/);
		assert.match(await page('/search?q=schaufenster&type=messages'), /<h2>Messages<\/h2>/);
	});

	test('says what to do before the first question, after one that finds nothing, and of one that is too long', async () => {
		assert.match(await page('/search'), /What are you looking for/);
		assert.match(await page('/search?q=%20'), /What are you looking for/);
		assert.match(await page('/search?q=nirgendwo'), /Nothing has “<bdi>nirgendwo<\/bdi>”/);
		assert.match(await page(`/search?q=${'x'.repeat(201)}`), /at most 200 characters/);
		expect(await agent.get('/search?q=lamps&type=messages&after=nonsense'), 404);
		assert.match(await page('/inbox'), /<form class="search" role="search" action="\/search">/);
	});

	test('has pages', async () => {
		const { id, visitor } = await talk(shop, ['Blätterwald 0']);
		await world.sql.exec`INSERT INTO messages (id, conversation_id, sender_id, sender_type, content)
			SELECT 'leaf' || i || ${word(8)}, ${id}, ${visitor.id}, 'user', 'Blätterwald ' || i FROM generate_series(1, 30) i`;
		await soon(async () => assert.equal((await messages('blätterwald', { limit: '50' })).data.length, 31));
		const first = await page('/search?q=bl%C3%A4tterwald&type=messages');
		const next = first.match(/class="more" href="([^"]+)">Older/)[1].replaceAll('&amp;', '&');
		const second = await page(next);
		assert.equal((first.match(/<mark>/g) ?? []).length, 25);
		assert.equal((second.match(/<mark>/g) ?? []).length, 6);
	});
});

test('one that takes too long ends, and says so', async () => {
	// Somebody holds the table, as a rebuild of an index would.
	const held = world.sql.exec`BEGIN; LOCK TABLE parlor.search_entries IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(3); COMMIT`;
	try {
		await soon(async () => {
			const start = Date.now(), answer = await shop.api.get(query({ q: 'lamps', type: 'messages' }));
			assert.equal(answer.status, 503);
			assert.ok(Date.now() - start < 2500, `${Date.now() - start} ms`);
			assert.equal(answer.json.code, 'search_timeout');
			assert.equal(answer.headers['retry-after'], '5');
		});
		assert.match((await agent.get('/search?q=lamps')).text, /takes too long/);
	} finally {
		await held;
	}
	expect(await shop.api.get(query({ q: 'lamps' })), 200);
});
