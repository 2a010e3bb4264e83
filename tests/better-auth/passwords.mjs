// Passwords that are more than ASCII, of 8 to 128 UTF-16 units. forms: other spellings of the same one.
export const passwords = {
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
