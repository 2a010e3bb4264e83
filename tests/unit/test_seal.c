/*
 * Sealed texts. The golden ones were made with @noble/ciphers, which Better Auth uses, and fixed
 * nonces.
 */
#include "unit.h"

#include "base/arena.h"
#include "base/crypt.h"
#include "base/seal.h"

static const char secret[] = "better-auth-secret-123456789";
static const char other[] = "Ein l\xc3\xa4ngeres Geheimnis mit Uml\xc3\xa4uten, 32+";
static const char golden[] =
	"000102030405060708090a0b0c0d0e0f1011121314151617f27d4be8242f510cd1026b0f"
	"cecf8b43630f1bbda267fde0aa8ba8fb572f721c";

static int
start(void **state)
{
	crypt_start();
	*state = arena_new();
	return 0;
}

static int
stop(void **state)
{
	arena_free(*state);
	return 0;
}

static void
texts_of_better_auth_are_read(void **state)
{
	assert_string_equal(unseal_text(*state, secret, golden), "JBSWY3DPEHPK3PXP");
	assert_string_equal(
		unseal_text(*state, other,
			"fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0efeeedecebeae9e813b0ad11f76a5bea2c65b3c15f"
			"cef2766cf651da02fc55d0d5dd8124975eab29461de2aace9bf4746d36e183a1"),
		"[\"aB3dE-fG5hI\",\"z9Y8x-W7v6U\"]");
	assert_string_equal(
		unseal_text(*state, secret,
			"000000000000000000000000000000000000000000000000c30c882aa8c9eae3558c9ea8ff"
			"c22a8c"),
		"");
}

static void
an_envelope_is_opened(void **state)
{
	const char *text = unseal_text(*state, secret, arena_printf(*state, "$ba$2$%s", golden));

	assert_string_equal(text, "JBSWY3DPEHPK3PXP");
	assert_null(unseal_text(*state, secret, arena_printf(*state, "$ba$$%s", golden)));
	assert_null(unseal_text(*state, secret, arena_printf(*state, "$ba$x$%s", golden)));
	assert_null(unseal_text(*state, secret, "$ba$2"));
}

/* Texts of all lengths come back; the same text is never sealed the same way twice. */
static void
what_is_sealed_comes_back(void **state)
{
	uint64_t seed = 17;
	char text[301];

	for (int i = 0; i < 300; i++) {
		const size_t len = unit_random_text(&seed, text, 300);
		const char *one = seal_text(*state, secret, text),
			   *two = seal_text(*state, secret, text);

		assert_int_equal(strlen(one), 2 * (24 + len + 16));
		assert_int_equal(strspn(one, "0123456789abcdef"), strlen(one));
		assert_string_not_equal(one, two);
		assert_string_equal(unseal_text(*state, secret, one), text);
		assert_string_equal(unseal_text(*state, secret, two), text);
		assert_null(unseal_text(*state, other, one));
	}
}

static void
altered_texts_are_refused(void **state)
{
	const size_t len = strlen(golden);
	char *copy = arena_strdup(*state, golden);

	for (size_t i = 0; i < len; i++) {
		copy[i] = golden[i] == 'a' ? 'b' : 'a';
		assert_null(unseal_text(*state, secret, copy));
		copy[i] = golden[i];
		assert_null(unseal_text(*state, secret, arena_strndup(*state, golden, i)));
	}
	assert_null(unseal_text(*state, secret, arena_printf(*state, "%s00", golden)));
	assert_null(unseal_text(*state, secret, arena_printf(*state, "%sxy", golden)));
	assert_null(unseal_text(*state, secret, "not sealed at all"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_of_better_auth_are_read),
		cmocka_unit_test(an_envelope_is_opened),
		cmocka_unit_test(what_is_sealed_comes_back),
		cmocka_unit_test(altered_texts_are_refused),
	};

	return cmocka_run_group_tests_name("seal", tests, start, stop);
}
