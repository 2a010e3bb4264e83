/* Forms: what is taken is text, and written out again it is read the same. */
#include "fuzz.h"

#include "base/buf.h"
#include "base/util.h"
#include "web/parse.h"

#include <string.h>

static void
write_form(const struct param *fields, struct buf *b)
{
	for (; fields->name; fields++) {
		must(utf8_valid(fields->name, strlen(fields->name)), "a name is UTF-8");
		must(utf8_valid(fields->value, strlen(fields->value)), "a value is UTF-8");
		buf_url(b, fields->name, strlen(fields->name));
		buf_char(b, '=');
		buf_url(b, fields->value, strlen(fields->value));
		buf_char(b, '&');
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *mem = arena_new();
	const struct param *fields, *again;
	struct buf b = { 0 };

	if (parse_form(mem, (const char *)data, size, &fields) == ERR_NONE) {
		write_form(fields, &b);
		must(parse_form(mem, buf_text(&b), b.len, &again) == ERR_NONE, "it is read again");
		for (; fields->name; fields++, again++) {
			must(again->name && strcmp(fields->name, again->name) == 0, "same name");
			must(strcmp(fields->value, again->value) == 0, "same value");
		}
		must(!again->name, "same number of fields");
	}
	buf_free(&b);
	arena_free(mem);
	return 0;
}
