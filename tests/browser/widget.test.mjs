// The widget's scripts without a browser: what they compute, and how the panel's engine behaves
// towards a server that fails in every way. Time does not pass here: pauses are written down.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { webcrypto as crypto } from 'node:crypto'; // no global in Node 18
import { readFileSync } from 'node:fs';
import { afterEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';
import { gzipSync } from 'node:zlib';

const root = fileURLToPath(new URL('../..', import.meta.url));
const source = (file) => readFileSync(root + file, 'utf8');
// As it is installed, which the stacks of the other tests do not serve.
const texts = new Map();
function served(file) {
	if (!texts.has(file))
		texts.set(file, execFileSync('awk', ['-f', root + 'scripts/strip.awk', root + file], { encoding: 'utf8' }));
	return texts.get(file);
}
const flush = () => new Promise((done) => setImmediate(done));

// localStorage as browsers have it: entries are properties, methods stand on the prototype.
class Storage {
	setItem(name, value) {
		if (this.full)
			throw new Error('QuotaExceededError');
		this[name] = String(value);
	}
}
Object.defineProperty(Storage.prototype, 'full', { value: false, writable: true });

// A tab: the panel's scripts with a server function(method, path, body, headers) => [status, body, headers].
function tab(server, { storage = new Storage(), locks } = {}) {
	const pauses = [], asked = [], listeners = {};
	const context = vm.createContext({
		URL, AbortController, crypto, console, queueMicrotask, clearTimeout: () => {},
		Math: Object.assign(Object.create(Math), { random: () => 0 }),
		localStorage: storage, navigator: { onLine: true, language: 'en', locks },
		document: { addEventListener: () => {}, visibilityState: 'visible' },
		addEventListener: (name, fn) => { listeners[name] = fn; },
		setTimeout(fn, ms) {
			pauses.push(ms);
			if (ms < 5000) // not the deadlines of requests
				setImmediate(fn);
		},
		async fetch(path, { method, headers, body }) {
			path = path.replace('../api/v1/widget/', '');
			asked.push(`${method} ${path}`);
			const answer = await server(method, path, body && JSON.parse(body), headers);
			if (!answer)
				throw new TypeError('Failed to fetch');
			const [status, data, more = {}] = answer;
			return { ok: status < 300, status, headers: { get: (name) => more[name] ?? null },
				text: async () => typeof data === 'string' ? data : data ? JSON.stringify(data) : '' };
		},
	});
	context.window = context;
	vm.runInContext(served('static/widget/core.js'), context);
	vm.runInContext(served('static/widget/sync.js'), context);
	const core = vm.runInContext('core', context);
	let changes = 0;
	const said = [];
	const sync = vm.runInContext('createSync', context)('pk_test', () => { changes++; }, (word) => said.push(word));
	return { core, sync, state: sync.state, storage, pauses, asked, listeners, said, get changes() { return changes; } };
}

async function until(what, check) {
	for (let i = 0; i < 2000; i++, await flush())
		if (check())
			return;
	assert.fail(what);
}

// A server with one visitor; `fail(method, path)` may answer in its stead, `lose` swallows answers.
// It falls silent after its test, so that the tabs come to rest.
const worlds = [];
const silence = new Promise(() => {});
afterEach(() => worlds.splice(0).forEach((world) => { world.closed = true; }));

function chat() {
	const self = { closed: false, token: null, visitor: { id: 'v1', verified: false }, conversation: null, messages: [], events: [], fail: () => null, lose: () => false, hidden: new Set() };
	const add = (fields) => {
		const message = { id: 'm' + (self.messages.length + 1), conversationId: 'c1', seq: self.messages.length + 1, createdAt: new Date().toISOString(), ...fields };
		self.messages.push(message);
		self.conversation.lastSeq = message.seq;
		if (!self.hidden.has(message.content))
			self.events.push({ type: 'message.created', conversationId: 'c1', data: { message } });
		return message;
	};
	const post = ({ clientId, content }) => self.messages.find((m) => m.clientId === clientId) ??
		add({ clientId, content, senderType: 'user', senderId: 'v1' });
	self.agent = (content) => add({ content, clientId: null, senderType: 'agent', senderId: 'a1', senderName: 'Mia' });
	worlds.push(self);
	self.server = async (method, path, body, headers) => {
		if (self.closed)
			return silence;
		const failed = self.fail(method, path, body);
		if (failed !== null)
			return failed;
		const answer = await self.handle(method, path, body, headers);
		return self.lose(method, path) ? undefined : answer;
	};
	self.handle = async (method, path, body, headers) => {
		if (path.startsWith('settings'))
			return [200, { name: 'Shop', agents: [] }];
		if (path === 'session?key=pk_test') {
			if (body.token && body.token !== self.token)
				return [401, { code: 'unauthorized' }];
			self.token ??= 't1';
			return [200, { token: self.token, visitor: self.visitor, settings: {}, conversation: self.conversation, cursor: String(self.events.length) }];
		}
		const known = () => headers.Authorization === 'Bearer ' + self.token;
		if (!known())
			return [401, {}];
		const query = new URL('http://x/' + path).searchParams;
		if (path.startsWith('events')) {
			const from = Number(query.get('cursor'));
			while (self.events.length === from && known() && !self.closed)
				await flush();
			if (self.closed)
				return silence;
			if (!known())
				return [401, {}];
			return [200, { cursor: String(self.events.length), events: self.events.slice(from), live: [], pollAfterMs: 0 }];
		}
		if (path === 'conversations') {
			self.conversation ??= { id: 'c1', status: 'open', lastSeq: 0, visitorReadSeq: 0, agentReadSeq: 0 };
			const message = post(body);
			return [201, { conversation: { ...self.conversation }, message }];
		}
		if (method === 'POST' && path.endsWith('/messages'))
			return [201, { message: post(body) }];
		if (path.includes('/messages?'))
			return [200, { data: self.messages.filter(({ seq }) => query.get('before') ? seq < query.get('before') : seq > Number(query.get('after'))) }];
		return [204];
	};
	return self;
}

const contents = (state) => Array.from(state.thread.list, (message) => message.content);

async function begun(world, options) {
	const one = tab(world.server, options);
	await one.sync.start();
	return one;
}

describe('core', () => {
	const { core } = tab(() => null);

	test('links: http and https only, as text of their own, without the end of the sentence', () => {
		const hrefs = (text) => Array.from(core.links(text), (part) => part.href).filter(Boolean);
		assert.deepEqual(hrefs('see https://a.example/b?c=d#e. And (http://b.example/x)!'), ['https://a.example/b?c=d#e', 'http://b.example/x']);
		assert.deepEqual(hrefs('www.example.org, https://de.wikipedia.org/wiki/Ton_(Keramik)'), ['https://www.example.org/', 'https://de.wikipedia.org/wiki/Ton_(Keramik)']);
		for (const text of ['javascript:alert(1)', 'data:text/html,x', 'vbscript:x', 'file:///etc/passwd', 'http://', 'https://user:pass@evil.example/', 'ahttp://x.example', 'plain'])
			assert.deepEqual(hrefs(text), [], text);
		for (const text of ['', 'a', 'https://a.example', 'x https://a.example y www.b.example z', '<b>https://a.example</b>'])
			assert.equal(Array.from(core.links(text), (part) => part.text).join(''), text);
	});

	test('colours: text on the accent, and the accent on every ground, have 4.5:1', () => {
		for (let i = 0; i < 4096; i += 7) {
			const color = '#' + [i >> 8, i >> 4 & 15, i & 15].map((part) => (part * 17).toString(16).padStart(2, '0')).join('');
			const { ground, ink } = core.accent(color);
			assert.ok(core.contrast(ground, ink) >= 4.5, color);
			for (const paper of ['#f1f3f6', '#252c37', '#ffffff', '#14181f'])
				assert.ok(core.contrast(core.legible(ground, paper), paper) >= 4.5, color + ' on ' + paper);
		}
		assert.equal(core.accent('#2f6fed').ink, '#ffffff');
		assert.equal(core.accent('#ffd60a').ink, '#000000');
		assert.equal(core.accent('#123456').ground, '#123456', 'a colour that is legible stays');
	});

	test('a thread is in the order of seq, has each message once, and knows its holes', () => {
		const thread = new core.Thread();
		const message = (seq) => ({ seq, content: 'm' + seq });
		thread.merge([message(7), message(5)]);
		thread.merge([message(5), message(8), { seq: null, private: true }]);
		assert.deepEqual(Array.from(thread.list, ({ seq }) => seq), [5, 7, 8]);
		assert.equal(thread.hole(8), 5);
		thread.merge([message(6)]);
		assert.equal(thread.hole(8), null);
		assert.equal(thread.hole(9), 8);
		assert.equal(new core.Thread().hole(0), null);
		assert.equal(new core.Thread().hole(1), 0);
	});

	test('pauses grow to 30 s, are spread, and are never shorter than asked for', () => {
		const spread = tab(() => null).core;
		for (let n = 1; n < 20; n++) {
			assert.equal(spread.backoff(n), 0, 'the lower end with a random of 0');
			assert.equal(spread.backoff(n, 2000), 2000);
		}
		const { core: upper } = (() => { const context = vm.createContext({ window: {}, URL, Math: Object.assign(Object.create(Math), { random: () => 1 }) }); vm.runInContext(served('static/widget/core.js'), context); return { core: vm.runInContext('core', context) }; })();
		assert.deepEqual([1, 2, 3, 6, 20].map((n) => upper.backoff(n)), [1000, 2000, 4000, 30000, 30000]);
		assert.deepEqual([1, 2, 3, 6, 20].map((n) => upper.backoff(n, 3000)), [4000, 5000, 7000, 11000, 11000], 'a server that answers');
	});

	test('which failures pass', () => {
		const passing = (status, seconds) => core.failure(status, seconds).passing;
		for (const status of [0, 408, 429, 500, 502, 503, 504])
			assert.equal(passing(status), true, String(status));
		for (const status of [400, 401, 403, 404, 409, 410, 413, 422])
			assert.equal(passing(status), false, String(status));
		assert.equal(passing(409, 1), true, 'in flight');
		assert.equal(core.failure(503, 1e9).retryAfter, 600000);
	});

	test('an answer that is not ours counts as none', async () => {
		const { core: portal } = tab(async () => [200, '<html>Sign in to the hotel</html>']);
		await assert.rejects(portal.request('GET', 'settings?key=x'), { status: 0, passing: true });
	});

	test('storage that is full or forbidden: everything lasts as long as the page', () => {
		const storage = new Storage();
		const store = tab(() => null, { storage }).core.storage('p.');
		store.set('a', '1');
		storage.full = true;
		store.set('a', '2');
		store.set('b', '3');
		assert.deepEqual([store.get('a'), store.get('b'), ...store.names()], ['2', '3', 'a', 'b']);
		store.remove('a');
		assert.deepEqual([store.get('a'), ...store.names()], [undefined, 'b']);
	});
});

describe('sync', () => {
	test('opening asks for the settings only; the first message makes the visitor', async () => {
		const world = chat();
		const { sync, state, asked, storage } = await begun(world);
		assert.deepEqual(asked, ['GET settings?key=pk_test']);
		assert.deepEqual(Object.keys(storage), []);
		sync.send('one');
		await until('sent', () => contents(state).join() === 'one' && !state.pending.length);
		assert.deepEqual(asked.filter((line) => line.startsWith('POST')), ['POST session?key=pk_test', 'POST conversations']);
	});

	test('in order and once, whatever is lost', async () => {
		for (const mode of ['request', 'answer', 'both']) {
			const world = chat();
			let n = 0;
			if (mode !== 'answer')
				world.fail = (method) => method === 'POST' && n++ % 3 ? undefined : null;
			if (mode !== 'request')
				world.lose = (method) => method === 'POST' && n++ % 2 === 0;
			const { sync, state } = await begun(world);
			for (const text of ['one', 'two', 'three', 'four'])
				sync.send(text);
			await until(mode + ': sent', () => !state.pending.length && contents(state).length === 4);
			assert.deepEqual(world.messages.map(({ content }) => content), ['one', 'two', 'three', 'four'], mode);
			assert.deepEqual(contents(state), ['one', 'two', 'three', 'four'], mode);
		}
	});

	test('what was not sent survives the page, and the next page sends it', async () => {
		const world = chat();
		const first = await begun(world);
		first.sync.send('one');
		await until('sent', () => !first.state.pending.length && contents(first.state).length === 1);
		world.fail = (method) => method === 'POST' ? undefined : null;
		first.sync.send('two');
		first.sync.send('three');
		await until('unsent', () => first.state.pending[0]?.error === 'passing' && first.state.offline);
		const stored = Object.assign(new Storage(), first.storage);
		world.fail = () => null;
		const { state } = await begun(world, { storage: stored });
		await until('sent', () => !state.pending.length && contents(state).length === 3);
		assert.deepEqual(world.messages.map(({ content }) => content), ['one', 'two', 'three']);
	});

	test('Retry-After is waited for; what is refused for good does not stop the others', async () => {
		const world = chat();
		const { sync, state, pauses } = await begun(world);
		sync.send('one');
		await until('sent', () => contents(state).length === 1);
		let busy = 1;
		world.fail = (method, path, body) => method !== 'POST' || !body.content ? null :
			body.content === 'bad' ? [422, {}] : busy-- > 0 ? [429, {}, { 'Retry-After': '4' }] : null;
		pauses.length = 0;
		sync.send('bad');
		sync.send('good');
		await until('sent', () => contents(state).join() === 'one,good');
		assert.ok(pauses.includes(4000));
		assert.deepEqual(Array.from(state.pending, ({ content, error }) => [content, error]), [['bad', 'final']]);
		sync.discard(state.pending[0]);
		assert.equal(state.pending.length, 0);
	});

	test('events arrive, holes are filled, unread are counted until read', async () => {
		const world = chat();
		const { sync, state, asked } = await begun(world);
		sync.send('one');
		await until('sent', () => contents(state).length === 1);
		world.hidden.add('lost');
		world.agent('lost');
		world.agent('seen');
		await until('both', () => contents(state).join() === 'one,lost,seen');
		assert.ok(asked.some((line) => line.endsWith('/messages?limit=100&after=1')));
		assert.equal(sync.unread(), 2);
		sync.read();
		assert.equal(sync.unread(), 0);
		world.agent('more');
		await until('more', () => contents(state).length === 4);
		assert.equal(asked.filter((line) => line.endsWith('/read')).length, 1, 'told once');
	});

	test('a cursor that is too old: the state is loaded as at start-up', async () => {
		const world = chat();
		const { sync, state, asked } = await begun(world);
		sync.send('one');
		await until('sent', () => contents(state).length === 1);
		world.hidden.add('silent');
		world.agent('silent');
		let gone = 1;
		world.fail = (method, path) => path.startsWith('events') && gone-- > 0 ? [410, { code: 'resync' }] : null;
		world.events.push({ type: 'message.read', conversationId: 'c1', data: { conversationId: 'c1', reader: 'agent', seq: 1 } });
		await until('there', () => contents(state).join() === 'one,silent');
		assert.equal(asked.filter((line) => line === 'POST session?key=pk_test').length, 2);
	});

	test('a busy server after that: each part is asked for again, and the old cursor no more', async () => {
		const world = chat();
		const { sync, state, asked } = await begun(world);
		sync.send('one');
		await until('sent', () => contents(state).length === 1);
		world.hidden.add('silent');
		world.agent('silent');
		const refusals = { events: 1, session: 3, messages: 2 };
		world.fail = (method, path) => {
			const [part] = /^events|^session|messages(?=\?)/.exec(path) ?? [];
			if (!(refusals[part] > 0))
				return null;
			refusals[part]--;
			return part === 'events' ? [410, { code: 'resync' }] : [503, {}, { 'Retry-After': '1' }];
		};
		asked.length = 0;
		world.events.push({ type: 'message.read', conversationId: 'c1', data: { conversationId: 'c1', reader: 'agent', seq: 1 } });
		await until('there', () => contents(state).join() === 'one,silent');
		const parts = asked.map((line) => /events|session|messages(?=\?)/.exec(line)?.[0]).filter(Boolean);
		const from = parts.indexOf('session');
		assert.deepEqual(parts.slice(from, from + 7), [...Array(4).fill('session'), ...Array(3).fill('messages')]);
	});

	test('a token that is dead: nothing of the old conversation stays, the next message begins anew', async () => {
		const world = chat();
		const { sync, state, storage } = await begun(world);
		sync.send('one');
		await until('sent', () => contents(state).length === 1);
		Object.assign(world, { token: 't2', conversation: null, messages: [], events: [] });
		await until('forgotten', () => !state.conversation && !contents(state).length);
		assert.equal(storage['parlor.pk_test.token'], undefined);
		sync.send('new');
		await until('sent', () => contents(state).join() === 'new');
		assert.equal(storage['parlor.pk_test.token'], 't2');
	});

	test('a token that is found dead by sending: the message goes into a new conversation', async () => {
		const world = chat();
		const first = await begun(world);
		first.sync.send('one');
		await until('sent', () => contents(first.state).length === 1);
		world.fail = (method, path) => path.startsWith('events') ? silence : null;
		const { sync, state } = await begun(world, { storage: Object.assign(new Storage(), first.storage) });
		Object.assign(world, { token: 't2', conversation: null, messages: [] });
		sync.send('new');
		await until('sent', () => contents(state).join() === 'new' && !state.pending.length);
		assert.equal(world.messages.length, 1);
	});

	test('with locks that are denied, and with those of another tab', async () => {
		const denied = { request: async () => { throw new Error('SecurityError'); } };
		const one = await begun(chat(), { locks: denied });
		one.sync.send('one');
		await until('sent', () => contents(one.state).length === 1);
		const never = { request: (name, options, fn) => name.includes('.lead.') && !options.steal ? new Promise(() => {}) : (fn ?? options)() };
		const world = chat();
		const two = await begun(world, { locks: never });
		await flush();
		assert.ok(!two.asked.some((line) => line.includes('events')));
		two.sync.send('mine'); // the tab in use takes the lead
		await until('sent', () => contents(two.state).length === 1);
	});

	test('typing is told at most once in 3 s', async () => {
		const world = chat();
		const { sync, asked, state } = await begun(world);
		sync.send('one');
		await until('sent', () => contents(state).length === 1);
		for (let i = 0; i < 50; i++)
			sync.typed();
		assert.equal(asked.filter((line) => line.endsWith('/typing')).length, 1);
	});

	test('leaving takes everything out of the storage', async () => {
		const world = chat();
		const { sync, state, storage } = await begun(world);
		sync.send('one');
		await until('sent', () => contents(state).length === 1);
		sync.store.set('draft', 'something');
		sync.leave();
		assert.deepEqual(Object.keys(storage), []);
		assert.deepEqual([state.conversation, contents(state).length, state.pending.length], [null, 0, 0]);
	});

	test('leaving ends the token on the server, and waits for that', async () => {
		const world = chat();
		const { sync, state, asked, said } = await begun(world);
		sync.send('one');
		await until('sent', () => contents(state).length === 1);
		await sync.leave();
		assert.ok(asked.includes('DELETE session'));
		assert.ok(said.includes('cleared'));
		asked.length = 0;
		await sync.leave();
		assert.deepEqual(asked, [], 'without a token there is nothing to end');
	});
});

test('what another tab sent and took out of the outbox is not waited for, without locks', async () => {
	const world = chat();
	const { sync, state, storage } = await begun(world);
	world.fail = (method, path) => path === 'conversations' ? [503, {}] : null;
	sync.send('one');
	await until('kept', () => state.pending[0]?.error === 'passing');
	let looked = 0;
	const { get } = sync.store;
	sync.store.get = (name) => {
		assert.ok(++looked < 100, 'it looks for ever, and lets nothing else happen'); // so no deadline would help
		return get(name);
	};
	for (const name of Object.keys(storage).filter((one) => one.includes('.out.')))
		delete storage[name];
	await until('done', () => !state.pending.length);
	world.fail = () => null;
	sync.send('two');
	await until('sent', () => contents(state).join() === 'two');
});

// What other tabs write while this one finds out who its visitor is: on a shared computer, after a first message there.
describe('a token of another tab', () => {
	async function beside(world) {
		const there = await begun(world);
		const here = tab(world.server, { storage: new Storage() });
		await here.sync.start();
		there.sync.send('from the other tab');
		await until('sent', () => contents(there.state).length === 1);
		Object.assign(here.storage, there.storage);
		here.asked.length = 0;
		const { handle } = world;
		world.handle = async (...request) => {
			await flush(); // a server takes its time
			await flush();
			return handle(...request);
		};
		return here;
	}

	test('is taken once, however much is written meanwhile', async () => {
		const here = await beside(chat());
		for (let i = 0; i < 50 && !here.state.conversation; i++) {
			here.listeners.storage({ key: i ? 'parlor.pk_test.draft' : 'parlor.pk_test.token' });
			await flush();
		}
		await until('loaded', () => contents(here.state).join() === 'from the other tab');
		assert.equal(here.asked.filter((line) => line.startsWith('POST session')).length, 1);
	});

	test('is not looked for when the page around writes entries of its own', async () => {
		const here = await beside(chat());
		for (const key of ['parlor.pk_test', 'theirs', ''])
			here.listeners.storage({ key });
		await flush();
		assert.deepEqual(here.asked.filter((line) => line.startsWith('POST session')), []);
		here.listeners.storage({ key: null }); // all was cleared, or may have been
		await until('loaded', () => contents(here.state).join() === 'from the other tab');
	});
});

// A server that asks for proof of whom the page names: users by hash.
function proving(users) {
	const world = chat();
	const { handle } = world;
	world.users = users;
	world.handle = async (method, path, body, headers) => {
		if (path !== 'session?key=pk_test' || !body.user?.hash)
			return handle(method, path, body, headers);
		const id = users[body.user.hash];
		if (!id)
			return [403, { code: 'identity_invalid' }];
		if (world.visitor.id !== id)
			Object.assign(world, { token: `t-${id}`, visitor: { id, verified: true }, conversation: null, messages: [], events: [] });
		return handle(method, path, { ...body, token: undefined }, headers);
	};
	return world;
}
const visit = (sync, user) => sync.visit('https://shop.example/', '', user);
const ada = { id: 'a', hash: 'hash of a' }, bo = { id: 'b', hash: 'hash of b' };

describe('who the visitor is', () => {
	test('a proof has its history when the panel opens, claims wait for the first message', async () => {
		const world = proving({ 'hash of a': 'a' });
		const known = tab(world.server);
		visit(known.sync, ada);
		await known.sync.start();
		assert.equal(known.storage['parlor.pk_test.token'], 't-a');
		const claimed = tab(chat().server);
		visit(claimed.sync, { name: 'Ada', email: 'ada@example.com' });
		await claimed.sync.start();
		assert.equal(claimed.storage['parlor.pk_test.token'], undefined);
	});

	test('an anonymous conversation gives way to that of the person, and the outbox goes along', async () => {
		const world = proving({ 'hash of a': 'a' });
		const { sync, state, storage } = await begun(world);
		sync.send('anonymous');
		await until('sent', () => contents(state).length === 1);
		visit(sync, ada);
		await until('identified', () => storage['parlor.pk_test.token'] === 't-a' && !state.conversation);
		assert.equal(storage['parlor.pk_test.who'], 'a');
		sync.send('known');
		await until('sent', () => contents(state).join() === 'known');
	});

	test('what is under way when the person becomes known arrives once', async () => {
		const world = proving({ 'hash of a': 'a' });
		const { sync, state, storage } = await begun(world);
		const { handle } = world, arrived = [];
		let release;
		world.handle = async (method, path, body, headers) => {
			if (path !== 'conversations')
				return handle(method, path, body, headers);
			arrived.push(headers.Authorization);
			const answer = await handle(method, path, body, headers);
			await new Promise((done) => { release = done; });
			return answer;
		};
		sync.send('on its way');
		await until('asked', () => release);
		visit(sync, ada);
		await until('identified', () => storage['parlor.pk_test.token'] === 't-a');
		release();
		await until('done', () => !state.pending.length);
		assert.deepEqual(arrived, ['Bearer t1']);
	});

	test('the same user told again asks nothing; another one does not inherit what was written', async () => {
		const world = proving({ 'hash of a': 'a', 'hash of b': 'b' });
		const { sync, state, asked, storage, said } = await begun(world);
		visit(sync, ada);
		await until('identified', () => storage['parlor.pk_test.who'] === 'a');
		asked.length = 0;
		visit(sync, { ...ada });
		await flush();
		assert.ok(!asked.some((line) => line.includes('session')));
		world.fail = (method, path) => path === 'conversations' ? [503, {}] : null;
		sync.send('from Ada');
		sync.store.set('draft', 'of Ada');
		await until('kept', () => state.pending[0]?.error === 'passing');
		said.length = 0;
		visit(sync, bo);
		await until('Bo', () => storage['parlor.pk_test.who'] === 'b');
		assert.deepEqual(Object.keys(storage).sort(), ['parlor.pk_test.token', 'parlor.pk_test.who']);
		assert.ok(said.includes('cleared'), 'and not what stands in the field');
		world.fail = () => null;
		sync.send('from Bo');
		await until('sent', () => contents(state).join() === 'from Bo');
	});

	test('a proof that is over: the page is told; who has a token goes on, others wait for a new proof', async () => {
		const world = proving({ 'hash of a': 'a' });
		const one = await begun(world);
		visit(one.sync, ada);
		await until('identified', () => one.storage['parlor.pk_test.token'] === 't-a');
		delete world.users['hash of a'];
		const again = tab(world.server, { storage: Object.assign(new Storage(), one.storage) });
		visit(again.sync, ada);
		await again.sync.start();
		assert.deepEqual([again.state.phase, again.said.join()], ['ready', 'refused']);
		again.sync.send('still Ada');
		await until('sent', () => contents(again.state).join() === 'still Ada');

		const fresh = tab(world.server);
		visit(fresh.sync, ada);
		await fresh.sync.start();
		assert.deepEqual([fresh.state.phase, fresh.said.join(), fresh.storage['parlor.pk_test.token']], ['expired', 'refused', undefined]);
		world.users['hash anew'] = 'a';
		visit(fresh.sync, { id: 'a', hash: 'hash anew' });
		await fresh.sync.start();
		await until('there', () => fresh.state.phase === 'ready' && fresh.storage['parlor.pk_test.token'] === 't-a');
	});
});

describe('the files', () => {
	const size = (text) => gzipSync(text, { level: 6 }).length;

	test('the loader is at most 3 KB, the panel 12 KB as served', () => {
		assert.ok(size(source('static/widget.js')) <= 3072);
		const panel = ['templates/widget/frame.html', 'static/widget/panel.css', 'static/widget/core.js', 'static/widget/sync.js', 'static/widget/panel.js'];
		assert.ok(panel.reduce((sum, file) => sum + size(served(file)), 0) <= 12288);
		/* Fetched when the panel stands. */
		assert.ok(['static/widget/files.js', 'static/widget/files.css'].reduce((sum, file) => sum + size(served(file)), 0) <= 5120);
	});

	test('what strip.awk leaves is the same program', () => {
		for (const file of ['widget.js', 'widget/host.js', 'widget/core.js', 'widget/sync.js', 'widget/panel.js', 'widget/files.js']) {
			const text = served('static/' + file);
			assert.doesNotThrow(() => new vm.Script(text), file);
			assert.ok(!text.includes('/*') && text.length > 1000, file);
			const words = (script) => script.match(/'[^'\n]*'|`[^`\n]*`/g).filter((word) => !word.includes('$')).sort();
			assert.deepEqual(words(text), words(source('static/' + file).replace(/\/\*[^]*?\*\//g, '')), file);
		}
	});

	test('nothing inline, nothing from elsewhere', () => {
		const page = source('templates/widget/frame.html');
		assert.ok(!/\son\w+=|\sstyle=|<style|javascript:/.test(page));
		assert.ok(![...page.matchAll(/(?:src|href)="([^"]*)"/g)].some(([, address]) => !address.startsWith('../static/')));
		for (const file of ['widget.js', 'widget/host.js', 'widget/core.js', 'widget/sync.js', 'widget/panel.js', 'widget/files.js'])
			assert.ok(!/innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function/.test(source('static/' + file)), file);
	});
});
