// What of an answer, of the logs and of the processes is a finding.
import { readFile, readdir } from 'node:fs/promises';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { CANARY, inspect } from '../../lib/client.mjs';
import { allows } from '../../lib/openapi.mjs';

function isForbidden({ endpoint, body, never, method }) {
	if (!endpoint.json || method !== endpoint.method)
		return false;
	try {
		return body ? never || !allows(endpoint.json, JSON.parse(Buffer.from(body, 'latin1').toString('utf8'))) : endpoint.required;
	} catch {
		return true;
	}
}

// In words, null for a good answer.
export function judge(request, answer) {
	if (answer.late)
		return 'no answer';
	if (answer.text.includes(CANARY) || answer.raw.join('\n').includes(CANARY))
		return 'a text of another organization';
	if (answer.status >= 500 && ![503, 507, 501, 505].includes(answer.status))
		return `status ${answer.status}`;
	// More files at once than have room are put off; that a worker broke off stands in nginx's log.
	if (answer.status === 503 && answer.json?.code !== 'search_timeout' && !request.endpoint.upload && !/attachments/.test(answer.path))
		return 'status 503: no worker answered';
	if (request.raw)
		return null;
	if (!answer.status)
		return 'closed without an answer';
	if (answer.broken)
		return 'an answer that is no JSON';
	if (answer.status < 300 && isForbidden(request))
		return `status ${answer.status} to a body that the description forbids`;
	try {
		// What nginx refuses by itself names no request; a HEAD has no body to look at.
		if (answer.headers['x-request-id'] && request.method !== 'HEAD')
			inspect({ ...answer, method: request.method }, false, true);
	} catch (error) {
		return error.message.split('\n')[0];
	}
	return answer.json && answer.status >= 400 && request.method !== 'HEAD' && !answer.json.code ? 'a problem without a code' : null;
}

// Follows the logs, the sanitizers' reports, and the processes.
export class Watch {
	constructor(stack, reports) {
		Object.assign(this, { stack, reports, read: new Map(), pids: new Map(), seen: new Set(), memory: new Map() });
	}

	// What is new: ["line", ...].
	async findings() {
		return [...await this.#lines(), ...await this.#processes(), ...this.sanitizers()];
	}

	async #lines() {
		const dir = path.join(this.stack.home, 'log'), found = [];
		for (const name of await readdir(dir)) {
			const text = await readFile(path.join(dir, name), 'latin1'), from = this.read.get(name) ?? 0, end = text.lastIndexOf('\n') + 1;
			this.read.set(name, end);
			found.push(...text.slice(from, end).split('\n').filter((line) => line.includes(CANARY) || /"level":"error"|\[(error|crit|alert|emerg)\]|Sanitizer|runtime error|out of memory|prematurely closed|upstream sent|worker process \d+ exited|"status":503.*"to":"unix:[^"]*upload/i.test(line)
).map((line) => `${name}: ${line.slice(0, 600)}`));
		}
		return found;
	}

	async #processes() {
		const found = [];
		for (const name of ['api', 'overflow', 'dashboard', 'sign-in', 'upload', 'poll', 'jobs']) {
			const leader = Number((await readFile(path.join(this.stack.run, `${name}.pid`), 'utf8')).split(' ')[0]);
			const pids = (await readFile(`/proc/${leader}/task/${leader}/children`, 'utf8').catch(() => '')).trim().split(' ').sort().join(' ');
			if (this.pids.has(name) && this.pids.get(name) !== pids)
				found.push(`a process of ${name} ended: ${this.pids.get(name)} are ${pids}`);
			this.pids.set(name, pids);
			for (const pid of pids.split(' ').filter(Boolean))
				this.#weigh(name, pid);
		}
		return found;
	}

	#weigh(name, pid) {
		const file = `/proc/${pid}/statm`, pages = existsSync(file) ? Number(readFileSync(file, 'utf8').split(' ')[1]) : 0;
		const one = this.memory.get(pid) ?? this.memory.set(pid, { name, sizes: [] }).get(pid);
		one.sizes.push(pages * 4 / 1024);
	}

	// A report is a finding once, whatever it says.
	sanitizers() {
		return readdirSync(this.reports).filter((name) => !this.seen.has(name)).map((name) => {
			this.seen.add(name);
			return `${name}: ${readFileSync(path.join(this.reports, name), 'utf8').slice(0, 6000)}`;
		});
	}

	// MiB that a process has more at the end than after a third of the time, the most of all of a pool.
	growth() {
		return Object.fromEntries([...this.memory.values()].filter(({ sizes }) => sizes.length > 2).map(({ name, sizes }) => [name, sizes.at(-1) - sizes[Math.floor(sizes.length / 3)]])
			.sort((a, b) => a[1] - b[1]).map(([name, size]) => [name, Math.round(size * 10) / 10]));
	}
}
