// Somebody with a browser but without scripts: keeps cookies, follows redirects, fills in the forms that
// the pages really have.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';

const entities = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", '#x27': "'" };
export const decode = (text) => text.replace(/&(amp|lt|gt|quot|#39|#x27);/g, (_, name) => entities[name]);

// What a page says, without its markup.
export const wordsOf = (page) => decode(page.text.replace(/<(script|style|svg)[\s\S]*?<\/\1>/g, '').replace(/<[^>]*>/g, ' '))
	.replace(/\s+/g, ' ');

const attribute = (tag, name) => {
	const found = new RegExp(`\\s${name}(?:="([^"]*)")?(?=[\\s>/]|$)`).exec(tag);
	return found ? decode(found[1] ?? '') : null;
};

function selectValue(html) {
	const options = html.match(/<option\b[^>]*>/g) ?? [];
	return attribute(options.find((option) => /\sselected/.test(option)) ?? options[0] ?? '', 'value') ?? '';
}

// Forms of a page: where they go, what they would send, and the buttons that have a name.
export function formsOf(html) {
	return (html.match(/<form\b[\s\S]*?<\/form>/g) ?? []).map((form) => {
		const [head] = /<form\b[^>]*>/.exec(form), fields = {}, buttons = [], all = new Set();
		for (const [tag] of form.matchAll(/<input\b[^>]*>/g)) {
			const name = attribute(tag, 'name'), type = attribute(tag, 'type');
			if (!name)
				continue;
			all.add(name);
			if (type !== 'checkbox' || /\schecked/.test(tag))
				fields[name] = attribute(tag, 'value') ?? '';
		}
		for (const [select] of form.matchAll(/<select\b[\s\S]*?<\/select>/g))
			fields[attribute(select, 'name')] = selectValue(select);
		for (const [tag] of form.matchAll(/<button\b[^>]*>/g))
			if (attribute(tag, 'name'))
				buttons.push({ name: attribute(tag, 'name'), value: attribute(tag, 'value') ?? '' });
		return { action: attribute(head, 'action'), method: attribute(head, 'method') ?? 'get', fields, buttons,
			names: new Set([...Object.keys(fields), ...all, ...buttons.map((b) => b.name)]) };
	});
}

function formOf(page, action, n = 0) {
	const form = formsOf(page.text).filter((f) => f.action === action)[n];
	assert.ok(form, `no form for ${action} on ${page.path}: ${page.text.slice(0, 3000)}`);
	return form;
}

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0';

export class Visit {
	// jar: cookies by name, as they were set. client: another one, for its address.
	constructor(world, { agent = FIREFOX, jar = new Map(), client = world.client() } = {}) {
		Object.assign(this, { world, jar, page: null });
		this.client = client.with({ Origin: world.url, 'Sec-Fetch-Site': 'same-origin', 'User-Agent': agent });
	}

	// The same browser, asked for from somewhere else.
	elsewhere() {
		return new Visit(this.world, { jar: new Map(this.jar) });
	}

	cookie(name) {
		const value = this.jar.get(name);
		return value && decodeURIComponent(value);
	}

	get session() {
		return this.cookie('better-auth.session_token')?.split('.')[0];
	}

	get isSignedIn() {
		return this.jar.has('better-auth.session_token');
	}

	// What the browser sends along.
	headers() {
		const cookie = [...this.jar].map(([name, value]) => `${name}=${value}`).join('; ');
		return { Origin: this.world.url, 'Sec-Fetch-Site': 'same-origin', ...cookie && { Cookie: cookie } };
	}

	keep(answer) {
		for (const line of answer.headers['set-cookie'] ?? []) {
			const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
			if (/Max-Age=0\b/.test(line))
				this.jar.delete(name);
			else
				this.jar.set(name, value);
		}
		this.page = answer;
		return answer;
	}

	async get(path) {
		return this.keep(await this.client.get(path, { headers: this.headers() }));
	}

	async post(path, fields) {
		return this.keep(await this.client.form(path, fields, { headers: this.headers() }));
	}

	// With the pages that redirects lead to, on this site alone.
	async go(path) {
		let answer = await this.get(path);
		for (let n = 0; n < 5 && answer.status === 303; n++)
			answer = await this.get(answer.headers.location);
		return answer;
	}

	// Where an answer leads.
	async follow(answer) {
		assert.equal(answer.status, 303, `${answer.path} (${answer.status}): ${answer.text}`);
		return this.get(answer.headers.location);
	}

	// Of the page that is open.
	form(action) {
		return formOf(this.page, action);
	}

	// Fills in the n-th form of a page that goes to action; only fields that it has. The answer itself.
	async send(page, action, values = {}, n = 0) {
		const form = formOf(page, action, n);
		for (const name of Object.keys(values))
			assert.ok(form.names.has(name), `${action} has no field ${name}`);
		return this.post(action, { ...form.fields, ...values });
	}

	// The same on the page that is open, and what comes of it.
	async submit(action, values = {}) {
		const answer = await this.send(this.page, action, values);
		return answer.status === 303 ? this.go(answer.headers.location) : answer;
	}

	// Signing in: the answer itself, and what comes of it.
	async enter(email, password, fields = {}) {
		return this.send(await this.get('/sign-in'), '/sign-in', { email, password, ...fields });
	}

	async signIn(email, password, next = '') {
		await this.go(`/sign-in${next && `?next=${encodeURIComponent(next)}`}`);
		return this.submit('/sign-in', { email, password });
	}
}

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

// A JSON Web Token by other means than the server's.
export function jwt(secret, claims, header = { alg: 'HS256' }) {
	const body = `${part(header)}.${part({ iat: Math.floor(Date.now() / 1000), exp: Math.floor(Date.now() / 1000) + 3600,
		...claims })}`;
	const hash = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' }[header.alg];
	return `${body}.${hash ? createHmac(hash, secret).update(body).digest('base64url') : ''}`;
}

// The mails to an address that wait to be sent, the oldest first: {template, data}.
export async function mailsTo(world, email) {
	const rows = await world.sql.rows`SELECT payload FROM parlor.jobs WHERE kind = 'mail' ORDER BY id`;
	return rows.map((row) => JSON.parse(row.payload)).filter((mail) => mail.to === email);
}

// The part of a link that is a path of this server.
export function pathOf(world, link) {
	assert.ok(link.startsWith(`${world.url}/`), link);
	return link.slice(world.url.length);
}
