// What nginx itself does before and instead of the workers.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { eventually, startStack } from '../http/stack.mjs';

let stack, port;

before(async () => {
	stack = await startStack({ web: 2 });
	port = Number(new URL(stack.url).port);
});
after(() => stack?.stop());

// Bytes in, bytes out, until the server closes.
function raw(text) {
	return new Promise((resolve, reject) => {
		const socket = net.connect(port, '127.0.0.1', () => socket.write(text));
		let answer = '';
		socket.setTimeout(5000, () => socket.destroy(new Error('no answer')));
		socket.on('data', (chunk) => { answer += chunk; });
		socket.on('close', () => resolve(answer));
		socket.on('error', reject);
	});
}

function get(path, { headers = {}, method = 'GET', body } = {}) {
	return new Promise((resolve, reject) => {
		const request = http.request({ port, host: '127.0.0.1', path, method, headers, agent: false }, (answer) => {
			const chunks = [];
			answer.on('data', (chunk) => chunks.push(chunk));
			answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers,
				body: Buffer.concat(chunks) }));
		});
		request.on('error', reject);
		request.end(body);
	});
}

function assertProblem(answer, status, code) {
	assert.equal(answer.status, status);
	assert.equal(answer.headers['content-type'], 'application/problem+json');
	const problem = JSON.parse(answer.body);
	assert.equal(problem.status, status);
	assert.equal(problem.code, code);
	assert.equal(problem.type, `urn:parlor:problem:${code}`);
	assert.equal(problem.requestId, answer.headers['x-request-id']);
	assert.equal(answer.headers['cache-control'], 'no-store');
	assert.equal(answer.headers['access-control-allow-origin'], '*');
}

function assertPage(answer, status) {
	assert.equal(answer.status, status);
	assert.equal(answer.headers['content-type'], 'text/html; charset=utf-8');
	assert.match(answer.headers['content-security-policy'], /default-src 'none'/);
	assert.equal(answer.headers['x-content-type-options'], 'nosniff');
	assert.equal(answer.headers['cache-control'], 'no-store');
	assert.match(answer.body.toString(), /<h1>/);
}

test('static files with their version are kept for ever, without it they are asked for again', async () => {
	const versioned = await get('/static/errors/error.css?v=1');
	assert.equal(versioned.status, 200);
	assert.equal(versioned.headers['content-type'], 'text/css; charset=utf-8');
	const plain = await get('/static/widget.js');
	assert.equal(plain.headers['cache-control'], 'public, no-cache');
	assert.ok(plain.headers.etag);
	const again = await get('/static/widget.js', { headers: { 'If-None-Match': plain.headers.etag } });
	assert.equal(again.status, 304);
	const kept = await get('/static/widget.js?v=abc');
	assert.equal(kept.headers['cache-control'], 'public, max-age=31536000, immutable');
	assert.equal(kept.headers['x-content-type-options'], 'nosniff');
	assert.equal(kept.headers['cross-origin-resource-policy'], 'same-origin');
});

test('the loader can be embedded by every site and is compressed', async () => {
	const answer = await get('/widget.js', { headers: { 'Accept-Encoding': 'gzip' } });
	assert.equal(answer.status, 200);
	assert.equal(answer.headers['access-control-allow-origin'], '*');
	assert.equal(answer.headers['cross-origin-resource-policy'], 'cross-origin');
	assert.equal(answer.headers['content-encoding'], 'gzip');
	assert.match(answer.headers['content-type'], /^text\/javascript/);
});

test('nothing but static files is served from the folder of static files', async () => {
	for (const path of ['/static/../parlor.ini', '/static/%2e%2e/conf/nginx/http.conf', '/static/..%2fREADME.md', '/static/',
		'/static/errors/', '/templates/layout.html'])
		assert.notEqual((await get(path)).status, 200, path);
});

test('answers to people that depend on who asks are not compressed', async () => {
	const answer = await get('/sign-in', { headers: { 'Accept-Encoding': 'gzip' } });
	assert.equal(answer.headers['content-encoding'], undefined);
});

test('a missing file is a page of ours', async () => {
	assertPage(await get('/static/missing.css'), 404);
});

test('a body that is too large is refused before a worker sees it', async () => {
	const body = Buffer.alloc(200_000, 'x');
	assertProblem(await get('/api/v1/widget/session', { method: 'POST', body }), 413, 'too_large');
	assertPage(await get('/sign-in', { method: 'POST', body }), 413);
});

test('requests for other names get no answer, the other name of this machine leads here', async () => {
	assert.equal(await raw('GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n'), '');
	assert.equal(await raw('GET / HTTP/1.0\r\n\r\n'), '');
	const moved = await get('/demo?a=b', { headers: { Host: `localhost:${port}` } });
	assert.equal(moved.status, 302);
	assert.equal(moved.headers.location, `${stack.url}/demo?a=b`);
});

test('HTTP/0.9 gets no answer', async () => {
	assert.equal(await raw('GET /healthz\r\n'), '');
});

test('nobody learns the version of the server', async () => {
	for (const path of ['/healthz', '/static/missing.css', '/api/v1/me'])
		assert.equal((await get(path)).headers.server, 'nginx', path);
});

test('what a worker answers passes as it is', async () => {
	const answer = await get('/api/v1/nothing-here');
	assert.equal(answer.status, 404);
	assert.equal(answer.headers['content-type'], 'application/problem+json');
	assert.equal(JSON.parse(answer.body).code, 'not_found');
	const unauthenticated = await get('/api/v1/events');
	assert.equal(unauthenticated.status, 401);
	assert.equal(JSON.parse(unauthenticated.body).requestId, unauthenticated.headers['x-request-id']);
});

test('the access log has no query strings', async () => {
	await get('/healthz?secret=hunter2');
	await get('/static/missing.css?secret=hunter2');
	const log = await eventually('the lines are written', async () => {
		const text = await readFile(stack.log('access'), 'utf8');
		return text.includes('missing.css') && text;
	});
	assert.ok(!log.includes('hunter2'));
	for (const line of log.trim().split('\n'))
		JSON.parse(line);
});

test('without web workers: 503 with a time to come again, for programs and for people', async () => {
	await stack.killComponent('web');
	try {
		const problem = await get('/api/v1/me');
		assertProblem(problem, 503, 'unavailable');
		assert.match(problem.headers['retry-after'], /^[123]$/);
		const page = await get('/inbox');
		assertPage(page, 503);
		assert.match(page.headers['retry-after'], /^[123]$/);
		assertPage(await get('/sign-in', { method: 'POST', body: 'a=b' }), 503);
	} finally {
		await stack.startComponent('web');
	}
	await eventually('web answers', async () => (await get('/healthz')).status === 200);
});

test('without the poller: 503 for waiting polls, everything else goes on', async () => {
	await stack.killComponent('poll');
	try {
		assertProblem(await get('/api/v1/widget/events?cursor='), 503, 'unavailable');
		assertProblem(await get('/api/v1/events'), 503, 'unavailable');
		assert.equal((await get('/healthz')).status, 200);
	} finally {
		await stack.startComponent('poll');
	}
	await eventually('the poller answers', async () => (await get('/api/v1/events')).status === 401);
});
