/* Faults of forms in words. */
#include "web/form.h"

#include "base/json.h"
#include "web/reply.h"
#include "web/sign_in.h"

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
	struct json_object *first = r->problems ? json_object_array_get_idx(r->problems, 0) : NULL;

	if (!first)
		return "Some of it could not be read. Try again.";
	return arena_printf(r->mem, "%s: %s", label(r->mem, json_text(first, "pointer")),
		json_text(first, "detail"));
}

const char *
form_wait(struct req *r)
{
	reply_header(
		r, "Retry-After", arena_printf(r->mem, "%d", r->retry_after ? r->retry_after : 1));
	return arena_printf(r->mem, "Too many attempts. Wait %s, then try again.",
		sign_in_wait(r->mem, r->retry_after));
}

const char *
form_busy(struct req *r)
{
	reply_header(r, "Retry-After", "2");
	return "There is much to do right now. Try again in a moment.";
}
