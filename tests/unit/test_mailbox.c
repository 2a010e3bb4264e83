/* Addresses of mail: which are taken, and that nothing gets past them into a header. */
#include "unit.h"

#include "base/mailbox.h"

#include <ctype.h>

enum { CASES = 200000 };

static struct arena *mem;

static int
set_up(void **state)
{
	(void)state;
	mem = arena_new();
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	arena_free(mem);
	return 0;
}

static const char *
repeated(const char *piece, size_t times, const char *end)
{
	char *s = arena_alloc(mem, strlen(piece) * times + strlen(end) + 1);

	for (size_t i = 0; i < times; i++)
		strcat(s, piece);
	return strcat(s, end);
}

static void
addresses_are_taken(void **state)
{
	static const char *const good[] = { "a@b", "ann.lee+chat@mail.example.org",
		"root@localhost", "o'hara@example.org", "!#$%&'*+-/=^_`{|}~@example.org", "1@2.3",
		"A-B@X-Y.example", "x=y@example.org", "what?@example.org" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		if (!mail_address_fits(good[i]))
			fail_msg("%s was refused", good[i]);
	assert_true(mail_address_fits(
		repeated("a", 10, repeated("@", 1, repeated("abcdefghi.", 24, "org")))));
	assert_true(mail_address_fits(repeated("a", 64, "@example.org")));
	assert_true(mail_address_fits(
		repeated("a", 64, repeated("@", 1, repeated("abcdefghi.", 18, "example")))));
}

/* Whatever a header, an envelope or another program could take for more than one address. */
static const char *const refused[] = {
	"",
	"@",
	"a",
	"a@",
	"@b",
	"a@b@c",
	"a@b.",
	"a@.b",
	"a@b..c",
	".a@b",
	"a.@b",
	"a..b@c",
	"a@-b.c",
	"a@b-.c",
	"a@b.-c",
	"a@b.c-",
	" a@b",
	"a@b ",
	"a b@c",
	"a@b c",
	"a@b,c@d",
	"a@b, c@d",
	"a@b;c@d",
	"a,b@c",
	"<a@b>",
	"a@b>",
	"a@b> SIZE=1",
	"Ann <a@b>",
	"\"a b\"@c",
	"\"a\"@c",
	"a(comment)@b",
	"a@b(comment)",
	"a@[127.0.0.1]",
	"a@[IPv6:::1]",
	"a\\@b",
	"a:b@c",
	"group:a@b;",
	"@relay:a@b",
	"a@b\r\n",
	"a@b\n",
	"a@b\r",
	"\r\na@b",
	"a@b\r\nBcc: c@d",
	"a@b\nBcc: c@d",
	"a@b\rBcc: c@d",
	"a\r\n@b",
	"a@b\r\n c@d",
	"a@b\r\n\tc@d",
	"a@b\t",
	"a\t@b",
	"a@b\x01",
	"a@b\x0b",
	"a@b\x0c",
	"a@b\x1b[31m",
	"a@b\x7f",
	"a@b\x80",
	"a@b\xff",
	"a@b\xc2\x85"
	"Bcc: c@d",
	"a@b\xe2\x80\xa8"
	"Bcc: c@d",
	"a@b\xe2\x80\xa9",
	"\xe2\x80\xae"
	"a@b",
	"a@b\xe2\x81\xa6",
	"a@b\xe2\x80\x8b",
	"j\xc3\xb6rg@example.org",
	"a@ex\xc3\xa4mple.org",
	"a\xc0\x8a@b",
	"=?utf-8?q?a=0D=0ABcc:_c@d?=",
	"=?utf-8?q?a?=@b",
	"=?utf-8?B?YQ==?=@b",
	"a%0d%0aBcc:c@b@c",
	"a@b%0d%0aBcc:c",
	"a@b/c",
	"a@b_c",
	"a@b?subject=x",
	"mailto:a@b",
	"a@b\r\n.\r\nMAIL FROM:<c@d>",
	"a@b\r\nRCPT TO:<c@d>",
	"a@b> NOTIFY=SUCCESS",
};

static void
what_is_more_than_one_address_is_refused(void **state)
{
	(void)state;
	assert_true(ARRAY_LEN(refused) >= 60);
	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		if (mail_address_fits(refused[i]))
			fail_msg("vector %zu was taken: %s", i, refused[i]);
	assert_false(mail_address_fits(repeated("a", 65, "@example.org")));
	assert_false(
		mail_address_fits(repeated("a", 1, repeated("@", 1, repeated("a", 64, ".org")))));
	assert_false(mail_address_fits(
		repeated("a", 11, repeated("@", 1, repeated("abcdefghi.", 24, "org")))));
}

/* Every byte, everywhere. */
static void
no_byte_outside_the_set_is_taken(void **state)
{
	static const char set[] = "!#$%&'*+-/=?^_`{|}~.@";

	(void)state;
	for (int c = 1; c < 256; c++)
		for (size_t at = 0; at < 5; at++) {
			char text[] = "aa@bb";

			text[at] = (char)c;
			if (mail_address_fits(text))
				assert_true(isalnum(c) || strchr(set, c));
			if (at > 2 && mail_address_fits(text))
				assert_true(isalnum(c));
		}
}

static void
gives(const char *text, const char *name, const char *address)
{
	struct mailbox box;

	if (!mailbox_parse(mem, text, &box))
		fail_msg("%s was refused", text);
	assert_string_equal(box.name, name);
	assert_string_equal(box.address, address);
}

static void
mailboxes_are_taken_apart(void **state)
{
	static const char *const bad[] = { "", "Parlor", "Parlor <>", "Parlor <a>", "<a@b", "a@b>",
		"Parlor <a@b> x", "Parlor <a@b>, <c@d>", "Par<lor <a@b>", "Par\"lor <a@b>",
		"\"Parlor <a@b>", "Par\\lor <a@b>", "Par\nlor <a@b>", "Parlor\r\nBcc: c@d <a@b>",
		"Par\xc2\x85lor <a@b>", "Par\xe2\x80\xaelor <a@b>", "Par\xfflor <a@b>",
		"Parlor <a@b\n>", "Parlor < a@b>" };
	struct mailbox box;

	(void)state;
	gives("a@b", "", "a@b");
	gives(" a@b ", "", "a@b");
	gives("<a@b>", "", "a@b");
	gives("Parlor <chat@example.org>", "Parlor", "chat@example.org");
	gives("\"Acme, Inc.\" <chat@example.org>", "Acme, Inc.", "chat@example.org");
	gives("  J\xc3\xb6rg   Li <a@b>", "J\xc3\xb6rg   Li", "a@b");
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (mailbox_parse(mem, bad[i], &box))
			fail_msg("vector %zu was taken: %s", i, bad[i]);
}

/* Random text: what is taken holds one "@", and nothing that ends a header or an address. */
static void
random_text_gives_nothing_else(void **state)
{
	static const char *const pieces[] = { "a", "b", "@", ".", "-", "<", ">", ",", " ", "\r",
		"\n", "\"", ":", ";", "=?", "\xc3\xa9", "Bcc" };
	uint64_t seed = 20261125;
	int taken = 0;

	(void)state;
	for (int i = 0; i < CASES; i++) {
		char text[64] = "";
		const char *at;

		for (int n = (int)(unit_random(&seed) % 8); n >= 0; n--)
			strcat(text, pieces[unit_random(&seed) % ARRAY_LEN(pieces)]);
		if (!mail_address_fits(text))
			continue;
		taken++;
		at = strchr(text, '@');
		assert_non_null(at);
		assert_null(strchr(at + 1, '@'));
		assert_null(strpbrk(text, "<>, \r\n\":;\xc3"));
	}
	assert_true(taken > 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(addresses_are_taken, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			what_is_more_than_one_address_is_refused, set_up, tear_down),
		cmocka_unit_test(no_byte_outside_the_set_is_taken),
		cmocka_unit_test_setup_teardown(mailboxes_are_taken_apart, set_up, tear_down),
		cmocka_unit_test(random_text_gives_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
