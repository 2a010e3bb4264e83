/* Proofs of identity. The hash is one that Node's crypto module made. */
#include "unit.h"

#include "base/crypt.h"
#include "base/json.h"
#include "base/jwt.h"
#include "core/proof.h"

enum { NOW = 1800000000 };

static const char secret[] = "is_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";
static const char organization[] = "0Org", other[] = "0Other";

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
hash_of(struct arena *mem, const char *key, const char *of, const char *user, int64_t end)
{
	char mac[65];

	crypt_hmac_hex(key, arena_printf(mem, "v1.%lld.%s.%s", (long long)end, of, user), mac);
	return arena_printf(mem, "v1.%lld.%s", (long long)end, mac);
}

static bool
hash_passes(struct arena *mem, const char *user, const char *hash, int64_t now)
{
	const struct proof proof = { .id = user, .hash = hash };
	struct person person;
	const bool fits = proof_fits(mem, secret, organization, &proof, now, &person);

	if (fits) {
		assert_string_equal(person.key, user);
		assert_false(person.email_proven);
		assert_null(person.session);
	}
	return fits;
}

static void
a_hash_of_node(void **state)
{
	assert_true(hash_passes(*state, "zoë.1",
		"v1.1800000060.6899711998192a73b0ba2a02246702b816157156a50d0d7e3f74b94de7b3501b",
		NOW));
}

static void
a_hash_holds_an_hour_at_most(void **state)
{
	struct arena *mem = *state;
	const int64_t good[] = { NOW + 1, NOW + 60, NOW + 3600 };
	const int64_t bad[] = { NOW, NOW - 1, 1, 0, -1, NOW + 3601, INT64_MAX };

	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		assert_true(hash_passes(
			mem, "u", hash_of(mem, secret, organization, "u", good[i]), NOW));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(hash_passes(
			mem, "u", hash_of(mem, secret, organization, "u", bad[i]), NOW));
}

static void
a_hash_is_of_one_user_of_one_organization(void **state)
{
	struct arena *mem = *state;
	const int64_t end = NOW + 60;

	assert_false(hash_passes(mem, "u", hash_of(mem, "another", organization, "u", end), NOW));
	assert_false(hash_passes(mem, "u", hash_of(mem, secret, other, "u", end), NOW));
	assert_false(hash_passes(mem, "v", hash_of(mem, secret, organization, "u", end), NOW));
	assert_false(hash_passes(mem, "U", hash_of(mem, secret, organization, "u", end), NOW));
	assert_false(hash_passes(mem, "u ", hash_of(mem, secret, organization, "u", end), NOW));
	assert_false(hash_passes(mem, NULL, hash_of(mem, secret, organization, "u", end), NOW));
}

static void
a_hash_cannot_be_changed(void **state)
{
	struct arena *mem = *state;
	const char *hash = hash_of(mem, secret, organization, "u", NOW + 60);
	const char *mac = strrchr(hash, '.') + 1;
	const char *shapes[] = { "", "v1", "v1.", "v1..", "v1.1800000060", "v1.1800000060.", mac,
		arena_printf(mem, "v2.1800000060.%s", mac),
		arena_printf(mem, "v1.01800000060.%s", mac),
		arena_printf(mem, "v1.+1800000060.%s", mac),
		arena_printf(mem, "v1.1800000061.%s", mac), arena_printf(mem, "v1. .%s", mac),
		arena_printf(mem, "v1.99999999999999999999.%s", mac),
		arena_printf(mem, "%s ", hash), arena_printf(mem, "%s.", hash),
		arena_printf(mem, " %s", hash), arena_printf(mem, "v1.1800000060.u.%s", mac) };

	assert_true(hash_passes(mem, "u", hash, NOW));
	for (size_t i = 0; i < ARRAY_LEN(shapes); i++)
		assert_false(hash_passes(mem, "u", shapes[i], NOW));
	for (size_t i = 0; hash[i]; i++) {
		char *bad = arena_strdup(mem, hash);

		bad[i] = bad[i] == '0' ? '1' : '0';
		if (bad[i] != hash[i])
			assert_false(hash_passes(mem, "u", bad, NOW));
		bad[i] = '\0';
		assert_false(hash_passes(mem, "u", bad, NOW));
	}
}

static bool
claims_pass(struct arena *mem, const char *id, const char *claims, struct person *out)
{
	struct json_object *o;
	struct proof proof = { .id = id };

	assert_int_equal(json_parse(mem, claims, strlen(claims), &o, NULL), ERR_NONE);
	proof.token = jwt_sign(mem, secret, o);
	return proof_fits(mem, secret, organization, &proof, NOW, out);
}

static void
a_token_says_more(void **state)
{
	struct person p;

	assert_true(claims_pass(*state, NULL,
		"{\"sub\":\"u_1\",\"exp\":1800000060,\"name\":\"Zo\\u00eb\",\"email\":\"z@example."
		"com\","
		"\"plan\":\"pro\",\"seats\":3,\"trial\":false,\"list\":[1],\"more\":{\"a\":1},"
		"\"jti\":\"x\"}",
		&p));
	assert_string_equal(p.key, "u_1");
	assert_string_equal(p.name, "Zoë");
	assert_string_equal(p.email, "z@example.com");
	assert_true(p.email_proven);
	assert_string_equal(p.attributes, "{\"plan\":\"pro\",\"seats\":3,\"trial\":false}");
	assert_true(claims_pass(*state, "u_1",
		"{\"sub\":\"u_1\",\"exp\":1800000060,\"email\":\"z@example.com\",\"email_"
		"verified\":false}",
		&p));
	assert_false(p.email_proven);
	assert_null(p.name);
	assert_null(p.attributes);
}

static void
what_a_token_must_hold(void **state)
{
	static const char *const good[] = { "{\"sub\":\"u\",\"exp\":1800086430}",
		"{\"sub\":\"u\",\"exp\":1800000060,\"aud\":\"0Org\"}",
		"{\"sub\":\"u\",\"exp\":1800000060,\"aud\":[\"x\",\"0Org\"]}",
		"{\"sub\":\"u\",\"exp\":1800000060,\"name\":\"two\\nlines\",\"email\":7}" };
	static const char *const bad[] = { "{\"exp\":1800000060}",
		"{\"sub\":\"\",\"exp\":1800000060}", "{\"sub\":7,\"exp\":1800000060}",
		"{\"sub\":null,\"exp\":1800000060}", "{\"sub\":\"v\",\"exp\":1800000060}",
		"{\"sub\":\"u\\n\",\"exp\":1800000060}", "{\"sub\":\"u\"}",
		"{\"sub\":\"u\",\"exp\":1799999900}", "{\"sub\":\"u\",\"exp\":1800086431}",
		"{\"sub\":\"u\",\"exp\":1800000060,\"nbf\":1800000100}",
		"{\"sub\":\"u\",\"exp\":1800000060,\"aud\":\"0Other\"}",
		"{\"sub\":\"u\",\"exp\":1800000060,\"aud\":[]}",
		"{\"sub\":\"u\",\"exp\":1800000060,\"aud\":null}" };
	struct person p;

	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		assert_true(claims_pass(*state, "u", good[i], &p));
	assert_null(p.name);
	assert_null(p.email);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(claims_pass(*state, "u", bad[i], &p));
}

static void
attributes_are_bounded(void **state)
{
	struct arena *mem = *state;
	const char *claims = "{\"sub\":\"u\",\"exp\":1800000060";
	struct json_object *o;
	struct person p;
	char text[302];

	for (int i = 0; i < 30; i++)
		claims = arena_printf(mem, "%s,\"a%d\":%d", claims, i, i);
	assert_true(claims_pass(mem, "u", arena_printf(mem, "%s}", claims), &p));
	o = json_trusted(mem, p.attributes);
	assert_int_equal(json_object_object_length(o), 20);
	memset(text, 'x', 301);
	text[301] = '\0';
	assert_true(claims_pass(mem, "u",
		arena_printf(mem, "{\"sub\":\"u\",\"exp\":1800000060,\"long\":\"%s\"}", text), &p));
	assert_null(p.attributes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_hash_of_node, start, stop),
		cmocka_unit_test_setup_teardown(a_hash_holds_an_hour_at_most, start, stop),
		cmocka_unit_test_setup_teardown(
			a_hash_is_of_one_user_of_one_organization, start, stop),
		cmocka_unit_test_setup_teardown(a_hash_cannot_be_changed, start, stop),
		cmocka_unit_test_setup_teardown(a_token_says_more, start, stop),
		cmocka_unit_test_setup_teardown(what_a_token_must_hold, start, stop),
		cmocka_unit_test_setup_teardown(attributes_are_bounded, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
