/* Pictures by their headers. What is found is one of four types, has a size, and needs no more bytes. */
#include "fuzz.h"

#include "base/image.h"

#include <string.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const types[] = { "image/png", "image/jpeg", "image/gif", "image/webp" };
	struct image image, again;
	/* A copy of its own size: the sanitizer sees a read behind it. */
	uint8_t *copy = malloc(size ? size : 1);
	bool found, known = false;

	memcpy(copy, data, size);
	found = image_probe(copy, size, &image);
	for (size_t i = 0; found && i < ARRAY_LEN(types); i++)
		known = known || strcmp(image.type, types[i]) == 0;
	must(found == known, "one of four");
	must(!found || (image.width > 0 && image.height > 0), "a picture has a size");
	free(copy);
	if (found) {
		copy = malloc(size + 64);
		memcpy(copy, data, size);
		memset(copy + size, 0xff, 64);
		must(image_probe(copy, size + 64, &again) && again.width == image.width &&
				again.height == image.height,
			"what follows changes nothing");
		free(copy);
	}
	return 0;
}
