/* Places in lists, which come back from browsers. */
#include "unit.h"

#include "core/keyset.h"

static void
places_come_back(void **state)
{
	struct arena *mem = arena_new();
	static const char *const times[] = { "2026-11-22 21:40:00", "2026-11-22 21:40:00.1",
		"2024-02-29 23:59:59.123456", "1970-01-01 00:00:00" };
	const char *at, *id;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		const char *after = keyset_join(mem, times[i], "00VbkAnId");

		assert_int_equal(keyset_split(mem, after, &at, &id), ERR_NONE);
		assert_string_equal(at, times[i]);
		assert_string_equal(id, "00VbkAnId");
	}
	assert_int_equal(keyset_split(mem, NULL, &at, &id), ERR_NONE);
	assert_null(at);
	assert_null(id);
	arena_free(mem);
}

/* Each would make PostgreSQL refuse the cast, or is not ours. */
static void
other_texts_are_refused(void **state)
{
	struct arena *mem = arena_new();
	static const char *const bad[] = { "", "~", "x~y", "2026-11-22 21:40:00", "2026-11-22~x",
		"2026-13-01 00:00:00~x", "2026-00-01 00:00:00~x", "2026-02-29 00:00:00~x",
		"2026-11-31 00:00:00~x", "2026-11-22 24:00:00~x", "2026-11-22 00:60:00~x",
		"2026-11-22 00:00:60~x", "0000-01-01 00:00:00~x", "2026-11-22T21:40:00~x",
		"2026-11-22 21:40:00.~x", "2026-11-22 21:40:00.1234567~x", "2026-11-22 21:40:0 ~x",
		" 2026-11-22 21:40:00~x", "infinity~x", "2026-11-22 21:40:00'~x",
		"2026-11-22 21:40:00~"
		"0123456789012345678901234567890123456789012345678901234567890123456789" };
	const char *at, *id;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_int_equal(keyset_split(mem, bad[i], &at, &id), ERR_INVALID);
		assert_null(at);
		assert_null(id);
	}
	arena_free(mem);
}

static void
words_come_back(void **state)
{
	struct arena *mem = arena_new();
	static const char *const bad[] = { "", "6", "6g", "6A", "00", "6100", "c3", "ff", "eda080",
		"61 62", "x" };
	const char *word;
	char longest[1024];

	(void)state;
	assert_int_equal(keyset_word(mem, "61c3bc20f09f9880", &word), ERR_NONE);
	assert_string_equal(word, "a\xc3\xbc \xf0\x9f\x98\x80");
	assert_int_equal(keyset_word(mem, NULL, &word), ERR_NONE);
	assert_null(word);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_int_equal(keyset_word(mem, bad[i], &word), ERR_INVALID);
		assert_null(word);
	}
	memset(longest, '6', sizeof(longest));
	longest[800] = '\0';
	assert_int_equal(keyset_word(mem, longest, &word), ERR_NONE);
	longest[800] = '6';
	longest[802] = '\0';
	assert_int_equal(keyset_word(mem, longest, &word), ERR_INVALID);
	arena_free(mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(places_come_back),
		cmocka_unit_test(other_texts_are_refused),
		cmocka_unit_test(words_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
