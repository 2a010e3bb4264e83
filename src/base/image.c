/* The headers of pictures: PNG (W3C), JPEG (T.81), GIF89a, WebP (RFC 9649). */
#include "base/image.h"

#include <string.h>

struct bytes {
	const unsigned char *at;
	size_t len;
};

static bool
has(const struct bytes *b, size_t at, const char *what, size_t len)
{
	return at <= b->len && len <= b->len - at && memcmp(b->at + at, what, len) == 0;
}

static uint32_t
big16(const unsigned char *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

static uint32_t
big32(const unsigned char *p)
{
	return big16(p) << 16 | big16(p + 2);
}

static uint32_t
little16(const unsigned char *p)
{
	return (uint32_t)p[1] << 8 | p[0];
}

static uint32_t
little24(const unsigned char *p)
{
	return (uint32_t)p[2] << 16 | little16(p);
}

static bool
found(struct image *out, const char *type, uint32_t width, uint32_t height)
{
	*out = (struct image){ type, width, height };
	return width > 0 && height > 0 && width <= INT32_MAX && height <= INT32_MAX;
}

/* The pairs of colour type and bit depth that there are (11.2.2). */
static bool
png_depth_fits(unsigned colour, unsigned depth)
{
	switch (colour) {
	case 0:
		return depth == 1 || depth == 2 || depth == 4 || depth == 8 || depth == 16;
	case 3:
		return depth == 1 || depth == 2 || depth == 4 || depth == 8;
	case 2:
	case 4:
	case 6:
		return depth == 8 || depth == 16;
	default:
		return false;
	}
}

static bool
probe_png(const struct bytes *b, struct image *out)
{
	static const char start[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
	const unsigned char *p = b->at + 16;

	if (!has(b, 0, start, 16) || b->len < 33)
		return false;
	if (!png_depth_fits(p[9], p[8]) || p[10] != 0 || p[11] != 0 || p[12] > 1)
		return false;
	return found(out, "image/png", big32(p), big32(p + 4));
}

/* Behind the global colour table an image, an extension or the end must begin. */
static bool
probe_gif(const struct bytes *b, struct image *out)
{
	size_t next = 13;

	if ((!has(b, 0, "GIF87a", 6) && !has(b, 0, "GIF89a", 6)) || b->len < 14)
		return false;
	if (b->at[10] & 0x80)
		next += (size_t)3 << ((b->at[10] & 7) + 1);
	if (next >= b->len || !memchr("\x2c\x21\x3b", b->at[next], 3))
		return false;
	return found(out, "image/gif", little16(b->at + 6), little16(b->at + 8));
}

/* SOF0 to SOF15 without DHT, JPG and DAC, which lie among them (B.1.1.3). */
static bool
is_frame(unsigned marker)
{
	return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 &&
	       marker != 0xcc;
}

/* From marker to marker until the frame's header; what has the scan before it is no picture. */
static bool
probe_jpeg(const struct bytes *b, struct image *out)
{
	size_t at = 2;

	if (!has(b, 0, "\xff\xd8\xff", 3))
		return false;
	while (b->len - at >= 4 && b->at[at] == 0xff) {
		unsigned marker = b->at[at + 1];
		size_t len = big16(b->at + at + 2);

		if (marker == 0xff) { /* a fill byte */
			at++;
			continue;
		}
		if (marker < 0xc0 || (marker >= 0xd0 && marker <= 0xda) || len < 2 ||
			len > b->len - at - 2)
			return false;
		if (is_frame(marker))
			return len >= 8 && found(out, "image/jpeg", big16(b->at + at + 7),
						   big16(b->at + at + 5));
		at += 2 + len;
	}
	return false;
}

static bool
probe_webp(const struct bytes *b, struct image *out)
{
	const unsigned char *p = b->at + 20;

	if (!has(b, 0, "RIFF", 4) || !has(b, 8, "WEBP", 4) || b->len < 30)
		return false;
	if (has(b, 12, "VP8 ", 4))
		return !(p[0] & 1) && has(b, 23, "\x9d\x01\x2a", 3) &&
		       found(out, "image/webp", little16(p + 6) & 0x3fff, little16(p + 8) & 0x3fff);
	if (has(b, 12, "VP8L", 4)) {
		uint32_t bits = little16(p + 1) | little16(p + 3) << 16;

		return p[0] == 0x2f && bits >> 29 == 0 &&
		       found(out, "image/webp", (bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1);
	}
	return has(b, 12, "VP8X", 4) &&
	       found(out, "image/webp", little24(p + 4) + 1, little24(p + 7) + 1);
}

bool
image_probe(const void *data, size_t len, struct image *out)
{
	const struct bytes b = { data, len };

	*out = (struct image){ 0 };
	if (len < 12)
		return false;
	return probe_png(&b, out) || probe_gif(&b, out) || probe_jpeg(&b, out) ||
	       probe_webp(&b, out);
}
