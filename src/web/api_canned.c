/* Canned responses of the organization. */
#include "web/api.h"

#include "base/util.h"
#include "core/canned.h"
#include "core/message.h"
#include "web/auth.h"
#include "web/input.h"
#include "web/query.h"
#include "web/reply.h"
#include "web/version.h"

#include <string.h>

enum err
api_canned_responses(struct req *r)
{
	const struct access as = auth_access(r);
	const char *q = NULL, *json;
	int64_t limit;
	enum err e;

	if ((e = query_limit(r, &limit)) || (e = query_text(r, "q", 0, CANNED_SHORTCUT_MAX, &q)))
		return e;
	e = canned_list(&as, q, req_query(r, "after"), limit, &json);
	return reply_list(r, e, json);
}

static const char *
canned_body(struct req *r, const char *json)
{
	return arena_printf(r->mem, "{\"cannedResponse\":%s}", json);
}

static enum err
refused(struct req *r, enum err e)
{
	if (e == ERR_CONFLICT)
		return reply_problem(
			r, e, "shortcut_taken", "Another canned response has this shortcut.");
	if (e == ERR_FULL)
		return reply_problem(r, ERR_CONFLICT, "too_many",
			arena_printf(r->mem, "An organization has at most %d canned responses.",
				CANNED_MAX));
	return e;
}

/* What is typed to find it is one word. */
static enum err
check_shortcut(struct req *r, const char *shortcut)
{
	if (!shortcut || !strchr(shortcut, ' '))
		return ERR_NONE;
	return reply_invalid(r, "/shortcut", "not_a_word", "Must not hold blanks.");
}

enum err
api_canned_response_post(struct req *r)
{
	struct canned_fields new = { .title = "" };
	const struct field fields[] = {
		{ "shortcut", F_LINE, &new.shortcut, .min = 1, .max = CANNED_SHORTCUT_MAX },
		{ "title", F_LINE, &new.title, .max = CANNED_TITLE_MAX, .optional = true },
		{ "content", F_TEXT, &new.content, .min = 1, .max = MESSAGE_MAX },
		{ 0 },
	};
	const struct access as = auth_access(r);
	const char *json;
	enum err e;

	if ((e = input_json(r, fields)) || (e = check_shortcut(r, new.shortcut)))
		return e;
	e = canned_create(&as, &new, &json);
	return e ? refused(r, e) : reply_json(r, 201, canned_body(r, json));
}

enum err
api_canned_response(struct req *r)
{
	const struct access as = auth_access(r);
	const char *json, *version;
	enum err e = canned_get(&as, r->arg[0], &json, &version);

	return e ? e : version_reply(r, version, canned_body(r, json));
}

enum err
api_canned_response_patch(struct req *r)
{
	struct canned_fields change = { .versions = version_wanted(r) };
	const struct field fields[] = {
		{ "shortcut", F_LINE, &change.shortcut, .min = 1, .max = CANNED_SHORTCUT_MAX,
			.optional = true },
		{ "title", F_LINE, &change.title, .max = CANNED_TITLE_MAX, .optional = true },
		{ "content", F_TEXT, &change.content, .min = 1, .max = MESSAGE_MAX,
			.optional = true },
		{ 0 },
	};
	const struct access as = auth_access(r);
	const char *json, *version;
	enum err e;

	if ((e = input_json(r, fields)) || (e = check_shortcut(r, change.shortcut)))
		return e;
	e = canned_change(&as, r->arg[0], &change, &json, &version);
	return e ? refused(r, e) : version_reply(r, version, canned_body(r, json));
}

enum err
api_canned_response_delete(struct req *r)
{
	const struct access as = auth_access(r);
	enum err e = canned_delete(&as, r->arg[0]);

	return e ? e : reply_empty(r);
}
