// Short campaigns: each fault that this machine lets us make, once or twice, with hints; some of them
// without. The full one is for a machine of its own; see docs/delivery.md.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('./campaign.mjs', import.meta.url));

function campaign(...args) {
	const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
	let output = '';
	for (const stream of [child.stdout, child.stderr])
		stream.setEncoding('utf8').on('data', (text) => { output += text; });
	return new Promise((resolve) => child.on('close', (status) => resolve({ status, output })));
}

const held = ({ status, output }, t) => {
	t.diagnostic(output);
	assert.equal(status, 0, output);
	assert.doesNotMatch(output, /could not be made/);
	assert.match(output, /^violations: lost 0, doubled 0, reordered 0, gap 0, foreign 0, phantom 0, stale 0, unread 0, refused 0$/m);
};

test('every fault, with hints: nothing is lost, doubled or reordered', async (t) =>
	held(await campaign('--seconds', '60', '--injections', '29', '--messages', '6000'), t));

test('some faults without any hint: the same', async (t) =>
	held(await campaign('--seconds', '16', '--injections', '9', '--messages', '1500', '--no-notify',
		'--only', 'killed$|stopped|ended|immediate|reloaded'), t));
