// Records as a web server might send them, and as none would, to the sockets of the workers.
import net from 'node:net';
import path from 'node:path';
import { targetOf } from './wire.mjs';

const BEGIN = 1, ABORT = 2, PARAMS = 4, STDIN = 5;

const latin = (text) => Buffer.from(text, 'latin1');

function record(type, id, content, { length = content.length, padding = 0, version = 1 } = {}) {
	const head = Buffer.from([version, type, id >> 8 & 255, id & 255, length >> 8 & 255, length & 255, padding, 0]);
	return Buffer.concat([head, content, Buffer.alloc(padding)]);
}

function size(n, long) {
	if (n < 128 && !long)
		return Buffer.from([n]);
	const four = Buffer.alloc(4);
	four.writeUInt32BE((n | 0x80000000) >>> 0);
	return four;
}

const pair = ([name, value], long) => Buffer.concat([size(name.length, long), size(value.length, long), latin(name), latin(value)]);

// The variables that nginx sets for a request; some are left out now and then.
function variables(request, random) {
	const { target, method, headers, body } = request, uri = targetOf(target);
	const all = [['REQUEST_METHOD', method], ['REQUEST_URI', uri], ['QUERY_STRING', uri.split('?')[1] ?? ''], ['DOCUMENT_URI', target.path], ['REMOTE_ADDR', random.pick(['127.0.0.1', '::1', '', 'x', '999.1.1.1', '2001:db8::1'])],
		['SERVER_PROTOCOL', 'HTTP/1.1'], ['GATEWAY_INTERFACE', 'CGI/1.1'], ['CONTENT_LENGTH', String(body?.length ?? '')], ['HTTP_HOST', 'localhost'],
		...headers.map(([name, value]) => [/^content-type$/i.test(name) ? 'CONTENT_TYPE' : `HTTP_${name.toUpperCase().replaceAll('-', '_')}`, value])];
	const odd = random.pick([() => all, () => all.slice(random.between(0, 3)), () => [...all, ...all], () => [...all, ['', '']], () => [...all, ['HTTP_X', '\0'.repeat(10)]], () => [...all, ['REQUEST_URI', '/\0x']],
		() => [['CONTENT_LENGTH', random.pick(['-1', '99999999999999999999', '5', 'x', ' 3', '4294967297'])], ...all], () => [], () => [...all, [`HTTP_${'Y'.repeat(9000)}`, 'z'.repeat(60000)]],
		() => Array.from({ length: 3000 }, (_, i) => [`HTTP_A${i}`, 'b'])]);
	return random.chance(0.5) ? all : odd();
}

function pieces(type, id, bytes, random) {
	const out = [];
	for (let at = 0; at < bytes.length;) {
		const n = Math.min(65535, random.chance(0.7) ? bytes.length : random.between(1, 300));
		out.push(record(type, id, bytes.subarray(at, at + n), { padding: random.pick([0, 0, 7, 255]) }));
		at += n;
	}
	return [...out, record(type, id, Buffer.alloc(0))];
}

function broken(list, random) {
	const at = random.between(0, list.length - 1), garbage = Buffer.from(Array.from({ length: random.between(1, 64) }, () => random.between(0, 255)));
	return random.pick([() => list.filter((_, i) => i !== at), () => [...list.slice(0, at), list[at], ...list.slice(at)], () => [...list.slice(0, at), garbage, ...list.slice(at)], () => list.slice(0, at),
		() => [...list].reverse(), () => [...list.slice(0, at), record(ABORT, 1, Buffer.alloc(0)), ...list.slice(at)], () => [...list.slice(0, at), record(random.between(0, 255), random.between(0, 3), garbage), ...list.slice(at)],
		() => [...list.slice(0, at), record(PARAMS, 1, garbage, { length: random.pick([0, 1, 65535]) }), ...list.slice(at)], () => [record(BEGIN, 1, Buffer.from([0, 2, 1, 0, 0, 0, 0, 0])), ...list.slice(1)],
		() => [record(BEGIN, 0, Buffer.from([0, 1, 0, 0, 0, 0, 0, 0])), ...list.slice(1)], () => [record(BEGIN, 1, Buffer.from([0, 1]), {}), ...list.slice(1)], () => [record(9, 0, pair(['FCGI_MAX_CONNS', ''])), ...list],
		() => { const all = Buffer.concat(list), to = random.between(0, all.length - 1); all[to] ^= 1 << random.between(0, 7); return [all]; }])();
}

export function recordsOf(request, random) {
	const id = 1, params = Buffer.concat(variables(request, random).map((one) => pair(one, random.chance(0.2))));
	const list = [record(BEGIN, id, Buffer.from([0, 1, random.chance(0.2) ? 1 : 0, 0, 0, 0, 0, 0])), ...pieces(PARAMS, id, params, random), ...pieces(STDIN, id, latin(request.body ?? ''), random)];
	return Buffer.concat(random.chance(0.5) ? broken(list, random) : list);
}

// Resolves with what came back, null when the worker neither answers nor closes.
export function exchangeRecords(stack, random, bytes, { seconds = 30 } = {}) {
	return new Promise((resolve) => {
		const socket = net.connect(path.join(stack.run, `${random.pick(['api', 'dashboard', 'upload', 'poll', 'poll', 'sign-in', 'overflow'])}.sock`)), chunks = [];
		const timer = setTimeout(() => {
			resolve(null);
			socket.destroy();
		}, seconds * 1000);
		socket.on('data', (chunk) => chunks.push(chunk));
		socket.on('error', () => {});
		socket.on('close', () => {
			clearTimeout(timer);
			resolve(Buffer.concat(chunks).toString('latin1'));
		});
		socket.end(bytes);
	});
}
