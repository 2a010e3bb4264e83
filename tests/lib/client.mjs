// An HTTP client for tests: full control over headers, no redirects followed, no caches. Every answer
// that passes through it is held to what is promised for all answers; see inspect().
import assert from 'node:assert/strict';
import http from 'node:http';
import { holdToContract } from './contract.mjs';

// Stands in every text cell of an organization that no other may ever see; see canary.mjs.
export const CANARY = 'kanarienvogel';

// Every byte that goes to anybody else is held to this: answers here, raw bytes (raw.mjs), pages in a
// browser (tests/browser/helper.mjs), and at the end the logs and the database (tests/http/last.mjs).
export function noCanary(text, where) {
	const at = text.indexOf(CANARY);
	assert.ok(at < 0, `a text of another organization: ${where}: ${text.slice(Math.max(at - 200, 0), at + 300)}`);
}

const agents = new Map();

// One pool of connections for each address that a test pretends to come from.
function agentFor(localAddress) {
	if (!agents.has(localAddress))
		agents.set(localAddress, new http.Agent({ keepAlive: true, maxSockets: 256, localAddress, timeout: 60000 }));
	return agents.get(localAddress);
}

export function closeConnections() {
	for (const agent of agents.values())
		agent.destroy();
	agents.clear();
}

let lastAddress = 0;

// Limits count by address, and all of 127/8 is ours: a new one for everybody who is to be limited alone.
export function newAddress() {
	lastAddress++;
	return `127.${100 + (process.pid >> 8 & 127)}.${process.pid & 255}.${lastAddress % 254 + 1}`;
}

export class Client {
	// base: URL of the server; headers: sent with every request; canary: may see the canary's texts.
	constructor(base, { headers = {}, address = newAddress(), canary = false } = {}) {
		Object.assign(this, { base, headers, address, canary });
	}

	with(headers) {
		return new Client(this.base, { headers: { ...this.headers, ...headers }, address: this.address,
			canary: this.canary });
	}

	get(path, options) { return this.request('GET', path, options); }
	post(path, body, options) { return this.request('POST', path, { body, ...options }); }
	patch(path, body, options) { return this.request('PATCH', path, { body, ...options }); }
	delete(path, options) { return this.request('DELETE', path, options); }
	form(path, fields, options) {
		return this.request('POST', path, { body: new URLSearchParams(fields).toString(), ...options,
			headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...options?.headers } });
	}

	// body: an object is sent as JSON, text and bytes as they are (with options.headers' type).
	// signal ends the request. secret: the answer may show one. The promise fails only when there is no answer.
	request(method, path, { body, headers = {}, signal, secret = false, timeout = 60000 } = {}) {
		const all = { ...this.headers, ...headers };
		let bytes = body;
		if (body !== undefined && typeof body !== 'string' && !Buffer.isBuffer(body)) {
			bytes = JSON.stringify(body);
			all['Content-Type'] ??= 'application/json';
		}
		if (bytes !== undefined)
			all['Content-Length'] = Buffer.byteLength(bytes);
		return new Promise((resolve, reject) => {
			const begun = performance.now();
			const request = http.request(this.base + path, { method, headers: all, signal, timeout,
				agent: agentFor(this.address) });
			request.on('timeout', () => request.destroy(new Error(`no answer: ${method} ${path}`)));
			request.on('error', reject);
			request.on('response', (response) => {
				const chunks = [];
				response.on('data', (chunk) => chunks.push(chunk));
				response.on('error', reject);
				response.on('aborted', () => reject(new Error(`cut off: ${method} ${path}`)));
				response.on('end', () => {
					const answer = { method, path, status: response.statusCode, headers: response.headers,
						raw: response.rawHeaders, bytes: Buffer.concat(chunks), ms: performance.now() - begun };
					try {
						resolve(this.finish(answer, secret));
					} catch (error) {
						reject(error);
					}
				});
			});
			request.end(bytes);
		});
	}

	finish(answer, secret) {
		answer.text = answer.bytes.toString('utf8');
		if (/json/.test(answer.headers['content-type'] ?? '') && answer.text)
			answer.json = JSON.parse(answer.text);
		inspect(answer, this.canary, secret);
		return answer;
	}
}

const at = ({ method, path, status }) => `${method} ${path} (${status})`;

// What holds for every answer whatever was asked.
export function inspect(answer, canary = false, secret = false) {
	const { headers, status, text, path, json } = answer;
	const type = headers['content-type'] ?? '';
	assert.equal(headers['x-content-type-options'], 'nosniff', `nosniff: ${at(answer)}`);
	assert.equal(headers['referrer-policy'], 'no-referrer', `Referrer-Policy: ${at(answer)}`);
	assert.ok(headers['cache-control'], `Cache-Control: ${at(answer)}`);
	assert.doesNotMatch(headers.server ?? '', /\d/, `no version of the server: ${at(answer)}`);
	assert.ok(!headers['x-powered-by'] && !headers['access-control-allow-credentials'], at(answer));
	if (status === 204 || status === 304)
		assert.equal(answer.bytes.length, 0, `no body: ${at(answer)}`);
	if (/html/.test(type)) {
		const policy = headers['content-security-policy'] ?? '';
		assert.match(policy, /default-src 'none'/, `CSP: ${at(answer)}`);
		assert.doesNotMatch(policy, /unsafe|script-src[^;]*\*/, `CSP: ${at(answer)}`);
		assert.match(policy, /base-uri 'none'/, `CSP: ${at(answer)}`);
		assert.match(policy, /frame-ancestors/, `CSP: ${at(answer)}`);
	}
	if (path.startsWith('/api/')) {
		assert.match(headers['x-request-id'] ?? '', /^[0-9A-Za-z]{16,32}$/, `X-Request-Id: ${at(answer)}`);
		if (status >= 400)
			inspectProblem(answer, type, json);
	}
	holdToContract(answer);
	if (status === 429 || status === 503)
		assert.match(headers['retry-after'] ?? '', /^[1-9]\d*$/, `Retry-After: ${at(answer)}`);
	if (!canary)
		noCanary(`${answer.raw?.join('\n')}\n${text}`, at(answer));
	if (!secret)
		assert.doesNotMatch(text, /\bsk_[\w-]{20}/, `a secret: ${at(answer)}`);
	assert.doesNotMatch(text, /password":"|_hash":|[0-9a-f]{32}:[0-9a-f]{128}/, `a secret: ${at(answer)}`);
}

// RFC 9457.
function inspectProblem(answer, type, json) {
	assert.match(type, /^application\/problem\+json/, at(answer));
	if (answer.method === 'HEAD')
		return;
	assert.equal(json.status, answer.status, at(answer));
	for (const name of ['type', 'title', 'detail', 'code', 'requestId'])
		assert.ok(typeof json[name] === 'string' && json[name], `${name}: ${at(answer)}: ${answer.text}`);
	assert.match(json.code, /^[a-z][a-z_]*$/, at(answer));
	assert.equal(json.requestId, answer.headers['x-request-id'], at(answer));
	for (const fault of json.errors ?? []) {
		assert.ok((fault.parameter || fault.pointer?.startsWith('/')) && fault.code && fault.detail, at(answer));
	}
}

// Fails with the whole answer in the message when the status is not the expected one.
export function expect(answer, status) {
	assert.equal(answer.status, status, `${at(answer)}: ${answer.text.slice(0, 500)}`);
	return answer;
}
