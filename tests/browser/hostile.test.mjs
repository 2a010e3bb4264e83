// Text that wants to be more than text, in every window it is shown in: nothing of it runs.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Widget, eventually, thread, useBrowser } from './helper.mjs';

const { world, demo, agent, close } = await useBrowser();
afterEach(() => close());

const vectors = process.env.PARLOR_VECTORS ?? fileURLToPath(new URL('../../../shared/vectors', import.meta.url));
const file = path.join(vectors, 'naughty', 'blns.json');
const own = ['<script>alert(1)</script>', '<img src=x onerror=alert(1)>', '"><svg onload=alert(1)>', "'-alert(1)-'",
	'{{constructor.constructor("alert(1)")()}}',
	'javascript:alert(1)', 'https://x.example/"onmouseover="alert(1)', 'http://x.example/<script>alert(1)</script>',
	'</textarea><script>alert(1)</script>',
	'\u202etxt.exe', '<!--', ']]>', '</title><script>alert(1)</script>', '<iframe src="javascript:alert(1)">',
	'&lt;script&gt;alert(1)&lt;/script&gt;', '${alert(1)}', '<base href="//evil.example">'];
// The Big List of Naughty Strings, where it is at hand.
const naughty = existsSync(file) ? JSON.parse(readFileSync(file)) : [];
// What a message may hold: no other control characters, not only blanks.
const texts = [...new Set([...own, ...naughty])].filter((text) => text.trim() &&
	!/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(text));

test(`in messages, names, subjects and tags (${texts.length} texts)`, async () => {
	assert.ok(texts.length >= own.length && (!naughty.length || texts.length > 400));
	const visitor = await demo();
	const widget = await new Widget(visitor.page).open();
	await widget.say(own[0]);
	const id = await eventually('the conversation', () => widget.conversation());
	const key = { headers: { Authorization: `Bearer ${world.stack.secretKey}` } };
	const api = world.client(key);
	await world.sql.exec`UPDATE chat_users SET name = ${`${own[1]}${own[2]}`}, user_agent = ${own[0]} WHERE id = (SELECT chat_user_id FROM conversations WHERE id = ${id})`;
	await world.sql.exec`UPDATE conversations SET page_url = 'javascript:alert(1)', referrer = ${own[6]} WHERE id = ${id}`;
	await api.patch(`/api/v1/conversations/${id}`,
		{ subject: own[2], tags: own.slice(0, 8).map((text) => text.slice(0, 60)) });
	for (const [i, content] of texts.entries()) {
		const { status, text } = await api.post(`/api/v1/conversations/${id}/messages`, { clientId: `n${i}`, content });
		assert.equal(status, 201, `${JSON.stringify(content)}: ${text}`);
	}
	const staff = await agent(`/inbox/${id}?view=all&status=any`);
	await thread.hears(staff.page, texts.at(-1));
	await widget.hears(texts.at(-1));

	// Each text is shown as it is; in the panel those of this visit, in the thread a page of them.
	const expected = new Set([own[0], ...texts]);
	const shown = await thread.texts(staff.page);
	assert.ok(shown.length >= Math.min(40, texts.length));
	for (const text of shown)
		assert.ok(expected.has(text), JSON.stringify(text));
	const read = await widget.texts();
	assert.ok(texts.slice(-40).every((text) => read.includes(text)));

	for (const at of ['/inbox?view=all&status=any', '/visitors', `/inbox/${id}?view=all`])
		await staff.page.goto(world.url + at);
	const live = (where) => where.evaluate(() => {
		const bad = [...document.querySelectorAll('script:not([src]), img[src="x"], svg[onload], iframe[src^="javascript"], base, [onmouseover], [onerror], [onclick]')];
		const links = [...document.querySelectorAll('a[href]')].filter((a) => !/^(https?|mailto):/.test(a.protocol));
		return [...bad, ...links].map((one) => one.outerHTML.slice(0, 200));
	});
	assert.deepEqual(await live(staff.page), []);
	assert.deepEqual(await live(widget.frame), []);
	// Every link in what people wrote is to the web, and opens elsewhere without a word on us.
	const links = await widget.frame.$$eval('.bubble a', (all) => all.map((a) => [a.protocol, a.rel, a.target]));
	for (const [protocol, rel, target] of links) {
		assert.match(protocol, /^https?:$/);
		assert.ok(rel.includes('noopener') && target === '_blank');
	}
	// Pages through the whole history, as the agent can.
	for (let pages = 0; pages < 30; pages++) {
		const older = await staff.page.$('#thread a.more[data-older], #thread .log-inner > a.more');
		const href = await older?.getAttribute('href');
		if (!href || !/before=/.test(href))
			break;
		await staff.page.goto(world.url + href);
		assert.deepEqual(await live(staff.page), []);
	}
});
