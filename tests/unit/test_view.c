/* What people see of plain values. */
#include "unit.h"

#include "base/json.h"
#include "web/view.h"

/* 2026-11-22 21:40:00 UTC, a Sunday */
static const int64_t now_ms = INT64_C(1795383600000);

static struct json_object *
dressed(struct arena *mem, const char *json)
{
	struct json_object *o = json_trusted(mem, json);

	assert_non_null(o);
	view_dress(mem, o, now_ms);
	return o;
}

static void
times_are_relative(void **state)
{
	static const struct {
		const char *iso, *text, *past, *clock, *title;
	} cases[] = {
		{ "2026-11-22T21:39:31.000Z", "now", "just now", "21:39",
			"22 Nov 2026, 21:39 UTC" },
		{ "2026-11-22T21:40:30.000Z", "now", "just now", "21:40",
			"22 Nov 2026, 21:40 UTC" },
		{ "2026-11-22T21:39:00.000Z", "1 min", "1 min ago", "21:39",
			"22 Nov 2026, 21:39 UTC" },
		{ "2026-11-22T20:40:01.000Z", "59 min", "59 min ago", "20:40",
			"22 Nov 2026, 20:40 UTC" },
		{ "2026-11-22T20:40:00.000Z", "1 h", "1 h ago", "20:40", "22 Nov 2026, 20:40 UTC" },
		{ "2026-11-21T21:40:00.000Z", "yesterday", "yesterday", "21:40",
			"21 Nov 2026, 21:40 UTC" },
		{ "2026-11-20T21:40:00.000Z", "20 Nov", "20 Nov", "21:40",
			"20 Nov 2026, 21:40 UTC" },
		{ "2025-01-02T03:04:05.006Z", "2 Jan 2025", "2 Jan 2025", "03:04",
			"2 Jan 2025, 03:04 UTC" },
		{ "nonsense", "nonsense", "nonsense", "nonsense", "nonsense" },
		{ "2026-77-01T00:00:00Z", "2026-77-01T00:00:00Z", "2026-77-01T00:00:00Z",
			"2026-77-01T00:00:00Z", "2026-77-01T00:00:00Z" },
	};
	struct arena *mem = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct json_object *o =
			dressed(mem, arena_printf(mem, "{\"a\":[{\"iso\":\"%s\"}]}", cases[i].iso));

		o = json_object_array_get_idx(json_member(o, "a"), 0);
		assert_string_equal(json_text(o, "text"), cases[i].text);
		assert_string_equal(json_text(o, "past"), cases[i].past);
		assert_string_equal(json_text(o, "clock"), cases[i].clock);
		assert_string_equal(json_text(o, "title"), cases[i].title);
	}
	arena_free(mem);
}

static void
days_have_names(void **state)
{
	static const char *const cases[][3] = {
		{ "2026-11-22", "Today", "Sunday, 22 November 2026" },
		{ "2026-11-21", "Yesterday", "Saturday, 21 November 2026" },
		{ "2026-11-16", "Monday", "Monday, 16 November 2026" },
		{ "2026-11-15", "15 November 2026", "Sunday, 15 November 2026" },
	};
	struct arena *mem = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct json_object *o =
			dressed(mem, arena_printf(mem, "{\"iso\":\"%s\"}", cases[i][0]));

		assert_string_equal(json_text(o, "text"), cases[i][1]);
		assert_string_equal(json_text(o, "title"), cases[i][2]);
	}
	arena_free(mem);
}

static void
people_have_initials(void **state)
{
	static const char *const cases[][2] = { { "Ada Lovelace", "AL" }, { "ada", "A" },
		{ "Chiara von Hohenfels", "CH" }, { "\xe6\x9d\x8e\xe5\xb0\x8f", "\xe6\x9d\x8e" },
		{ "x \xf0\x9f\x98\x80y", "X\xf0\x9f\x98\x80" }, { "Ada ", "A" }, { "", "" } };
	struct arena *mem = arena_new();
	struct json_object *o;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_string_equal(view_initials(mem, cases[i][0]), cases[i][1]);
	o = dressed(mem, "{\"p\":{\"key\":\"00VbkA\",\"name\":\"Ada "
			 "Lovelace\"},\"q\":{\"key\":\"00VbkA\",\"name\":\"B\"}}");
	assert_string_equal(json_text(json_member(o, "p"), "initials"), "AL");
	assert_int_equal(json_object_get_int(json_member(json_member(o, "p"), "tone")),
		json_object_get_int(json_member(json_member(o, "q"), "tone")));
	arena_free(mem);
}

static void
devices_are_named(void **state)
{
	static const char *const cases[][2] = {
		{ "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
			"Firefox on Linux" },
		{ "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/130.0 Mobile "
		  "Safari/537.36",
			"Chrome on Android" },
		{ "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile "
		  "Safari/604.1",
			"Safari on iPhone" },
		{ "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 "
		  "Edg/130.0",
			"Edge on Windows" },
		{ "curl/8", NULL },
		{ NULL, NULL },
	};
	struct arena *mem = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *device = view_device(mem, cases[i][0]);

		if (cases[i][1])
			assert_string_equal(device, cases[i][1]);
		else
			assert_null(device);
	}
	arena_free(mem);
}

/* Only what a browser may safely follow becomes a link. */
static void
addresses_are_links_or_text(void **state)
{
	static const char *const cases[][3] = {
		{ "https://www.shop.example/a/?utm=1#top", "https://www.shop.example/a/?utm=1#top",
			"shop.example/a" },
		{ "http://shop.example/", "http://shop.example/", "shop.example" },
		{ "/files/1", "/files/1", "/files/1" },
		{ "javascript:alert(1)", NULL, "javascript:alert(1)" },
		{ " https://x", NULL, " https://x" },
		{ "data:text/html,x", NULL, "data:text/html,x" },
		{ "//evil.example", NULL, "//evil.example" },
		{ "/\\\\evil.example", NULL, "/\\evil.example" },
		{ "", NULL, "" },
	};
	struct arena *mem = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct json_object *o =
			dressed(mem, arena_printf(mem, "{\"url\":\"%s\"}", cases[i][0]));

		assert_true(json_object_object_get_ex(o, "href", NULL));
		if (cases[i][1])
			assert_string_equal(json_text(o, "href"), cases[i][1]);
		else
			assert_null(json_text(o, "href"));
		assert_string_equal(json_text(o, "text"), cases[i][2]);
	}
	arena_free(mem);
}

static void
words_are_capitalized_unless_named(void **state)
{
	struct arena *mem = arena_new();
	struct json_object *o = dressed(mem,
		"[{\"value\":\"open\"},{\"value\":\"pro\",\"name\":\"plan\"},{\"value\":\"\"}]");

	(void)state;
	assert_string_equal(json_text(json_object_array_get_idx(o, 0), "name"), "Open");
	assert_string_equal(json_text(json_object_array_get_idx(o, 1), "name"), "plan");
	assert_null(json_text(json_object_array_get_idx(o, 2), "name"));
	arena_free(mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_relative),
		cmocka_unit_test(days_have_names),
		cmocka_unit_test(people_have_initials),
		cmocka_unit_test(devices_are_named),
		cmocka_unit_test(addresses_are_links_or_text),
		cmocka_unit_test(words_are_capitalized_unless_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
