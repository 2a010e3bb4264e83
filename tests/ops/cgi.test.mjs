// The same program as plain CGI, behind nginx and fcgiwrap: no worker of ours runs, and a visitor and
// an agent still talk to each other, by short polling.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startStack } from '../http/stack.mjs';

let stack, url;

before(async () => {
	stack = await startStack({ web: 1 });
	url = await stack.cgi();
	await stack.stopComponent('web', 'poll', 'jobs', 'nginx');
});
after(() => stack?.stop());

async function call(path, token, body, status = 200) {
	const answer = await fetch(url + path, {
		method: body ? 'POST' : 'GET',
		headers: { ...(token && { Authorization: `Bearer ${token}` }), ...(body && { 'Content-Type': 'application/json' }) },
		body: body && JSON.stringify(body),
	});
	const text = await answer.text();
	assert.equal(answer.status, status, `${path}: ${text}`);
	return answer.headers.get('content-type').includes('json') ? JSON.parse(text) : text;
}

test('pages and files are served', async () => {
	assert.match(await call('/demo'), /widget\.js/);
	assert.match(await call('/widget.js'), /Parlor/);
	assert.match(await call('/sign-in'), /<form/);
});

test('a visitor and an agent chat by short polling', async () => {
	const session = await call('/api/v1/widget/session', null, { key: stack.apiKey });
	const agent = stack.secretKey;
	const begin = Date.now();
	let { cursor: agentCursor } = await call('/api/v1/events?wait=20&cursor=', agent);
	const { conversation } = await call('/api/v1/widget/conversations', session.token,
		{ clientId: 'cgi-visitor-1', content: 'Is anybody there?' }, 201);

	const heard = await call(`/api/v1/events?wait=20&cursor=${encodeURIComponent(agentCursor)}`, agent);
	assert.ok(heard.events.some((e) => e.type === 'message.created' && e.data.message.content === 'Is anybody there?'));
	await call(`/api/v1/conversations/${conversation.id}/messages`, agent, { clientId: 'cgi-agent-1', content: 'I am.' }, 201);

	const answered = await call(`/api/v1/widget/events?wait=20&cursor=${encodeURIComponent(session.cursor)}`, session.token);
	assert.deepEqual(answered.events.filter((e) => e.type === 'message.created').map((e) => e.data.message.content),
		['Is anybody there?', 'I am.']);
	assert.equal(answered.pollAfterMs, 3000);

	const quiet = await call(`/api/v1/widget/events?wait=20&cursor=${encodeURIComponent(answered.cursor)}`, session.token);
	assert.deepEqual(quiet.events, []);
	// Six requests that may each wait 20 s: none of them did.
	assert.ok(Date.now() - begin < 15000);
});

test('a body that is too large and one that is no JSON are refused', async () => {
	await call('/api/v1/widget/session', null, { key: 'x'.repeat(70000) }, 413);
	const answer = await fetch(`${url}/api/v1/widget/session`,
		{ method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"key":' });
	assert.equal(answer.status, 400);
});
