// docs/api.md: its examples are run as they stand, its two bots on visitors who talk to them, and the paths that
// the widget asks for are in the contract.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import http from 'node:http';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { read } from '../lib/source.mjs';
import { blake2b, credential, eventually, expect, useWorld, word } from '../lib/world.mjs';

const world = await useWorld();
const { sql } = world;
const document = read('docs/api.md');
const blocks = (kind) => [...document.matchAll(new RegExp(`^\`\`\`${kind}\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(([, text]) => text);
const dir = await mkdtemp(path.join(tmpdir(), 'parlor-docs-'));
const running = new Set();
after(async () => {
	for (const child of running)
		child.kill('SIGKILL');
	await rm(dir, { recursive: true, force: true });
});

// A secret key that acts for a member, with these scopes.
async function keyOf(shop, member, scopes) {
	const secret = credential('sk', shop.id);
	await sql.exec`INSERT INTO parlor.api_keys (id, organization_id, member_id, name, key_hash, hint, scopes)
		VALUES (${word()}, ${shop.id}, ${member.id}, 'of the document', ${blake2b(secret)}, 'sk_x', ${scopes})`;
	return secret;
}

function start(command, args, env) {
	const child = spawn(command, args, { env: { PATH: process.env.PATH, TMPDIR: dir, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
	child.output = { stdout: '', stderr: '' };
	for (const name of ['stdout', 'stderr'])
		child[name].setEncoding('utf8').on('data', (text) => { child.output[name] += text; });
	child.ended = new Promise((done) => child.on('close', (status) => done(running.delete(child) && status)));
	running.add(child);
	return child;
}

// The server behind a bad line: of seven requests one is answered 503, and the answer to another one is lost after the
// server has done what it asks. spoil: the next cursor arrives as another text.
async function troubled() {
	const state = { count: 0, refused: 0, lost: 0, gone: 0, spoil: false };
	const server = http.createServer((asked, answer) => {
		const n = state.count++ % 7, spoilt = state.spoil && n % 3 !== 1 && /cursor=\w/.test(asked.url);
		state.spoil &&= !spoilt;
		if (n === 1) {
			state.refused++;
			answer.writeHead(503, { 'Retry-After': '1', 'Content-Type': 'application/problem+json' }).end('{"code":"unavailable"}');
			return;
		}
		const on = http.request(world.url + (spoilt ? asked.url.replace('cursor=', 'cursor=x') : asked.url), { method: asked.method, headers: asked.headers }, (got) => {
			state.gone += got.statusCode === 410;
			if (n !== 4)
				return got.pipe(answer.writeHead(got.statusCode, got.headers));
			state.lost++;
			got.resume().on('end', () => asked.socket.destroy());
		});
		on.on('error', () => asked.socket.destroy());
		answer.on('close', () => on.destroy());
		asked.pipe(on);
	});
	server.unref();
	await new Promise((done) => server.listen(0, '127.0.0.1', done));
	after(() => server.closeAllConnections());
	return Object.assign(state, { url: `http://127.0.0.1:${server.address().port}` });
}

describe('the examples', async () => {
	const shop = await world.organization(), visitor = await shop.visitor();
	await visitor.begin('I want a mug');
	await visitor.begin('Another one');
	const [first, ...rest] = blocks('sh'), mark = `end ${word()}`;
	const env = { PARLOR_URL: world.url, PARLOR_PUBLIC_KEY: shop.key,
		PARLOR_KEY: await keyOf(shop, shop.members.admin, 'conversations:read conversations:write visitors:read') };
	const script = path.join(dir, 'examples.sh');
	await writeFile(script, `set -euo pipefail\n${rest.map((text) => `${text}\necho '${mark}'\n`).join('')}`);
	const child = start('bash', [script], env), status = await child.ended;
	const outputs = child.output.stdout.split(`${mark}\n`), output = (word) => outputs[rest.findIndex((text) => text.includes(word))];

	test('run to their end', () => {
		assert.match(first, /^export PARLOR_URL=\S+ PARLOR_KEY=\S+ PARLOR_PUBLIC_KEY=\S+\n$/);
		assert.deepEqual([status, child.output.stderr], [0, ''], child.output.stdout);
		assert.ok(rest.length >= 11 && outputs.length === rest.length + 1);
	});

	test('meet no problem but those that they name', () => {
		for (const [i, text] of rest.entries()) {
			const wanted = [...text.matchAll(/# (4\d\d)$/gm)].map(([, number]) => Number(number));
			const met = [...outputs[i].matchAll(/"status": ?(\d+)/g)].map(([, number]) => Number(number));
			assert.deepEqual(met, wanted, text + outputs[i]);
			assert.doesNotMatch(outputs[i].replace(/\{\s*"status"[\s\S]*?\n\}/g, ''), /\bnull\b(?!\n$)|problem/, text + outputs[i]);
		}
	});

	test('show what they say', async () => {
		assert.deepEqual(JSON.parse(output('/me" | jq')), { kind: 'key', memberId: shop.members.admin.id,
			permissions: ['signed-in', 'conversations:read', 'conversations:write', 'visitors:read'] });
		assert.match(output('limit=20'), /^1 Visitor .*: (Another one|I want a mug)\n/);
		assert.deepEqual([...output('welcome-1').matchAll(/"seq": (\d+)/g)].map(([, seq]) => seq), ['2', '2'], 'the same message');
		assert.match(output('"agentId":"me"'), new RegExp(shop.members.admin.name));
		assert.match(output('ratelimit'), /ratelimit-policy: "api";q=\d+;w=60/i);
		assert.match(output('note-1'), /^true\nmessage\.created \w+\n/);
		assert.match(output('order.txt'), /^order\.txt\none mug, blue\n$/);
		assert.match(output('page-views'), /    How can I help\?\n[\s\S]*File: order\.txt/);
		assert.match(output('PARLOR_PUBLIC_KEY'), /^2\n(conversation\.created\n|message\.created\n)+5\n$/);
		assert.equal(await sql.value`SELECT url FROM parlor.page_views WHERE organization_id = ${shop.id}`, 'https://shop.example/mugs');
	});
});

const bots = { shell: ['bash', 'bash'], JavaScript: ['js', process.execPath] };
const talk = (visitor, id) => async () => expect(await visitor.get(`conversations/${id}/messages?limit=100`), 200).json.data;

for (const [language, [kind, command]] of Object.entries(bots))
	describe(`the bot in ${language}`, async () => {
		const found = blocks(kind), file = path.join(dir, `bot.${kind === 'js' ? 'mjs' : 'sh'}`);
		await writeFile(file, found.join(''));
		// An organization with a bot that is still to be started.
		async function fresh(options) {
			const shop = await world.organization(options), bot = await world.member(shop.id, 'agent', 'bot');
			const env = { PARLOR_URL: world.url, PARLOR_KEY: await keyOf(shop, bot, 'conversations:read conversations:write') };
			return { shop, bot, env, visitor: await shop.visitor(), run: (more) => start(command, [file], { ...env, ...more }) };
		}
		const assigned = (id) => sql.value`SELECT assigned_agent_id FROM conversations WHERE id = ${id}`;
		const say = async (visitor, id, content) =>
			expect(await visitor.post(`conversations/${id}/messages`, { clientId: word(), content }), 201).json.message.seq;
		// The answer to the message with this place; each is there once.
		const answer = (visitor, id, seq) => eventually(`an answer to ${seq}`, async () => {
			const answers = (await talk(visitor, id)()).filter(({ clientId }) => clientId === `bot-${seq}`);
			assert.ok(answers.length <= 1);
			return answers[0];
		}, { seconds: 60 });
		const end = async (child) => {
			child.kill('SIGKILL');
			await child.ended;
		};

		test('has forty lines at most', () => {
			const lines = found[0].split('\n').filter((line) => line.trim() && !/^\s*(#|\/\/)/.test(line));
			assert.equal(found.length, 1);
			assert.ok(lines.length <= 40, `${lines.length} lines`);
			assert.ok(Math.max(...lines.map((line) => line.length)) <= 160);
		});

		test('takes a new conversation, answers, and hands it to people when asked', async () => {
			const { shop, bot, visitor, run } = await fresh(), before = await visitor.begin('Are you open?');
			const child = run();
			const first = await answer(visitor, before.conversation.id, 1);
			assert.deepEqual([first.senderType, first.senderName], ['agent', bot.name]);
			const { conversation: { id } } = await visitor.begin('And this one?');
			assert.match((await answer(visitor, id, 1)).content, /a program/);
			assert.equal(await assigned(id), bot.id);
			const seq = await say(visitor, id, 'Let me talk to a HUMAN');
			assert.match((await answer(visitor, id, seq)).content, /A person will/);
			await eventually('it is nobody\'s', async () => await assigned(id) === null);
			const staff = expect(await shop.api.get(`/api/v1/conversations/${id}/messages`), 200).json.data;
			assert.deepEqual(staff.filter((m) => m.private).map((m) => m.content), ['Asks for a person.']);
			await say(visitor, id, 'Hello?');
			const other = await visitor.begin('A third one');
			await answer(visitor, other.conversation.id, 1);
			assert.deepEqual([(await talk(visitor, id)()).length, await assigned(id)], [5, null], 'left alone');
			await end(child);
		});

		test('leaves to people what is theirs', async () => {
			const { shop, visitor, run } = await fresh(), child = run(), { conversation: { id } } = await visitor.begin('Hello');
			await answer(visitor, id, 1);
			expect(await shop.api.post(`/api/v1/conversations/${id}/assignments`, { agentId: 'me' }), 200);
			await say(visitor, id, 'Is that a human now?');
			await answer(visitor, (await visitor.begin('Another')).conversation.id, 1);
			assert.equal((await talk(visitor, id)()).length, 3);
			await end(child);
		});

		test('answers once, however often it is killed', async () => {
			const { shop, visitor, run } = await fresh(), { conversation: { id } } = await visitor.begin('Number 1');
			let seq = 1;
			for (let n = 0; n < 8; n++) {
				const child = run();
				// At another point each time: so many requests after its start.
				const seen = await sql.value`SELECT count(*)::int FROM parlor.events WHERE organization_id = ${shop.id}`;
				if (n % 2)
					await eventually('it does something', async () => await sql.value`SELECT count(*)::int FROM parlor.events
						WHERE organization_id = ${shop.id}` > seen, { every: 1, seconds: 30 });
				else
					await answer(visitor, id, seq);
				await end(child);
				seq = await say(visitor, id, `Number ${n + 2}`);
			}
			// Two at a time, on top.
			const both = [run(), run()];
			await answer(visitor, id, seq);
			seq = await say(visitor, id, 'a person, please');
			await answer(visitor, id, seq);
			await eventually('it is nobody\'s', async () => await assigned(id) === null);
			await Promise.all(both.map(end));
			const all = await talk(visitor, id)(), ids = all.map(({ clientId }) => clientId);
			assert.equal(new Set(ids).size, ids.length);
			for (const { senderType, clientId } of all)
				if (senderType === 'agent')
					assert.ok(all.some((m) => m.senderType === 'user' && `bot-${m.seq}` === clientId));
			assert.equal(await sql.value`SELECT count(*)::int FROM parlor.notes WHERE conversation_id = ${id}`, 1);
		});

		test('goes on through 503, answers that are lost, and a cursor of no use', async () => {
			const { visitor, run } = await fresh(), between = await troubled(), child = run({ PARLOR_URL: between.url });
			const { conversation: { id } } = await visitor.begin('One');
			await answer(visitor, id, 1);
			between.spoil = true; // the next cursor
			const other = await visitor.begin('Two');
			await answer(visitor, other.conversation.id, 1);
			const seq = await say(visitor, id, 'a human, please');
			await answer(visitor, id, seq);
			await eventually('it is nobody\'s', async () => await assigned(id) === null, { seconds: 60 });
			assert.ok(between.refused > 0 && between.lost > 0 && between.gone > 0, JSON.stringify(between));
			assert.equal(await sql.value`SELECT count(*)::int FROM parlor.notes WHERE conversation_id = ${id}`, 1);
			assert.ok(running.has(child), child.output.stderr);
			await end(child);
		});

		test('waits when it asks too often', async () => {
			const { visitor, run, env } = await fresh({ apiRate: 60 }), { conversation: { id } } = await visitor.begin('One');
			const client = world.client({ headers: { Authorization: `Bearer ${env.PARLOR_KEY}` } });
			let status;
			for (let n = 0; n < 200 && status !== 429; n++)
				({ status } = await client.get('/api/v1/me'));
			assert.equal(status, 429);
			const child = run();
			await answer(visitor, id, 1);
			await end(child);
		});

		test('ends when its key is not good', async () => {
			const { shop, run } = await fresh(), child = run({ PARLOR_KEY: credential('sk', shop.id) });
			assert.equal(await child.ended, 1);
			assert.match(child.output.stderr, /valid token/);
		});
	});

test('what the widget asks for is in the contract', () => {
	const paths = [...read('docs/openapi.yaml').matchAll(/^ {2}(\/api\/v1\/widget\/[^:]*):$/gm)].map(([, at]) => at.replace(/\{\w+\}/g, '*'));
	const asked = ['core', 'sync', 'panel', 'files', 'host'].flatMap((name) => [...read(`static/widget/${name}.js`)
		.matchAll(/request\('\w+', [`']([^`']+)[`']|widget\/(attachments)/g)].map(([, one, two]) => one ?? two))
		.map((at) => `/api/v1/widget/${at.replace(/\$\{what\}/, 'read').replace(/\$\{[^}]*\}/g, '*').replace(/\?.*/, '')}`);
	assert.ok(asked.length >= 6, asked.join());
	assert.deepEqual(asked.filter((at) => !paths.includes(at)), []);
});
