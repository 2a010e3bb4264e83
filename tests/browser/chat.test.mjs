// A visitor on the demo shop and an agent in the dashboard, in two windows of a real browser.
import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { Widget, eventually, picture, thread, useBrowser } from './helper.mjs';

const { world, demo, agent, close } = await useBrowser();
const count = (list, text) => list.filter((one) => one === text).length;
let expected;
afterEach(async () => {
	const allow = expected;
	expected = undefined;
	await close({ allow });
});

// A visitor who has written, and the agent with the thread open.
async function meet(first) {
	const visitor = await demo();
	const widget = await new Widget(visitor.page).open();
	await widget.say(first);
	const id = await eventually('the conversation', () => widget.conversation());
	const staff = await agent(`/inbox/${id}?view=all`);
	await thread.hears(staff.page, first);
	return { visitor, widget, staff, id };
}

describe('a visitor and an agent', () => {
	test('talk: the agent sees the first word without a reload, and answers', async () => {
		const staff = await agent('/inbox?view=all&status=any');
		const { page } = staff;
		const visitor = await demo();
		const widget = await new Widget(visitor.page).open();
		await widget.say('Is the harbour mug dishwasher safe?');
		await page.click('#list .row:has-text("Is the harbour mug dishwasher safe?")');
		await thread.hears(page, 'Is the harbour mug dishwasher safe?');
		await thread.say(page, 'Yes, it is fired at 1,240 °C.');
		await widget.hears('Yes, it is fired at 1,240 °C.');
		await thread.hears(page, 'Yes, it is fired at 1,240 °C.');
		await widget.say('Lovely, thank you!');
		await thread.hears(page, 'Lovely, thank you!');
		await picture(visitor.page, 'visitor');
		await picture(page, 'agent');
	});

	test('see each message once, in one order, however fast they write', async () => {
		const { widget, staff: { page } } = await meet('Quick question');
		const words = Array.from({ length: 12 }, (_, i) => [`visitor ${i}`, `agent ${i}`]).flat();
		await Promise.all([
			(async () => { for (let i = 0; i < 12; i++) await widget.say(`visitor ${i}`); })(),
			(async () => { for (let i = 0; i < 12; i++) await thread.say(page, `agent ${i}`); })(),
		]);
		const all = ['Quick question', ...words];
		await eventually('all words on both sides', async () => (await thread.texts(page)).length >= all.length &&
			(await widget.texts()).filter((text) => all.includes(text)).length >= all.length, { seconds: 40 });
		const seen = await thread.texts(page), read = (await widget.texts()).filter((text) => all.includes(text));
		assert.deepEqual([...seen].sort(), [...all].sort());
		assert.deepEqual(read, seen, 'the same order');
		for (const side of ['visitor', 'agent'])
			assert.deepEqual(seen.filter((text) => text.startsWith(side)),
				words.filter((text) => text.startsWith(side)));
	});

	test('have what an agent writes in the order in which it was written, however long the first takes', async () => {
		const { widget, staff: { page } } = await meet('Two answers, please');
		let release, posts = 0;
		const held = new Promise((done) => { release = done; });
		await page.route(/\/messages$/, async (route) => {
			if (++posts === 1)
				await held;
			await route.continue();
		});
		await thread.say(page, 'the first');
		await thread.say(page, 'the second');
		await eventually('both are to be seen', () => page.$$eval('#messages li.is-pending', (all) => all.length === 2));
		await page.evaluate(() => fetch('/healthz'));
		assert.equal(posts, 1);
		release();
		await eventually('both have come', async () => (await widget.texts()).filter((text) => /^the /.test(text)).length === 2);
		assert.deepEqual((await widget.texts()).filter((text) => /^the /.test(text)), ['the first', 'the second']);
	});

	test('lose nothing to a busy server: what was refused is asked for again', async () => {
		const { widget, staff: { page } } = await meet('Are you busy?');
		let asked = 0;
		await page.route(/\/thread\?after=/, (route) => asked++ < 2
			? route.fulfill({ status: 503, headers: { 'Retry-After': '1' }, body: '' }) : route.continue());
		expected = /503/;
		await widget.say('Still there?');
		await thread.hears(page, 'Still there?');
		assert.ok(asked >= 3);
	});

	test('see each other typing', async () => {
		const { widget, staff: { page } } = await meet('Hello there');
		await widget.frame.type('#text', 'I am still wri');
		await eventually('the agent sees the visitor typing', async () => (await page.textContent('#typing')).trim());
		await page.type('#content', 'One mo');
		await eventually('the visitor sees the agent typing',
			() => widget.frame.$eval('#typing', (one) => /is typing/.test(one.textContent)));
		await widget.frame.press('#text', 'Enter');
		await thread.hears(page, 'I am still wri');
		await eventually('no longer', async () => !(await page.textContent('#typing')).trim());
	});

	test('see what the other has read', async () => {
		const { widget, staff: { page } } = await meet('Have you seen this?');
		await page.bringToFront();
		await page.evaluate(() => window.dispatchEvent(new Event('focus')));
		await eventually('seen by the agent', async () => (await widget.meta()).some((text) => /Seen/.test(text)));
		await thread.say(page, 'I have');
		await widget.hears('I have');
		await eventually('seen by the visitor', () => page.$$eval('#messages .is-agent .receipt', (all) =>
			all.length && !all.at(-1).hasAttribute('data-unseen')));
	});

	test('go on after a reload of either window', async () => {
		const { visitor, widget, staff: { page }, id } = await meet('Before the reload');
		await thread.say(page, 'Noted');
		await widget.hears('Noted');
		await visitor.page.reload();
		await page.reload();
		const again = await new Widget(visitor.page).open();
		await again.hears('Noted');
		assert.deepEqual((await again.texts()).filter((text) => ['Before the reload', 'Noted'].includes(text)),
			['Before the reload', 'Noted']);
		assert.equal(await again.conversation(), id);
		await again.say('After the reload');
		await thread.hears(page, 'After the reload');
		assert.equal(count(await thread.texts(page), 'Before the reload'), 1);
	});

	test('keep a note from the visitor', async () => {
		const { visitor, widget, staff: { page } } = await meet('Can I have a discount?');
		await page.click('label[for=mode-note]');
		await page.fill('#content', 'ten percent at most');
		await page.click('#composer .for-note .button');
		await eventually('the note', () => page.$('#messages .is-note:not(.is-pending)'));
		await page.click('label[for=mode-reply]');
		await thread.say(page, 'Let me look');
		await widget.hears('Let me look');
		assert.ok(!(await visitor.page.content()).includes('ten percent') &&
			!(await widget.frame.content()).includes('ten percent'));
	});

	test('hear of it when the conversation is closed, and open it again', async () => {
		const { widget, staff: { page } } = await meet('Thanks, that is all');
		await page.click('.thread-actions [name=status][value=closed]');
		await eventually('closed for the visitor', async () => /closed/i.test(await widget.frame.textContent('#log')));
		await widget.say('One more thing');
		await widget.hears('One more thing');
		await eventually('it arrives', () =>
			world.sql.value`SELECT count(*)::int AS n FROM messages WHERE content = 'One more thing'`);
	});
});

describe('a visitor', () => {
	test('costs nothing before the first use', async () => {
		const asked = [];
		const { page, context } = await demo();
		page.on('request', (request) => asked.push(request.url()));
		await page.reload({ waitUntil: 'networkidle' });
		assert.deepEqual(asked.filter((url) => /api|widget\/|host\.js/.test(url)), []);
		assert.deepEqual(await context.cookies(), []);
		assert.equal(await page.evaluate(() => localStorage.length), 0);
	});

	test('who is offline writes on, and each word is sent once', async () => {
		expected = /ERR_INTERNET_DISCONNECTED|Failed to load resource|ERR_NETWORK_CHANGED/;
		const { visitor, widget, staff: { page } } = await meet('In a tunnel soon');
		await visitor.context.setOffline(true);
		await widget.say('word one');
		await widget.say('word two');
		await eventually('kept', async () => (await widget.mine()).slice(-2).join() === 'word one,word two');
		assert.ok(!(await thread.texts(page)).includes('word one'));
		await visitor.context.setOffline(false);
		await thread.hears(page, 'word two');
		await eventually('none is waiting', async () => !(await widget.frame.$('.row.sending, .row.unsent')));
		const seen = await thread.texts(page);
		assert.deepEqual([count(seen, 'word one'), count(seen, 'word two')], [1, 1]);
		assert.ok(seen.indexOf('word one') < seen.indexOf('word two'));
		assert.deepEqual((await widget.mine()).slice(-2), ['word one', 'word two']);
	});

	test('who goes while a word is unsent finds it sent when back', async () => {
		expected = /ERR_INTERNET_DISCONNECTED|ERR_FAILED|Failed to load resource|ERR_NETWORK_CHANGED/;
		const { visitor, widget, staff: { page } } = await meet('Leaving soon');
		await visitor.context.route('**/api/v1/widget/**', (route) => route.abort());
		await widget.say('the unsent word');
		await eventually('kept', async () => (await widget.mine()).at(-1) === 'the unsent word');
		await visitor.page.goto('about:blank');
		await visitor.context.unroute('**/api/v1/widget/**');
		await visitor.page.goto(world.stack.demoPage);
		const again = await new Widget(visitor.page).ready(); // an open conversation loads by itself
		await thread.hears(page, 'the unsent word');
		await again.hears('the unsent word');
		assert.equal(count(await thread.texts(page), 'the unsent word'), 1);
	});

	test('whose answer is lost sends again, and the word is there once', async () => {
		expected = /ERR_FAILED|Failed to load resource/;
		const { visitor, widget, staff: { page }, id } = await meet('Bad line');
		let lost = 0;
		await visitor.context.route('**/api/v1/widget/conversations/*/messages', async (route) => {
			if (route.request().method() !== 'POST' || lost++)
				return route.continue();
			await route.fetch(); // it reaches the server
			return route.abort(); // and nobody learns of it
		});
		await widget.say('said once');
		await thread.hears(page, 'said once');
		await eventually('settled', async () => !(await widget.frame.$('.row.sending, .row.unsent')));
		assert.equal(count(await widget.mine(), 'said once'), 1);
		assert.equal(await world.sql.value`SELECT count(*)::int AS n FROM messages WHERE conversation_id = ${id} AND content = 'said once'`, 1);
	});

	test('with two tabs sees the same in both', async () => {
		const { visitor, widget, staff: { page } } = await meet('Two tabs');
		const second = await visitor.context.newPage();
		await second.goto(world.stack.demoPage);
		const other = await new Widget(second).ready();
		await other.hears('Two tabs');
		await thread.say(page, 'to both');
		await Promise.all([widget.hears('to both'), other.hears('to both')]);
		await second.reload();
		const tabs = [widget, await new Widget(second).ready()];
		for (const tab of tabs)
			await eventually('once', async () => count(await tab.texts(), 'to both') === 1 &&
				count(await tab.texts(), 'Two tabs') === 1);
	});

	test('can use it with the keyboard alone', async () => {
		const { page } = await demo();
		await page.waitForFunction(() => window.Parlor?.loaded);
		await page.evaluate(() => window.Parlor('show'));
		const widget = await new Widget(page).ready();
		await eventually('the focus is in the text',
			() => widget.frame.evaluate(() => document.activeElement?.id === 'text'));
		await page.keyboard.type('by keyboard');
		await page.keyboard.press('Enter');
		await widget.hears('by keyboard');
		await page.keyboard.press('Escape');
		await eventually('the focus is on the launcher', () => page.evaluate(() =>
			document.activeElement.tagName === 'DIV' && document.activeElement.parentNode === document.body));
	});
});

describe('an agent', () => {
	test('whose answer is lost sends again, and the word is there once', async () => {
		expected = /ERR_FAILED|Failed to load resource/;
		const { widget, staff: { page, context }, id } = await meet('Hello?');
		let lost = 0;
		await context.route(`**/api/v1/conversations/${id}/messages`, async (route) => {
			if (lost++)
				return route.continue();
			await route.fetch();
			return route.abort();
		});
		await thread.say(page, 'answered once');
		await widget.hears('answered once');
		await thread.hears(page, 'answered once');
		await eventually('one line', async () =>
			(await page.$$('#messages li:has-text("answered once")')).length === 1);
		assert.equal(await world.sql.value`SELECT count(*)::int AS n FROM messages WHERE conversation_id = ${id} AND content = 'answered once'`, 1);
	});

	test('who is signed out elsewhere is told so', async () => {
		expected = /401/;
		const staff = await agent('/inbox?view=all', { storageState: undefined });
		await staff.page.fill('[name=email]', world.stack.agents[0].email);
		await staff.page.fill('[name=password]', world.stack.agents[0].password);
		await staff.page.press('[name=password]', 'Enter');
		await staff.page.waitForURL(/\/inbox/);
		const [cookie] = (await staff.context.cookies()).filter(({ name }) => name.endsWith('session_token'));
		const token = decodeURIComponent(cookie.value).split('.')[0];
		await world.sql.exec`DELETE FROM sessions WHERE token = ${token}`;
		await eventually('a word of it', async () => /signed out/i.test(await staff.page.textContent('#bar')));
	});
});
