/* QR codes as paths: read back into modules, they have the marks that every reader looks for. */
#include "unit.h"

#include "base/arena.h"
#include "base/qr.h"

enum { SIDE_MAX = 177 };

static unsigned char dark[SIDE_MAX][SIDE_MAX];

/* The path is rectangles of one row: "Mx yhNv1h-Nz". Returns how many modules are dark. */
static int
draw(const char *path, int size)
{
	int x, y, n, back, used, count = 0;

	memset(dark, 0, sizeof(dark));
	while (*path) {
		used = 0;
		assert_int_equal(sscanf(path, "M%d %dh%dv1h%dz%n", &x, &y, &n, &back, &used), 4);
		assert_true(used > 0 && n > 0 && back == -n);
		assert_true(x >= 0 && y >= 0 && y < size && x + n <= size);
		for (int i = 0; i < n; i++, count++) {
			assert_false(dark[y][x + i]);
			dark[y][x + i] = 1;
		}
		path += used;
	}
	return count;
}

/* The square in a corner: a ring, a light ring, and a heart of 3 by 3. */
static void
assert_finder(int left, int top)
{
	for (int y = 0; y < 7; y++)
		for (int x = 0; x < 7; x++) {
			const bool ring = x == 0 || x == 6 || y == 0 || y == 6;
			const bool heart = x >= 2 && x <= 4 && y >= 2 && y <= 4;

			assert_int_equal(dark[top + y][left + x], ring || heart);
		}
}

static void
a_code_has_its_marks(void **state)
{
	struct arena *mem = arena_new();
	int size = 0, count;
	const char *path = qr_path(
		mem, "otpauth://totp/Parlor:mara%40example.com?secret=GEZDGNBVGY3TQOJQ", &size);

	(void)state;
	assert_non_null(path);
	assert_int_equal((size - 17) % 4, 0);
	count = draw(path, size);
	assert_true(count > size * size / 3 && count < size * size * 2 / 3);
	assert_finder(0, 0);
	assert_finder(size - 7, 0);
	assert_finder(0, size - 7);
	/* The timing pattern: every other module of row and column 6. */
	for (int i = 8; i < size - 8; i++) {
		assert_int_equal(dark[6][i], i % 2 == 0);
		assert_int_equal(dark[i][6], i % 2 == 0);
	}
	arena_free(mem);
}

static void
what_is_too_long_has_none(void **state)
{
	struct arena *mem = arena_new();
	char *text = arena_alloc(mem, 4001);
	int size;

	(void)state;
	memset(text, 'x', 4000);
	assert_null(qr_path(mem, text, &size));
	arena_free(mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_code_has_its_marks),
		cmocka_unit_test(what_is_too_long_has_none),
	};

	return cmocka_run_group_tests_name("qr", tests, NULL, NULL);
}
