/* Codes: the vectors of RFC 6238 (appendix B, cut to six digits), and Better Auth's secrets and URIs. */
#include "unit.h"

#include "base/arena.h"
#include "base/crypt.h"
#include "base/totp.h"

static const char rfc_key[] = "12345678901234567890";

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
codes_are_those_of_the_rfc(void **state)
{
	static const struct {
		int64_t now;
		const char *code;
	} vectors[] = { { 59, "287082" }, { 1111111109, "081804" }, { 1111111111, "050471" },
		{ 1234567890, "005924" }, { 2000000000, "279037" }, { 20000000000, "353130" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
		int64_t step = -1;

		assert_true(totp_fits(rfc_key, vectors[i].code, vectors[i].now, &step));
		assert_int_equal(step, vectors[i].now / 30);
	}
}

/* The code of 1234567890 is good from the step before to the step after. */
static void
one_step_either_way(void **state)
{
	const int64_t first = 1234567890 / 30 * 30;
	int64_t step;

	(void)state;
	assert_true(totp_fits(rfc_key, "005924", first - 30, &step));
	assert_int_equal(step, first / 30);
	assert_true(totp_fits(rfc_key, "005924", first + 59, &step));
	assert_int_equal(step, first / 30);
	assert_false(totp_fits(rfc_key, "005924", first - 31, &step));
	assert_false(totp_fits(rfc_key, "005924", first + 60, &step));
}

static void
other_texts_do_not_fit(void **state)
{
	static const char *const texts[] = { "", "005925", "05924", "0059244", "005924 ", " 005924",
		"5924", "abcdef", "+05924" };
	int64_t step;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		assert_false(totp_fits(rfc_key, texts[i], 1234567890, &step));
	assert_false(totp_fits("", "005924", 1234567890, &step));
	assert_false(totp_fits("base32:", "005924", 1234567890, &step));
	assert_false(totp_fits("base32:!!!!", "005924", 1234567890, &step));
}

static void
a_secret_of_another_program_is_in_base32(void **state)
{
	int64_t step;

	assert_true(
		totp_fits("base32:GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "005924", 1234567890, &step));
	assert_true(
		totp_fits("base32:gezdgnbvgy3tqojqgezdgnbvgy3tqojq", "005924", 1234567890, &step));
	assert_string_equal(totp_base32(*state, "base32:GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"),
		"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
}

static void
secrets_are_as_better_auth_makes_them(void **state)
{
	const char *secret = totp_secret(*state), *other = totp_secret(*state);

	assert_int_equal(strlen(secret), 32);
	assert_string_not_equal(secret, other);
	assert_int_equal(strlen(totp_base32(*state, secret)), 52);
	assert_string_equal(totp_base32(*state, rfc_key), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
	assert_string_equal(totp_base32(*state, "ab"), "MFRA");
}

/* As @better-auth/utils writes it, but for the blank, which it writes as "+" in the query. */
static void
the_uri_is_what_apps_read(void **state)
{
	assert_string_equal(
		totp_uri(*state, rfc_key, "Parlor chat.example.org", "mara+x@example.com"),
		"otpauth://totp/Parlor%20chat.example.org:mara%2Bx%40example.com"
		"?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Parlor%20chat.example.org"
		"&digits=6&period=30");
	assert_null(totp_uri(*state, "base32:!", "Parlor", "mara@example.com"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codes_are_those_of_the_rfc),
		cmocka_unit_test(one_step_either_way),
		cmocka_unit_test(other_texts_do_not_fit),
		cmocka_unit_test(a_secret_of_another_program_is_in_base32),
		cmocka_unit_test(secrets_are_as_better_auth_makes_them),
		cmocka_unit_test(the_uri_is_what_apps_read),
	};

	return cmocka_run_group_tests_name("totp", tests, start, stop);
}
