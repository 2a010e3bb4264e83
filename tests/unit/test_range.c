/* The header Range, of a file of ten bytes. */
#include "unit.h"

#include "web/range.h"

static void
ranges_are_read(void **state)
{
	static const struct {
		const char *header;
		enum range range;
		int64_t from, to;
	} cases[] = {
		{ NULL, RANGE_ALL, 0, 0 },
		{ "", RANGE_ALL, 0, 0 },
		{ "bytes=0-0", RANGE_PART, 0, 0 },
		{ "bytes=0-", RANGE_PART, 0, 9 },
		{ "bytes=0-9", RANGE_PART, 0, 9 },
		{ "Bytes= 2-5", RANGE_PART, 2, 5 },
		{ "bytes=2-99", RANGE_PART, 2, 9 },
		{ "bytes=9-9", RANGE_PART, 9, 9 },
		{ "bytes=9-", RANGE_PART, 9, 9 },
		{ "bytes=-1", RANGE_PART, 9, 9 },
		{ "bytes=-10", RANGE_PART, 0, 9 },
		{ "bytes=-11", RANGE_PART, 0, 9 },
		{ "bytes=-99999999999999999999999", RANGE_PART, 0, 9 },
		{ "bytes=1-99999999999999999999999", RANGE_PART, 1, 9 },
		{ "bytes=-0", RANGE_BEYOND, 0, 0 },
		{ "bytes=10-", RANGE_BEYOND, 0, 0 },
		{ "bytes=10-20", RANGE_BEYOND, 0, 0 },
		{ "bytes=99999999999999999999999-", RANGE_BEYOND, 0, 0 },
		{ "bytes=5-4", RANGE_ALL, 0, 0 },
		{ "bytes=0-1,3-4", RANGE_ALL, 0, 0 },
		{ "bytes=-1,3-4", RANGE_ALL, 0, 0 },
		{ "bytes=", RANGE_ALL, 0, 0 },
		{ "bytes=-", RANGE_ALL, 0, 0 },
		{ "bytes=--1", RANGE_ALL, 0, 0 },
		{ "bytes=a-b", RANGE_ALL, 0, 0 },
		{ "bytes=1-2x", RANGE_ALL, 0, 0 },
		{ "bytes=1", RANGE_ALL, 0, 0 },
		{ "bytes:1-2", RANGE_ALL, 0, 0 },
		{ "items=0-1", RANGE_ALL, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int64_t from = -1, to = -1;

		if (range_parse(cases[i].header, 10, &from, &to) != cases[i].range)
			fail_msg("%s", cases[i].header);
		assert_int_equal(from, cases[i].from);
		assert_int_equal(to, cases[i].range == RANGE_PART ? cases[i].to : 9);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
