#include "unit.h"

#include "base/url.h"

static void
keeps(const char *url, const char *kept)
{
	struct arena *mem = arena_new();
	const char *found = url_for_keeping(mem, url);

	if (kept)
		assert_string_equal(found, kept);
	else
		assert_null(found);
	arena_free(mem);
}

static void
plain_addresses_stay(void **state)
{
	(void)state;
	keeps("https://shop.example", "https://shop.example");
	keeps("HTTPS://shop.example:8443/a/b.html", "HTTPS://shop.example:8443/a/b.html");
	keeps("http://shop.example/list?page=2&q=blue+mug",
		"http://shop.example/list?page=2&q=blue+mug");
	keeps("https://shop.example/?p=12", "https://shop.example/?p=12");
	keeps("https://[::1]/x", "https://[::1]/x");
	keeps("https://shop.example/a@b?to=c@d", "https://shop.example/a@b?to=c@d");
}

static void
what_may_be_a_secret_goes(void **state)
{
	(void)state;
	keeps("https://ann:secret@shop.example/", "https://shop.example/");
	keeps("https://a@b@shop.example/", "https://shop.example/");
	keeps("https://shop.example/#access_token=abc", "https://shop.example/");
	keeps("https://shop.example/?a=1#?b=2", "https://shop.example/?a=1");
	keeps("https://shop.example/reset?token=x&lang=en&Auth_Code=y",
		"https://shop.example/reset?lang=en");
	keeps("https://shop.example/?PHPSESSID=1", "https://shop.example/");
	keeps("https://shop.example/?r=0123456789012345678901234567890",
		"https://shop.example/?r=0123456789012345678901234567890");
	keeps("https://shop.example/?r=01234567890123456789012345678901", "https://shop.example/");
	keeps("https://shop.example/?01234567890123456789012345678901", "https://shop.example/");
	keeps("https://shop.example/?&&=&x", "https://shop.example/?=&x");
}

static void
other_things_are_not_kept(void **state)
{
	(void)state;
	keeps(NULL, NULL);
	keeps("", NULL);
	keeps("javascript:alert(1)", NULL);
	keeps("file:///etc/passwd", NULL);
	keeps("//shop.example/", NULL);
	keeps("https://", NULL);
	keeps("https:///path", NULL);
	keeps("https://ann@", NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_addresses_stay),
		cmocka_unit_test(what_may_be_a_secret_goes),
		cmocka_unit_test(other_things_are_not_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
