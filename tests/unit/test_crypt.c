/*
 * Ids, tokens, hashes, passwords, cookies. The golden values were made with Node's crypto module,
 * the one Better Auth uses.
 */
#include "unit.h"

#include "base/crypt.h"
#include "base/util.h"

#include <time.h>

enum { CASES = 100000 };

static const char alnum[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

static int
start(void **state)
{
	(void)state;
	crypt_start();
	return 0;
}

static void
ids_sort_by_time(void **state)
{
	char before[ID_LEN + 1], after[ID_LEN + 1];

	(void)state;
	for (int i = 0; i < 20; i++) {
		const int64_t now = time_now_ms();

		crypt_id(before);
		while (time_now_ms() <= now + 1)
			;
		crypt_id(after);
		assert_int_equal(strlen(before), ID_LEN);
		assert_int_equal(strspn(before, alnum), ID_LEN);
		assert_true(strcmp(before, after) < 0);
		assert_true(strncmp(before, after, 9) < 0);
	}
}

/* The time in an id is base 62, most significant digit first. */
static void
ids_hold_the_time(void **state)
{
	const int64_t now = time_now_ms();
	char id[ID_LEN + 1];
	int64_t ms = 0;

	(void)state;
	crypt_id(id);
	for (int i = 0; i < 9; i++)
		ms = ms * 62 + (strchr(alnum, id[i]) - alnum);
	assert_in_range(ms, now, now + 1000);
}

static int
order(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void
ids_are_unique(void **state)
{
	char(*ids)[ID_LEN + 1] = malloc(CASES * sizeof(*ids));

	(void)state;
	for (int i = 0; i < CASES; i++)
		crypt_id(ids[i]);
	qsort(ids, CASES, sizeof(*ids), order);
	for (int i = 1; i < CASES; i++)
		assert_string_not_equal(ids[i - 1], ids[i]);
	free(ids);
}

/*
 * Chi-square over k values is k - 1 on average. With 80 more it fails by chance once in ten million
 * runs, and the bias of a plain modulo gives thousands.
 */
static void
check_uniform(const size_t *counts, size_t k, size_t n)
{
	const double want = (double)n / (double)k;
	double sum = 0;

	for (size_t i = 0; i < k; i++)
		sum += ((double)counts[i] - want) * ((double)counts[i] - want) / want;
	assert_true(sum < (double)(k - 1) + 80);
}

static void
random_parts_are_uniform(void **state)
{
	static const char url64[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	size_t session[62] = { 0 }, id[62] = { 0 }, token[64] = { 0 };
	char text[TOKEN_LEN + 1];

	(void)state;
	for (int i = 0; i < CASES; i++) {
		crypt_session_token(text);
		assert_int_equal(strlen(text), SESSION_TOKEN_LEN);
		for (const char *s = text; *s; s++)
			session[strchr(alnum, *s) - alnum]++;
		crypt_id(text);
		for (const char *s = text + 9; *s; s++)
			id[strchr(alnum, *s) - alnum]++;
		crypt_token(text);
		assert_int_equal(strlen(text), TOKEN_LEN);
		/* The last character stands for four bits only. */
		for (const char *s = text; s < text + TOKEN_LEN - 1; s++)
			token[strchr(url64, *s) - url64]++;
	}
	check_uniform(session, 62, (size_t)CASES * SESSION_TOKEN_LEN);
	check_uniform(id, 62, (size_t)CASES * (ID_LEN - 9));
	check_uniform(token, 64, (size_t)CASES * (TOKEN_LEN - 1));
}

/* "sk_TAG_SECRET": the tag is the organization's, the rest is random. */
static void
credentials_name_their_organization(void **state)
{
	char a[CREDENTIAL_LEN + 1], b[CREDENTIAL_LEN + 1], other[CREDENTIAL_LEN + 1];
	char hash[HASH_HEX_LEN + 1];

	(void)state;
	crypt_credential("vt", "organization", a);
	crypt_credential("vt", "organization", b);
	crypt_credential("sk", "another", other);
	crypt_hash("organization", hash);
	assert_int_equal(strlen(a), CREDENTIAL_LEN);
	assert_memory_equal(a, "vt_", 3);
	assert_memory_equal(a + 3, hash, CREDENTIAL_TAG_LEN);
	assert_int_equal(a[3 + CREDENTIAL_TAG_LEN], '_');
	assert_memory_equal(a, b, 3 + CREDENTIAL_TAG_LEN + 1);
	assert_string_not_equal(a, b);
	assert_memory_equal(other, "sk_", 3);
	assert_memory_not_equal(other + 3, hash, CREDENTIAL_TAG_LEN);
}

static void
hashes_are_golden(void **state)
{
	char hex[HASH_HEX_LEN + 1], base64[45];

	(void)state;
	crypt_hash("abc", hex);
	assert_string_equal(
		hex, "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
	crypt_hash("", hex);
	assert_string_equal(
		hex, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
	crypt_hmac_hex("key", "The quick brown fox jumps over the lazy dog", hex);
	assert_string_equal(
		hex, "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8");
	/* A key longer than the block is hashed first. */
	crypt_hmac_base64("kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
			  "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk",
		"x", base64);
	assert_string_equal(base64, "jBhYv/bPnLc3CLS1T0O8puG4tMM4B2DcAJABsmW2TG8=");
}

static void
equal_is_equal(void **state)
{
	(void)state;
	assert_true(crypt_equal("", ""));
	assert_true(crypt_equal("abc", "abc"));
	assert_false(crypt_equal("abc", "abd"));
	assert_false(crypt_equal("abc", "ab"));
	assert_false(crypt_equal("", "a"));
}

/* password -> stored, by crypto.scryptSync(password.normalize("NFKC"), salt, 64, ...). */
static const char stored_ascii[] =
	"00112233445566778899aabbccddeeff:"
	"f5b22309b28fe412c82a4b2cab57498b8f8a42c849af16cb908974048f61c139"
	"33421858db3a8f111430bdc493c7cef90f61f904061c77206e3820a2e8b11bc2";
static const char stored_umlaut[] =
	"f0e1d2c3b4a5968778695a4b3c2d1e0f:"
	"6998f95cfc6f8a89b3ad2619e6899d9a691a22a52c46995b2a214082fae11958"
	"a4390a40ce0199b37894b424941b5211496a1e67dbda45ebd1ad86e96dfc4dbc";
static const char stored_empty[] =
	"0123456789abcdef0123456789abcdef:"
	"55058c3885e00fd4b8d5ffbfbc0712b7cf72ebf2e5adcf8bf7e9cd2c21dd25d3"
	"c1568130c23015b3b0bd3cc8b1480b41dc00c8775ddb39e67e0439d785c11a1d";

static void
passwords_of_better_auth_fit(void **state)
{
	(void)state;
	assert_int_equal(
		crypt_password_check("correct horse battery staple", stored_ascii), ERR_NONE);
	assert_int_equal(
		crypt_password_check("correct horse battery stapl", stored_ascii), ERR_AUTH);
	assert_int_equal(crypt_password_check("", stored_empty), ERR_NONE);
	/* "Pässwörd ﬁ Ⅷ é", composed, decomposed, and as NFKC writes it. */
	assert_int_equal(
		crypt_password_check(
			"P\xc3\xa4ssw\xc3\xb6rd \xef\xac\x81 \xe2\x85\xa7 \xc3\xa9", stored_umlaut),
		ERR_NONE);
	assert_int_equal(
		crypt_password_check("Pa\xcc\x88sswo\xcc\x88rd \xef\xac\x81 \xe2\x85\xa7 e\xcc\x81",
			stored_umlaut),
		ERR_NONE);
	assert_int_equal(
		crypt_password_check("P\xc3\xa4ssw\xc3\xb6rd fi VIII \xc3\xa9", stored_umlaut),
		ERR_NONE);
	assert_int_equal(crypt_password_check("Passwort fi VIII e", stored_umlaut), ERR_AUTH);
}

static void
passwords_are_stored_as_better_auth_does(void **state)
{
	struct arena *mem = arena_new();
	const char *first, *second;

	(void)state;
	assert_int_equal(crypt_password(mem, "s3cret\xc3\xa9", &first), ERR_NONE);
	assert_int_equal(crypt_password(mem, "s3cret\xc3\xa9", &second), ERR_NONE);
	assert_int_equal(strlen(first), 32 + 1 + 128);
	assert_int_equal(strspn(first, "0123456789abcdef"), 32);
	assert_int_equal(first[32], ':');
	assert_int_equal(strspn(first + 33, "0123456789abcdef"), 128);
	assert_int_not_equal(memcmp(first, second, 32), 0);
	assert_int_equal(crypt_password_check("s3crete\xcc\x81", first), ERR_NONE);
	assert_int_equal(crypt_password_check("s3cret", first), ERR_AUTH);
	assert_int_equal(crypt_password(mem, "\xff\xfe", &first), ERR_INVALID);
	arena_free(mem);
}

static void
malformed_hashes_never_fit(void **state)
{
	char upper[sizeof(stored_ascii)], shorter[sizeof(stored_ascii)],
		tail[sizeof(stored_ascii) + 1];

	(void)state;
	strcpy(upper, stored_ascii);
	upper[33] = 'F';
	strcpy(shorter, stored_ascii);
	shorter[strlen(shorter) - 1] = '\0';
	snprintf(tail, sizeof(tail), "%sz", stored_ascii);
	assert_int_equal(crypt_password_check("correct horse battery staple", NULL), ERR_AUTH);
	assert_int_equal(crypt_password_check("", ""), ERR_AUTH);
	assert_int_equal(crypt_password_check("x", ":"), ERR_AUTH);
	assert_int_equal(crypt_password_check("correct horse battery staple", upper), ERR_AUTH);
	assert_int_equal(crypt_password_check("correct horse battery staple", shorter), ERR_AUTH);
	assert_int_equal(crypt_password_check("correct horse battery staple", tail), ERR_AUTH);
	assert_int_equal(crypt_password_check("\xff", stored_ascii), ERR_AUTH);
}

/* Whoever has no password must not be told by the time it takes. */
static void
malformed_hashes_cost_the_same(void **state)
{
	clock_t from, real, dummy;

	(void)state;
	from = clock();
	assert_int_equal(crypt_password_check("x", stored_ascii), ERR_AUTH);
	real = clock() - from;
	from = clock();
	assert_int_equal(crypt_password_check("x", NULL), ERR_AUTH);
	dummy = clock() - from;
	assert_true(dummy > real / 5);
}

static const char secret[] = "better-auth-secret-123456789012345";

static const struct {
	const char *token, *value, *encoded;
} cookies[] = {
	{ "abcdefghijklmnopqrstuvwxyzABCDEF",
		"abcdefghijklmnopqrstuvwxyzABCDEF.w1kPvNfMsBNBCa9zDTdb4z84OeouDq/35OUVf5CBoeg=",
		"abcdefghijklmnopqrstuvwxyzABCDEF.w1kPvNfMsBNBCa9zDTdb4z84OeouDq%2F35OUVf5CBoeg%"
		"3D" },
	{ "ZYXWVUTSRQPONMLKJIHGFEDCBA987654",
		"ZYXWVUTSRQPONMLKJIHGFEDCBA987654.LHc9k1cC16/+kCYHDR0/ZyXmyUqfB1HixqrTtofjwM0=",
		"ZYXWVUTSRQPONMLKJIHGFEDCBA987654.LHc9k1cC16%2F%2BkCYHDR0%"
		"2FZyXmyUqfB1HixqrTtofjwM0%3D" },
	{ "0", "0.hDLcBrkbMl6zKE4Jok4FDsj+tdAABD111/rct8JvQbA=",
		"0.hDLcBrkbMl6zKE4Jok4FDsj%2BtdAABD111%2Frct8JvQbA%3D" },
};

static void
cookies_of_better_auth_are_ours(void **state)
{
	struct arena *mem = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cookies); i++) {
		const char *token = cookies[i].token;

		assert_string_equal(crypt_cookie(mem, secret, token), cookies[i].value);
		assert_string_equal(crypt_cookie_token(mem, secret, cookies[i].value), token);
		assert_string_equal(crypt_cookie_token(mem, secret, cookies[i].encoded), token);
		assert_string_equal(crypt_cookie_token(mem, secret,
					    arena_printf(mem, "\"%s\"", cookies[i].encoded)),
			token);
		assert_string_equal(crypt_cookie_token(mem, secret,
					    arena_printf(mem, "\"%s\"", cookies[i].value)),
			token);
		assert_null(crypt_cookie_token(
			mem, "another-secret-123456789012345678", cookies[i].value));
	}
	arena_free(mem);
}

static void
other_cookies_are_not(void **state)
{
	static const char *const bad[] = { "", ".", "\"", "\"\"", "0", "0.",
		".hDLcBrkbMl6zKE4Jok4FDsj+tdAABD111/rct8JvQbA=",
		"0.hDLcBrkbMl6zKE4Jok4FDsj+tdAABD111/rct8JvQbA",
		"0.hDLcBrkbMl6zKE4Jok4FDsj+tdAABD111/rct8JvQbA==",
		"0.hDLcBrkbMl6zKE4Jok4FDsj tdAABD111/rct8JvQbA=",
		"0.hDLcBrkbMl6zKE4Jok4FDsj-tdAABD111_rct8JvQbA=",
		"1.hDLcBrkbMl6zKE4Jok4FDsj+tdAABD111/rct8JvQbA=",
		"0%00.hDLcBrkbMl6zKE4Jok4FDsj+tdAABD111/rct8JvQbA=",
		"0.hDLcBrkbMl6zKE4Jok4FDsj%2btdAABD111%2frct8JvQbA%3", "%", "%4", "%zz", "0.%zz" };
	struct arena *mem = arena_new();

	(void)state;
	assert_null(crypt_cookie_token(mem, secret, NULL));
	assert_null(
		crypt_cookie_token(mem, secret, arena_printf(mem, "%s%%00x", cookies[0].encoded)));
	/* Only the last dot is the one between token and signature. */
	assert_string_equal(
		crypt_cookie_token(mem, secret, crypt_cookie(mem, secret, "a.b.c")), "a.b.c");
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_null(crypt_cookie_token(mem, secret, bad[i]));
	arena_free(mem);
}

/* Sign, perhaps change one byte, read: only the unchanged value is taken. */
static void
signatures_hold(void **state)
{
	uint64_t random = 31;

	(void)state;
	for (int i = 0; i < CASES; i++) {
		struct arena *mem = arena_new();
		char token[SESSION_TOKEN_LEN + 1];
		char *value;
		size_t at;

		crypt_session_token(token);
		value = arena_strdup(mem, crypt_cookie(mem, secret, token));
		assert_string_equal(crypt_cookie_token(mem, secret, value), token);
		at = unit_random(&random) % strlen(value);
		value[at] = value[at] == 'x' ? 'y' : 'x';
		assert_null(crypt_cookie_token(mem, secret, value));
		arena_free(mem);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_sort_by_time),
		cmocka_unit_test(ids_hold_the_time),
		cmocka_unit_test(ids_are_unique),
		cmocka_unit_test(random_parts_are_uniform),
		cmocka_unit_test(credentials_name_their_organization),
		cmocka_unit_test(hashes_are_golden),
		cmocka_unit_test(equal_is_equal),
		cmocka_unit_test(passwords_of_better_auth_fit),
		cmocka_unit_test(passwords_are_stored_as_better_auth_does),
		cmocka_unit_test(malformed_hashes_never_fit),
		cmocka_unit_test(malformed_hashes_cost_the_same),
		cmocka_unit_test(cookies_of_better_auth_are_ours),
		cmocka_unit_test(other_cookies_are_not),
		cmocka_unit_test(signatures_hold),
	};

	return cmocka_run_group_tests_name("crypt", tests, start, NULL);
}
