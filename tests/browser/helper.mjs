// Visitors and agents in real windows. What a window complains of is gathered and has to be nothing.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { after } from 'node:test';
import { chromium } from 'playwright-core';
import { CANARY, noCanary } from '../lib/client.mjs';
import { eventually as within, useWorld } from '../lib/world.mjs';

// A browser on a busy machine takes its time.
export const eventually = (what, check, options) => within(what, check, { seconds: 25, ...options });

const browsers = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = process.env.CHROMIUM ?? browsers.find(existsSync);

// Of the browser's features: those that Playwright does without, whose clicks would not wait for the page to come
// otherwise, since the last list counts; and pages of the browser's own for a field that nobody sees, two thirds of
// what a window costs.
const WITHOUT = ['AvoidUnnecessaryBeforeUnloadCheckSync', 'BoundaryEventDispatchTracksNodeRemoval', 'DestroyProfileOnBrowserClose',
	'DialMediaRouteProvider', 'GlobalMediaControls', 'HttpsUpgrades', 'LensOverlay', 'MediaRouter', 'PaintHolding',
	'ThirdPartyStoragePartitioning', 'Translate', 'AutoDeElevate', 'RenderDocument', 'OptimizationHints', 'msForceBrowserSignIn',
	'msEdgeUpdateLaunchServicesPreferredVersion', 'WebUIOmniboxPopup', 'WebUIOmniboxAimPopup'];

async function keepsTheirs(browser) {
	const session = await browser.newBrowserCDPSession(), { commandLine } = await session.send('SystemInfo.getInfo');
	const lists = [...commandLine.matchAll(/--disable-features=(\S+)/g)].map(([, list]) => list.split(','));
	const last = lists.pop();
	assert.ok(lists.length, commandLine);
	assert.deepEqual(lists.flat().filter((name) => !last.includes(name)), [], 'Playwright does without these, too');
}

// The world with the demo organization, and a browser.
export async function useBrowser() {
	const own = { seed: true, options: { 'limits.limits_off': 'yes' } };
	const world = await useWorld(process.env.PARLOR_TEST_STACK ? undefined : own);
	const browser = await chromium.launch({ executablePath,
		args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run',
		'--disable-background-networking', '--disable-component-update',
		`--disable-features=${WITHOUT.join(',')}`] });
	after(() => browser.close());
	await keepsTheirs(browser);
	const windows = [];

	async function open(url, { storageState, ...options } = {}) {
		const context = await browser.newContext({ viewport: { width: 1200, height: 800 }, locale: 'en-GB',
			storageState, ...options });
		context.setDefaultTimeout(25000);
		const window = { context, faults: [], dialogs: [], page: null };
		context.on('page', (page) => watch(page, window));
		window.page = await context.newPage();
		windows.push(window);
		await window.page.goto(url);
		return window;
	}

	return {
		world, browser, open,
		demo: () => open(world.stack.demoPage),
		agent: async (path = '/inbox?view=all', options) =>
			open(world.url + path, { storageState: await signedIn(), ...options }),
		// Closes all windows of a test; none may have complained, unless what it said was expected.
		async close({ allow = /^$/ } = {}) {
			for (const { context, faults, dialogs } of windows.splice(0)) {
				await lookThrough(context);
				await context.close();
				assert.deepEqual(faults.filter((text) => !allow.test(text)), []);
				assert.deepEqual(dialogs, []);
			}
		},
	};

	// By the sign-in form, once.
	async function signedIn() {
		world.signedIn ??= (async () => {
			const { context, page } = await open(`${world.url}/sign-in`);
			await page.fill('[name=email]', world.stack.admin.email);
			await page.fill('[name=password]', world.stack.admin.password);
			await page.press('[name=password]', 'Enter');
			await page.waitForURL(/\/inbox/);
			return context.storageState();
		})();
		return world.signedIn;
	}
}

// What the pages show at the end, and what they keep.
async function lookThrough(context) {
	for (const page of context.pages())
		for (const frame of page.frames())
			noCanary(await frame.evaluate(() => `${document.documentElement.outerHTML}${JSON.stringify({ ...localStorage })}`)
				.catch(() => ''), frame.url());
}

// Errors, refusals of the content security policy, dialogs: a page has none.
function watch(page, { faults, dialogs }) {
	page.on('console', (message) => {
		if (['error', 'warning'].includes(message.type()))
			faults.push(`${message.text()} ${message.location().url ?? ''}`);
	});
	page.on('pageerror', (error) => faults.push(String(error)));
	page.on('dialog', (dialog) => {
		dialogs.push(dialog.message());
		dialog.dismiss().catch(() => {});
	});
	page.on('response', async (response) => {
		if (response.status() >= 500)
			faults.push(`${response.status()} ${response.url()}`);
		// A redirect has no body, and one of a page that was left is gone.
		const text = await response.text().catch(() => '');
		if (text.includes(CANARY))
			faults.push(`a text of another organization: ${response.url()}`);
	});
}

// The widget on a page. Its launcher and frame stand in a closed shadow root: it is found as a person
// does, at the corner.
export class Widget {
	constructor(page) {
		this.page = page;
	}

	async click() {
		const { width, height } = this.page.viewportSize();
		await this.page.mouse.click(width - 48, height - 48);
	}

	async open() {
		await this.page.waitForFunction(() => window.Parlor?.loaded);
		await this.click();
		return this.ready();
	}

	// The panel's frame, once it is there and has loaded.
	async ready() {
		this.frame = await eventually('the panel',
			() => this.page.frames().find((frame) => frame.url().includes('/widget/frame')));
		await this.frame.waitForSelector('body.ready', { state: 'attached' });
		return this;
	}

	async say(text) {
		await this.frame.fill('#text', text);
		await this.frame.press('#text', 'Enter');
	}

	texts() {
		return this.frame.$$eval('#log .row .bubble', (all) => all.map((one) => one.textContent));
	}

	mine() {
		return this.frame.$$eval('#log .row.mine .bubble', (all) => all.map((one) => one.textContent));
	}

	meta() {
		return this.frame.$$eval('#log .meta', (all) => all.map((one) => one.textContent).filter(Boolean));
	}

	hears(text) {
		return eventually(`the visitor reads "${text}"`, async () => (await this.texts()).includes(text));
	}

	// The number of the conversation on the server, from what the panel asked for.
	async conversation() {
		const token = await this.frame.evaluate(() =>
			Object.entries(localStorage).find(([name]) => name.endsWith('.token'))?.[1]);
		assert.ok(token);
		const answer = await this.frame.evaluate(async (value) => (await fetch('/api/v1/widget/conversations',
			{ headers: { Authorization: `Bearer ${value}` }, credentials: 'omit' })).json(), token);
		return answer.data[0].id;
	}
}

// The dashboard's thread.
export const thread = {
	texts: (page) => page.$$eval('#messages li.message:not(.is-pending) .text',
		(all) => all.map((one) => one.textContent)),
	hears: (page, text) => eventually(`the agent reads "${text}"`,
		async () => (await thread.texts(page)).includes(text)),
	async say(page, text) {
		await page.fill('#content', text);
		await page.click('#composer .for-reply .is-primary');
	},
};

// A picture for whoever looks into a failure, in the folder that PARLOR_PICTURES names.
export async function picture(page, name) {
	if (process.env.PARLOR_PICTURES)
		await page.screenshot({ path: path.join(process.env.PARLOR_PICTURES, `${name}.png`) });
}
