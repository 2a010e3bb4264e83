/*
 * What a picture says of itself in its first bytes. Nothing is decoded: only the headers of PNG, JPEG,
 * GIF and WebP are read, every step within bounds, and fuzzed.
 */
#ifndef PARLOR_IMAGE_H
#define PARLOR_IMAGE_H

#include "base/base.h"

struct image {
	const char *type; /* "image/png" and the like */
	uint32_t width, height;
};

/* Whether data is one of the four, by its content alone. */
bool image_probe(const void *data, size_t len, struct image *out) MUST_USE;

#endif
