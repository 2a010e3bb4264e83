// Passwords that are more than ASCII: one that was set on either side is the same password on the other,
// in whatever form a keyboard sends it.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { useBoth } from './both.mjs';
import { passwords } from './passwords.mjs';

const both = await useBoth();

describe('set there, used here', () => {
	for (const [what, { password, forms }] of Object.entries(passwords))
		test(what, async () => {
			const { email } = await both.person({ password });
			for (const form of new Set([password, ...forms(password)]))
				assert.equal((await both.browser().signInHere(email, form)).status, 303, JSON.stringify(form));
			const wrong = `${password.slice(0, -1)}${password.endsWith('x') ? 'y' : 'x'}`;
			assert.equal((await both.browser().signInHere(email, wrong)).status, 401);
		});

	test('too long for Better Auth by one character beyond the BMP', async () => {
		const answer = await both.browser().auth('sign-up/email', { name: 'A', email: `long${Date.now()}@example.org`, password: '😀'.repeat(65) });
		assert.equal(answer.status, 400);
	});
});
