// An agent whose browser runs no scripts does the whole work by forms.
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { Widget, eventually, thread, useBrowser } from './helper.mjs';

const { world, demo, open, close } = await useBrowser();
afterEach(() => close());

test('sign in, find, read, answer, note, assign, close and open, sign out', async () => {
	const visitor = await demo();
	const widget = await new Widget(visitor.page).open();
	await widget.say('Without scripts, please');
	const id = await eventually('the conversation', () => widget.conversation());
	const state = async () => (await world.sql.rows`SELECT status, priority, assigned_agent_id, agent_unread FROM conversations WHERE id = ${id}`)[0];

	const { page } = await open(`${world.url}/inbox/${id}?view=all`, { javaScriptEnabled: false });
	await page.fill('[name=email]', world.stack.admin.email);
	await page.fill('[name=password]', world.stack.admin.password);
	await page.click('form[action="/sign-in"] button');
	await page.goto(`${world.url}/inbox?view=all&status=any`);
	await page.click(`a.row[data-id="${id}"]`);
	assert.ok((await thread.texts(page)).includes('Without scripts, please'));

	await page.click('.mark-read button');
	assert.equal((await state()).agent_unread, 0);

	await page.fill('#content', 'Of course: plain HTML.');
	await page.click('#composer .for-reply .is-primary');
	assert.equal((await thread.texts(page)).at(-1), 'Of course: plain HTML.');
	await widget.hears('Of course: plain HTML.');

	await page.click('label[for=mode-note]');
	await page.fill('#content', 'likes it simple');
	await page.click('#composer .for-note .button');
	assert.ok(await page.$('#messages .is-note:has-text("likes it simple")'));
	assert.ok(!(await widget.texts()).includes('likes it simple'));

	await page.click('.thread-actions [name=agent][value=me]');
	assert.ok((await state()).assigned_agent_id);
	await page.click('#details summary:has(.priority)');
	await page.click('#details [name=priority][value=high]');
	assert.equal((await state()).priority, 'high');
	await page.click('.thread-actions [name=status][value=closed]');
	assert.equal((await state()).status, 'closed');
	await page.click('.thread-actions [name=status][value=open]');
	assert.equal((await state()).status, 'open');

	await widget.say('Are you there?');
	await eventually('it is stored', () => world.sql.value`SELECT id FROM messages WHERE content = 'Are you there?'`);
	await page.reload();
	assert.equal((await thread.texts(page)).at(-1), 'Are you there?');
	await page.fill('#content', 'Yes, and goodbye');
	await page.click('#composer [name=then][value=close]');
	assert.equal((await state()).status, 'closed');
	await widget.hears('Yes, and goodbye');

	const menu = await page.$('details:has(form[action="/sign-out"]) > summary');
	if (menu)
		await menu.click();
	await page.click('form[action="/sign-out"] button');
	await page.goto(`${world.url}/inbox`);
	assert.match(page.url(), /\/sign-in/);
});
