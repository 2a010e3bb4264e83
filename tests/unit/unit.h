/* What every unit test includes: cmocka with what it needs before it, and small helpers. */
#ifndef PARLOR_UNIT_H
#define PARLOR_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/base.h"

/* A generator of our own (SplitMix64): the same numbers in each run, from a seed in the test. */
static inline uint64_t
unit_random(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/*
 * A random valid UTF-8 string without NUL of at most max bytes, with its end; out holds max + 1.
 * Rich in what escapers care for.
 */
static inline size_t
unit_random_text(uint64_t *state, char *out, size_t max)
{
	static const char *const pieces[] = { "<", ">", "&", "\"", "'", "\\", "/", "%", "+", "=",
		"\n", "\r", "\t", "\x01", "\x1b", "\x7f", " ", "a", "Z", "9", "{{", "}}",
		"\xc2\x80", "\xc2\x9b", "\xc3\xa9", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaa",
		"\xe2\x80\xae", "\xef\xbf\xbd", "\xed\x9f\xbf", "\xf0\x9f\x98\x80",
		"\xf4\x8f\xbf\xbf", "&amp;", "</script>", "\\u0000" };
	const size_t want = max ? unit_random(state) % (max + 1) : 0;
	size_t len = 0;

	for (;;) {
		const char *piece = pieces[unit_random(state) % ARRAY_LEN(pieces)];

		if (len + strlen(piece) > want)
			break;
		memcpy(out + len, piece, strlen(piece));
		len += strlen(piece);
	}
	out[len] = '\0';
	return len;
}

/* Where the test vectors of others are; tests of them are skipped when they are not there. */
static inline const char *
unit_vectors(void)
{
	const char *dir = getenv("PARLOR_VECTORS");

	return dir ? dir : "../shared/vectors";
}

/* The whole of a file in malloced memory, with a NUL after it; NULL when it cannot be read. */
static inline char *
unit_read(const char *path, size_t *len)
{
	FILE *f = fopen(path, "re");
	char *text = NULL;
	size_t cap = 0, n = 0;

	if (!f)
		return NULL;
	do {
		cap = cap ? 2 * cap : 4096;
		text = realloc(text, cap + 1);
		n += fread(text + n, 1, cap - n, f);
	} while (n == cap);
	fclose(f);
	text[n] = '\0';
	if (len)
		*len = n;
	return text;
}

#endif
