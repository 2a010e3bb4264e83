// A request as the fuzzer has it, { method, target: { path, query }, headers, body }, as bytes, and what comes back.
// query and headers are lists of [name, value], so that anything may come twice.
import net from 'node:net';

export const targetOf = ({ path, query }) => path + (query.length ? `?${query.map(([name, value]) => (value === null ? name : `${name}=${value}`)).join('&')}` : '');

// Latin-1 throughout: one character is one byte.
export const utf8 = (text) => Buffer.from(text, 'utf8').toString('latin1');

export function bytesOf(request, host) {
	const { method, target, headers, body, first, lines } = request;
	const all = [['Host', host], ['Connection', 'close'], ...headers];
	if (body !== null && !headers.some(([name]) => /^(content-length|transfer-encoding)$/i.test(name)))
		all.push(['Content-Length', String(body.length)]);
	const head = [first ?? `${method} ${targetOf(target)} HTTP/1.1`, ...all.map(([name, value]) => `${name}: ${value}`), ...lines ?? []];
	return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body ?? ''}`, 'latin1');
}

function unchunk(text) {
	let out = '';
	for (let at = 0; at < text.length;) {
		const end = text.indexOf('\r\n', at), size = parseInt(text.slice(at, end), 16);
		if (end < 0 || !(size > 0))
			break;
		out += text.slice(end + 2, end + 2 + size);
		at = end + 2 + size + 2;
	}
	return out;
}

// What is like the answers of tests/lib/client.mjs; status 0 when there is none.
export function parse(request, text) {
	const [, status] = /^HTTP\/1\.[01] (\d{3})/.exec(text) ?? [], end = text.indexOf('\r\n\r\n');
	const raw = end < 0 ? [] : text.slice(0, end).split('\r\n').slice(1);
	const headers = Object.fromEntries(raw.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]));
	const body = end < 0 ? '' : text.slice(end + 4);
	const bytes = Buffer.from(/chunked/.test(headers['transfer-encoding'] ?? '') ? unchunk(body) : body, 'latin1');
	const answer = { method: request.method, path: targetOf(request.target), status: Number(status ?? 0), headers, raw, bytes, text: bytes.toString('utf8') };
	if (/json/.test(headers['content-type'] ?? '') && answer.text)
		try {
			answer.json = JSON.parse(answer.text);
		} catch {
			answer.broken = true;
		}
	return answer;
}

// Resolves always: the answer has late, when there was neither an answer nor an end.
export function exchange(base, request, { seconds = 30 } = {}) {
	const { hostname, port, host } = new URL(base);
	return new Promise((resolve) => {
		const socket = net.connect({ port: Number(port), host: hostname }), chunks = [];
		let late = false;
		const timer = setTimeout(() => {
			late = true;
			socket.destroy();
		}, seconds * 1000);
		socket.on('data', (chunk) => chunks.push(chunk));
		socket.on('error', () => {});
		socket.on('close', () => {
			clearTimeout(timer);
			resolve({ ...parse(request, Buffer.concat(chunks).toString('latin1')), late });
		});
		socket.write(bytesOf(request, host));
		// More that does not come would be waited for: the server is told so.
		if (request.raw)
			socket.end();
	});
}

const quoted = (text) => (/^[\x20-\x7e]*$/.test(text) ? `'${text.replaceAll("'", "'\\''")}'`
	: `$'${text.replace(/[\\']/g, '\\$&').replace(/[^\x20-\x7e]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)}'`);

// A command line that sends the same again.
export function asCommand(base, request) {
	const { host, hostname, port } = new URL(base);
	if (request.raw || /\0/.test(request.body ?? ''))
		return `printf '%b' ${quoted(bytesOf(request, host).toString('latin1').replaceAll('\\', '\\\\').replace(/[^\x20-\x7e]/g,
			(c) => `\\0${c.charCodeAt(0).toString(8).padStart(3, '0')}`))} | nc ${hostname} ${port}`;
	return ['curl -sS -i --path-as-is -X', quoted(request.method), ...request.headers.map(([name, value]) => `-H ${quoted(value ? `${name}: ${value}` : `${name};`)}`),
		...request.body === null ? [] : [`--data-binary ${quoted(request.body)}`], quoted(base + targetOf(request.target))].join(' ');
}
