/* Addresses and passwords of users, slugs of organizations, words for roles and scopes. */
#include "unit.h"

#include "core/key.h"
#include "core/member.h"
#include "core/organization.h"
#include "core/user.h"

static void
addresses_are_stored_in_lower_case(void **state)
{
	struct arena *mem = arena_new();

	(void)state;
	assert_string_equal(user_address(mem, "Mara@Example.ORG"), "mara@example.org");
	assert_string_equal(user_address(mem, "ÄÖ@EXAMPLE.ORG"), "äö@example.org");
	assert_string_equal(user_address(mem, ""), "");
	assert_string_equal(user_address(mem, "\xff@X"), "\xff@X");
	arena_free(mem);
}

static void
addresses_have_two_sides(void **state)
{
	static const char *const good[] = { "a@b", "mara+x@example.org", "ä@example.org" };
	static const char *const bad[] = { "", "@", "a@", "@b", "a", "a b@c", "a@b@c", "a@b\n",
		"a@b,c@d", "<a@b>", "a\x1b@b", "\xff@b" };
	char longest[300];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		assert_true(user_address_is_good(good[i]));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(user_address_is_good(bad[i]));
	memset(longest, 'a', sizeof(longest));
	longest[250] = '@';
	longest[254] = '\0';
	assert_true(user_address_is_good(longest));
	longest[254] = 'a';
	longest[255] = '\0';
	assert_false(user_address_is_good(longest));
}

/* As JavaScript's length counts: a face is two. */
static void
passwords_are_measured_in_utf16(void **state)
{
	char text[600] = "";

	(void)state;
	assert_false(user_password_is_good("1234567"));
	assert_true(user_password_is_good("12345678"));
	assert_false(user_password_is_good("äöüäöüä"));
	assert_true(user_password_is_good("äöüäöüäö"));
	assert_false(user_password_is_good("😀😀😀a"));
	assert_true(user_password_is_good("😀😀😀😀"));
	memset(text, 'a', 128);
	assert_true(user_password_is_good(text));
	text[128] = 'a';
	assert_false(user_password_is_good(text));
	text[0] = '\0';
	for (int i = 0; i < 64; i++)
		strcat(text, "😀");
	assert_true(user_password_is_good(text));
	strcat(text, "a");
	assert_false(user_password_is_good(text));
	assert_false(user_password_is_good("1234567\xff"));
}

static void
slugs_are_made_of_names(void **state)
{
	static const char *const cases[][2] = { { "Nordlicht Lamps", "nordlicht-lamps" },
		{ "Café Zürich 24/7", "cafe-zurich-24-7" }, { "  --A--  ", "a" },
		{ "日本", "organization" }, { "", "organization" }, { "\xff", "organization" },
		{ "ﬁne", "fine" }, { "a'b", "a-b" },
		{ "0123456789012345678901234567890123456789x",
			"0123456789012345678901234567890123456789" },
		{ "012345678901234567890123456789012345678 x",
			"012345678901234567890123456789012345678x" } };
	struct arena *mem = arena_new();
	uint64_t random = 5;
	char text[65];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_string_equal(organization_slug(mem, cases[i][0]), cases[i][1]);
	for (int i = 0; i < 2000; i++) {
		unit_random_text(&random, text, 64);
		assert_true(organization_slug_is_good(organization_slug(mem, text)));
	}
	arena_free(mem);
}

static void
slugs_are_plain(void **state)
{
	static const char *const bad[] = { "", "-a", "a-", "A", "a b", "a_b", "ä",
		"0123456789012345678901234567890123456789012345678" };

	(void)state;
	assert_true(organization_slug_is_good("a"));
	assert_true(organization_slug_is_good("a--b-1"));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(organization_slug_is_good(bad[i]));
}

static void
roles_are_known_words(void **state)
{
	(void)state;
	assert_true(member_role_is_good("owner"));
	assert_true(member_role_is_good("admin,member"));
	assert_false(member_role_is_good(""));
	assert_false(member_role_is_good("owner,"));
	assert_false(member_role_is_good("agent"));
	assert_false(member_role_is_good("owner, admin"));
	assert_true(member_chat_role_is_good("supervisor"));
	assert_false(member_chat_role_is_good("owner"));
	assert_false(member_chat_role_is_good(""));
}

static void
scopes_are_permissions(void **state)
{
	static const char *const bad[] = { "", " ", "signed-in", "conversations", "keys:write ",
		"keys:write  audit:read", "* keys:write", "keys:write *" };

	(void)state;
	assert_true(key_scopes_are_good("*"));
	assert_true(key_scopes_are_good("keys:write"));
	assert_true(key_scopes_are_good("keys:write conversations:read"));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(key_scopes_are_good(bad[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_stored_in_lower_case),
		cmocka_unit_test(addresses_have_two_sides),
		cmocka_unit_test(passwords_are_measured_in_utf16),
		cmocka_unit_test(slugs_are_made_of_names),
		cmocka_unit_test(slugs_are_plain),
		cmocka_unit_test(roles_are_known_words),
		cmocka_unit_test(scopes_are_permissions),
	};

	return cmocka_run_group_tests_name("user", tests, NULL, NULL);
}
