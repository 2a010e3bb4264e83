// What becomes slower when there is more: the same requests on an organization with 1,000 conversations of 100
// messages and on one with 100,000 of them, in turn, on two stacks side by side. Takes long: ten million
// messages are loaded.
import { randomInt } from 'node:crypto';
import { grow, hash, line, median, pick, say, signIn, startBench, timed } from './lib.mjs';

const EACH = pick(100, 20), SIZES = { small: pick(1000, 200), large: pick(100000, 5000) };
const ROUNDS = pick(400, 60), WARM = pick(40, 10), SAMPLE = 250;
const content = 'Hello, the glaze of my cup has a crack. Can you send me another one this week, please?';

async function prepare(name) {
	const stack = await startBench({ web: 2 }), count = SIZES[name], begin = Date.now();
	await grow(stack, count, EACH);
	say(`${name}: ${count} conversations, ${count * EACH} messages, loaded in ${Math.round((Date.now() - begin) / 1000)} s, `
		+ await stack.sql("SELECT pg_size_pretty(pg_database_size('parlor'))"));
	const [found] = (await stack.sql('SELECT count(*) FROM messages')).split('\n');
	if (Number(found) < count * EACH)
		throw new Error(`${found} messages were loaded`);
	// Visitors from all of the time, with tokens that we know.
	const visitors = [];
	for (let i = 0; i < Math.min(SAMPLE, count); i++) {
		const number = 1 + Math.floor((i * count) / Math.min(SAMPLE, count));
		visitors.push({ number, token: `growth-${String(number).padStart(36, '0')}` });
	}
	const rows = JSON.parse(await stack.sql(`SELECT json_object_agg(ltrim(substr(c.chat_user_id, 2, 8), '0'), json_build_array(c.id, c.chat_user_id))
		FROM conversations c WHERE c.id ~ '^c\\d{8}' AND substr(c.chat_user_id, 2, 8)::int IN (${visitors.map((v) => v.number).join()})`));
	for (const visitor of visitors) {
		[visitor.conversation, visitor.id] = rows[visitor.number];
		visitor.headers = { Authorization: `Bearer ${visitor.token}` };
	}
	await stack.sql(visitors.map((v) => `INSERT INTO parlor.visitor_tokens (token_hash, organization_id, chat_user_id)
		VALUES ('${hash(v.token)}', '${stack.organizationId}', '${v.id}');`).join('\n'));
	const middle = await stack.sql(`SELECT last_message_at || '~' || id FROM conversations WHERE organization_id = '${stack.organizationId}'
		ORDER BY last_message_at DESC OFFSET ${count / 2} LIMIT 1`);
	return { stack, visitors, middle, cookie: await signIn(stack), count };
}

let messages = 0;
const any = (list) => list[randomInt(list.length)];
const events = (side, visitor) => timed('GET', `${side.stack.url}/api/v1/widget/events?wait=0${visitor.cursor ? `&cursor=${encodeURIComponent(visitor.cursor)}` : ''}`,
	visitor.headers).then((answer) => {
	visitor.cursor = JSON.parse(answer.text).cursor;
	return answer;
});
const send = (side, visitor) => timed('POST', `${side.stack.url}/api/v1/widget/conversations/${visitor.conversation}/messages`, visitor.headers,
	JSON.stringify({ clientId: `growth-${process.pid}-${messages++}`, content }));
const page = (path) => (side) => timed('GET', `${side.stack.url}${typeof path === 'function' ? path(side) : path}`, side.cookie);
const history = (query) => (side) => {
	const visitor = any(side.visitors);
	return timed('GET', `${side.stack.url}/api/v1/widget/conversations/${visitor.conversation}/messages?limit=50${query}`, visitor.headers);
};

const requests = {
	'send a message': (side) => send(side, any(side.visitors)),
	'history, first page': history(''),
	'history, older page': history(`&before=${EACH / 2}`),
	'poll that has news': async (side) => {
		const visitor = any(side.visitors);
		if (!visitor.cursor)
			await events(side, visitor);
		await send(side, visitor);
		const answer = await events(side, visitor);
		if (!answer.text.includes('message.created'))
			throw new Error(`the poll brought no news: ${answer.text}`);
		return answer;
	},
	'poll without news': async (side) => {
		const visitor = any(side.visitors);
		await events(side, visitor);
		return events(side, visitor);
	},
	'inbox, first page': page('/inbox?status=any'),
	'inbox, a page in the middle': page((side) => `/inbox?status=any&after=${encodeURIComponent(side.middle)}`),
	'a conversation in the inbox': page((side) => `/inbox/${any(side.visitors).conversation}?status=any`),
	'search for one visitor': page((side) => `/inbox?q=${encodeURIComponent(`Visitor ${String(any(side.visitors).number).padStart(6, '0')}`)}`),
	'search that finds many': page('/inbox?q=visitor'),
	'visitors, first page': page('/visitors'),
};

const sides = { small: await prepare('small'), large: await prepare('large') };
const took = Object.fromEntries(Object.keys(requests).map((name) => [name, { small: [], large: [] }]));
for (let round = -WARM; round < ROUNDS; round++)
	for (const [name, request] of Object.entries(requests))
		for (const [size, side] of Object.entries(sides)) {
			const { ms } = await request(side);
			if (round >= 0)
				took[name][size].push(ms);
		}
for (const side of Object.values(sides))
	await side.stack.stop();

for (const [name, { small, large }] of Object.entries(took))
	line(`${SIZES.large * EACH} messages beside ${SIZES.small * EACH}: ${name}`, median(large), 'ms', { reference: median(small), reach: ['<', 1.5] });
