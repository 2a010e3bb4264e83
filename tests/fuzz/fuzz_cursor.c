/* Cursors: what is taken is a snapshot that PostgreSQL takes, and goes out again as it came in. */
#include "fuzz.h"

#include "core/cursor.h"

#include <string.h>

static int
is_same(const struct cursor *a, const struct cursor *b)
{
	return strcmp(a->timeline, b->timeline) == 0 && strcmp(a->boot, b->boot) == 0 &&
	       a->live == b->live && strcmp(a->snapshot, b->snapshot) == 0;
}

/* The input as a cursor on the wire, and as the snapshot inside one. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *mem = arena_new();
	const char *text = arena_strndup(mem, (const char *)data, size);
	uint64_t xip[SNAPSHOT_XIP_MAX];
	struct cursor in, again;
	struct snapshot s;

	if (cursor_decode(mem, text, NULL, &in) == ERR_NONE) {
		must(snapshot_parse(in.snapshot, &s, xip), "a cursor holds a snapshot");
		must(cursor_decode(mem, cursor_encode(mem, &in), in.timeline, &again) == ERR_NONE,
			"it may come back");
		must(is_same(&in, &again), "it comes back the same");
	}
	if (snapshot_parse(text, &s, xip)) {
		must(strspn(text, "0123456789:,") == strlen(text), "digits and their marks only");
		must(s.xmin <= s.xmax && s.count <= SNAPSHOT_XIP_MAX, "its numbers are in order");
		for (size_t i = 0; i < s.count; i++)
			must(xip[i] >= s.xmin && xip[i] < s.xmax && !snapshot_sees(&s, xip[i]),
				"who is under way is not seen");
	}
	arena_free(mem);
	return 0;
}
