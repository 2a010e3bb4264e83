// A page says who its visitor is; a shared computer forgets. In two tabs of one browser.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { afterEach, before, describe, test } from 'node:test';
import { expect } from '../lib/world.mjs';
import { Widget, eventually, picture, useBrowser } from './helper.mjs';

const browser = await useBrowser();
const { world } = browser;
const { stack } = world;
const api = world.client({ headers: { Authorization: `Bearer ${stack.secretKey}` } });
let secret;

before(async () => {
	const identity = '/api/v1/organization/identity';
	for (let tries = 0; !secret; tries++) {
		const answer = await api.post(`${identity}/secrets`);
		secret = answer.json.secret;
		if (answer.status === 409)
			await api.request('DELETE', `${identity}/secrets/old`); // of a run before
	}
});
afterEach(() => browser.close({ allow: /40[13]/ }));

function hashOf(user, ahead = 600) {
	const end = Math.floor(Date.now() / 1000) + ahead;
	return `v1.${end}.${createHmac('sha256', secret).update(`v1.${end}.${stack.organizationId}.${user}`).digest('hex')}`;
}
const stored = (widget) => widget.frame.evaluate(() =>
	Object.fromEntries(Object.entries(localStorage).map(([name, value]) => [name.split('.').slice(2).join('.'), value])));
const noted = (page) => page.evaluate(() => Object.entries(localStorage).filter(([name]) => /^parlor\.pk_[^.]*$/.test(name)).map(([, value]) => value));
const call = (page, ...args) => page.evaluate((all) => window.Parlor(...all), args);
const emptied = async (widget) => Object.keys(await stored(widget)).length === 0;

async function tab(window) {
	const page = await window.context.newPage();
	await page.goto(stack.demoPage);
	return new Widget(page);
}

describe('identify', () => {
	test('brings the history of another device, and only that of this person', async () => {
		const name = `user-${Date.now()}`;
		const phone = await browser.demo();
		const there = new Widget(phone.page);
		await call(phone.page, 'identify', { id: name, hash: hashOf(name), name: 'Ida Identified' });
		await there.open();
		await there.say('from my phone');
		await there.hears('from my phone');

		const desk = await browser.demo();
		const here = await new Widget(desk.page).open();
		await here.say('anonymous at the desk');
		await here.hears('anonymous at the desk');
		await eventually('it is sent', async () => (await here.meta()).some((text) => text.includes('Sent')));
		await call(desk.page, 'identify', { id: name, hash: hashOf(name), name: 'Ida Identified' });
		await here.hears('from my phone');
		assert.ok(!(await here.texts()).includes('anonymous at the desk'));
		await here.say('and from my desk');
		await there.hears('and from my desk');
	});

	test('a proof that is over: the page is asked for another one', async () => {
		const name = `late-${Date.now()}`;
		const { page } = await browser.demo();
		await page.evaluate(() => {
			window.refusals = 0;
			window.Parlor('onIdentityRefused', () => { window.refusals++; });
		});
		await call(page, 'identify', { id: name, hash: hashOf(name, -5) });
		const widget = new Widget(page);
		await page.waitForFunction(() => window.Parlor?.loaded);
		await widget.click();
		await eventually('it is told', () => page.evaluate(() => window.refusals > 0));
		const frame = page.frames().find((one) => one.url().includes('/widget/frame'));
		await eventually('the visitor is told', async () => /Load this page/.test(await frame.textContent('#notice')));
		await call(page, 'identify', { id: name, hash: hashOf(name) });
		await widget.ready();
		assert.equal(await frame.textContent('#notice'), '');
		await widget.say('known again');
		await widget.hears('known again');
		assert.ok((await stored(widget)).who);
	});
});

test('messages that are not ours change nothing', async () => {
	const { page } = await browser.demo();
	/* The panel's frame is in a closed shadow root; a page that came first can keep hold of that. */
	await page.addInitScript(() => {
		const { attachShadow } = Element.prototype;
		Element.prototype.attachShadow = function (options) {
			window.shadow = attachShadow.call(this, options);
			return window.shadow;
		};
	});
	await page.reload();
	const widget = await new Widget(page).open();
	await widget.say('hello');
	await widget.hears('hello');
	await eventually('sent', async () => (await widget.meta()).some((text) => text.includes('Sent')));
	const before = await stored(widget);
	const asked = [];
	page.on('request', (request) => /session|identify/.test(request.url()) && asked.push(request.method()));
	const count = await page.evaluate(() => {
		const good = { parlor: 1, type: 'page', shown: true, user: null, color: '', url: 'https://shop.example/', referrer: '' };
		const users = [7, 'x', true, { id: 7 }, { id: {} }, { hash: [] }, { token: null }, { id: 'x'.repeat(8193) }, { token: 'x'.repeat(9000) },
			{ name: 7 }, { email: { toString: 1 } }, { id: 'a', hash: 'b', name: false }];
		const bad = [null, undefined, 0, '', 'leave', [], {}, { parlor: 1 }, { parlor: '1', type: 'leave' }, { parlor: 2, type: 'leave' },
			{ type: 'leave' }, { parlor: 1, type: 'Leave' }, { parlor: 1, type: ['x'] }, { parlor: 1, type: 'page' },
			...['shown', 'url', 'referrer', 'color', 'user'].flatMap((name) => [undefined, 7, {}].map((value) => ({ ...good, [name]: value })))
				.filter(({ user }) => !user || typeof user !== 'object' || Object.keys(user).length),
			...users.map((user) => ({ ...good, user }))];
		window.panel = window.shadow.querySelector('iframe').contentWindow;
		for (const message of bad)
			window.panel.postMessage(message, location.origin);
		const neighbour = document.createElement('iframe');
		neighbour.name = 'neighbour';
		neighbour.srcdoc = '<p>neighbour</p>';
		document.body.append(neighbour);
		return bad.length;
	});
	/* A frame beside the panel is not the page around it, and neither is the panel itself. */
	const neighbour = await eventually('the neighbour', () => page.frame({ name: 'neighbour' }));
	await neighbour.evaluate(() => window.parent.panel.postMessage({ parlor: 1, type: 'leave' }, '*'));
	await widget.frame.evaluate(() => window.postMessage({ parlor: 1, type: 'leave' }, '*'));
	assert.ok(count >= 30, `${count}`);
	/* What comes after them is heard, so they have been, too. */
	await call(page, 'hide');
	await call(page, 'show');
	await widget.say('still here');
	await widget.hears('still here');
	assert.deepEqual(asked, []);
	const { token } = await stored(widget);
	assert.equal(token, before.token);
});

describe('shutdown on a shared computer', () => {
	test('leaves nothing in any tab, ends the token, and the next visitor starts anew', async () => {
		const name = `shared-${Date.now()}`;
		const window = await browser.demo();
		const first = new Widget(window.page);
		await call(window.page, 'identify', { id: name, hash: hashOf(name), name: 'Sam' });
		await first.open();
		await first.say('my secret question');
		await first.hears('my secret question');
		const second = await tab(window);
		await second.open();
		await second.hears('my secret question');
		await second.frame.fill('#text', 'a draft of mine');
		const { token } = await stored(first);
		const mine = world.client({ headers: { Authorization: `Bearer ${token}` } });
		expect(await mine.get('/api/v1/widget/conversations'), 200);

		await call(window.page, 'shutdown');
		await eventually('the token has ended', async () => (await mine.get('/api/v1/widget/conversations')).status === 401);
		await eventually('the storage is empty', () => emptied(second));
		await eventually('the other tab shows nothing', async () => !(await second.texts()).includes('my secret question'));
		assert.equal(await second.frame.inputValue('#text'), '');
		await eventually('the pages keep no note', async () => (await noted(second.page)).every((value) => !value));
		await eventually('the frame is gone', () => !window.page.frames().some((frame) => frame.url().includes('/widget/frame')));
		await picture(second.page, 'after-shutdown');

		await call(window.page, 'boot', {});
		const next = await new Widget(window.page).open();
		assert.deepEqual(await next.mine(), []);
		await next.say('I am somebody else');
		await next.hears('I am somebody else');
		const fresh = await stored(next);
		assert.notEqual(fresh.token, token);
		assert.equal(fresh.who, undefined);
	});

	test('the user of the page\'s attributes is gone with it', async () => {
		const name = `attribute-${Date.now()}`;
		const { page } = await browser.demo();
		await page.evaluate(([id, hash]) => Object.assign(document.querySelector('script[data-key]').dataset, { userId: id, userHash: hash }), [name, hashOf(name)]);
		await call(page, 'shutdown');
		await page.evaluate(([id, hash]) => Object.assign(document.querySelector('script[data-key]').dataset, { userId: id, userHash: hash }), [name, hashOf(name)]);
		await call(page, 'boot', {});
		const widget = await new Widget(page).open();
		await eventually('known by the attributes', async () => (await stored(widget)).who);
		await call(page, 'shutdown');
		await eventually('the frame is gone', () => !page.frames().some((frame) => frame.url().includes('/widget/frame')));
		await call(page, 'boot', {});
		const next = await new Widget(page).open();
		await next.say('nobody in particular');
		await next.hears('nobody in particular');
		assert.equal((await stored(next)).who, undefined);
	});
});

test('the settings page, in light and dark, wide and narrow', async () => {
	for (const [colorScheme, width] of [['light', 1200], ['dark', 1200], ['light', 390]]) {
		const { page } = await browser.agent('/settings/identity', { colorScheme, viewport: { width, height: 900 } });
		await page.waitForSelector('h1');
		assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, 'nothing sticks out');
		await picture(page, `identity-${colorScheme}-${width}`);
	}
});
