// The mail that the mail server of a test stack has delivered; see mailserver.sh beside this file.
import { spawn } from 'node:child_process';
import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import path from 'node:path';

const parser = fileURLToPath(new URL('./mailbox.py', import.meta.url));
// What the server adds to what it was given.
const ADDED = ['return-path', 'envelope-to', 'received'];

function parse(files) {
	return new Promise((resolve, reject) => {
		const child = spawn('python3', [parser], { stdio: ['pipe', 'pipe', 'inherit'] });
		let output = '';
		child.stdout.setEncoding('utf8').on('data', (chunk) => { output += chunk; });
		child.on('error', reject);
		child.on('close', (code) => code ? reject(new Error(`mailbox.py ended with ${code}`))
			: resolve(output.trimEnd().split('\n').map((line) => JSON.parse(line))));
		child.stdin.end(files.map((file) => `${file}\n`).join(''));
	});
}

function describe(file, raw, parsed) {
	const added = Object.fromEntries(parsed.headers.filter(([name]) => ADDED.includes(name.toLowerCase()))
		.map(([name, value]) => [name.toLowerCase(), value]));
	return {
		...parsed,
		text: parsed.text?.replaceAll('\r\n', '\n'),
		file,
		raw, // as it lies in the mailbox: lines end in "\n"
		headers: parsed.headers.filter(([name]) => !ADDED.includes(name.toLowerCase())),
		header: (name) => parsed.headers.find(([n]) => n.toLowerCase() === name.toLowerCase())?.[1],
		envelope: { from: added['return-path'].replace(/[<>]/g, ''), to: added['envelope-to'].split(/,\s*/) },
		links: parsed.text?.match(/https?:\/\/\S+/g) ?? [],
	};
}

// eventually: of stack.mjs. server: the member mailServer of the stack.
export function openMailbox(server, eventually) {
	const box = path.join(server.dir, 'box', 'new'), known = new Map();
	const mail = {
		...server,
		// All mail, in the order of arrival: from, to, subject, text, links, headers, header(name), envelope, raw.
		async messages() {
			const files = (await readdir(box).catch(() => [])).sort();
			const fresh = files.filter((file) => !known.has(file));
			const parsed = fresh.length ? await parse(fresh.map((file) => path.join(box, file))) : [];
			for (const [i, file] of fresh.entries())
				known.set(file, describe(file, await readFile(path.join(box, file), 'latin1'), parsed[i]));
			return files.map((file) => known.get(file));
		},
		// Waits for mail to an address and resolves with it; the count-th, or one with this subject (text
		// or pattern).
		to: (address, { count = 1, subject, seconds = 20 } = {}) => eventually(`mail to ${address}`, async () => {
			const found = (await mail.messages()).filter((m) => m.envelope.to.includes(address) &&
				(subject === undefined || (subject.test?.(m.subject) ?? m.subject === subject)));
			return found[count - 1];
		}, { seconds, every: 100 }),
		// From here on everything is put off, or no longer.
		putOff: (on) => on ? writeFile(path.join(server.dir, 'later'), '') : rm(path.join(server.dir, 'later'), { force: true }),
	};
	return mail;
}
