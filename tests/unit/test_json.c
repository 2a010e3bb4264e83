/* The gate against JSONTestSuite and by itself; getters and setters. */
#include "unit.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"

#include <dirent.h>
#include <time.h>

enum { CASES = 100000 };

/*
 * The files of the suite that a parser may take or refuse, and what we do: ERR_INVALID is "well
 * formed, but not for us". UTF-16, bytes that are not UTF-8 and a byte order mark are ERR_SYNTAX.
 */
static const struct golden {
	const char *name;
	enum err e;
} golden[] = {
	{ "i_number_double_huge_neg_exp.json", ERR_INVALID },
	{ "i_number_huge_exp.json", ERR_INVALID },
	{ "i_number_neg_int_huge_exp.json", ERR_INVALID },
	{ "i_number_pos_double_huge_exp.json", ERR_INVALID },
	{ "i_number_real_neg_overflow.json", ERR_INVALID },
	{ "i_number_real_pos_overflow.json", ERR_INVALID },
	{ "i_number_real_underflow.json", ERR_INVALID },
	{ "i_number_too_big_neg_int.json", ERR_INVALID },
	{ "i_number_too_big_pos_int.json", ERR_INVALID },
	{ "i_number_very_big_negative_int.json", ERR_INVALID },
	{ "i_object_key_lone_2nd_surrogate.json", ERR_INVALID },
	{ "i_string_1st_surrogate_but_2nd_missing.json", ERR_INVALID },
	{ "i_string_1st_valid_surrogate_2nd_invalid.json", ERR_INVALID },
	{ "i_string_UTF-16LE_with_BOM.json", ERR_SYNTAX },
	{ "i_string_UTF-8_invalid_sequence.json", ERR_SYNTAX },
	{ "i_string_UTF8_surrogate_U+D800.json", ERR_SYNTAX },
	{ "i_string_incomplete_surrogate_and_escape_valid.json", ERR_INVALID },
	{ "i_string_incomplete_surrogate_pair.json", ERR_INVALID },
	{ "i_string_incomplete_surrogates_escape_valid.json", ERR_INVALID },
	{ "i_string_invalid_lonely_surrogate.json", ERR_INVALID },
	{ "i_string_invalid_surrogate.json", ERR_INVALID },
	{ "i_string_invalid_utf-8.json", ERR_SYNTAX },
	{ "i_string_inverted_surrogates_U+1D11E.json", ERR_INVALID },
	{ "i_string_iso_latin_1.json", ERR_SYNTAX },
	{ "i_string_lone_second_surrogate.json", ERR_INVALID },
	{ "i_string_lone_utf8_continuation_byte.json", ERR_SYNTAX },
	{ "i_string_not_in_unicode_range.json", ERR_SYNTAX },
	{ "i_string_overlong_sequence_2_bytes.json", ERR_SYNTAX },
	{ "i_string_overlong_sequence_6_bytes.json", ERR_SYNTAX },
	{ "i_string_overlong_sequence_6_bytes_null.json", ERR_SYNTAX },
	{ "i_string_truncated-utf-8.json", ERR_SYNTAX },
	{ "i_string_utf16BE_no_BOM.json", ERR_SYNTAX },
	{ "i_string_utf16LE_no_BOM.json", ERR_SYNTAX },
	{ "i_structure_500_nested_arrays.json", ERR_TOO_LARGE },
	{ "i_structure_UTF-8_BOM_empty_object.json", ERR_SYNTAX },
	/* Well formed, so the suite wants them taken; we refuse repeated keys and NUL, but as such. */
	{ "y_object_duplicated_key.json", ERR_INVALID },
	{ "y_object_duplicated_key_and_value.json", ERR_INVALID },
	{ "y_object_escaped_null_in_key.json", ERR_INVALID },
	{ "y_string_null_escape.json", ERR_INVALID },
};

static const enum err *
golden_err(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(golden); i++)
		if (strcmp(golden[i].name, name) == 0)
			return &golden[i].e;
	return NULL;
}

static enum err
parse(const char *text, size_t len, struct json_fault *fault)
{
	/* Memory of the exact size: a sanitizer sees a read beyond it. */
	char *exact = malloc(len ? len : 1);
	struct arena *mem = arena_new();
	struct json_object *o;
	enum err e;

	memcpy(exact, text, len);
	e = json_parse(mem, exact, len, &o, fault);
	arena_free(mem);
	free(exact);
	return e;
}

static bool
is_as_wanted(const char *name, enum err e)
{
	const enum err *want = golden_err(name);

	if (want)
		return e == *want;
	if (name[0] == 'y')
		return e == ERR_NONE;
	return name[0] == 'n' && (e == ERR_SYNTAX || e == ERR_TOO_LARGE);
}

static void
suite_is_decided(void **state)
{
	const char *vectors = unit_vectors();
	size_t taken = 0, refused = 0, decided = 0, wrong = 0;
	char path[1024];
	struct dirent *entry;
	DIR *dir;

	(void)state;
	snprintf(path, sizeof(path), "%s/json/test_parsing", vectors);
	dir = opendir(path);
	if (!dir) {
		print_message("skipped: no JSONTestSuite at %s\n", path);
		skip();
	}
	while ((entry = readdir(dir))) {
		const char *name = entry->d_name;
		size_t len = 0;
		char *text;
		enum err e;

		if (!strstr(name, ".json"))
			continue;
		snprintf(path, sizeof(path), "%s/json/test_parsing/%s", vectors, name);
		text = unit_read(path, &len);
		assert_non_null(text);
		e = parse(text, len, NULL);
		free(text);
		taken += name[0] == 'y';
		refused += name[0] == 'n';
		decided += name[0] == 'i';
		if (!is_as_wanted(name, e)) {
			wrong++;
			print_error("%s: %d\n", name, e);
		}
	}
	closedir(dir);
	assert_int_equal(wrong, 0);
	assert_int_equal(taken, 95);
	assert_int_equal(refused, 188);
	assert_int_equal(decided, 35);
}

static void
faults_say_what_and_where(void **state)
{
	static const struct {
		const char *text;
		enum err e;
		size_t at;
	} cases[] = {
		{ "", ERR_SYNTAX, 0 },
		{ "  ", ERR_SYNTAX, 2 },
		{ "{\"a\":1,}", ERR_SYNTAX, 7 },
		{ "[1 2]", ERR_SYNTAX, 3 },
		{ "[1]]", ERR_SYNTAX, 3 },
		{ "\"\\x\"", ERR_SYNTAX, 2 },
		{ "\"a\nb\"", ERR_SYNTAX, 2 },
		{ "[01]", ERR_SYNTAX, 2 },
		{ "nul", ERR_SYNTAX, 0 },
		{ "[\"\xff\"]", ERR_SYNTAX, 2 },
		{ "{\"a\":1,\"b\":2,\"a\":3}", ERR_INVALID, 13 },
		{ "{\"a\":1,\"\\u0061\":3}", ERR_INVALID, 7 },
		{ "{\"\":1,\"\":3}", ERR_INVALID, 6 },
		{ "{\"\\udbff\\udffd\":1,\"\xf4\x8f\xbf\xbd\":3}", ERR_INVALID, 18 },
		{ "{\"\\ud800\\udc00\":1,\"\xf0\x90\x80\x80\":3}", ERR_INVALID, 18 },
		{ "{\"\\u07ff\\u0800\":1,\"\xdf\xbf\xe0\xa0\x80\":3}", ERR_INVALID, 18 },
		{ "[\"x\\u0000\"]", ERR_INVALID, 3 },
		{ "{\"\\u0000\":1}", ERR_INVALID, 2 },
		{ "[\"\\ud800\"]", ERR_INVALID, 2 },
		{ "[\"\\udc00\\ud800\"]", ERR_INVALID, 2 },
		{ "[1, 1e999]", ERR_INVALID, 4 },
		{ "[-9223372036854775809]", ERR_INVALID, 1 },
		{ "[18446744073709551616]", ERR_INVALID, 1 },
		{ "[1e-999]", ERR_INVALID, 1 },
		/* A fault of the grammar weighs more than one that came before it. */
		{ "[1e999, \"\\u0000\", ]", ERR_SYNTAX, 18 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct json_fault fault = { 0 };

		assert_int_equal(parse(cases[i].text, strlen(cases[i].text), &fault), cases[i].e);
		assert_int_equal(fault.at, cases[i].at);
		assert_non_null(fault.reason);
	}
	for (char c = 0; c < 0x20; c++)
		assert_int_equal(parse((char[]){ '"', c, '"' }, 3, NULL), ERR_SYNTAX);
	assert_int_equal(parse("\" \"", 3, NULL), ERR_NONE);
}

static void
good_texts_pass(void **state)
{
	static const char *const texts[] = { "null", " 1 ", "-0", "0.0e5", "\"\"", "{}", "[]",
		"true", "9223372036854775807", "-9223372036854775808", "18446744073709551615",
		"1e308", "5e-324", "{\"a\":{\"a\":{\"a\":1}},\"b\":{\"a\":2}}",
		"{\"a\":1,\"A\":1,\"\":1,\"aa\":1}", "\"\\ud83d\\ude00\"", "\"\\u00e9\\/\\b\\f\"",
		"{\"a\":1,\"\\u0061\\u0300\":2}" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		assert_int_equal(parse(texts[i], strlen(texts[i]), NULL), ERR_NONE);
}

static enum err
gate(const char *text, size_t bytes, size_t depth, size_t nodes)
{
	const struct json_limits limits = { .bytes = bytes, .depth = depth, .nodes = nodes };

	return json_gate(text, strlen(text), &limits, NULL);
}

static void
limits_hold_to_the_unit(void **state)
{
	(void)state;
	assert_int_equal(gate("[1,2]", 5, 1, 3), ERR_NONE);
	assert_int_equal(gate("[1,2]", 4, 1, 3), ERR_TOO_LARGE);
	assert_int_equal(gate("[1,2]", 5, 0, 3), ERR_TOO_LARGE);
	assert_int_equal(gate("[1,2]", 5, 1, 2), ERR_TOO_LARGE);
	assert_int_equal(gate("[[{\"a\":[]}]]", 99, 4, 99), ERR_NONE);
	assert_int_equal(gate("[[{\"a\":[]}]]", 99, 3, 99), ERR_TOO_LARGE);
	/* Siblings are not deeper. */
	assert_int_equal(gate("[[],[],[],{}]", 99, 2, 99), ERR_NONE);
	assert_int_equal(json_limits_default.bytes, 65536);
	assert_int_equal(json_limits_default.depth, 16);
	assert_int_equal(json_limits_default.nodes, 2000);
}

/* json-c must take what the gate let through at the very limit. */
static void
deepest_text_is_parsed(void **state)
{
	char text[64] = "";

	(void)state;
	memset(text, '[', 16);
	text[16] = '1';
	memset(text + 17, ']', 16);
	assert_int_equal(parse(text, strlen(text), NULL), ERR_NONE);
	memset(text, '[', 17);
	text[17] = '1';
	memset(text + 18, ']', 17);
	assert_int_equal(parse(text, strlen(text), NULL), ERR_TOO_LARGE);
}

/* As many keys, and as alike, as the limits allow: the search for equal ones is not squared. */
static void
many_keys_are_fast(void **state)
{
	struct buf b = { 0 };
	clock_t start;

	(void)state;
	buf_char(&b, '{');
	for (int i = 0; i < 1998; i++)
		buf_printf(&b, "\"%018d%04d\":0,", 0, 1998 - i);
	buf_str(&b, "\"x\":0}");
	assert_true(b.len < json_limits_default.bytes);
	start = clock();
	for (int i = 0; i < 20; i++)
		assert_int_equal(json_gate(b.data, b.len, &json_limits_default, NULL), ERR_NONE);
	assert_true(clock() - start < 2 * CLOCKS_PER_SEC);
	memcpy(strstr(b.data, "0001\""), "0002", 4);
	assert_int_equal(json_gate(b.data, b.len, &json_limits_default, NULL), ERR_INVALID);
	buf_free(&b);
}

static void
strings_come_back(void **state)
{
	uint64_t random = 21;
	struct buf b = { 0 };
	char text[65];

	(void)state;
	for (int i = 0; i < CASES; i++) {
		const size_t len = unit_random_text(&random, text, 64);
		struct arena *mem = arena_new();
		struct json_object *o;

		buf_clear(&b);
		buf_str(&b, "{\"k\":");
		buf_json(&b, text, len);
		buf_char(&b, '}');
		assert_int_equal(json_parse(mem, b.data, b.len, &o, NULL), ERR_NONE);
		assert_string_equal(json_text(o, "k"), text);
		arena_free(mem);
	}
	buf_free(&b);
}

/*
 * Whatever passes the gate is read by json-c, and what json-c prints passes again and prints the
 * same. The texts are good ones with a few bytes changed, so a part of them passes.
 */
static void
what_passes_is_stable(void **state)
{
	static const char *const seeds[] = {
		"{\"a\":[1,2.5,-3e2,true,null],\"b\":{\"c\":\"x\\u00e9\"}}",
		"[\"\\ud83d\\ude00\",\"\xc3\xa9\",{},[],\"\\n\"]",
		"{\"k\":\"v\",\"l\":{\"k\":0.125}}"
	};
	static const char bytes[] = "{}[]\",:\\u0a19eE+-.tfn \xc3\xa9\x01";
	uint64_t random = 22;
	size_t passed = 0;

	(void)state;
	for (int i = 0; i < CASES; i++) {
		struct arena *mem = arena_new();
		struct json_object *o, *again;
		char *text = arena_strdup(mem, seeds[unit_random(&random) % ARRAY_LEN(seeds)]);
		const size_t len = strlen(text);
		struct json_fault fault = { 0 };

		for (uint64_t n = unit_random(&random) % 3; n > 0; n--)
			text[unit_random(&random) % len] =
				bytes[unit_random(&random) % (sizeof(bytes) - 1)];
		if (json_parse(mem, text, len, &o, &fault) == ERR_NONE) {
			const char *printed = json_object_to_json_string_ext(o, 0);

			passed++;
			assert_int_equal(
				json_parse(mem, printed, strlen(printed), &again, NULL), ERR_NONE);
			assert_string_equal(json_object_to_json_string_ext(again, 0), printed);
		} else {
			assert_string_not_equal(fault.reason, "The text could not be read.");
		}
		arena_free(mem);
	}
	assert_in_range(passed, CASES / 4, CASES - 1);
}

static void
getters_do_not_coerce(void **state)
{
	static const char text[] =
		"{\"s\":\"x\",\"n\":1,\"t\":true,\"z\":null,\"o\":{\"p\":\"q\"},\"l\":[]}";
	struct arena *mem = arena_new();
	struct json_object *o;

	(void)state;
	assert_int_equal(json_parse(mem, text, strlen(text), &o, NULL), ERR_NONE);
	assert_string_equal(json_text(o, "s"), "x");
	assert_null(json_text(o, "n"));
	assert_null(json_text(o, "t"));
	assert_null(json_text(o, "z"));
	assert_null(json_text(o, "o"));
	assert_null(json_text(o, "absent"));
	assert_null(json_member(o, "z"));
	assert_null(json_member(o, "absent"));
	assert_null(json_member(NULL, "s"));
	assert_null(json_member(json_member(o, "l"), "s"));
	assert_null(json_text(json_member(o, "s"), "s"));
	assert_string_equal(json_text(json_member(o, "o"), "p"), "q");
	arena_free(mem);
}

static void
setters_set(void **state)
{
	struct arena *mem = arena_new();
	struct json_object *o = json_new(mem);

	(void)state;
	json_set(o, "s", "x\"y");
	json_set(o, "z", NULL);
	json_set_int(o, "n", INT64_MIN);
	json_set_bool(o, "t", true);
	json_set_object(o, "o", json_object_new_array());
	json_set(o, "s", "again");
	assert_string_equal(json_object_to_json_string_ext(o, 0),
		"{\"s\":\"again\",\"z\":null,\"n\":-9223372036854775808,\"t\":true,\"o\":[]}");
	arena_free(mem);
}

static void
kept_objects_are_put_away(void **state)
{
	struct arena *mem = arena_new();
	struct json_object *o = json_object_new_object();

	(void)state;
	json_object_get(o);
	assert_ptr_equal(json_keep(mem, o), o);
	json_set(o, "a", "b/c");
	assert_string_equal(json_write(o), "{\"a\":\"b/c\"}");
	arena_free(mem);
	/* Ours is the last hold on it. */
	assert_int_equal(json_object_put(o), 1);
}

static void
faults_have_a_place(void **state)
{
	static const struct {
		const char *text, *place;
	} cases[] = {
		{ "{\"a\":1e400}", "/a" },
		{ "{\"a\":1,\"b\":[0,{\"c\":[[],\"\\ud800\"]}]}", "/b/1/c/1" },
		{ "[{\"x\":1},{\"y\":{},\"y\":2}]", "/1/y" },
		{ "{\"a/b~\":{\"\\u00e9\\\"\":\"\\u0000\"}}", "/a~1b~0/\xc3\xa9\"" },
		{ "{\"a\":\"]}\\\\\",\"b\\u0000c\":1}", "/b\xef\xbf\xbd"
							"c" },
		{ "{\"\":{\"\":1e999}}", "//" },
		{ "{\"a\":{\"b\":[1]},\"c\":{\"\\udc00\":0}}", "/c/\xef\xbf\xbd" },
		{ "\"\\u0000\"", "" },
		{ "18446744073709551616", "" },
	};
	struct arena *mem = arena_new();
	struct json_fault fault;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *text = cases[i].text;
		const size_t len = strlen(text);

		assert_int_equal(json_gate(text, len, &json_limits_default, &fault), ERR_INVALID);
		assert_string_equal(json_place(mem, text, len, fault.at), cases[i].place);
	}
	arena_free(mem);
}

static void
trusted_text_needs_no_gate(void **state)
{
	struct arena *mem = arena_new();
	char deep[101] = "";

	(void)state;
	assert_string_equal(json_text(json_trusted(mem, "{\"a\": \"b\"}"), "a"), "b");
	assert_int_equal(json_object_get_int64(json_trusted(mem, "12")), 12);
	assert_null(json_trusted(mem, "{"));
	assert_null(json_trusted(mem, "{} x"));
	assert_null(json_trusted(mem, ""));
	assert_null(json_trusted(mem, "null"));
	assert_null(json_trusted(mem, NULL));
	memset(deep, '[', 50);
	memset(deep + 50, ']', 50);
	assert_non_null(json_trusted(mem, deep));
	arena_free(mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(suite_is_decided),
		cmocka_unit_test(faults_say_what_and_where),
		cmocka_unit_test(faults_have_a_place),
		cmocka_unit_test(good_texts_pass),
		cmocka_unit_test(limits_hold_to_the_unit),
		cmocka_unit_test(deepest_text_is_parsed),
		cmocka_unit_test(many_keys_are_fast),
		cmocka_unit_test(strings_come_back),
		cmocka_unit_test(what_passes_is_stable),
		cmocka_unit_test(getters_do_not_coerce),
		cmocka_unit_test(setters_set),
		cmocka_unit_test(kept_objects_are_put_away),
		cmocka_unit_test(trusted_text_needs_no_gate),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
