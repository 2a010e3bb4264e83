// HTTP as a plain client speaks it: kept connections, a time limit, and an account of what failed.
import http from 'node:http';

// A kept connection that the server closed while the request was on its way to it: HTTP lets a server
// do so at any time, and clients ask again. That is no failed request.
const closedIdle = (request, error) => request.reusedSocket && /ECONNRESET|EPIPE|socket hang up/.test(`${error.code} ${error.message}`);

export class Wire {
	constructor() {
		this.agent = new http.Agent({ keepAlive: true, maxSockets: 1024, timeout: 90000 });
		this.failures = []; // of the last seconds: { begun, ended, what }
		this.asked = 0;
		this.statuses = new Map();
	}

	// Resolves with { status, json, retryAfter }; rejects when there is no answer.
	ask(base, method, path, { token, cookie, body, headers, timeout = 10000, signal } = {}) {
		const begun = performance.now(), bytes = body === undefined ? undefined : JSON.stringify(body);
		this.asked++;
		return new Promise((resolve, reject) => {
			const request = http.request(base + path, { method, agent: this.agent, signal, headers: {
				...(token && { Authorization: `Bearer ${token}` }), ...(cookie && { Cookie: cookie }),
				...(bytes !== undefined && { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(bytes) }),
				...headers } });
			const limit = setTimeout(() => request.destroy(new Error('no answer in time')), timeout);
			const fail = (error) => {
				clearTimeout(limit);
				if (!closedIdle(request, error) && !signal?.aborted)
					this.note(begun, `${method} ${path.replace(/\?.*/, '')}: ${error.code ?? error.message}`);
				reject(error);
			};
			request.on('error', fail);
			request.on('response', (response) => {
				const chunks = [];
				response.on('data', (chunk) => chunks.push(chunk));
				response.on('error', fail);
				response.on('aborted', () => fail(new Error('cut off')));
				response.on('end', () => {
					clearTimeout(limit);
					const { statusCode: status } = response, text = Buffer.concat(chunks).toString('utf8');
					this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
					if (status >= 500)
						this.note(begun, `${method} ${path.replace(/\?.*/, '')}: ${status}`);
					try {
						resolve({ status, text, json: text ? JSON.parse(text) : null,
							retryAfter: Number(response.headers['retry-after'] ?? 0) });
					} catch (error) {
						reject(error);
					}
				});
			});
			request.end(bytes);
		});
	}

	note(begun, what) {
		const ended = performance.now();
		this.failures.push({ begun, ended, what });
		while (this.failures.length > 10000 || this.failures[0]?.ended < ended - 60000)
			this.failures.shift();
	}

	// What failed of the requests that were under way at some time from "from" to "to".
	failed(from, to) {
		return this.failures.filter((f) => f.ended >= from && f.begun <= to);
	}

	close() {
		this.agent.destroy();
	}
}
