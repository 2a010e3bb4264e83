// The dashboard's pages: that they are HTML, that the forms alone are enough, and who may do what.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { CANARY, expect, PASSWORD, useWorld, word } from '../lib/world.mjs';

const world = await useWorld();
const shop = await world.organization({ domains: 'shop.example' });
const NAUGHTY = '"><script>alert(1)</script>\'{{x}} \u202Eevil & <img src=x onerror=alert(1)>';

// tidy of 2017 does not know these, which are right.
const KNOWN = /proprietary attribute "aria-current"|<form> attribute "method" has invalid value "dialog"|proprietary attribute "autocapitalize"|trimming empty <tbody>/;

function isHtml(answer) {
	assert.match(answer.headers['content-type'], /^text\/html; charset=utf-8/);
	const { stderr, error } = spawnSync('tidy', ['-e', '-q', '--drop-empty-elements', 'no'], { input: answer.bytes, encoding: 'utf8' });
	if (error)
		return;
	assert.deepEqual(stderr.split('\n').filter((line) => line && !KNOWN.test(line)), [], answer.path);
}

async function page(client, path, status = 200) {
	const answer = expect(await client.get(path), status);
	if (!/\/(list|thread|details)\b/.test(path))
		isHtml(answer);
	return answer.text;
}

async function begin(text = 'Hello', user = { name: 'Ada Okafor', email: 'ada@example.org' }) {
	const visitor = await shop.visitor({ user });
	const { conversation, message } = await visitor.begin(text);
	return { visitor, id: conversation.id, path: `/inbox/${conversation.id}`, message };
}

// Forms of a page carry the token as a field.
const token = (html) => html.match(/<meta name="csrf" content="([0-9a-f]+)">/)[1];
const rows = (html) => [...html.matchAll(/class="row[^>]* data-id="(\w+)"/g)].map(([, id]) => id);
const texts = (html) => [...html.matchAll(/<p class="text" dir="auto">([^<]*)<\/p>/g)].map(([, text]) => text).filter(Boolean);

async function form(agent, path, fields, status = 303) {
	const csrf = token(await page(agent, '/inbox'));
	return expect(await agent.form(path, { csrf, ...fields }), status);
}

describe('signing in', () => {
	const browser = () => world.client({ headers: { Origin: world.url, 'Sec-Fetch-Site': 'same-origin' } });
	const { email } = shop.members.agent;
	const cookie = (answer) => answer.headers['set-cookie'].find((line) => line.includes('session_token=')).split(';')[0];

	test('leads to where one wanted to go, and out again', async () => {
		const client = browser();
		assert.equal(expect(await client.get('/inbox?view=mine&status=any'), 303).headers.location,
			'/sign-in?next=%2Finbox%3Fview%3Dmine%26status%3Dany');
		assert.equal(expect(await client.get('/'), 303).headers.location, '/inbox');
		assert.match(await page(client, '/sign-in?next=/visitors'), /name="next" value="\/visitors"/);
		const answer = expect(await client.form('/sign-in', { email, password: PASSWORD, next: '/visitors', remember: 'true' }), 303);
		assert.equal(answer.headers.location, '/visitors');
		const inside = client.with({ Cookie: cookie(answer) });
		const html = await page(inside, '/visitors');
		assert.equal(expect(await inside.get('/sign-in'), 303).headers.location, '/inbox');
		expect(await inside.form('/sign-out', { csrf: token(html) }), 303);
		assert.match(expect(await inside.get('/visitors'), 303).headers.location, /^\/sign-in/);
	});

	test('fails with the same words for a wrong password and an unknown address', async () => {
		const client = browser();
		const wrong = [];
		for (const who of [email, 'nobody@example.org']) {
			const answer = expect(await client.form('/sign-in', { email: who, password: 'wrong' }), 401);
			isHtml(answer);
			assert.ok(!answer.headers['set-cookie']);
			wrong.push(answer.text.replaceAll(who, '').replace(/\?v=\w+/g, ''));
		}
		assert.equal(wrong[0], wrong[1]);
		expect(await client.form('/sign-in', { email, password: '' }), 422);
	});

	test('never leads to another site', async () => {
		for (const next of ['//evil.example', 'https://evil.example', '/\\evil.example', '/%2f/evil', 'javascript:alert(1)', '/a//b',
			'/inbox?x=\\', '/inbox?x=\u202E', '', '/..//evil'])
			assert.match(await page(browser(), `/sign-in?next=${encodeURIComponent(next)}`), /name="next" value="\/inbox"/, next);
	});

	test('needs a request from this site', async () => {
		const foreign = world.client({ headers: { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' } });
		expect(await foreign.form('/sign-in', { email, password: PASSWORD }), 403);
	});
});

describe('the inbox', () => {
	test('of an organization without a conversation shows the embed line', async () => {
		const fresh = await world.organization();
		const html = await page(await fresh.staff('admin'), '/inbox');
		assert.match(html, new RegExp(`&lt;script async src="${world.url}/widget.js" data-key="${fresh.key}"&gt;`));
		await page(await fresh.staff('admin'), '/visitors');
	});

	test('shows conversations, a thread and who writes, and nothing of what they wrote as HTML', async () => {
		const agent = await shop.staff('agent');
		const { path, id, visitor } = await begin(NAUGHTY, { name: NAUGHTY.slice(0, 60), email: 'naughty@example.org' });
		const html = await page(agent, path);
		assert.ok(rows(html).includes(id));
		assert.ok(!html.includes('<script>') && !html.includes('<img'), 'escaped');
		assert.ok(html.includes('&lt;script&gt;alert(1)&lt;/script&gt;&#39;{{x}} \u202Eevil &amp;'), 'and whole');
		assert.match(html, /naughty@example\.org/);
		expect(await visitor.post(`conversations/${id}/messages`, { clientId: word(), content: 'More' }), 201);
		assert.deepEqual(texts(await page(agent, `${path}/thread?after=1`)), ['More']);
		assert.equal((await page(agent, `${path}/thread?after=2`)).trim(), '');
		await page(agent, `${path}/details`);
	});

	test('filters by assignee and status, and keeps the filter in its links', async () => {
		const agent = await shop.staff('agent');
		const mine = await begin(), free = await begin(), closed = await begin();
		await form(agent, `${mine.path}/assign`, { agent: 'me' });
		await form(agent, `${closed.path}/status`, { status: 'closed' });
		const holds = async (query, wanted) => {
			const html = await page(agent, `/inbox/list${query}`);
			assert.deepEqual([mine, free, closed].filter(({ id }) => rows(html).includes(id)), wanted, query);
			return html;
		};
		await holds('', [mine, free]);
		assert.match(await holds('?view=mine', [mine]), new RegExp(`href="${mine.path}\\?view=mine"`));
		await holds('?view=unassigned', [free]);
		await holds('?status=closed', [closed]);
		await holds('?status=any', [mine, free, closed]);
		await holds('?view=everything&status=strange', [mine, free]);
		assert.equal((await form(agent, `${mine.path}/priority?view=mine&status=any`, { priority: 'high' })).headers.location,
			`${mine.path}?view=mine&status=any`);
	});

	test('finds visitors by how their name or address begins', async () => {
		const agent = await shop.staff('agent');
		const name = `Ünal ${word(8)}`, email = `${word(10).toLowerCase()}@example.org`;
		const { id } = await begin('Hello', { name, email });
		for (const q of [name, name.slice(0, 6).toUpperCase(), email.slice(0, 8)])
			assert.deepEqual(rows(await page(agent, `/inbox/list?q=${encodeURIComponent(q)}`)), [id], q);
		for (const q of [name.slice(1), '%', '_', "'", CANARY.slice(0, -1)])
			assert.deepEqual(rows(await page(agent, `/inbox/list?q=${encodeURIComponent(q)}`)), [], q);
	});

	test('is paged, and every conversation is on one page', async () => {
		const big = await world.organization();
		await world.sql.exec`INSERT INTO chat_users (id, organization_id, name) SELECT 'u' || g || ${big.id}, ${big.id}, 'V' || g FROM generate_series(1, 90) g`;
		await world.sql.exec`INSERT INTO conversations (id, organization_id, chat_user_id, created_at, updated_at)
			SELECT 'c' || g || ${big.id}, ${big.id}, 'u' || g || ${big.id}, now() AT TIME ZONE 'UTC' - make_interval(mins => g / 3),
			now() AT TIME ZONE 'UTC' FROM generate_series(1, 90) g`;
		const agent = await big.staff('agent');
		const seen = [];
		let path = '/inbox', pages = 0;
		for (; path; pages++) {
			const html = await page(agent, path);
			seen.push(...rows(html));
			path = html.match(/class="more" href="([^"]*after=[^"]*)"/)?.[1].replaceAll('&amp;', '&');
		}
		assert.equal(pages, 3);
		assert.equal(new Set(seen).size, 90);
		assert.equal(seen.length, 90);
		for (const after of ['x', '2026-99-01 00:00:00~x', '2026-02-30 00:00:00~x', '~', "2026-01-01 00:00:00'~x"])
			expect(await agent.get(`/inbox?after=${encodeURIComponent(after)}`), 404);
	});

	test('shows a long thread from its end, and older pages', async () => {
		const agent = await shop.staff('agent');
		const { path, id } = await begin('first');
		await world.sql.exec`INSERT INTO messages (id, conversation_id, sender_type, content)
			SELECT ${id} || g, ${id}, 'user', 'line ' || g FROM generate_series(2, 100) g`;
		const html = await page(agent, path);
		assert.equal(texts(html).length, 60);
		assert.equal(texts(html).at(-1), 'line 100');
		const older = html.match(/href="([^"]+)" data-older/)[1].replaceAll('&amp;', '&');
		const before = await page(agent, older);
		assert.deepEqual([texts(before)[0], texts(before).at(-1)], ['first', 'line 40']);
		assert.ok(!before.includes('data-older'));
	});
});

describe('forms', () => {
	test('answer, and the same form sent twice answers once', async () => {
		const agent = await shop.staff('agent');
		const { path, id, visitor } = await begin();
		const fields = { content: 'Two\r\nlines', clientId: word(), mode: 'reply' };
		for (let i = 0; i < 2; i++)
			assert.equal((await form(agent, `${path}/reply`, fields)).headers.location, path);
		const { data } = (await visitor.get(`conversations/${id}/messages`)).json;
		assert.deepEqual(data.map((m) => m.content), ['Hello', 'Two\nlines']);
	});

	test('keep a note private, whichever of mode and address says so', async () => {
		const agent = await shop.staff('agent');
		const { path, id, visitor } = await begin();
		await form(agent, `${path}/note`, { content: 'Secret one', clientId: word(), mode: 'reply' });
		await form(agent, `${path}/reply`, { content: 'Secret two', clientId: word(), mode: 'note' });
		await form(agent, `${path}/reply`, { content: 'Secret three', clientId: word(), mode: 'note', then: 'close' });
		const answer = expect(await visitor.get(`conversations/${id}/messages`), 200);
		assert.ok(!answer.text.includes('Secret'));
		const html = await page(agent, path);
		assert.deepEqual(texts(html), ['Hello', 'Secret one', 'Secret two', 'Secret three']);
		assert.equal(html.match(/class="message is-note/g).length, 3);
		assert.match(html, /thread-who[^]*?status is-open/);
	});

	test('send and close', async () => {
		const agent = await shop.staff('agent');
		const { path } = await begin();
		await form(agent, `${path}/reply`, { content: 'Bye', clientId: word(), then: 'close' });
		assert.match(await page(agent, path), /thread-who[^]*?status is-closed/);
	});

	test('that cannot be sent come back with what was written', async () => {
		const agent = await shop.staff('agent');
		const { path } = await begin();
		for (const content of [' \n', 'x'.repeat(8001), `bad\u0007${NAUGHTY}`]) {
			const answer = await form(agent, `${path}/reply`, { content, clientId: word() }, 422);
			isHtml(answer);
			assert.match(answer.text, /class="composer-error" role="alert">[^<]/);
			if (content.trim())
				assert.ok(answer.text.includes(content.slice(0, 4)));
		}
		assert.deepEqual(texts(await page(agent, path)), ['Hello']);
	});

	test('assign, and mark as read', async () => {
		const agent = await shop.staff('agent');
		const { path, id } = await begin();
		const row = async () => (await page(agent, '/inbox/list')).match(new RegExp(`<a class="([^"]*)"[^>]*data-id="${id}"`))[1];
		assert.match(await row(), /is-unread/);
		await page(agent, path);
		assert.match(await row(), /is-unread/, 'looking changes nothing');
		await form(agent, `${path}/read`, { seq: '1' });
		assert.doesNotMatch(await row(), /is-unread/);
		await form(agent, `${path}/assign`, { agent: shop.members.admin.id });
		assert.match(await page(agent, path), new RegExp(`value="${shop.members.admin.id}" aria-current="true"`));
		await form(agent, `${path}/assign`, { agent: '' });
		assert.match(await page(agent, path), /<span class="label quiet">Nobody<\/span>/);
		await form(agent, `${path}/assign`, { agent: word() }, 422);
		await form(agent, `${path}/status`, { status: 'gone' }, 422);
		await form(agent, `${path}/priority`, { priority: '' }, 422);
	});

	test('need the token of the page, and a writer', async () => {
		const agent = await shop.staff('agent', { csrf: false }), viewer = await shop.staff('viewer');
		const { path } = await begin();
		const fields = { content: 'No', clientId: word(), status: 'closed', agent: 'me', priority: 'low', seq: '1', online: 'true' };
		for (const action of [`${path}/reply`, `${path}/note`, `${path}/status`, `${path}/assign`, `${path}/priority`, `${path}/read`,
			'/me/presence']) {
			expect(await agent.form(action, fields), 403);
			expect(await agent.form(action, { ...fields, csrf: 'x'.repeat(64) }), 403);
			expect(await viewer.form(action, { ...fields, csrf: token(await page(viewer, '/inbox')) }), 403);
		}
		const html = await page(viewer, path);
		assert.deepEqual(texts(html), ['Hello']);
		assert.ok(!html.includes('<textarea') && !html.includes(`action="${path}`));
		expect(await viewer.form('/sign-out', { csrf: token(html) }), 303);
	});

	test('turn presence on and off, and lead back', async () => {
		const agent = await shop.staff('agent');
		for (const [online, word] of [['true', 'online'], ['false', 'away']]) {
			assert.equal((await form(agent, '/me/presence', { online, back: '/visitors' })).headers.location, '/visitors');
			assert.match(await page(agent, '/visitors'), new RegExp(`aria-label="[^"]*, ${word}: account menu"`));
		}
		assert.equal((await form(agent, '/me/presence', { online: 'true', back: '//evil.example' })).headers.location, '/inbox');
	});
});

describe('nothing of another organization', () => {
	test('is shown or changed, and an absent conversation looks the same', async () => {
		const other = await world.organization();
		const agent = await other.staff('admin');
		const { path, id } = await begin('Not yours');
		const same = ({ text }) => text.replaceAll(/\?v=\w+|<code>\w+<\/code>|\/inbox\/\w+/g, '');
		const absent = `/inbox/${word()}`;
		for (const rest of ['', '/details', '/thread?after=0']) {
			const foreign = expect(await agent.get(path + rest), 404), none = expect(await agent.get(absent + rest), 404);
			const strip = (answer) => same(answer).replaceAll(/"requestId":"\w+"/g, '');
			assert.equal(strip(foreign), strip(none));
		}
		const fields = { content: 'No', clientId: word(), status: 'closed', agent: 'me', priority: 'low', seq: '1' };
		for (const action of ['reply', 'note', 'status', 'assign', 'priority', 'read'])
			await form(agent, `${path}/${action}`, fields, 404);
		assert.deepEqual(rows(await page(agent, '/inbox/list?status=any')), []);
		assert.ok(!(await page(agent, '/visitors')).includes('Ada'));
		assert.deepEqual(texts(await page(await shop.staff(), `/inbox/${id}`)), ['Not yours']);
	});
});

describe('settings of the widget', () => {
	const good = { color: '#112233', theme: 'dark', position: 'bottom-left', welcome: 'Hi "you" & <all>', offline: '',
		domains: 'shop.example, *.shop.example localhost:3000', active: 'true', collectName: 'true' };

	test('are saved and reach the widget', async () => {
		const own = await world.organization();
		const admin = await own.staff('admin');
		assert.equal((await form(admin, '/settings/widget', good)).headers.location, '/settings/widget?saved=1');
		const html = await page(admin, '/settings/widget?saved=1');
		for (const part of ['value="#112233"', 'Hi &quot;you&quot; &amp; &lt;all&gt;', 'name="collectName" value="true" checked'])
			assert.ok(html.includes(part), part);
		const settings = expect(await world.client().get(`/api/v1/widget/settings?key=${own.key}`), 200).json;
		assert.deepEqual([settings.primaryColor, settings.theme, settings.position, settings.welcomeMessage, settings.collectName,
			settings.collectEmail], ['#112233', 'dark', 'bottom-left', good.welcome, true, false]);
	});

	test('refuse what cannot be, and keep what was typed', async () => {
		const own = await world.organization();
		const admin = await own.staff('admin');
		for (const wrong of [{ color: 'red' }, { domains: 'shop_example' }, { domains: 'https://shop.example' }, { domains: 'a..b' }]) {
			const answer = await form(admin, '/settings/widget', { ...good, ...wrong }, 422);
			isHtml(answer);
			assert.match(answer.text, /alert is-error/);
			assert.ok(answer.text.includes('Hi &quot;you&quot;'));
		}
		for (const wrong of [{ theme: 'pink' }, { position: 'top' }, { welcome: 'x'.repeat(501) }])
			await form(admin, '/settings/widget', { ...good, ...wrong }, 422);
		assert.ok(!(await page(admin, '/settings/widget')).includes('#112233'));
	});

	test('are an administrator’s', async () => {
		const agent = await shop.staff('agent');
		assert.match(await page(agent, '/settings/widget'), /<fieldset disabled>/);
		await form(agent, '/settings/widget', good, 403);
	});
});

test('pages that are not there are pages', async () => {
	const agent = await shop.staff('agent');
	for (const path of ['/nothing', '/inbox/x/y/z', '/visitors?after=x'])
		await page(agent, path, 404);
	isHtml(expect(await agent.get('/sign-out'), 405));
});
