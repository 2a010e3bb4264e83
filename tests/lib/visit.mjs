// Somebody with a browser but without scripts: keeps cookies, follows redirects, fills in the forms that
// the pages really have.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';

const entities = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", '#x27': "'" };
export const decode = (text) => text.replace(/&(amp|lt|gt|quot|#39|#x27);/g, (_, name) => entities[name]);

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

export class Visit {
	constructor(world, client = world.client()) {
		Object.assign(this, { world, client, cookies: new Map(), page: null });
	}

	headers() {
		const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
		return { Origin: this.world.url, 'Sec-Fetch-Site': 'same-origin', ...cookie && { Cookie: cookie } };
	}

	async keep(answer) {
		for (const line of answer.headers['set-cookie'] ?? []) {
			const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
			if (/Max-Age=0/.test(line))
				this.cookies.delete(name);
			else
				this.cookies.set(name, value);
		}
		this.page = answer;
		return answer;
	}

	// follow: the pages that redirects lead to, on this site alone.
	async go(path, { follow = true } = {}) {
		let answer = await this.keep(await this.client.get(path, { headers: this.headers() }));
		for (let n = 0; follow && n < 5 && answer.status === 303; n++)
			answer = await this.keep(await this.client.get(answer.headers.location, { headers: this.headers() }));
		return answer;
	}

	form(action) {
		const form = formsOf(this.page.text).find((f) => f.action === action);
		assert.ok(form, `no form for ${action} on ${this.page.path}: ${this.page.text.slice(0, 3000)}`);
		return form;
	}

	// Fills in the form of the page that goes to action. Only fields that it has.
	async submit(action, values = {}, { follow = true } = {}) {
		const form = this.form(action);
		for (const name of Object.keys(values))
			assert.ok(form.names.has(name), `${action} has no field ${name}`);
		const answer = await this.keep(await this.client.form(action, { ...form.fields, ...values },
			{ headers: this.headers() }));
		return follow && answer.status === 303 ? this.go(answer.headers.location) : answer;
	}

	async signIn(email, password, next = '') {
		await this.go(`/sign-in${next && `?next=${encodeURIComponent(next)}`}`);
		return this.submit('/sign-in', { email, password });
	}

	get isSignedIn() {
		return this.cookies.has('better-auth.session_token');
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
