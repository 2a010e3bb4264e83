// Somebody with a browser that runs no scripts: keeps cookies, follows redirects when told, and sends
// forms as the page has them.
import assert from 'node:assert/strict';

const text = (html) => html.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&lt;', '<')
	.replaceAll('&gt;', '>').replaceAll('&amp;', '&');
const attribute = (tag, name) => {
	const found = tag.match(new RegExp(`\\s${name}="([^"]*)"`));
	return found && text(found[1]);
};

export class Person {
	constructor(world, { agent = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0', jar = new Map() } = {}) {
		this.client = world.client({ headers: { Origin: world.url, 'Sec-Fetch-Site': 'same-origin', 'User-Agent': agent } });
		this.jar = jar;
	}

	// The same browser, asked for from somewhere else.
	elsewhere(world) {
		return new Person(world, { jar: new Map(this.jar) });
	}

	cookie(name) {
		const value = this.jar.get(name);
		return value && decodeURIComponent(value);
	}

	get session() {
		return this.cookie('better-auth.session_token')?.split('.')[0];
	}

	#headers() {
		return { Cookie: [...this.jar].map(([name, value]) => `${name}=${value}`).join('; ') };
	}

	#keep(answer) {
		for (const line of answer.headers['set-cookie'] ?? []) {
			const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
			if (/Max-Age=0\b/.test(line))
				this.jar.delete(name);
			else
				this.jar.set(name, value);
		}
		return answer;
	}

	async get(path) {
		return this.#keep(await this.client.get(path, { headers: this.#headers() }));
	}

	async post(path, fields) {
		return this.#keep(await this.client.form(path, fields, { headers: this.#headers() }));
	}

	// Fills in the n-th form of the page that leads to action, and sends it.
	async submit(page, action, fields = {}, n = 0) {
		const forms = [...page.text.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/g)]
			.filter(([, tag]) => attribute(tag, 'action') === action);
		assert.ok(forms[n], `no form leads to ${action}: ${page.text}`);
		const all = {};
		for (const [tag] of forms[n][2].matchAll(/<input\b[^>]*>/g)) {
			const name = attribute(tag, 'name');
			if (name && (attribute(tag, 'type') !== 'checkbox' || / checked/.test(tag)))
				all[name] = attribute(tag, 'value') ?? '';
		}
		for (const name of Object.keys(fields))
			assert.ok(new RegExp(`name="${name}"`).test(forms[n][2]), `the form to ${action} has no field ${name}`);
		return this.post(action, { ...all, ...fields });
	}

	// Where an answer leads.
	async follow(answer) {
		assert.equal(answer.status, 303, `${answer.path} (${answer.status}): ${answer.text}`);
		return this.get(answer.headers.location);
	}

	async signIn(email, password, fields = {}) {
		return this.submit(await this.get('/sign-in'), '/sign-in', { email, password, ...fields });
	}
}

// What a page says, without its markup.
export const wordsOf = (page) => text(page.text.replace(/<(script|style|svg)[\s\S]*?<\/\1>/g, '').replace(/<[^>]*>/g, ' '))
	.replace(/\s+/g, ' ');
