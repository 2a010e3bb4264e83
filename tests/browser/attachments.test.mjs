// Files between a visitor and an agent, in real windows: chosen, pasted, dropped, refused, shown, saved.
import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { readFile } from 'node:fs/promises';
import { Widget, eventually, picture, thread, useBrowser } from './helper.mjs';
import { hostile, png, polyglots } from '../lib/files.mjs';

const { world, demo, agent, open, close } = await useBrowser();
let expected;
afterEach(async () => {
	const allow = expected;
	expected = undefined;
	await close({ allow });
});

const photo = { name: 'lamp.png', mimeType: 'image/png', buffer: png(320, 200, { color: [214, 120, 60] }) };
const list = { name: 'order list.html', mimeType: 'text/html', buffer: Buffer.from('<script>parent.hit=1</script>') };
const big = { name: 'film.bin', mimeType: 'video/mp4', buffer: Buffer.alloc(11e6) };

async function visitor(options) {
	const { page, context } = options ? await open(world.stack.demoPage, options) : await demo();
	const widget = await new Widget(page).open();
	await widget.frame.waitForSelector('.clip');
	return { page, context, widget, frame: widget.frame };
}
const choose = (place, files) => place.setInputFiles('input[type=file]', files);
const sendable = (frame) => frame.waitForSelector('#send:not([disabled])');
const shown = (place, selector) => eventually(`a picture in ${selector}`, () => place.$$eval(selector, (all) =>
	all.length > 0 && all.every((one) => one.complete && one.naturalWidth > 0)));

async function saved(page, click) {
	// The dashboard's link opens a tab, and the browser tells of it at that one or at this, whichever it has first.
	let download;
	const hear = (tab) => tab.on('download', (one) => { download = one; });
	hear(page);
	page.context().on('page', hear);
	await click();
	await eventually('a download', () => download);
	return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
}

describe('files', () => {
	test('of a visitor begin a conversation; the agent sees and saves them', async () => {
		const { page, widget, frame } = await visitor();
		await choose(frame, [photo, list]);
		await sendable(frame);
		await picture(page, 'files-tray');
		await frame.fill('#text', 'This is the one');
		await frame.press('#text', 'Enter');
		await shown(frame, '#log .picture img');
		await frame.waitForSelector('#log .row.mine:not(.sending) .file');
		assert.equal(await frame.$$eval('.tray li', (all) => all.length), 0);
		const id = await eventually('the conversation', () => widget.conversation());
		const staff = await agent(`/inbox/${id}?view=all`);
		await thread.hears(staff.page, 'This is the one');
		await shown(staff.page, '#messages .picture img');
		await picture(page, 'files-visitor');
		await picture(staff.page, 'files-agent');
		const file = await saved(staff.page, () => staff.page.click('#messages .file a'));
		assert.deepEqual([file.name.replace('_', ' '), file.bytes.equals(list.buffer)], ['order list.html', true]);
		const own = await saved(page, () => frame.click('#log .file'));
		assert.ok(own.bytes.equals(list.buffer));
	});

	test('of an agent reach the visitor, without words', async () => {
		const { page, widget, frame } = await visitor();
		await widget.say('Do you have a picture?');
		const id = await eventually('the conversation', () => widget.conversation());
		const staff = await agent(`/inbox/${id}?view=all`);
		await choose(staff.page, [photo]);
		await staff.page.waitForSelector('.composer-files progress[hidden]', { state: 'attached' });
		await picture(staff.page, 'files-composer');
		await staff.page.click('#composer .for-reply .is-primary');
		await shown(frame, '#log .row:not(.mine) .picture img');
		await shown(staff.page, '#messages .message:not(.is-pending) .picture img');
		assert.equal(await staff.page.$$eval('.composer-files li', (all) => all.length), 0);
		await frame.evaluate(() => location.reload()).catch(() => {});
		await widget.ready();
		await shown(widget.frame, '#log .row:not(.mine) .picture img');
		await picture(page, 'files-again');
	});

	test('are taken from the clipboard and from a drop', async () => {
		const { frame } = await visitor();
		const give = (type) => frame.evaluate(([bytes, kind]) => {
			const data = new DataTransfer();
			data.items.add(new File([new Uint8Array(bytes)], `${kind}.png`, { type: 'image/png' }));
			const target = document.getElementById('text');
			if (kind === 'paste')
				target.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
			else
				for (const name of ['dragover', 'drop'])
					target.dispatchEvent(new DragEvent(name, { dataTransfer: data, bubbles: true, cancelable: true }));
		}, [[...photo.buffer], type]);
		await give('paste');
		await give('drop');
		await sendable(frame);
		assert.deepEqual(await frame.$$eval('.tray .name', (all) => all.map((one) => one.textContent)), ['paste.png', 'drop.png']);
	});

	test('that are refused say why, in place, and can be taken away', async () => {
		expected = /429|413|Failed to load/;
		const { page, frame } = await visitor();
		await choose(frame, [big, photo]);
		await frame.waitForSelector('.tray .note:has-text("Too large")');
		assert.ok(await frame.isDisabled('#send'), 'nothing is sent without it');
		await picture(page, 'files-refused');
		await frame.click('.tray li:first-child button');
		await sendable(frame);
		await page.route('**/widget/attachments*', (route) => route.fulfill({ status: 429, headers: { 'Retry-After': '9' }, json: {} }));
		await choose(frame, [{ ...photo, name: 'second.png' }]);
		await frame.waitForSelector('.tray .note:has-text("Too many files")');
		await page.unroute('**/widget/attachments*');
		await frame.click('.tray .note button');
		await sendable(frame);
		await choose(frame, Array.from({ length: 4 }, (_, i) => ({ ...photo, name: `${i}.png` })));
		await frame.waitForSelector('.say:has-text("Five files at most")');
		assert.equal(await frame.$$eval('.tray li', (all) => all.length), 5);
	});

	test('are not for notes', async () => {
		const { widget } = await visitor();
		await widget.say('A word');
		const staff = await agent(`/inbox/${await eventually('the conversation', () => widget.conversation())}?view=all`);
		await choose(staff.page, [photo]);
		await staff.page.click('[for="mode-note"]');
		assert.ok(!await staff.page.isVisible('.composer-files') && !await staff.page.isVisible('.attach'));
		await staff.page.fill('#content', 'between us');
		await staff.page.click('.for-note .button');
		await staff.page.waitForSelector('.is-note:not(.is-pending)');
		await staff.page.click('[for="mode-reply"]');
		assert.equal(await staff.page.$$eval('.composer-files li', (all) => all.length), 1, 'the file waits for the reply');
	});

	for (const [name, options] of [['dark', { colorScheme: 'dark' }], ['phone', { viewport: { width: 390, height: 780 } }]])
		test(`look right: ${name}`, async () => {
			const { page, widget, frame } = await visitor(options);
			await choose(frame, [photo, list]);
			await sendable(frame);
			await widget.frame.press('#text', 'Enter');
			await shown(frame, '#log .picture img');
			await choose(frame, [photo, { ...list, name: `${'a very long name '.repeat(9)}.pdf` }]);
			await sendable(frame);
			await picture(page, `files-${name}-widget`);
			const id = await eventually('the conversation', () => widget.conversation());
			const staff = await agent(`/inbox/${id}?view=all`, options);
			await shown(staff.page, '#messages .picture img');
			await choose(staff.page, [photo]);
			await staff.page.waitForSelector('.composer-files progress[hidden]', { state: 'attached' });
			await picture(staff.page, `files-${name}-agent`);
			assert.ok(await frame.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
			assert.ok(await staff.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
		});
});

test('no hostile file runs a script or is shown, however it is opened', async () => {
	expected = /.*/; // what the browser refuses, it complains of
	const { page, context } = await agent('/inbox?view=all');
	const csrf = await page.getAttribute('meta[name="csrf"]', 'content');
	let downloads = 0, shownPictures = 0;
	for (const { name, type, body, mime } of [...hostile, ...polyglots]) {
		const { attachment } = await page.evaluate(async ([bytes, title, kind, token]) => (await fetch(`/api/v1/attachments?name=${encodeURIComponent(title)}`,
			{ method: 'POST', headers: { 'X-CSRF-Token': token, 'Content-Type': kind }, body: new Uint8Array(bytes) })).json(), [[...body], name, type, csrf]);
		const tab = await context.newPage();
		const download = tab.waitForEvent('download', { timeout: mime ? 1 : 25000 }).catch(() => null);
		await tab.goto(attachment.url.replace(/^/, world.url)).catch(() => {});
		if (await download)
			downloads++;
		else {
			assert.equal(await tab.evaluate(() => document.contentType), mime, name);
			shownPictures++;
		}
		assert.ok(!await tab.evaluate(() => window.hit || document.scripts.length), name);
		await tab.close();
		/* Nor as a script, a style sheet or a frame of a page of ours. */
		const ran = await page.evaluate((url) => new Promise((done) => {
			const script = document.createElement('script');
			script.src = url;
			script.onload = () => done('ran');
			script.onerror = () => done('refused');
			document.head.append(script);
		}), attachment.url);
		assert.equal(ran, 'refused', name);
	}
	assert.deepEqual([downloads, shownPictures], [hostile.length, polyglots.length]);
});
