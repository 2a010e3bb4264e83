/*
 * Templates: the input is the text of templates "a", "b", ..., cut at NUL bytes; "a" is rendered.
 * Parsing and rendering end, whatever they include and however often.
 */
#include "fuzz.h"

#include "base/json.h"
#include "base/log.h"
#include "base/tmpl.h"

#include <string.h>

static const char context[] =
	"{\"a\":\"<&>\",\"b\":[1,2.5,\"x\\ny\"],\"c\":{\"a\":\"b\",\"d\":null,\"e\":[{\"f\":1},"
	"{\"f\":0}]},\"t\":true,\"n\":null,\"z\":0,\"name\":\"b\"}";

static bool
add_all(struct tmpl_set *set, struct arena *mem, const char *text, size_t size)
{
	char name[2] = "a";
	const char *why, *end;

	for (; name[0] <= 'd'; name[0]++) {
		end = memchr(text, '\0', size);
		end = end ? end : text + size;
		if (tmpl_add(set, mem, name, text, (size_t)(end - text), &why) != ERR_NONE) {
			must(strncmp(why, name, 1) == 0, "a complaint names the template");
			return false;
		}
		if (end == text + size)
			break;
		size -= (size_t)(end + 1 - text);
		text = end + 1;
	}
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *mem = arena_new();
	struct tmpl_set *set = tmpl_set_new();
	struct json_object *o = json_trusted(mem, context);
	struct buf out = { 0 };

	log_set_level(LOG_ERROR + 1);
	if (add_all(set, mem, (const char *)data, size)) {
		if (tmpl_render(set, "a", o, &out) != ERR_NONE)
			must(out.len == 0, "a page that fails leaves nothing");
		tmpl_set_strict(set, true);
		buf_clear(&out);
		if (tmpl_render(set, "a", o, &out) != ERR_NONE)
			must(out.len == 0, "a page that fails leaves nothing");
	}
	buf_free(&out);
	tmpl_set_free(set);
	arena_free(mem);
	return 0;
}
