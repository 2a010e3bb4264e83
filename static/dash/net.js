/* Talking to the server: parts of pages, and the API. Every failure is an Error with a status. */
(() => {
	'use strict';
	const parlor = window.parlor;
	const csrf = parlor.$('meta[name="csrf"]').content;

	class Problem extends Error {
		constructor(status, text, retryAfter) {
			super(text);
			this.status = status; /* 0: the network */
			this.retryAfter = retryAfter;
		}
	}
	parlor.Problem = Problem;

	/*
	 * The pause before try number n + 1: anywhere up to 1, 2, 4 ... 30 s, so that many agents do not
	 * come back at one moment; the seconds that the server asked for are the least. A server that says
	 * when to come again is at work, so it is asked again within 8 s more.
	 */
	parlor.backoff = (n, seconds) =>
		(seconds || 0) * 1000 + Math.random() * Math.min(seconds ? 8e3 : 30e3, 1000 * 2 ** (n - 1));

	const pause = (ms) => new Promise((done) => setTimeout(done, ms));

	/* XMLHttpRequest can parse HTML without a string ever being turned into HTML by a script, so the
	   page may demand Trusted Types. */
	const fetchPart = (url) =>
		new Promise((resolve, reject) => {
			const request = new XMLHttpRequest();
			request.open('GET', url);
			request.responseType = 'document';
			request.timeout = 15e3;
			request.onload = () =>
				request.status === 200
					? resolve(request.response || document.implementation.createHTMLDocument())
					: reject(new Problem(request.status, request.statusText,
						Number(request.getResponseHeader('Retry-After')) || 0));
			request.onerror = request.ontimeout = () => reject(new Problem(0, 'offline'));
			request.send();
		});

	/* A part of a page as an inert document. What changed is told once, so a busy server is asked again. */
	parlor.part = async (url) => {
		for (let n = 1; ; n++)
			try {
				return await fetchPart(url);
			} catch (error) {
				if (n === 6 || !(error.status === 0 || error.status === 429 || error.status >= 502))
					throw error;
				await pause(parlor.backoff(n, error.retryAfter));
			}
	};

	/* JSON of the API; null for 204. */
	parlor.api = async (method, path, body, options = {}) => {
		const headers = { Accept: 'application/json' };
		let response;
		if (method !== 'GET')
			headers['X-CSRF-Token'] = csrf;
		if (body !== undefined)
			headers['Content-Type'] = 'application/json';
		try {
			response = await fetch(path, {
				method, headers, credentials: 'same-origin', cache: 'no-store',
				body: body === undefined ? undefined : JSON.stringify(body), ...options,
			});
		} catch (error) {
			throw new Problem(0, error.name === 'AbortError' ? 'aborted' : 'offline');
		}
		if (response.status === 204)
			return null;
		const answer = await response.json().catch(() => ({}));
		if (!response.ok)
			throw new Problem(response.status, answer.detail || answer.title || response.statusText,
				Number(response.headers.get('Retry-After')) || 0);
		return answer;
	};

	/* The line at the foot of the window. action: null or [text, function or address]. */
	parlor.say = (text, action = null) => {
		const bar = parlor.$('#bar');
		bar.hidden = !text;
		bar.textContent = text || '';
		if (!text || !action)
			return;
		const [label, what] = action;
		const control = document.createElement(typeof what === 'string' ? 'a' : 'button');
		control.textContent = label;
		if (typeof what === 'string')
			control.href = what;
		else
			control.addEventListener('click', what);
		bar.append(' ', control);
	};

	/* Runs work, at most once at a time and once more when asked for meanwhile. */
	parlor.coalesce = (work, pause = 0) => {
		let running = false, again = false;
		return async function run() {
			if (running) {
				again = true;
				return;
			}
			running = true;
			try {
				do {
					again = false;
					await work();
					if (pause)
						await new Promise((done) => setTimeout(done, pause));
				} while (again);
			} finally {
				running = false;
			}
		};
	};
})();
