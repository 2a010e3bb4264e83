// The request line and the headers, byte by byte: one spelling of a path counts, all others are
// nothing; what is ambiguous is refused; no answer lacks what protects the reader.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { expect, newAddress, useWorld, word } from '../lib/world.mjs';
import { exchange, lines } from '../lib/raw.mjs';
import { inTurns } from '../lib/requests.mjs';
import { vectors } from '../lib/vectors.mjs';

const world = await useWorld();
const shop = await world.organization();
const visitor = await shop.visitor();
const { conversation } = await visitor.begin();

const auth = `Authorization: Bearer ${shop.secretKey}`;
const staff = await shop.staff('admin');
const browser = [`Cookie: ${staff.headers.Cookie}`, 'Sec-Fetch-Site: same-origin', `Origin: ${world.url}`, `X-CSRF-Token: ${staff.headers['X-CSRF-Token']}`];
const routes = JSON.parse(await world.stack.parlor('routes', '--json'));
const get = (path, ...headers) => lines(world.url, `GET ${path} HTTP/1.1`, headers);

const forms = vectors('paths.txt');

// Other spellings of a path: every line of tests/vectors/paths.txt that makes another text of it.
function spellings(path) {
	const last = path.slice(path.lastIndexOf('/') + 1), head = path.slice(0, path.length - last.length);
	const hex = (text) => [...Buffer.from(text)].map((byte) => `%${byte.toString(16)}`).join('');
	const parts = { path, rest: path.slice(1), head, last, LAST: last.toUpperCase(), PATH: path.toUpperCase(),
		Last: `${last.slice(0, 1).toUpperCase()}${last.slice(1)}`, Path: `/${path.slice(1, 2).toUpperCase()}${path.slice(2)}`,
		hexfirst: `/${hex(path.slice(1, 2))}${path.slice(2)}`, hexlast: `${head}${hex(last.slice(0, 1))}${last.slice(1)}`, hexall: `/${hex(path.slice(1))}`,
		doubled: path.replaceAll('/', '//'), slashes: `/${path.slice(1).replaceAll('/', '%2f')}`, SLASHES: `/${path.slice(1).replaceAll('/', '%2F')}`,
		backslashes: `/${path.slice(1).replaceAll('/', '\\')}`, twice: `/${path.slice(1).replaceAll('/', '%252f')}` };
	const all = forms.map(([form]) => form.replace(/\{(\w+)\}/g, (_, name) => parts[name]));
	return [...new Set(all)].filter((one) => one !== path);
}

describe('a path', () => {
	test('has forms enough', () => assert.ok(forms.length >= 60 && spellings('/api/v1/me').length >= 60));

	// Limits and rights go by the row of the table: with every credential that the row takes, another
	// spelling is nothing, in the web server as in the workers.
	for (const route of routes.filter(({ path }) => path !== '/'))
		test(`${route.method} ${route.path} has one spelling`, async () => {
			const path = route.path.replace(/:\w+/g, (name) => (name === ':visitor' ? visitor.id : conversation.id));
			const wrong = [];
			await inTurns(spellings(path), 3, async (form) => {
				const headers = route.actors.includes('agent') ? browser : route.actors.includes('visitor')
					? [`Authorization: Bearer ${visitor.token}`] : browser.slice(1);
				const { status, body } = await lines(world.url, `${route.method} ${form}${route.method === 'GET' ? '?wait=0' : ''} HTTP/1.1`,
					[...headers, ...route.method === 'GET' ? [] : ['Content-Length: 0', `Content-Type: application/${route.form ? 'x-www-form-urlencoded' : 'json'}`]], '',
					{ from: newAddress() });
				// Where an id stands last, some are other ids: what is wrong with those is said in its way. 405: the
				// path of another row, which takes an id there.
				const another = /:\w+$/.test(route.path) && /^[\w.~-]+$/.test(form.split('/').pop());
				if (!(another ? status >= 400 && status < 500 : [400, 404, 405].includes(status)) || body.includes(shop.id))
					wrong.push(`${form}: ${status}`);
			});
			assert.deepEqual(wrong, []);
		});

	test('of a waiting poll reaches no other worker by another spelling', async () => {
		for (const form of spellings('/api/v1/widget/events')) {
			const { status } = await get(`${form}?wait=0`, `Authorization: Bearer ${visitor.token}`);
			assert.ok([400, 404].includes(status), `${form}: ${status}`);
		}
	});

	test('in absolute form names this host', async () => {
		const { status } = await get(`${world.url}/api/v1/me`, auth);
		assert.equal(status, 200);
		assert.ok([0, 400, 404].includes((await get('http://evil.example/api/v1/me', auth)).status));
	});

	test('may be long, but not endless', async () => {
		for (const n of [65, 600, 5000])
			assert.ok([400, 404].includes((await get(`/api/v1/conversations/${'x'.repeat(n)}`, auth)).status));
		assert.ok([400, 414].includes((await get(`/api/v1/${'x'.repeat(40000)}`, auth)).status));
	});

	test('of a static file does not leave its folder', async () => {
		const outside = ['/static/../src/main.c', '/static/%2e%2e/src/main.c', '/static/..%2fsrc/main.c', '/static/',
			'/static', '/static/widget/', '/static/.git/config', '/src/main.c', '/templates/layout.html',
			'/static/x%00.css', '/parlor.ini', '/var/quickstart.json'];
		for (const path of outside)
			assert.ok([400, 404].includes((await get(path)).status), path);
	});
});

describe('a method', () => {
	test('that a path does not take is named in Allow', async () => {
		const cases = [
			['DELETE', '/api/v1/me', 'GET, PATCH'],
			['FETCH', '/api/v1/me', 'GET, PATCH'],
			['PUT', `/api/v1/conversations/${conversation.id}`, 'GET, PATCH'],
			['GET', `/api/v1/conversations/${conversation.id}/notes`, 'POST'],
			['PATCH', '/api/v1/widget/settings', 'GET'],
		];
		for (const [method, path, allow] of cases) {
			const answer = expect(await shop.api.request(method, path), 405);
			assert.equal(answer.headers.allow, allow, `${method} ${path}`);
		}
		assert.ok([400, 405].includes((await lines(world.url, 'TRACE /api/v1/me HTTP/1.1', [auth])).status));
		assert.ok([400, 405].includes((await lines(world.url, 'CONNECT /api/v1/me HTTP/1.1', [auth])).status));
	});

	test('HEAD is GET without a body', async () => {
		const answer = expect(await shop.api.request('HEAD', '/api/v1/me'), 200);
		assert.equal(answer.bytes.length, 0);
		expect(await shop.client().request('HEAD', '/api/v1/me'), 401);
	});
});

// Of headers more in headers.test.mjs.
describe('a body', () => {
	const target = `/api/v1/conversations/${conversation.id}/messages`;
	const json = 'Content-Type: application/json';

	test('in chunks counts', async () => {
		const text = JSON.stringify({ clientId: word(8), content: 'in pieces' });
		const chunks = text.match(/.{1,7}/g).map((part) =>
			`${part.length.toString(16)}\r\n${part}\r\n`).join('') + '0\r\n\r\n';
		const { status } = await lines(world.url, `POST ${target} HTTP/1.1`, [auth, json, 'Transfer-Encoding: chunked'],
			chunks);
		assert.equal(status, 201);
	});

	test('that ends too soon is no message', async () => {
		const text = JSON.stringify({ clientId: 'cut', content: 'cut off' });
		const before = (await shop.api.get(target)).json.data.length;
		const half = exchange(world.url, [`POST ${target} HTTP/1.1`, `Host: ${new URL(world.url).host}`, auth, json,
			`Content-Length: ${text.length + 10}`, '', text].join('\r\n'), { leave: true });
		assert.ok([0, 400, 408].includes((await half).status));
		assert.equal((await shop.api.get(target)).json.data.length, before);
	});
});

describe('what everybody may see', () => {
	test('health, the loader, files, errors', async () => {
		const anyone = shop.client();
		const cases = [
			['/healthz', 200, /json/],
			['/readyz', 200, /json/],
			['/widget.js', 200, /javascript/],
			['/static/widget/core.js', 200, /javascript/],
			['/static/widget/panel.css', 200, /css/],
			[`/widget/frame?key=${shop.key}`, 200, /html/],
			['/widget/frame?key=pk_none', 404, /html/],
			['/widget/frame', 404, /html/],
			['/no/such/page', 404, /html/],
			['/static/none.css', 404, /html/],
			['/api/v1/none', 404, /problem\+json/],
			['/api/v2/me', 404, /problem\+json/],
			['/api/', 404, /problem\+json/],
		];
		for (const [path, status, type] of cases) {
			const answer = expect(await anyone.get(path), status);
			assert.match(answer.headers['content-type'], type, path);
		}
		const loader = await anyone.get('/widget.js');
		assert.equal(loader.headers['access-control-allow-origin'], '*');
		assert.equal(loader.headers['cross-origin-resource-policy'], 'cross-origin');
	});

	test('a page may be framed only by the organization\'s sites', async () => {
		const o = await world.organization({ domains: 'shop.example, *.shop.example\nother.example:8443' });
		const policy = (await o.client().get(`/widget/frame?key=${o.key}`)).headers['content-security-policy'];
		const [, sources] = /frame-ancestors ([^;]*)/.exec(policy);
		assert.deepEqual(sources.trim().split(/\s+/).sort(),
			["'self'", '*.shop.example', 'other.example:8443', 'shop.example']);
		const sign = (await o.client().get('/sign-in')).headers['content-security-policy'];
		assert.match(sign, /frame-ancestors 'none'/);
	});
});
