/*
 * JSON Web Tokens: the example of RFC 7515 (appendix A.1), and what attackers send. The token of
 * Node was made with crypto.createHmac, as the libraries there do it.
 */
#include "unit.h"

#include "base/crypt.h"
#include "base/json.h"
#include "base/jwt.h"
#include "base/util.h"

#include <sodium.h>

/* The key of the RFC; it holds no NUL. */
static const unsigned char rfc_key[] = { 3, 35, 53, 75, 43, 15, 165, 188, 131, 126, 6, 101, 119,
	123, 166, 143, 90, 179, 40, 230, 240, 84, 201, 40, 169, 15, 132, 178, 210, 80, 46, 191, 211,
	251, 90, 146, 210, 6, 71, 239, 150, 138, 180, 195, 119, 98, 61, 34, 61, 46, 33, 114, 5, 46,
	79, 8, 192, 205, 154, 245, 103, 208, 128, 163, 0 };
static const char rfc_token[] =
	"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
	"eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0"
	"cnVlfQ."
	"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
enum { RFC_EXP = 1300819380, NOW = 1800000000 };

static const char secret[] = "a secret that both sides know, 32+";

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

static const char *
encode(struct arena *mem, const char *text)
{
	const size_t cap =
		sodium_base64_ENCODED_LEN(strlen(text), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	char *out = arena_alloc(mem, cap);

	return sodium_bin2base64(out, cap, (const unsigned char *)text, strlen(text),
		sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

/* A token with any header and body, rightly signed by HMAC-SHA256. */
static const char *
forge(struct arena *mem, const char *header, const char *body)
{
	const char *input = arena_printf(mem, "%s.%s", encode(mem, header), encode(mem, body));
	char mac[44];

	crypt_hmac_url(secret, input, mac);
	return arena_printf(mem, "%s.%s", input, mac);
}

static bool
passes(struct arena *mem, const char *key, const char *token, int64_t now)
{
	struct json_object *claims;
	const enum err e = jwt_verify_at(mem, key, token, now, &claims);

	assert_true(e == ERR_NONE || e == ERR_AUTH);
	assert_true((e == ERR_NONE) == (claims != NULL));
	return e == ERR_NONE;
}

static bool
body_passes(struct arena *mem, const char *body)
{
	return passes(mem, secret, forge(mem, "{\"alg\":\"HS256\"}", body), NOW);
}

static bool
header_passes(struct arena *mem, const char *header)
{
	return passes(mem, secret, forge(mem, header, "{\"exp\":1800000060}"), NOW);
}

static void
the_example_of_the_rfc(void **state)
{
	const char *key = (const char *)rfc_key;
	struct json_object *claims;

	assert_int_equal(jwt_verify_at(*state, key, rfc_token, RFC_EXP - 1, &claims), ERR_NONE);
	assert_string_equal(json_text(claims, "iss"), "joe");
	assert_true(passes(*state, key, rfc_token, RFC_EXP + JWT_LEEWAY - 1));
	assert_false(passes(*state, key, rfc_token, RFC_EXP + JWT_LEEWAY));
	assert_int_equal(jwt_verify(*state, key, rfc_token, &claims), ERR_AUTH);
	assert_false(passes(*state, secret, rfc_token, RFC_EXP - 1));
}

static void
what_is_signed_is_read(void **state)
{
	struct json_object *claims = json_new(*state), *read;
	const char *token;

	json_set(claims, "email", "zoë@example.com");
	json_set_int(claims, "exp", time_now_ms() / 1000 + 60);
	token = jwt_sign(*state, secret, claims);
	assert_int_equal(jwt_verify(*state, secret, token, &read), ERR_NONE);
	assert_string_equal(json_text(read, "email"), "zoë@example.com");
	assert_int_equal(jwt_verify(*state, "another", token, &read), ERR_AUTH);
}

static void
a_token_of_node(void **state)
{
	assert_true(passes(*state, "sekret",
		"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
		"eyJzdWIiOiJ1XzEiLCJuYW1lIjoiWm_DqyIsImV4cCI6MTgwMDAwMDA2MH0."
		"y4wFJjo2KtsemoyC_qV17BQItKpu4jj7RPEPVhd1-ps",
		NOW));
}

/* Each bit of each part counts, and so does each character of the text. */
static void
nothing_can_be_changed(void **state)
{
	const char *good = forge(*state, "{\"alg\":\"HS256\"}", "{\"exp\":1800000060}");
	const size_t len = strlen(good);

	assert_true(passes(*state, secret, good, NOW));
	for (size_t i = 0; i < len; i++) {
		char *bad = arena_strdup(*state, good);

		bad[i] = bad[i] == 'A' ? 'B' : 'A';
		if (good[i] != bad[i])
			assert_false(passes(*state, secret, bad, NOW));
		bad[i] = '\0';
		assert_false(passes(*state, secret, bad, NOW));
	}
}

static void
other_shapes(void **state)
{
	struct arena *mem = *state;
	const char *good = forge(mem, "{\"alg\":\"HS256\"}", "{\"exp\":1800000060}");
	const char *head = encode(mem, "{\"alg\":\"HS256\"}");
	const char *bad[] = { "", ".", "..", "...", "a.b.c", arena_printf(mem, "%s.", good),
		arena_printf(mem, ".%s", good), arena_printf(mem, "%s.x", good),
		arena_printf(mem, "%s=", good), arena_printf(mem, "%s==", good),
		arena_printf(mem, "%s ", good), arena_printf(mem, " %s", good),
		arena_printf(mem, "%s\n", good), arena_printf(mem, "Bearer %s", good),
		arena_printf(mem, "%s..", head), arena_printf(mem, "%s.e30.", head) };
	char *huge = arena_alloc(mem, 100001);

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(passes(mem, secret, bad[i], NOW));
	memset(huge, 'A', 100000);
	assert_false(passes(mem, secret, huge, NOW));
	memset(huge, '.', 100000);
	assert_false(passes(mem, secret, huge, NOW));
	assert_false(passes(mem, secret, NULL, NOW));
	assert_false(passes(mem, "", good, NOW));
	assert_false(passes(mem, NULL, good, NOW));
}

/* Rightly signed, but the text under the MAC is padded, or has bits to spare. */
static void
loose_base64(void **state)
{
	static const char *const inputs[] = {
		/* {"alg":"HS256"} . {"exp":1800000060} */
		"eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjE4MDAwMDAwNjB9",     /* as it should be */
		"eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjE4MDAwMDAwNjAgfQ==", /* padded */
		"eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjE4MDAwMDAwNjAgfR",   /* bits left over */
		"eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjE4MDAwMDAwNjB9\n",
		"eyJhbGciOiJIUzI1NiJ9.eyJleHAi OjE4MDAwMDAwNjB9",
		"eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjE4MDAwMDAwNjAsIm4iOiI_In0/",
		"eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjE4MDAwMDAwNjB9A",
	};
	char mac[44];

	for (size_t i = 0; i < ARRAY_LEN(inputs); i++) {
		crypt_hmac_url(secret, inputs[i], mac);
		assert_int_equal(
			passes(*state, secret, arena_printf(*state, "%s.%s", inputs[i], mac), NOW),
			i == 0);
	}
}

static void
the_token_does_not_choose(void **state)
{
	static const char *const bad[] = { "{\"alg\":\"none\"}", "{\"alg\":\"None\"}",
		"{\"alg\":\"hs256\"}", "{\"alg\":\"HS512\"}", "{\"alg\":\"RS256\"}",
		"{\"alg\":\"\"}", "{\"alg\":null}", "{\"alg\":[\"HS256\"]}", "{\"alg\":256}", "{}",
		"{\"Alg\":\"HS256\"}", "{\"alg\":\"HS256\",\"crit\":[\"exp\"]}",
		"{\"alg\":\"HS256\",\"crit\":null}", "{\"alg\":\"HS256\",\"alg\":\"none\"}",
		"{\"alg\":\"none\",\"\\u0061lg\":\"HS256\"}", "{\"alg\":\"HS256\\u0000\"}",
		"{\"alg\":\"HS256\",\"typ\":\"secevent+jwt\"}", "{\"alg\":\"HS256\",\"typ\":1}",
		"{\"alg\":\"HS256\",\"typ\":null}", "[\"HS256\"]", "\"HS256\"", "null", "",
		"{\"alg\":\"HS256\"", "{\"alg\":\"HS256\"}x" };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(header_passes(*state, bad[i]));
	assert_true(header_passes(*state, "{\"alg\":\"HS256\"}"));
	assert_true(header_passes(*state, "{\"typ\":\"jwt\",\"alg\":\"HS256\",\"kid\":\"1\"}"));
	assert_true(header_passes(*state, "{\"\\u0061lg\":\"H\\u005325\\u0036\"}"));
}

/* "alg":"none" with an empty signature, the oldest of them. */
static void
unsigned_tokens(void **state)
{
	struct arena *mem = *state;
	const char *body = encode(mem, "{\"exp\":1800000060}");

	assert_false(passes(mem, secret,
		arena_printf(mem, "%s.%s.", encode(mem, "{\"alg\":\"none\"}"), body), NOW));
	assert_false(passes(mem, secret,
		arena_printf(mem, "%s.%s", encode(mem, "{\"alg\":\"none\"}"), body), NOW));
	assert_false(passes(mem, secret,
		arena_printf(mem, "%s.%s.", encode(mem, "{\"alg\":\"HS256\"}"), body), NOW));
}

static void
times(void **state)
{
	static const char *const good[] = { "{\"exp\":1800000001}", "{\"exp\":1800000000.5}",
		"{\"exp\":1.8e9}", "{\"exp\":1799999971}", "{\"exp\":9007199254740993}",
		"{\"exp\":1800000060,\"nbf\":1800000030,\"iat\":1800000030}",
		"{\"exp\":1800000060,\"nbf\":0,\"iat\":-1}" };
	static const char *const bad[] = { "{}", "{\"exp\":null}", "{\"exp\":\"1800000060\"}",
		"{\"exp\":true}", "{\"exp\":[1800000060]}", "{\"exp\":0}", "{\"exp\":-1}",
		"{\"exp\":1799999970}", "{\"exp\":1e999}",
		"{\"exp\":1800000060,\"exp\":1800000060}", "{\"exp\":1,\"\\u0065xp\":1800000060}",
		"{\"exp\":1800000060,\"nbf\":1800000031}",
		"{\"exp\":1800000060,\"iat\":1800000031}", "{\"exp\":1800000060,\"nbf\":\"0\"}",
		"{\"exp\":1800000060,\"iat\":null}", "[1800000060]", "1800000060", "null",
		"{\"exp\":1800000060}{}" };

	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		assert_true(body_passes(*state, good[i]));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(body_passes(*state, bad[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_example_of_the_rfc, start, stop),
		cmocka_unit_test_setup_teardown(what_is_signed_is_read, start, stop),
		cmocka_unit_test_setup_teardown(a_token_of_node, start, stop),
		cmocka_unit_test_setup_teardown(nothing_can_be_changed, start, stop),
		cmocka_unit_test_setup_teardown(other_shapes, start, stop),
		cmocka_unit_test_setup_teardown(loose_base64, start, stop),
		cmocka_unit_test_setup_teardown(the_token_does_not_choose, start, stop),
		cmocka_unit_test_setup_teardown(unsigned_tokens, start, stop),
		cmocka_unit_test_setup_teardown(times, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
