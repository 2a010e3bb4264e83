/* The arena: alignment, zeroes, sizes, order of what is deferred. */
#include "unit.h"

#include "base/arena.h"

static void
memory_is_zeroed_and_aligned(void **state)
{
	struct arena *mem = arena_new();

	(void)state;
	for (size_t size = 0; size < 300; size++) {
		unsigned char *p = arena_alloc(mem, size);

		assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xff, size);
	}
	arena_free(mem);
}

/* Each piece keeps its own bytes, however large and small ones are mixed. */
static void
pieces_do_not_overlap(void **state)
{
	enum { PIECES = 400 };
	struct arena *mem = arena_new();
	unsigned char *pieces[PIECES];
	size_t sizes[PIECES];
	uint64_t random = 7;

	(void)state;
	for (size_t i = 0; i < PIECES; i++) {
		sizes[i] = unit_random(&random) % (i % 10 == 0 ? 60000 : 2000);
		pieces[i] = arena_alloc(mem, sizes[i]);
		memset(pieces[i], (int)(i & 0xff), sizes[i]);
	}
	for (size_t i = 0; i < PIECES; i++)
		for (size_t j = 0; j < sizes[i]; j++)
			assert_int_equal(pieces[i][j], i & 0xff);
	arena_free(mem);
}

static void
strings_are_copied(void **state)
{
	struct arena *mem = arena_new();
	char from[] = "hello";
	char *copy = arena_strdup(mem, from), *start = arena_strndup(mem, from, 2);

	(void)state;
	from[0] = 'j';
	assert_string_equal(copy, "hello");
	assert_string_equal(start, "he");
	assert_null(arena_strdup(mem, NULL));
	assert_string_equal(arena_strndup(mem, NULL, 0), "");
	assert_memory_equal(arena_memdup(mem, "a\0b", 3), "a\0b", 3);
	assert_string_equal(arena_printf(mem, "%s-%d", "x", 12), "x-12");
	assert_string_equal(arena_printf(mem, "%s", ""), "");
	assert_int_equal(strlen(arena_printf(mem, "%050000d", 1)), 50000);
	arena_free(mem);
}

static char trace[16];

static void
note(void *arg)
{
	strcat(trace, arg);
}

static void
deferred_run_newest_first(void **state)
{
	struct arena *mem = arena_new();

	(void)state;
	arena_defer(mem, note, (char[]){ "a" });
	arena_defer(mem, note, (char[]){ "b" });
	arena_defer(mem, note, (char[]){ "c" });
	assert_string_equal(trace, "");
	arena_free(mem);
	assert_string_equal(trace, "cba");
	arena_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_zeroed_and_aligned),
		cmocka_unit_test(pieces_do_not_overlap),
		cmocka_unit_test(strings_are_copied),
		cmocka_unit_test(deferred_run_newest_first),
	};

	return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
