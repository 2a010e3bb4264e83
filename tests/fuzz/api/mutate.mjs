// Small changes to a request, of all its parts. Each takes (request, random, pool) and changes the request.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { encoded, neverGood, values } from '../../lib/hostile.mjs';
import { utf8 } from './wire.mjs';

const vectors = process.env.PARLOR_VECTORS ?? fileURLToPath(new URL('../../../../shared/vectors', import.meta.url));
const blns = path.join(vectors, 'naughty', 'blns.json');
const naughty = existsSync(blns) ? JSON.parse(readFileSync(blns, 'utf8')) : ['', '\\', '0', 'ÅÍÎÏ', '田中さん', '\u202etest', "'; DROP TABLE users", '{{7*7}}', '%s%n'];
const percent = (text) => [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');

// In a header nothing ends the line; that is for the raw ones.
const inLine = (text) => utf8(text).replace(/[\r\n\0]/g, '');
const headerValue = (random, pool) => random.pick([() => '', () => 'x'.repeat(random.pick([64, 255, 256, 1000, 5000])), () => inLine(random.pick(naughty)), () => '\xff\xfe\x80',
	() => pool.any(), () => String(random.between(-2, 70000)), () => '*', () => '"', () => '\t', () => ',,,;;;===', () => '%00%0d%0a'])();

const jsonOf = (random, pool) => random.pick([() => random.pick(Object.values(values)), () => random.pick(Object.values(values)), () => random.pick(Object.values(neverGood)),
	() => JSON.stringify(random.pick(naughty)), () => JSON.stringify(pool.any()), () => String(random.between(-3, 200)),
	() => JSON.stringify('x'.repeat(random.pick([1, 63, 64, 65, 120, 128, 200, 255, 2048, 8000, 8001]))), () => `"${String.fromCodePoint(random.between(1, 0xd7ff)).replace(/["\\\0-\x1f]/g, 'x')}"`])();

const isObject = (value) => value !== null && typeof value === 'object';

// A place in a JSON value: its holder and its name there.
function placeIn(value, random) {
	const all = [];
	const visit = (at) => {
		for (const name of Object.keys(at)) {
			all.push([at, name]);
			if (isObject(at[name]))
				visit(at[name]);
		}
	};
	visit(value);
	return all.length ? random.pick(all) : null;
}

function withJson(request, act) {
	let value;
	if (/(\[|\{"a":){50}/.test(request.body)) // deep enough
		return;
	try {
		value = JSON.parse(Buffer.from(request.body ?? '', 'latin1').toString('utf8'));
	} catch {
		return;
	}
	if (!isObject(value))
		return;
	request.never = false;
	request.body = utf8(act(value) ?? JSON.stringify(value));
}

const replaced = (value, place, text) => {
	place[0][place[1]] = '@here@';
	return JSON.stringify(value).replace('"@here@"', () => text);
};

function cutBytes(text, random) {
	const at = random.between(0, text.length), n = random.between(1, 8);
	return random.pick([() => text.slice(0, at), () => text.slice(0, at) + text.slice(at + n), () => text.slice(0, at) + String.fromCharCode(random.between(0, 255)) + text.slice(at + 1),
		() => text.slice(0, at) + random.pick(['{', '}', '[', ']', '"', '\\', ',', ':', '\\u', 'e', '-', '\0', '\xff', '/*', 'NaN']) + text.slice(at), () => text.slice(at) + text.slice(0, at),
		() => text.slice(0, at) + text.slice(Math.max(0, at - n), at).repeat(random.pick([2, 20])) + text.slice(at)])();
}

const HEADERS = ['Idempotency-Key', 'If-Match', 'If-None-Match', 'If-Range', 'Range', 'Origin', 'Referer', 'Cookie', 'Authorization', 'X-CSRF-Token', 'Sec-Fetch-Site', 'Accept', 'Accept-Language',
	'Accept-Encoding', 'User-Agent', 'X-Forwarded-For', 'X-Forwarded-Proto', 'X-Real-IP', 'Forwarded', 'X-HTTP-Method-Override', 'Content-Type', 'Content-Encoding', 'Access-Control-Request-Method',
	'Access-Control-Request-Headers', 'X-Request-Id', 'Prefer', 'Expect', 'Host', 'Proxy', 'Last-Event-ID', 'If-Modified-Since', 'Upgrade', 'TE'];
const RANGES = ['bytes=0-', 'bytes=-1', 'bytes=-0', 'bytes=5-2', 'bytes=0-0,2-3', 'bytes=99999999999999999999-', 'bytes=0-99999999999999999999', 'bytes=', 'bytes=-', 'items=0-1', 'bytes=1-x', 'bytes= 0-1'];
const TYPES = ['application/json', 'application/json; charset=utf-8', 'application/json;charset=utf-16', 'text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', '', '/', 'application/json\x80'];
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'get', 'X'];

const setHeader = (request, name, value) => {
	request.headers = [...request.headers.filter(([one]) => one.toLowerCase() !== name.toLowerCase()), [name, value]];
};

export const mutations = {
	value: (r, random, pool) => withJson(r, (value) => {
		const place = placeIn(value, random);
		return place && replaced(value, place, jsonOf(random, pool));
	}),
	addMember: (r, random, pool) => withJson(r, (value) => {
		const name = random.pick(['organizationId', '__proto__', 'id', '', 'constructor', random.pick(naughty), 'x'.repeat(1000)]);
		return `${JSON.stringify(value).slice(0, -1)}${Object.keys(value).length ? ',' : ''}${JSON.stringify(name)}:${jsonOf(random, pool)}${Array.isArray(value) ? ']' : '}'}`;
	}),
	twice(r, random) {
		withJson(r, (value) => {
			const [name] = Object.keys(value);
			if (name === undefined || Array.isArray(value))
				return undefined;
			r.never = true; // no reader of JSON here tells it
			return `{${JSON.stringify(name)}:${JSON.stringify(value[name])},${JSON.stringify(value).slice(1)}`;
		});
		return random;
	},
	drop: (r, random) => withJson(r, (value) => {
		const place = placeIn(value, random);
		if (place)
			Array.isArray(place[0]) ? place[0].splice(Number(place[1]), 1) : delete place[0][place[1]];
	}),
	wrap: (r, random) => withJson(r, (value) => {
		const place = placeIn(value, random), depth = random.pick([1, 2, 15, 17, 200, 20000]);
		return place && replaced(value, place, `${'['.repeat(depth)}1${']'.repeat(depth)}`);
	}),
	field(r, random, pool) {
		const fields = r.body?.split('&') ?? [], at = random.between(0, fields.length - 1);
		if (!/^\w+=/.test(r.body ?? ''))
			return;
		fields[at] = `${fields[at].split('=')[0]}=${random.pick([() => random.pick(Object.values(encoded)), () => percent(random.pick(naughty)), () => encodeURIComponent(pool.any())])()}`;
		r.body = [...fields, ...random.chance(0.1) ? fields : []].join('&');
	},
	bodyBytes(r, random) {
		r.never = false;
		if (r.body)
			r.body = cutBytes(r.body, random);
	},
	body(r, random) {
		r.never = false;
		r.body = random.pick([null, '', 'null', '[]', '1', '"x"', '{}', '{', '\xef\xbb\xbf{}', '\xff', 'a=b&c=%', '{"a":'.repeat(10000), `${' '.repeat(65537)}{}`, '\0'.repeat(100)]);
	},
	query(r, random, pool) {
		const value = random.pick([() => random.pick(Object.values(encoded)), () => percent(random.pick(naughty)), () => encodeURIComponent(pool.of(random.pick(['after', 'cursor', 'seq'])) ?? pool.any()),
			() => encodeURIComponent(cutBytes(pool.of(random.pick(['after', 'cursor'])) ?? '1', random)), () => String(random.between(-1, 101))])();
		if (r.target.query.length && random.chance(0.8))
			random.pick(r.target.query)[1] = value;
		else
			r.target.query.push([random.pick(['after', 'limit', 'cursor', 'q', 'x', 'key', 'status', 'name', 'before', 'wait', percent(random.pick(naughty))]), value]);
	},
	queryTwice(r, random) {
		if (r.target.query.length)
			r.target.query.push([...random.pick(r.target.query)]);
		else
			r.target.query.push(...Array.from({ length: random.pick([1, 199, 200, 201]) }, (_, i) => [`a${i}`, null]));
	},
	id(r, random, pool) {
		const parts = r.target.path.split('/'), at = random.between(1, parts.length - 1);
		parts[at] = random.pick([() => pool.any(), () => 'x'.repeat(random.pick([1, 64, 65, 300])), () => percent(random.pick(naughty)), () => random.pick(Object.values(encoded)),
			() => '..', () => '%2e%2e', () => '', () => parts[at].toUpperCase(), () => `${parts[at]}%00`, () => `${parts[at]}/`])().replace(/[ \r\n?#]/g, '+');
		r.target.path = parts.join('/');
	},
	method(r, random) {
		r.method = random.pick(METHODS);
	},
	header(r, random, pool) {
		const name = random.pick(HEADERS);
		const value = name === 'Range' ? random.pick(RANGES) : name === 'Content-Type' ? random.pick(TYPES)
			: /^If-/.test(name) ? random.pick([pool.of('etag') ?? '"x"', 'W/"x"', '*', '"', headerValue(random, pool)]) : headerValue(random, pool);
		setHeader(r, name, value);
		// What of these nginx itself waits for, or refuses, is as good as a raw change.
		r.raw ||= ['Expect', 'Host', 'Upgrade', 'TE'].includes(name);
	},
	headerTwice(r, random) {
		if (r.headers.length)
			r.headers.push([...random.pick(r.headers)]);
	},
	headerBytes(r, random) {
		const header = r.headers.length && random.pick(r.headers);
		if (header)
			header[1] = cutBytes(header[1], random).replace(/[\r\n\0]/g, '');
	},
	dropHeader(r, random) {
		if (r.headers.length)
			r.headers.splice(random.between(0, r.headers.length - 1), 1);
	},
	repeat(r, random, pool) {
		setHeader(r, 'Idempotency-Key', pool.of('idempotency') ?? 'k');
	},
	firstLine(r, random) {
		r.raw = true;
		r.first = random.pick([() => `${r.method} ${r.target.path}`, () => `${r.method}  ${r.target.path} HTTP/1.1`, () => `${r.method} ${r.target.path} HTTP/9.9`, () => `${r.method} http://x${r.target.path} HTTP/1.1`,
			() => `${r.method} * HTTP/1.1`, () => `${r.method} ${r.target.path}\0 HTTP/1.1`, () => `${r.method} ${'/x'.repeat(9000)} HTTP/1.1`, () => `\x16\x03\x01\x02${r.method}`, () => '',
			() => `${r.method} ${r.target.path}#x HTTP/1.1`, () => `${r.method} ${r.target.path}?\x80\xff HTTP/1.0`, () => `${r.method} ${cutBytes(r.target.path, random)} HTTP/1.1`])();
	},
	lines(r, random) {
		r.raw = true;
		r.lines = random.pick([['Content-Length: 5'], ['Content-Length: -1'], ['Content-Length: 99999999999999999999'], ['Transfer-Encoding: chunked'], ['Transfer-Encoding: chunked', 'Content-Length: 3'],
			['Transfer-Encoding: x'], [' folded: x'], ['no colon'], ['X_Under: 1'], ['X\0: 1'], [`X: ${'y'.repeat(9000)}`], Array.from({ length: 300 }, (_, i) => `X-${i}: 1`), ['X: a\rb'], ['Content-Length: 0'],
			['HTTP_PROXY: x'], ['Content-Type: application/json', 'Content-Type: text/plain'], ['Authorization: Bearer x', 'Authorization: Bearer y'], ['Host: y']]);
	},
};

// Those that keep a request near to a good one come more often; those of JSON only where there is some.
const WEIGHTS = { value: 14, field: 10, query: 7, header: 7, id: 3, drop: 3, addMember: 3, repeat: 2, bodyBytes: 3 };
const OF_JSON = ['value', 'addMember', 'twice', 'drop', 'wrap'];
const all = Object.keys(mutations).flatMap((name) => Array(WEIGHTS[name] ?? 1).fill(name));
const besides = (...unfit) => all.filter((name) => !unfit.includes(name));
const forJson = besides('field'), forForms = besides(...OF_JSON), forOthers = besides('field', ...OF_JSON);

export function mutate(request, random, pool) {
	const few = request.endpoint.json ? forJson : request.endpoint.form ? forForms : forOthers;
	request.changes = Array.from({ length: random.pick([1, 1, 1, 2, 2, 3, 5]) }, () => random.pick(few));
	for (const name of request.changes)
		mutations[name](request, random, pool);
	return request;
}
