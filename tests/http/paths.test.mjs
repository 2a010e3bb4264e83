// The request line and the headers, byte by byte: one spelling of a path counts, all others are
// nothing; what is ambiguous is refused; no answer lacks what protects the reader.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { expect, useWorld, word } from '../lib/world.mjs';
import { exchange, lines } from '../lib/raw.mjs';

const world = await useWorld();
const shop = await world.organization();
const visitor = await shop.visitor();
const { conversation } = await visitor.begin();

const auth = `Authorization: Bearer ${shop.secretKey}`;
const get = (path, ...headers) => lines(world.url, `GET ${path} HTTP/1.1`, headers);

// Other spellings of a path with at least three parts.
function spellings(path) {
	const [first, ...rest] = path.slice(1).split('/');
	const last = rest.at(-1), head = path.slice(0, -last.length);
	return [
		`/${path}`, `//${path}`, path.replaceAll('/', '//'), `${path}/`, `${path}//`, `${path}/.`, `${path}/..`,
		`${path}/../${last}`, `/./${path.slice(1)}`, `/x/..${path}`, `/../${path.slice(1)}`, `${head}./${last}`,
		`${head}x/../${last}`, `${head}.${last}`, path.toUpperCase(),
		`/${first[0].toUpperCase()}${first.slice(1)}/${rest.join('/')}`,
		`${head}${last[0].toUpperCase()}${last.slice(1)}`, `/%61${path.slice(2)}`, path.replace('/v1', '/%761'),
		path.replace('/v1', '%2fv1'), path.replace('/v1', '%2Fv1'), path.replace('/v1', '/v%31'),
		`${head}%2e/${last}`, `${head}%2e%2e/${last}`, `/x/%2e%2e${path}`, `${head}..%2f${last}`,
		`${head}%252e${last}`, `${path};x`, `${path};`, `${path};a=b`, `${head};x/${last}`, `${path}%3Bx`,
		`${path}%00`, `${path}%00.html`, `${path}%0d%0aX-Test:1`, `${path}%0a`, `${path}%20`, `${path}+`,
		`${path}.`, `${path}.json`, `${path}%2f`, `${path}%5c`, `${path}\\`, `/\\${path.slice(1)}`, `${path}~`,
		`${path}%23`, `${path}:`, `${path}\u00e9`, `${path}%ff`, `${path}%c0%af`, `${path}%E2%80%AE`,
		`${path}*`, `${path}'`, `${path}|`, `${path}@`, `${path}%3f`, `${path}&a=b`,
	];
}

describe('a path', () => {
	const paths = ['/api/v1/me', '/api/v1/conversations', `/api/v1/conversations/${conversation.id}`,
		`/api/v1/conversations/${conversation.id}/messages`, '/api/v1/events'];

	test('has one spelling', async () => {
		const wrong = [];
		let tried = 0;
		for (const path of paths) {
			const forms = [...new Set(spellings(path))].filter((form) => form !== path);
			assert.ok(forms.length >= 40, `${forms.length} forms`);
			await Promise.all(forms.map(async (form) => {
				const { status, body } = await get(`${form}?wait=0`, auth);
				tried++;
				// The path itself answers 200; an id with another letter is another id.
				if (![400, 404].includes(status) || body.includes(shop.id))
					wrong.push(`${form}: ${status}`);
			}));
		}
		assert.ok(tried >= 200);
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
			['DELETE', '/api/v1/me', 'GET'],
			['FETCH', '/api/v1/me', 'GET'],
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

describe('headers', () => {
	const twice = (name, a, b) => [`${name}: ${a}`, `${name}: ${b}`];
	const other = 'Authorization: Bearer sk_another';
	const body = JSON.stringify({ clientId: 'h', content: 'x' });
	const target = `/api/v1/conversations/${conversation.id}/messages`;
	const post = (headers, text = body, length = Buffer.byteLength(text)) =>
		lines(world.url, `POST ${target} HTTP/1.1`,
			[...length === null ? [] : [`Content-Length: ${length}`], ...headers], text);
	const json = 'Content-Type: application/json';

	const refused = {
		'two Authorization': () => get('/api/v1/me', auth, other),
		'two Authorization, the same': () => get('/api/v1/me', auth, auth),
		'two Cookie': () => get('/api/v1/me', auth, ...twice('Cookie', 'a=b', 'c=d')),
		'two Origin': () => get('/api/v1/me', auth, ...twice('Origin', world.url, 'https://evil.example')),
		'two Content-Type': () => post([auth, json, 'Content-Type: text/plain']),
		'two Host': () => get('/api/v1/me', auth, 'Host: evil.example'),
		'two Content-Length': () => post([auth, json, `Content-Length: ${body.length}`]),
		'two Content-Length that differ': () => post([auth, json, 'Content-Length: 3']),
		'Content-Length and Transfer-Encoding': () => post([auth, json, 'Transfer-Encoding: chunked']),
		'an unknown Transfer-Encoding': () => post([auth, json, 'Transfer-Encoding: identity, chunked'], body, null),
		'a negative length': () => post([auth, json], body, -1),
		'a length that is no number': () => post([auth, json], body, '2x'),
		'a folded header': () => get('/api/v1/me', `${auth}\r\n continued`),
		'a NUL in a value': () => get('/api/v1/me', `${auth}\0`),
		'no Host': () => exchange(world.url, 'GET /api/v1/me HTTP/1.1\r\nConnection: close\r\n\r\n'),
		'a Host with a path': () => exchange(world.url,
		`GET /api/v1/me HTTP/1.1\r\nHost: a/b\r\nConnection: close\r\n${auth}\r\n\r\n`),
		'another Host': () => exchange(world.url,
		`GET /api/v1/me HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n${auth}\r\n\r\n`),
		'HTTP/0.9': () => exchange(world.url, 'GET /api/v1/me\r\n'),
		'HTTP/9.9': () => lines(world.url, 'GET /api/v1/me HTTP/9.9', [auth]),
		'no HTTP at all': () => exchange(world.url, '\x16\x03\x01\x02\x00\x01\x00'),
		'a blank before the colon': () => get('/api/v1/me', auth.replace(':', ' :')),
		'a bare line feed in front': () => exchange(world.url, `\0GET /api/v1/me HTTP/1.1\r\nHost: x\r\n\r\n`),
	};
	for (const [what, send] of Object.entries(refused))
		test(`with ${what}: refused`, async () => {
			const { status, body: text } = await send();
			assert.ok(status === 0 || status >= 400 && status < 500 || [501, 505].includes(status), `${status}`);
			assert.ok(!text.includes(shop.id));
		});

	const harmless = {
		'an underscore': ['Auth_orization: x', 'X_Forwarded_For: 1.2.3.4'],
		'another address': ['X-Forwarded-For: 1.2.3.4', 'X-Real-IP: 1.2.3.4', 'Forwarded: for=1.2.3.4'],
		'a method to go by': ['X-HTTP-Method-Override: DELETE'],
		'another address of the page': ['X-Original-URL: /sign-in', 'X-Rewrite-URL: /sign-in',
		'X-Forwarded-Host: evil.example', 'X-Forwarded-Proto: https'],
		'a proxy': ['Proxy: http://127.0.0.1:1/'],
		'8-bit letters': ['X-Test: \xff\xfe', 'User-Agent: \xe4\xf6'],
		'a hundred more': Array.from({ length: 60 }, (_, i) => `X-Test-${i}: ${i}`),
	};
	for (const [what, headers] of Object.entries(harmless))
		test(`with ${what}: no matter`, async () => {
			const { status, body: text } = await get('/api/v1/me', auth, ...headers);
			assert.equal(status, 200);
			assert.equal(JSON.parse(text).organizationId, shop.id);
		});

	test('of a chunked body: the body counts', async () => {
		const text = JSON.stringify({ clientId: word(8), content: 'in pieces' });
		const chunks = text.match(/.{1,7}/g).map((part) =>
			`${part.length.toString(16)}\r\n${part}\r\n`).join('') + '0\r\n\r\n';
		const { status } = await lines(world.url, `POST ${target} HTTP/1.1`, [auth, json, 'Transfer-Encoding: chunked'],
			chunks);
		assert.equal(status, 201);
	});

	test('a body that ends too soon is no message', async () => {
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
