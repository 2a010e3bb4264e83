/* Paths: what is canonical has one spelling, so it is equal to what its segments make. */
#include "fuzz.h"

#include "base/buf.h"
#include "web/parse.h"

#include <string.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *path, *rest, *segment;
	struct buf b = { 0 };

	if (!parse_path_is_canonical((const char *)data, size))
		return 0;
	path = strndup((const char *)data, size);
	must(strlen(path) == size && size <= 512 && path[0] == '/', "it is text from a slash on");
	for (rest = path + 1; size > 1 && (segment = strsep(&rest, "/"));) {
		must(*segment && strcmp(segment, ".") != 0 && strcmp(segment, "..") != 0,
			"a segment is a name");
		buf_char(&b, '/');
		/* Encoding changes nothing: there is nothing in it to encode. */
		buf_url(&b, segment, strlen(segment));
	}
	must(size == 1 || (b.len == size && memcmp(b.data, data, size) == 0),
		"its segments make it");
	buf_free(&b);
	free(path);
	return 0;
}
