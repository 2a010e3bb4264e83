/* Paths, forms and cookies of a request. */
#include "unit.h"

#include "base/arena.h"
#include "base/buf.h"
#include "web/parse.h"

enum { CASES = 100000 };

static bool
is_canonical(const char *path, size_t len)
{
	/* Memory of the exact size: a sanitizer sees a read beyond it. */
	char *exact = malloc(len ? len : 1);
	bool result;

	memcpy(exact, path, len);
	result = parse_path_is_canonical(exact, len);
	free(exact);
	return result;
}

static void
canonical_paths_are_taken(void **state)
{
	static const char *const good[] = { "/", "/a", "/inbox", "/api/v1/widget/events",
		"/widget.js", "/static/app-1.2_3~4.css",
		"/api/v1/conversations/0AbCdEfGhIjKlMnOpQrStUvWxY/messages", "/...", "/a..b",
		"/.well-known/x", "/-", "/_", "/~", "/..a", "/a..", "/.a" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		assert_true(is_canonical(good[i], strlen(good[i])));
}

/* Each is another spelling of /api/v1/me, or leads there in some server. */
static void
other_spellings_are_not(void **state)
{
	static const char *const bad[] = { "", "api/v1/me", "//api/v1/me", "/api//v1/me",
		"/api/v1//me", "/api/v1/me/", "/api/v1/me//", "/./api/v1/me", "/api/./v1/me",
		"/api/v1/./me", "/api/v1/me/.", "/../api/v1/me", "/api/../api/v1/me",
		"/api/v1/x/../me", "/api/v1/me/..", "/.", "/..", "//", "///", "/%61pi/v1/me",
		"/api%2fv1%2fme", "/api%2Fv1/me", "/api/v1/%6de", "/api/v1/me%2f", "/api/v1/%2e/me",
		"/api/v1/%2e%2e/v1/me", "/api/v1/.%2e/v1/me", "/api/v1/me%00", "/api/v1/me%0d%0a",
		"/api/v1/me%20", "/api/v1/me;x", "/api/v1;x/me", "/api/v1/me;jsessionid=1",
		"/api/v1/me?", "/api/v1/me?x=1", "/api/v1/me#x", "/api/v1/me ", " /api/v1/me",
		"/api/v1/me\r\n", "/api/v1/me\n", "/api/v1/me\t", "/api\\v1\\me", "\\api/v1/me",
		"/api/v1/me\\", "http://host/api/v1/me", "https://host/api/v1/me", "*",
		"/api/v1/m\xc3\xa9", "/api/v1/me\xff", "/api/v1/me\xe2\x80\x8b",
		"/api/v1/\xef\xbc\x8e\xef\xbc\x8e/me", "/api/v1/me\x01", "/api/v1/me\x7f",
		"/api/v1/me,", "/api/v1/me=", "/api/v1/me&x", "/api/v1/me'", "/api/v1/me\"",
		"/api/v1/(me)", "/api/v1/me!", "/api/v1/me*", "/api/v1/me:80", "/api/v1/@me",
		"/api/v1/$me", "/api/v1/me+", "/api/v1/[me]", "/api/v1/{me}", "/api/v1/me|",
		"/api/v1/^me", "/api/v1/`me`", "/api/v1/<me>", "/api/%c0%af/me", "/api/%u002fv1/me",
		"/%", "/%2", "/%zz" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(is_canonical(bad[i], strlen(bad[i])));
	assert_false(is_canonical("/api\0/v1", 8));
	assert_false(is_canonical("/api/v1\0", 8));
}

static void
long_paths_are_not(void **state)
{
	char path[600];

	(void)state;
	memset(path, 'a', sizeof(path));
	path[0] = '/';
	assert_true(is_canonical(path, 512));
	assert_false(is_canonical(path, 513));
	assert_false(is_canonical(path, 600));
}

/* The one form there is: what is taken can be put together again from its segments. */
static void
paths_are_made_of_segments(void **state)
{
	static const char bytes[] = "/././..ab-_~%\\; \x01";
	uint64_t random = 41;
	size_t taken = 0;
	char path[16];

	(void)state;
	for (int i = 0; i < CASES; i++) {
		const size_t len = unit_random(&random) % sizeof(path);

		for (size_t j = 0; j < len; j++)
			path[j] = j ? bytes[unit_random(&random) % 12] : '/';
		if (unit_random(&random) % 4 == 0 && len > 0)
			path[unit_random(&random) % len] =
				bytes[unit_random(&random) % (sizeof(bytes) - 1)];
		if (!is_canonical(path, len))
			continue;
		taken++;
		assert_true(len > 0 && path[0] == '/');
		for (size_t j = 0; j < len; j++) {
			const char *rest = path + j + 1;
			const size_t left = len - j - 1;

			assert_null(memchr("%\\; \x01", path[j], 5));
			if (path[j] != '/' || len == 1)
				continue;
			assert_true(left > 0 && rest[0] != '/');
			assert_false(rest[0] == '.' && (left == 1 || rest[1] == '/'));
			assert_false(left >= 2 && rest[0] == '.' && rest[1] == '.' &&
				     (left == 2 || rest[2] == '/'));
		}
	}
	assert_in_range(taken, CASES / 100, CASES);
}

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

static enum err
form(const char *text, const struct param **out)
{
	char *exact = malloc(*text ? strlen(text) : 1);
	enum err e;

	memcpy(exact, text, strlen(text));
	e = parse_form(mem, exact, strlen(text), out);
	free(exact);
	return e;
}

/* The fields of a form as "name=value|name=value|". */
static const char *
fields(const char *text)
{
	const struct param *f;
	const char *all = "";

	assert_int_equal(form(text, &f), ERR_NONE);
	for (; f->name; f++)
		all = arena_printf(mem, "%s%s=%s|", all, f->name, f->value);
	return all;
}

static void
forms_are_decoded(void **state)
{
	(void)state;
	assert_string_equal(fields(""), "");
	assert_string_equal(fields("&&&"), "");
	assert_string_equal(fields("a=1&b=2"), "a=1|b=2|");
	assert_string_equal(fields("a=1&&b=2&"), "a=1|b=2|");
	assert_string_equal(fields("a"), "a=|");
	assert_string_equal(fields("a="), "a=|");
	assert_string_equal(fields("=b"), "=b|");
	assert_string_equal(fields("="), "=|");
	assert_string_equal(fields("a=b=c"), "a=b=c|");
	assert_string_equal(fields("a+b=c+d%2B%20e"), "a b=c d+ e|");
	assert_string_equal(fields("%61%3d=%26%3D"), "a==&=|");
	assert_string_equal(fields("n=%C3%a9\xc3\xa9"), "n=\xc3\xa9\xc3\xa9|");
	assert_string_equal(fields("a=1&a=2"), "a=1|a=2|");
	assert_string_equal(fields("t=l1%0D%0Al2"), "t=l1\r\nl2|");
	assert_string_equal(fields("a;b=c"), "a;b=c|");
}

static void
broken_forms_are_refused(void **state)
{
	static const char *const bad[] = { "a=%", "a=%2", "a=%zz", "a=%2z", "a=%z2", "%=a",
		"a=b&c=%", "a=%00", "%00=a", "a=%ff", "a=\xff", "a=%c0%af", "a=%ed%a0%80", "a=%C3",
		"a=%F4%90%80%80", "a=%+1", "a=%-1", "a=% 1", "a=%0", "a%&b=1" };
	const struct param *out;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(form(bad[i], &out), ERR_SYNTAX);
	assert_int_equal(parse_form(mem, "a=\0b", 4, &out), ERR_SYNTAX);
	assert_int_equal(parse_form(mem, "\0", 1, &out), ERR_SYNTAX);
}

static void
fields_are_counted(void **state)
{
	const struct param *out;
	struct buf b = { 0 };
	size_t n = 0;

	(void)state;
	for (int i = 0; i < 200; i++)
		buf_printf(&b, "f%d=%d&&", i, i);
	assert_int_equal(form(b.data, &out), ERR_NONE);
	while (out[n].name)
		n++;
	assert_int_equal(n, 200);
	assert_string_equal(out[199].value, "199");
	buf_str(&b, "x");
	assert_int_equal(form(b.data, &out), ERR_TOO_LARGE);
	buf_free(&b);
}

/* Any names and values, written by our escaper, are read back. */
static void
forms_come_back(void **state)
{
	uint64_t random = 42;
	struct buf b = { 0 };

	(void)state;
	for (int i = 0; i < CASES / 4; i++) {
		struct arena *here = arena_new();
		const struct param *out;
		char texts[8][33];

		buf_clear(&b);
		for (int j = 0; j < 8; j++) {
			size_t len = unit_random_text(&random, texts[j], 32);

			buf_url(&b, texts[j], len);
			buf_char(&b, j % 2 ? '&' : '=');
		}
		assert_int_equal(parse_form(here, b.data, b.len, &out), ERR_NONE);
		for (int j = 0; j < 4; j++) {
			assert_string_equal(out[j].name, texts[2 * j]);
			assert_string_equal(out[j].value, texts[2 * j + 1]);
		}
		assert_null(out[4].name);
		arena_free(here);
	}
	buf_free(&b);
}

static void
cookies_are_found(void **state)
{
	static const char header[] =
		"a=1; bb=2;c=3;  d = 4 ;e=;\tf=\"q;uoted\"; aa=5; a=6; g=x=y; h=7 ;novalue";

	(void)state;
	assert_string_equal(parse_cookie(mem, header, "a"), "1");
	assert_string_equal(parse_cookie(mem, header, "bb"), "2");
	assert_string_equal(parse_cookie(mem, header, "c"), "3");
	assert_string_equal(parse_cookie(mem, header, "e"), "");
	assert_string_equal(parse_cookie(mem, header, "f"), "\"q");
	assert_string_equal(parse_cookie(mem, header, "aa"), "5");
	assert_string_equal(parse_cookie(mem, header, "g"), "x=y");
	assert_string_equal(parse_cookie(mem, header, "h"), "7");
	assert_null(parse_cookie(mem, header, "b"));
	assert_null(parse_cookie(mem, header, "B"));
	assert_null(parse_cookie(mem, header, "d"));
	assert_null(parse_cookie(mem, header, "novalue"));
	assert_null(parse_cookie(mem, header, "x"));
	assert_null(parse_cookie(mem, "", "a"));
	assert_null(parse_cookie(mem, ";;;", "a"));
	assert_null(parse_cookie(mem, NULL, "a"));
	assert_string_equal(
		parse_cookie(mem, "better-auth.session_token=t.m%3D", "better-auth.session_token"),
		"t.m%3D");
	assert_null(parse_cookie(
		mem, "__Secure-better-auth.session_token=t", "better-auth.session_token"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(canonical_paths_are_taken),
		cmocka_unit_test(other_spellings_are_not),
		cmocka_unit_test(long_paths_are_not),
		cmocka_unit_test(paths_are_made_of_segments),
		cmocka_unit_test_setup_teardown(forms_are_decoded, set_up, tear_down),
		cmocka_unit_test_setup_teardown(broken_forms_are_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(fields_are_counted, set_up, tear_down),
		cmocka_unit_test(forms_come_back),
		cmocka_unit_test_setup_teardown(cookies_are_found, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("parse", tests, NULL, NULL);
}
