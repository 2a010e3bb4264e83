// Passwords that are more than ASCII: one that was set on either side is the same password on the other,
// in whatever form a keyboard sends it.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { useBoth } from './both.mjs';

const both = await useBoth();

// Each has 8 to 128 UTF-16 units. forms: other spellings of the same password.
const passwords = {
	'accents': { password: 'Ångström café', forms: (p) => [p.normalize('NFC'), p.normalize('NFD')] },
	'Hangul': { password: '비밀번호입니다요', forms: (p) => [p.normalize('NFD')] },
	'compatibility characters': { password: 'ﬁne ½ Å Ⅷ ㎏ ①', forms: (p) => [p.normalize('NFKC'), p.normalize('NFKD')] },
	'full-width letters': { password: 'ｐａｓｓｗｏｒｄ１２３', forms: () => ['password123'] },
	'one letter that becomes eighteen': { password: '\ufdfa'.repeat(100), forms: () => [] },
	'emoji with joiners': { password: '👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽', forms: () => [] },
	'128 units of characters beyond the BMP': { password: '𝕬😀'.repeat(32), forms: () => ['A😀'.repeat(32)] },
	'128 units of characters that are one': { password: 'é'.repeat(128), forms: () => ['e\u0301'.repeat(128)] },
	'blanks at the ends and within': { password: '  two  blanks \u00a0', forms: () => ['  two  blanks  '] },
	'signs that mean something elsewhere': { password: '%41+&=;"\'\\<b>:$x', forms: () => [] },
	'many combining marks out of order': { password: 'a\u0301\u0323\u0308bcdefgh', forms: (p) => [p.normalize('NFC'), p.normalize('NFD')] },
};

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
