// A browser as far as cookies go: it keeps what it is given, for a host and not for a port, and sends
// back what may be sent. Both sides are asked with the same one.
import assert from 'node:assert/strict';
import http from 'node:http';
import https from 'node:https';
import { inspect, newAddress } from '../lib/client.mjs';

const attribute = (line, name) => line.split(';').slice(1).map((part) => part.trim())
	.find((part) => part.toLowerCase().split('=')[0] === name)?.split('=').slice(1).join('=');

export class Browser {
	// here: the address of Parlor, there: of Better Auth. They have the same host.
	constructor({ here, there, address = newAddress() }) {
		assert.equal(new URL(here).hostname, new URL(there).hostname);
		Object.assign(this, { here, there, address, jar: new Map() });
	}

	// A second one with the same cookies.
	clone() {
		const other = new Browser({ here: this.here, there: this.there, address: this.address });
		this.jar.forEach((cookie, name) => other.jar.set(name, { ...cookie }));
		return other;
	}

	cookies(secure) {
		return [...this.jar].filter(([, c]) => secure || !c.secure).map(([name, c]) => `${name}=${c.value}`).join('; ');
	}

	keep(line, secure) {
		const [pair] = line.split(';'), name = pair.slice(0, pair.indexOf('=')), value = pair.slice(pair.indexOf('=') + 1);
		const isSecure = attribute(line, 'secure') !== undefined, age = attribute(line, 'max-age');
		assert.ok(secure || !isSecure, `a Secure cookie over http: ${line}`);
		assert.ok(!name.startsWith('__Secure-') || isSecure, `a browser refuses this: ${line}`);
		assert.equal(attribute(line, 'path'), '/', line);
		if (age === '0')
			this.jar.delete(name);
		else
			this.jar.set(name, { value, secure: isSecure, line, age: age === undefined ? undefined : Number(age) });
	}

	ask(base, method, path, { json, form, headers = {} } = {}) {
		const secure = base.startsWith('https:'), cookies = this.cookies(secure);
		const body = json !== undefined ? JSON.stringify(json) : form && new URLSearchParams(form).toString();
		const all = { ...cookies && { Cookie: cookies }, Origin: new URL(base).origin, 'Sec-Fetch-Site': 'same-origin',
			'User-Agent': 'Mozilla/5.0 (test)',
			...body !== undefined && { 'Content-Length': Buffer.byteLength(body),
				'Content-Type': json !== undefined ? 'application/json' : 'application/x-www-form-urlencoded' }, ...headers };
		return new Promise((resolve, reject) => {
			const request = (secure ? https : http).request(base + path, { method, headers: all, agent: false,
				localAddress: this.address, rejectUnauthorized: false, timeout: 60000 });
			request.on('timeout', () => request.destroy(new Error(`no answer: ${method} ${path}`)));
			request.on('error', reject);
			request.on('response', (response) => {
				const chunks = [];
				response.on('data', (chunk) => chunks.push(chunk));
				response.on('error', reject);
				response.on('end', () => {
					const bytes = Buffer.concat(chunks), text = bytes.toString('utf8');
					const answer = { method, path, status: response.statusCode, headers: response.headers, bytes, text };
					if (/json/.test(response.headers['content-type'] ?? '') && text)
						answer.json = JSON.parse(text);
					for (const line of response.headers['set-cookie'] ?? [])
						this.keep(line, secure);
					resolve(answer);
				});
			});
			request.end(body);
		});
	}

	// Better Auth's API: POST with a body (an empty object, too), else GET.
	async auth(path, json) {
		const answer = await this.ask(this.there, json === undefined ? 'GET' : 'POST', `/api/auth/${path}`, { json });
		return answer;
	}

	// Better Auth's API, which must do it; what it answered.
	async did(path, json) {
		const answer = await this.auth(path, json);
		assert.equal(answer.status, 200, `${path}: ${answer.status} ${answer.text}`);
		return answer.json;
	}

	// Parlor's pages and API, its answers inspected as everywhere.
	async parlor(method, path, options) {
		const answer = await this.ask(this.here, method, path, options);
		inspect(answer);
		return answer;
	}

	get(path) { return this.parlor('GET', path); }
	form(path, form) { return this.parlor('POST', path, { form }); }

	// A form of a page here, with what the page has in hidden fields.
	async submit(page, action, form) {
		const shown = await this.get(page);
		assert.equal(shown.status, 200, `${page}: ${shown.status} ${shown.text.slice(0, 300)}`);
		const csrf = /name="csrf" value="([^"]+)"/.exec(shown.text)?.[1];
		return this.form(action, { ...csrf && { csrf }, ...form });
	}

	signInHere(email, password, { remember = true } = {}) {
		return this.form('/sign-in', { email, password, next: '', ...remember && { remember: 'true' } });
	}

	signUpThere(name, email, password) { return this.did('sign-up/email', { name, email, password }); }
	signInThere(email, password, rest = {}) { return this.auth('sign-in/email', { email, password, ...rest }); }

	// Who each side takes this browser for: a user's id, or null.
	async whoHere() {
		const answer = await this.get('/api/v1/me');
		return answer.status === 200 ? answer.json : null;
	}

	async whoThere() {
		const session = await this.did('get-session');
		return session?.user.id ?? null;
	}
}
