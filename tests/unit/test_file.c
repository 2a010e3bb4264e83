/* Names that people give to files, and the types that files have. */
#include "unit.h"

#include "base/file.h"
#include "base/util.h"

#include <string.h>

static void
names_are_cleaned(void **state)
{
	static const struct {
		const char *from, *to;
	} cases[] = {
		{ "report.pdf", "report.pdf" },
		{ "Über uns, Größe 1%.png", "Über uns, Größe 1%.png" },
		{ "../../etc/passwd", "passwd" },
		{ "C:\\fakepath\\a.png", "a.png" },
		{ "/etc/passwd", "passwd" },
		{ "a/", "file" },
		{ "..", "file" },
		{ ". .", "file" },
		{ "", "file" },
		{ ".htaccess", "htaccess" },
		{ "a.png. . ", "a.png" },
		{ "a\r\nSet-Cookie: x.png", "aSet-Cookie_ x.png" },
		{ "a\x1b[31m\x7f.txt", "a[31m.txt" },
		{ "a\xe2\x80\xaegpj.exe", "agpj.exe" }, /* U+202E */
		{ "a\xe2\x81\xa6"
		  "b\xe2\x80\x8b\xef\xbb\xbf.png",
			"ab.png" },			   /* U+2066, 200B, FEFF */
		{ "\xc2\x85\xc2\xad\xd8\x9c.png", "png" }, /* U+0085, 00AD, 061C */
		{ "\xf3\xa0\x81\x81"
		  "a.png",
			"a.png" }, /* U+E0041 */
		{ "\xf0\x9f\x93\x8e.png", "\xf0\x9f\x93\x8e.png" },
		{ "a<b>:\"|?*.png", "a_b______.png" },
		{ "CON", "_CON" },
		{ "nul.txt", "_nul.txt" },
		{ "Com1.png", "_Com1.png" },
		{ "aux .c", "_aux .c" },
		{ "lpt9", "_lpt9" },
		{ "console.log", "console.log" },
		{ "com.png", "com.png" },
		{ "com10", "com10" },
	};
	struct arena *mem = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_string_equal(file_name_clean(mem, cases[i].from), cases[i].to);
	arena_free(mem);
}

static void
long_names_are_cut_before_the_extension(void **state)
{
	struct arena *mem = arena_new();

	(void)state;
	for (size_t n = 200; n < 400; n++) {
		struct buf b = { 0 };
		const char *clean;

		for (size_t i = 0; i < n; i++)
			buf_str(&b, i % 3 ? "\xe2\x82\xac" : "x");
		buf_str(&b, ".jpeg");
		clean = file_name_clean(mem, buf_text(&b));
		assert_true(strlen(clean) <= FILE_NAME_MAX && strlen(clean) > FILE_NAME_MAX - 4);
		assert_true(utf8_valid(clean, strlen(clean)));
		assert_string_equal(clean + strlen(clean) - 5, ".jpeg");
		buf_free(&b);
	}
	arena_free(mem);
}

static void
dispositions_hold_the_name_twice(void **state)
{
	struct buf b = { 0 };

	(void)state;
	file_disposition(&b, "attachment", "a\"b\\c;d%41.png");
	assert_string_equal(buf_text(&b),
		"attachment; filename=\"a_b_c_d_41.png\"; filename*=UTF-8''a%22b%5Cc%3Bd%2541.png");
	buf_clear(&b);
	file_disposition(&b, "inline", "\xe2\x82\xac.png");
	assert_string_equal(
		buf_text(&b), "inline; filename=\"___.png\"; filename*=UTF-8''%E2%82%AC.png");
	buf_free(&b);
}

static void
types_are_by_content(void **state)
{
	struct arena *mem = arena_new();

	(void)state;
	assert_string_equal(file_type(mem, "%PDF-1.7\n1 0 obj\n", 17), "application/pdf");
	assert_string_equal(file_type(mem, "<!DOCTYPE html><html><body>x", 28), "text/html");
	assert_string_equal(file_type(mem, "plain words", 11), "text/plain");
	assert_string_equal(file_type(mem, "\0\1\2\3", 4), "application/octet-stream");
	arena_free(mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_cleaned),
		cmocka_unit_test(long_names_are_cut_before_the_extension),
		cmocka_unit_test(dispositions_hold_the_name_twice),
		cmocka_unit_test(types_are_by_content),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
