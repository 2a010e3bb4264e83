// Requests byte by byte, for what no HTTP client would send.
import net from 'node:net';
import { noCanary } from './client.mjs';

// Sends the bytes and reads until the server closes; {status: 0} when it closes without an answer.
// leave: nothing more is sent, and the server is told so. from: the address to come from.
export function exchange(base, bytes, { seconds = 15, leave = false, from } = {}) {
	const { hostname, port } = new URL(base);
	return new Promise((resolve, reject) => {
		const socket = net.connect({ port: Number(port), host: hostname, localAddress: from });
		const chunks = [];
		socket.setTimeout(seconds * 1000, () => socket.destroy(new Error('the server neither answers nor closes')));
		socket.on('data', (chunk) => chunks.push(chunk));
		socket.on('error', (error) => (error.code === 'ECONNRESET' ||
			error.code === 'EPIPE' ? undefined : reject(error)));
		socket.on('close', () => {
			try {
				const text = Buffer.concat(chunks).toString('latin1');
				noCanary(text, 'raw bytes');
				resolve(parse(text));
			} catch (error) {
				reject(error);
			}
		});
		socket.write(bytes, 'latin1');
		if (leave)
			socket.end();
	});
}

function parse(text) {
	const [, status] = /^HTTP\/1\.[01] (\d{3})/.exec(text) ?? [];
	const end = text.indexOf('\r\n\r\n');
	return { status: Number(status ?? 0), head: text.slice(0, Math.max(end, 0)),
		body: end < 0 ? '' : text.slice(end + 4), text };
}

// A request with one line for each header, closed after the answer.
export function lines(base, first, headers = [], body = '', options = {}) {
	return exchange(base, [first, `Host: ${new URL(base).host}`, 'Connection: close', ...headers, '',
		body].join('\r\n'), options);
}
