/* What the fuzz targets share. Each has one entry, called by libFuzzer or by replay.c. */
#ifndef PARLOR_FUZZ_H
#define PARLOR_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold for any input; not assert(3), which a release build may leave out. */
static inline void
must(int holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "does not hold: %s\n", what);
	abort();
}

#endif
