'use strict';

/*
 * What the panel stands on, knowing nothing of the page or of the conversation's life: storage,
 * requests and the pauses between their retries, the order of a thread, links, legible colours.
 */
const core = (() => {
	/*
	 * localStorage below a prefix. Where site data is blocked or full, a map stands in, so that the
	 * chat works as long as the page lasts.
	 */
	function storage(prefix) {
		const spare = new Map();
		let area = {};
		try {
			area = localStorage;
		} catch (error) {}
		return {
			get: (name) => spare.get(name) || area[prefix + name],
			set(name, value) {
				try {
					area.setItem(prefix + name, value);
				} catch (error) {
					delete area[prefix + name];
					spare.set(name, value);
				}
			},
			remove(name) {
				spare.delete(name);
				delete area[prefix + name];
			},
			/* Whether an event of this key is about it; one without a key is about all. */
			has: (key) => (key ?? prefix).startsWith(prefix),
			names: () => [...Object.keys(area).filter((name) => name.startsWith(prefix))
				.map((name) => name.slice(prefix.length)), ...spare.keys()].sort(),
		};
	}

	/* 128 bits; crypto.randomUUID exists on https pages only. */
	function randomId() {
		return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
			(byte + 256).toString(16).slice(1)).join('');
	}

	/*
	 * What a request throws. status 0: no answer, or not one of ours (a captive portal's page).
	 * passing: the same request can succeed later. A 409 with Retry-After says: it is in flight.
	 */
	function failure(status, seconds) {
		return Object.assign(new Error('request failed: ' + status), {
			status,
			retryAfter: Math.min(seconds || 0, 600) * 1000,
			passing: !status || status >= 500 || /408|429/.test(status) || status === 409 && seconds > 0,
		});
	}

	async function request(method, path, { token, body, signal, timeout = 20000 } = {}) {
		const cut = new AbortController();
		const abort = () => cut.abort();
		const timer = setTimeout(abort, timeout);
		signal?.addEventListener('abort', abort);
		const headers = {};
		if (token)
			headers.Authorization = 'Bearer ' + token;
		if (body)
			headers['Content-Type'] = 'application/json';
		try {
			/* no-store: browsers make a second tab's equal GET wait for the first one's answer. */
			const answer = await fetch('../api/v1/widget/' + path, { method, headers, signal: cut.signal,
				body: body && JSON.stringify(body), keepalive: method === 'DELETE',
				/* Where no token speaks for somebody, a sign-in at our own site may. */
				credentials: token ? 'omit' : 'same-origin', cache: token ? 'no-store' : 'default' });
			const text = await answer.text();
			const data = text ? JSON.parse(text) : null;
			if (answer.ok)
				return data;
			throw failure(answer.status, parseInt(answer.headers.get('Retry-After')));
		} catch (error) {
			throw error.status ? error : failure(0);
		} finally {
			clearTimeout(timer);
			signal?.removeEventListener('abort', abort);
		}
	}

	/*
	 * The pause before try number n (from 1): anywhere up to 1, 2, 4 ... 30 s, so that many clients
	 * do not come back at one moment; what the server asked for is the least. A server that says when
	 * to come again is at work, so it is asked again within 8 s more.
	 */
	function backoff(n, least = 0) {
		return least + Math.random() * Math.min(least ? 8000 : 30000, 1000 * 2 ** (n - 1));
	}

	/* A pause that can be cut short. */
	function alarm() {
		const self = {
			wait: (ms) => new Promise((done) => {
				setTimeout(done, ms);
				self.ring = done;
			}),
			ring() {},
		};
		return self;
	}

	/* The messages of one conversation in the order of seq, which has no gaps on the server. */
	class Thread {
		constructor() {
			this.list = [];
		}
		get first() {
			return this.list.length && this.list[0].seq;
		}
		get last() {
			return this.list.length && this.list[this.list.length - 1].seq;
		}
		merge(messages) {
			const bySeq = new Map([...this.list, ...messages].filter(({ seq }) => seq > 0)
				.map((message) => [message.seq, message]));
			this.list = [...bySeq.values()].sort((a, b) => a.seq - b.seq);
		}
		/*
		 * The seq after which something is missing, given that messages exist up to upTo; null when
		 * nothing is. What came before the first one here is history, not a hole.
		 */
		hole(upTo) {
			const before = this.list.find(({ seq }, i) => i + 1 < this.list.length && this.list[i + 1].seq > seq + 1);
			return before ? before.seq : this.last < upTo ? this.last : null;
		}
	}

	/* Splits text into [{text, href?}]: only http and https become links, sentences keep their ends. */
	function links(text) {
		const parts = [];
		let at = 0;
		for (const match of text.matchAll(/\b(?:https?:\/\/|www\.)[^\s<>"]+/gi)) {
			const found = match[0].replace(match[0].includes('(') ? /[.,;:!?'*]+$/ : /[.,;:!?'*)\]]+$/, '');
			const href = address(found);
			if (!href)
				continue;
			if (match.index > at)
				parts.push({ text: text.slice(at, match.index) });
			parts.push({ text: found, href });
			at = match.index + found.length;
		}
		if (at < text.length || !parts.length)
			parts.push({ text: text.slice(at) });
		return parts;
	}

	function address(text) {
		try {
			const url = new URL(/^www\./i.test(text) ? 'https://' + text : text);
			return /^https?:$/.test(url.protocol) && !url.username && url.hostname.length > 1 ? url.href : null;
		} catch (error) {
			return null;
		}
	}

	/* Colours are "#rrggbb"; luminance and contrast as WCAG defines them. */
	const channels = (color) => [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));

	function luminance(color) {
		const [r, g, b] = channels(color).map((value) => {
			const part = value / 255;
			return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
		});
		return 0.2126 * r + 0.7152 * g + 0.0722 * b;
	}

	function contrast(a, b) {
		const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
		return (high + 0.05) / (low + 0.05);
	}

	/* color, moved towards black or white only as far as 4.5:1 on ground needs. */
	function legible(color, ground) {
		const end = luminance(ground) > 0.18 ? 0 : 255;
		for (let step = 0; step <= 50; step++) {
			const mixed = '#' + channels(color).map((value) =>
				Math.round(value + (end - value) * step / 50).toString(16).padStart(2, '0')).join('');
			if (contrast(mixed, ground) >= 4.5)
				return mixed;
		}
		return end ? '#ffffff' : '#000000';
	}

	/*
	 * A tenant's colour as ground for text. White reads as "button" to most eyes, so a colour that
	 * nearly carries it is darkened for it; a light one takes black.
	 */
	function accent(color) {
		const ink = contrast(color, '#ffffff') >= 2.8 ? '#ffffff' : '#000000';
		return { ground: legible(color, ink), ink };
	}

	return { storage, randomId, failure, request, backoff, alarm, Thread, links, contrast, legible, accent };
})();
