/* The buffer and its escapers: golden forms, and that each can be undone. */
#include "unit.h"

#include "base/buf.h"
#include "base/util.h"

#include <json-c/json.h>

enum { CASES = 100000 };

static void
text_grows(void **state)
{
	struct buf b = { 0 };

	(void)state;
	assert_string_equal(buf_text(&b), "");
	buf_add(&b, "", 0);
	assert_string_equal(buf_text(&b), "");
	for (int i = 0; i < 5000; i++)
		buf_printf(&b, "%04d", i);
	assert_int_equal(b.len, 20000);
	assert_memory_equal(b.data + 4 * 1234, "1234", 4);
	assert_int_equal(b.data[b.len], 0);
	buf_clear(&b);
	assert_string_equal(buf_text(&b), "");
	buf_str(&b, "x");
	buf_char(&b, 'y');
	buf_add(&b, "\0z", 2);
	assert_int_equal(b.len, 4);
	assert_memory_equal(b.data, "xy\0z", 5);
	buf_free(&b);
	assert_null(b.data);
}

/* Lengths around the steps at which the memory grows. */
static void
growth_has_no_edges(void **state)
{
	static const size_t sizes[] = { 1, 254, 255, 256, 257, 511, 512, 513, 100000 };
	char *text = malloc(100001);

	(void)state;
	memset(text, 'x', 100000);
	text[100000] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
		for (size_t first = 0; first < 3; first++) {
			struct buf b = { 0 };

			buf_add(&b, text, first);
			buf_add(&b, text, sizes[i]);
			assert_int_equal(b.len, first + sizes[i]);
			assert_true(b.cap > b.len);
			assert_int_equal(b.data[b.len], 0);
			buf_clear(&b);
			buf_printf(&b, "%.*s", (int)sizes[i], text);
			assert_int_equal(b.len, sizes[i]);
			buf_free(&b);
		}
	free(text);
}

static void
check(void (*escape)(struct buf *, const char *, size_t), const char *text, const char *want)
{
	struct buf b = { 0 };

	escape(&b, text, strlen(text));
	assert_string_equal(buf_text(&b), want);
	buf_free(&b);
}

static void
forms_are_as_documented(void **state)
{
	(void)state;
	check(buf_html, "<a href=\"x\">'&'</a>",
		"&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
	check(buf_html, "", "");
	check(buf_html, "plain \xc3\xa9", "plain \xc3\xa9");
	check(buf_plain, "<a> & \"b\" \xc3\xa9 \xf0\x9f\x98\x80",
		"<a> & \"b\" \xc3\xa9 \xf0\x9f\x98\x80");
	check(buf_plain, "", "");
	check(buf_plain, "\n", " ");
	check(buf_plain, "a\r\nBcc: x\tb\x1b[0m\x7f", "a  Bcc: x b [0m ");
	check(buf_plain, "\xc2\x85x\xe2\x80\xa8y\xe2\x80\xaez\xe2\x81\xa6", " x y z ");
	check(buf_url, "a b/c?d=\xc3\xa9&~-._%", "a%20b%2Fc%3Fd%3D%C3%A9%26~-._%25");
	check(buf_json, "a\"b\\c\n\r\t\x01\x1b\x7f",
		"\"a\\\"b\\\\c\\n\\r\\t\\u0001\\u001b\\u007f\"");
	check(buf_json, "</script>&\xe2\x80\xa8\xe2\x80\xa9",
		"\"\\u003c/script\\u003e\\u0026\\u2028\\u2029\"");
	/* C1 controls drive terminals as ESC does; U+00A0 is the first that does not. */
	check(buf_json, "\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0", "\"\\u0080\\u009b\\u009f\xc2\xa0\"");
	check(buf_json, "\xe2\x80\xa7\xe2\x80\xaa", "\"\xe2\x80\xa7\xe2\x80\xaa\"");
}

/* Undoes buf_html; false when the text holds what an escaped one never does. */
static bool
unescape_html(const char *s, struct buf *out)
{
	static const struct {
		const char *entity;
		char c;
	} entities[] = { { "&amp;", '&' }, { "&lt;", '<' }, { "&gt;", '>' }, { "&quot;", '"' },
		{ "&#39;", '\'' } };

	while (*s) {
		size_t i = 0;

		if (strchr("<>\"'", *s))
			return false;
		if (*s != '&') {
			buf_char(out, *s++);
			continue;
		}
		while (i < ARRAY_LEN(entities) &&
			strncmp(s, entities[i].entity, strlen(entities[i].entity)) != 0)
			i++;
		if (i == ARRAY_LEN(entities))
			return false;
		buf_char(out, entities[i].c);
		s += strlen(entities[i].entity);
	}
	return true;
}

/* What can be undone is injective: no two texts look the same once escaped. */
static void
html_can_be_undone(void **state)
{
	struct buf b = { 0 }, back = { 0 };
	uint64_t random = 11;
	char text[65];

	(void)state;
	for (int i = 0; i < CASES; i++) {
		const size_t len = unit_random_text(&random, text, 64);

		buf_clear(&b);
		buf_clear(&back);
		buf_html(&b, text, len);
		assert_true(unescape_html(buf_text(&b), &back));
		assert_string_equal(buf_text(&back), text);
	}
	buf_free(&b);
	buf_free(&back);
}

static void
url_can_be_undone(void **state)
{
	struct buf b = { 0 };
	uint64_t random = 12;
	char text[65], back[65];

	(void)state;
	for (int i = 0; i < CASES; i++) {
		const size_t len = unit_random_text(&random, text, 64);
		size_t n = 0;

		buf_clear(&b);
		buf_url(&b, text, len);
		for (const char *s = buf_text(&b); *s; s++) {
			unsigned byte = (unsigned char)*s;

			if (*s == '%') {
				assert_int_equal(sscanf(s, "%%%2X", &byte), 1);
				s += 2;
			}
			back[n++] = (char)byte;
		}
		back[n] = '\0';
		assert_string_equal(back, text);
	}
	buf_free(&b);
}

static void
json_can_be_undone(void **state)
{
	struct buf b = { 0 };
	uint64_t random = 13;
	char text[65];

	(void)state;
	for (int i = 0; i < CASES; i++) {
		const size_t len = unit_random_text(&random, text, 64);
		struct json_object *o;

		buf_clear(&b);
		buf_json(&b, text, len);
		assert_null(strpbrk(buf_text(&b), "<>&\n\x1b\x7f"));
		o = json_tokener_parse(buf_text(&b));
		assert_string_equal(json_object_get_string(o), text);
		json_object_put(o);
	}
	buf_free(&b);
}

/* Whatever goes in, one line of text comes out. */
static void
plain_is_one_line(void **state)
{
	uint64_t seed = 7;
	char text[200];
	struct buf b = { 0 };

	(void)state;
	for (int i = 0; i < CASES; i++) {
		size_t len = unit_random_text(&seed, text, sizeof(text) - 1);

		buf_clear(&b);
		buf_plain(&b, text, len);
		assert_true(b.len <= len);
		assert_true(utf8_valid(buf_text(&b), b.len));
		for (size_t at = 0; at < b.len; at++)
			assert_int_equal(utf8_control(b.data + at, b.len - at), 0);
	}
	buf_free(&b);
}

static void
terminals_get_nothing_to_obey(void **state)
{
	static const char *const cases[][2] = { { "Mara", "Mara" }, { "\x1b[2J", "\\u001b[2J" },
		{ "a\nb\t\x7f", "a\\u000ab\\u0009\\u007f" },
		{ "\xc2\x9b"
		  "1m",
			"\\u009b1m" },
		{ "\xe2\x80\xaeolleh", "\\u202eolleh" }, { "\xe2\x81\xa6x", "\\u2066x" },
		{ "\xff"
		  "é\xc3",
			"\\xff"
			"é\\xc3" },
		{ "日本 😀", "日本 😀" } };
	struct buf b = { 0 };
	uint64_t random = 17;
	char text[65];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		buf_clear(&b);
		buf_terminal(&b, cases[i][0], strlen(cases[i][0]));
		assert_string_equal(buf_text(&b), cases[i][1]);
	}
	for (int i = 0; i < CASES; i++) {
		const size_t len = unit_random_text(&random, text, 64);

		buf_clear(&b);
		buf_terminal(&b, text, len);
		for (const char *p = buf_text(&b); *p; p++)
			assert_true((unsigned char)*p >= 0x20 && *p != 0x7f);
		assert_null(strstr(buf_text(&b), "\xc2\x9b"));
		assert_null(strstr(buf_text(&b), "\xe2\x80\xae"));
	}
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_grows),
		cmocka_unit_test(growth_has_no_edges),
		cmocka_unit_test(forms_are_as_documented),
		cmocka_unit_test(html_can_be_undone),
		cmocka_unit_test(url_can_be_undone),
		cmocka_unit_test(json_can_be_undone),
		cmocka_unit_test(plain_is_one_line),
		cmocka_unit_test(terminals_get_nothing_to_obey),
	};

	return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
