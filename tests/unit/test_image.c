/* The headers of pictures, and what only looks like one. */
#include "unit.h"

#include "base/image.h"

#include <string.h>

#define BYTES(s) (s), sizeof(s) - 1

static const struct {
	const char *data;
	size_t len;
	const char *type;
	uint32_t width, height;
} good[] = {
	{ BYTES("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\2\x80\0\0\1\xe0\x08\6\0\0\0\0\0\0\0"),
		"image/png", 640, 480 },
	{ BYTES("GIF89a\x80\2\xe0\1\0\0\0,"), "image/gif", 640, 480 },
	{ BYTES("GIF87a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff!"), "image/gif", 1, 1 },
	{ BYTES("\xff\xd8\xff\xe0\0\4ab\xff\xff\xc0\0\x0b\x08\1\xe0\2\x80\1\1\x11\0"), "image/jpeg",
		640, 480 },
	{ BYTES("\xff\xd8\xff\xfe\0\2\xff\xc2\0\x0b\x08\0\1\0\2\1\1\x11\0"), "image/jpeg", 2, 1 },
	{ BYTES("RIFF\x1a\0\0\0WEBPVP8 \x0a\0\0\0\0\0\0\x9d\1*\x80\2\xe0\1"), "image/webp", 640,
		480 },
	{ BYTES("RIFF\x1a\0\0\0WEBPVP8L\x0a\0\0\0/\x7f\xc2\x77\0\0\0\0\0\0"), "image/webp", 640,
		480 },
	{ BYTES("RIFF\x1a\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x7f\2\0\xdf\1\0"), "image/webp", 640,
		480 },
};

static void
sizes_are_read(void **state)
{
	struct image image;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		assert_true(image_probe(good[i].data, good[i].len, &image));
		assert_string_equal(image.type, good[i].type);
		assert_int_equal(image.width, good[i].width);
		assert_int_equal(image.height, good[i].height);
	}
}

/* Until the header is whole there is no picture; no byte behind the end is read. */
static void
cut_headers_are_none(void **state)
{
	struct image image;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		bool found = false;

		for (size_t len = 0; len <= good[i].len; len++) {
			char *copy = test_malloc(len ? len : 1);

			memcpy(copy, good[i].data, len);
			assert_true(!found || image_probe(copy, len, &image));
			found = image_probe(copy, len, &image);
			test_free(copy);
		}
		assert_true(found);
	}
}

static void
others_are_none(void **state)
{
	static const struct {
		const char *data;
		size_t len;
	} bad[] = {
		{ BYTES("") },
		{ BYTES("<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>") },
		{ BYTES("%PDF-1.7 and some more of it, and more") },
		{ BYTES("GIF89a/*\0\1*/=1;alert(1)//////////////") }, /* no block follows */
		{ BYTES("GIF89a\0\0\xe0\1\0\0\0,") },
		{ BYTES("GIF89a\x80\2\xe0\1\x87\0\0,") }, /* the colour table is not there */
		{ BYTES("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\0\0\0\1\xe0\x08\6\0\0\0\0\0\0\0") },
		{ BYTES("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\x80\0\0\0\0\0\1\xe0\x08\6\0\0\0\0\0\0\0") },
		{ BYTES("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\2\x80\0\0\1\xe0\x08\7\0\0\0\0\0\0\0") },
		{ BYTES("\x89PNG\r\n\x1a\n\0\0\0\rIDAT\0\0\2\x80\0\0\1\xe0\x08\6\0\0\0\0\0\0\0") },
		{ BYTES("\xff\xd8\xff\xda\0\4ab\xff\xc0\0\x0b\x08\1\xe0\2\x80\1\1\x11\0") },
		{ BYTES("\xff\xd8\xff\xe0\xff\xff"
			"ab\xff\xc0\0\x0b\x08\1\xe0\2\x80\1\1\x11\0") },
		{ BYTES("\xff\xd8\xff\xe0\0\1ab\xff\xc0\0\x0b\x08\1\xe0\2\x80\1\1\x11\0") },
		{ BYTES("\xff\xd8\xff\xc0\0\x04\x08\1\xe0\2\x80\1\1\x11\0") },
		{ BYTES("RIFF\x1a\0\0\0WAVEVP8X\x0a\0\0\0\0\0\0\0\x7f\2\0\xdf\1\0") },
		{ BYTES("RIFF\x1a\0\0\0WEBPVP8 \x0a\0\0\0\1\0\0\x9d\1*\x80\2\xe0\1") },
		{ BYTES("RIFF\x1a\0\0\0WEBPVP8L\x0a\0\0\0/\x7f\xc2\x77\xf0\0\0\0\0\0") },
	};
	struct image image;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (image_probe(bad[i].data, bad[i].len, &image))
			fail_msg("number %zu was taken for %s", i, image.type);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_read),
		cmocka_unit_test(cut_headers_are_none),
		cmocka_unit_test(others_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
