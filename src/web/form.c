/* Faults of forms in words. */
#include "web/form.h"

#include "base/json.h"
#include "web/reply.h"

#include <string.h>

/* "/chatRole" as "Chat role". */
static const char *
label(struct arena *mem, const char *pointer)
{
	char *out = arena_alloc(mem, 2 * strlen(pointer) + 1), *p = out;

	for (const char *s = pointer + 1; *s; s++) {
		const bool upper = *s >= 'A' && *s <= 'Z';

		if (upper)
			*p++ = ' ';
		*p++ = upper ? (char)(*s + 32) : *s;
	}
	if (*out >= 'a' && *out <= 'z')
		*out = (char)(*out - 32);
	return out;
}

const char *
form_fault(struct req *r)
{
	struct json_object *first =
		r->problems ? json_object_array_get_idx(r->problems, 0) : NULL;

	if (!first)
		return "Some of it could not be read. Try again.";
	return arena_printf(r->mem, "%s: %s", label(r->mem, json_text(first, "pointer")),
		json_text(first, "detail"));
}

const char *
form_wait(struct req *r)
{
	const int minutes = (r->retry_after + 59) / 60;

	reply_header(r, "Retry-After",
		arena_printf(r->mem, "%d", r->retry_after ? r->retry_after : 1));
	if (minutes <= 1)
		return "Too many attempts. Wait a minute, then try again.";
	return arena_printf(
		r->mem, "Too many attempts. Wait %d minutes, then try again.", minutes);
}
