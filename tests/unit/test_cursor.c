/* Snapshots and cursors: what comes out goes in, and nothing else does. */
#include "unit.h"

#include "core/cursor.h"

enum { ROUNDS = 100000 };

static const char *const good_snapshots[] = { "1:1:", "3:9:3,5,8", "10:10:", "10:12:", "10:12:11",
	"922337203685477579:922337203685477579:" };

static const char *const bad_snapshots[] = { "", ":", "::", "1", "1:", "1:2",
	"0:1:", "1:0:", "2:1:", "01:2:", "1:02:", "1:2:,", "1:2:1,", "1:2:2", "1:5:0", "1:5:4,3",
	"1:5:3,3", "1:5:3,,4", "1:5:3 ", " 1:5:3", "1:5:3;4", "-1:5:", "+1:5:", "1:5:x",
	"1:99999999999999999999:", "1:5::", "5:6:4",
	"9223372036854775808:9223372036854775808:", "1:5:3,4,5", "1:5:\n" };

static void
snapshots_that_postgresql_prints_are_taken(void **state)
{
	uint64_t xip[SNAPSHOT_XIP_MAX];
	struct snapshot s;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good_snapshots); i++)
		if (!snapshot_parse(good_snapshots[i], &s, xip))
			fail_msg("refused: %s", good_snapshots[i]);
	assert_true(snapshot_parse("3:9:3,5,8", &s, xip));
	assert_int_equal(s.xmin, 3);
	assert_int_equal(s.xmax, 9);
	assert_int_equal(s.count, 3);
	assert_int_equal(s.xip[1], 5);
}

static void
anything_else_is_refused(void **state)
{
	uint64_t xip[SNAPSHOT_XIP_MAX];
	struct snapshot s;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad_snapshots); i++)
		if (snapshot_parse(bad_snapshots[i], &s, xip))
			fail_msg("taken: %s", bad_snapshots[i]);
}

/* A snapshot text of random transactions, and the set of those under way. */
static void
random_snapshot(
	uint64_t *seed, char *text, size_t size, bool *under_way, uint64_t *xmin, uint64_t *xmax)
{
	const char *comma = "";
	size_t len;

	*xmin = 1 + unit_random(seed) % 50;
	*xmax = *xmin + unit_random(seed) % 50;
	len = (size_t)snprintf(
		text, size, "%llu:%llu:", (unsigned long long)*xmin, (unsigned long long)*xmax);
	for (uint64_t xid = *xmin; xid < *xmax; xid++) {
		under_way[xid] = unit_random(seed) % 3 == 0;
		if (!under_way[xid])
			continue;
		len += (size_t)snprintf(
			text + len, size - len, "%s%llu", comma, (unsigned long long)xid);
		comma = ",";
	}
}

static void
a_snapshot_sees_what_was_over(void **state)
{
	uint64_t xip[SNAPSHOT_XIP_MAX], xmin, xmax, seed = 4;
	struct snapshot s;
	char text[1024];

	(void)state;
	for (int round = 0; round < 2000; round++) {
		bool under_way[128] = { false };

		random_snapshot(&seed, text, sizeof(text), under_way, &xmin, &xmax);
		assert_true(snapshot_parse(text, &s, xip));
		for (uint64_t xid = 1; xid < 110; xid++)
			assert_int_equal(snapshot_sees(&s, xid), xid < xmax && !under_way[xid]);
	}
}

static void
too_many_transactions_are_refused(void **state)
{
	uint64_t xip[SNAPSHOT_XIP_MAX];
	struct snapshot s;
	char *text = malloc(32 * SNAPSHOT_XIP_MAX);
	size_t len = (size_t)sprintf(text, "1:9999:1");

	(void)state;
	for (int i = 2; i <= SNAPSHOT_XIP_MAX; i++)
		len += (size_t)sprintf(text + len, ",%d", i);
	assert_true(snapshot_parse(text, &s, xip));
	assert_int_equal(s.count, SNAPSHOT_XIP_MAX);
	strcpy(text + len, ",9998");
	assert_false(snapshot_parse(text, &s, xip));
	free(text);
}

static void
a_cursor_comes_back_as_it_went(void **state)
{
	static const char *const timelines[] = { "t", "6b036cbf24161403-00000001", "a.b.c", "1-2" };
	uint64_t seed = 1;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct arena *mem = arena_new();
		const struct cursor in = {
			.timeline = timelines[unit_random(&seed) % ARRAY_LEN(timelines)],
			.boot = unit_random(&seed) % 2 ? "27d98da6" : "",
			.live = (uint32_t)unit_random(&seed),
			.snapshot = good_snapshots[unit_random(&seed) % ARRAY_LEN(good_snapshots)],
		};
		struct cursor out;

		assert_int_equal(
			cursor_decode(mem, cursor_encode(mem, &in), in.timeline, &out), ERR_NONE);
		assert_string_equal(out.timeline, in.timeline);
		assert_string_equal(out.boot, in.boot);
		assert_string_equal(out.snapshot, in.snapshot);
		assert_int_equal(out.live, in.live);
		arena_free(mem);
	}
}

static void
another_timeline_is_gone(void **state)
{
	struct arena *mem = arena_new();
	const struct cursor in = { .timeline = "one", .boot = "", .snapshot = "1:1:" };
	struct cursor out;

	(void)state;
	assert_int_equal(cursor_decode(mem, cursor_encode(mem, &in), "two", &out), ERR_GONE);
	assert_int_equal(cursor_decode(mem, cursor_encode(mem, &in), NULL, &out), ERR_NONE);
	arena_free(mem);
}

static void
bad_snapshots_are_gone_inside_cursors_too(void **state)
{
	struct arena *mem = arena_new();
	struct cursor out;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad_snapshots); i++) {
		const struct cursor in = {
			.timeline = "t", .boot = "", .snapshot = bad_snapshots[i]
		};

		if (cursor_decode(mem, cursor_encode(mem, &in), "t", &out) != ERR_GONE)
			fail_msg("taken: %s", bad_snapshots[i]);
	}
	arena_free(mem);
}

static void
what_is_no_cursor_is_gone(void **state)
{
	static const char *const texts[] = { "", "x", "0", "MS4", "MS50LjAtMC4x", "MS50Li0uMToxOg",
		"MS50Li0wLjE6MTo=", "MS50Li0wLjE6MTo ", "Mi50Li0wLjE6MTo", "MS50LkctMC4xOjE6",
		"MS50Li0wMDAwMDAwMDAuMToxOg", "\xff\xfe", "!!!!", "MS50Li0wLjE6MToA" };
	struct arena *mem = arena_new();
	struct cursor out;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (cursor_decode(mem, texts[i], NULL, &out) != ERR_GONE)
			fail_msg("taken: %s", texts[i]);
	assert_int_equal(
		cursor_decode(mem, "MS50Li0wLjE6MTo", "t", &out), ERR_NONE); /* 1.t.-0.1:1: */
	arena_free(mem);
}

/* One character changed: the result is refused or is again a snapshot that PostgreSQL takes. */
static void
a_damaged_cursor_does_no_harm(void **state)
{
	uint64_t seed = 9, xip[SNAPSHOT_XIP_MAX];
	struct snapshot s;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct arena *mem = arena_new();
		const struct cursor in = {
			.timeline = "t", .boot = "27d98da6", .snapshot = "3:9:3,5,8"
		};
		char *text = arena_strdup(mem, cursor_encode(mem, &in));
		struct cursor out;

		text[unit_random(&seed) % strlen(text)] = (char)(1 + unit_random(&seed) % 255);
		if (cursor_decode(mem, text, NULL, &out) == ERR_NONE)
			assert_true(snapshot_parse(out.snapshot, &s, xip));
		arena_free(mem);
	}
}

static void
a_long_cursor_is_gone(void **state)
{
	struct arena *mem = arena_new();
	char *text = arena_alloc(mem, CURSOR_MAX + 2);
	struct cursor out;

	(void)state;
	memset(text, 'M', CURSOR_MAX + 1);
	assert_int_equal(cursor_decode(mem, text, NULL, &out), ERR_GONE);
	arena_free(mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(snapshots_that_postgresql_prints_are_taken),
		cmocka_unit_test(anything_else_is_refused),
		cmocka_unit_test(a_snapshot_sees_what_was_over),
		cmocka_unit_test(too_many_transactions_are_refused),
		cmocka_unit_test(a_cursor_comes_back_as_it_went),
		cmocka_unit_test(another_timeline_is_gone),
		cmocka_unit_test(bad_snapshots_are_gone_inside_cursors_too),
		cmocka_unit_test(what_is_no_cursor_is_gone),
		cmocka_unit_test(a_damaged_cursor_does_no_harm),
		cmocka_unit_test(a_long_cursor_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
