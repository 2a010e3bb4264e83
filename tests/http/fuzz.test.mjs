// A short run of the fuzzer, of another seed each time; tests/fuzz/run makes longer ones, with sanitizers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzz } from '../fuzz/api/fuzz.mjs';

test('ten seconds of good requests and changed ones find nothing', async (t) => {
	const { seed, findings, sent, good } = await fuzz({ seconds: 10 });
	t.diagnostic(`seed ${seed}, ${sent} requests`);
	assert.deepEqual(findings.map(({ what, about }) => `${what}\n${about}`), [], `seed ${seed}`);
	assert.ok(sent > 100 && good.size > 30, `${sent} requests, ${good.size} endpoints answered well`);
});
