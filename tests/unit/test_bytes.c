/* bytea in its text form. */
#include "unit.h"

#include "db/bytes.h"

#include <string.h>

static void
bytes_come_back(void **state)
{
	static const size_t lengths[] = { 0, 1, 2, 255, 2047, 2048, 2049, 4096, 10000 };
	unsigned char data[10000];

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (unsigned char)(i * 7 + i / 256);
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		struct buf hex = { 0 }, back = { 0 };

		bytes_write(&hex, data, lengths[i]);
		assert_int_equal(hex.len, 2 + 2 * lengths[i]);
		assert_true(bytes_read(&back, buf_text(&hex)));
		assert_int_equal(back.len, lengths[i]);
		assert_memory_equal(buf_text(&back), data, lengths[i]);
		buf_free(&hex);
		buf_free(&back);
	}
}

static void
what_is_no_hex_is_refused(void **state)
{
	static const char *const bad[] = { "", "\\", "x", "00", "\\x0", "\\x0g", "\\xG0", "\\x0 ",
		"\\X00" };
	struct buf out = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(bytes_read(&out, bad[i]));
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_come_back),
		cmocka_unit_test(what_is_no_hex_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
