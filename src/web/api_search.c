/* Search, and the language in which words are compared. */
#include "web/api.h"

#include "base/util.h"
#include "core/permission.h"
#include "core/conversation.h"
#include "core/search.h"
#include "core/tag.h"
#include "web/auth.h"
#include "web/input.h"
#include "web/query.h"
#include "web/reply.h"
#include "web/search.h"

#include <string.h>

enum { RETRY_SECONDS = 5 };

static enum err
filter_of(struct req *r, struct search_filter *f)
{
	enum err e;

	*f = (struct search_filter){ .q = search_text(r),
		.assignee = req_query(r, "assignee"),
		.visitor = req_query(r, "visitor"),
		.after = req_query(r, "after") };
	if (!f->q)
		return reply_invalid_query(r, "q", "required", "must have 1 to 200 characters.");
	if ((e = query_limit(r, &f->limit)) || (e = query_time(r, "from", false, &f->from)) ||
		(e = query_time(r, "to", true, &f->until)) ||
		(e = query_choice(r, "status", CONVERSATION_STATUSES, &f->status)) ||
		(e = query_text(r, "tag", 1, TAG_MAX, &f->tag)))
		return e;
	return api_agent_named(r, NULL, &f->assignee);
}

const char *
search_text(struct req *r)
{
	const char *q = req_query(r, "q");

	if (!q)
		return NULL;
	q += strspn(q, " \t\r\n");
	return *q && utf8_count(q, strlen(q)) <= SEARCH_TEXT_MAX ? q : NULL;
}

enum err
search_too_slow(struct req *r)
{
	r->retry_after = RETRY_SECONDS;
	return reply_problem(r, ERR_UNAVAILABLE, "search_timeout",
		"This search takes too long. Ask for more letters, or for a shorter time.");
}

/* Without a type: a few of each. */
static enum err
answer(struct req *r, const char *type, const struct search_filter *f, const char **json,
	bool *timed_out)
{
	const struct access as = auth_access(r);
	const bool visitors = r->who.may & PERM_VISITORS_READ;

	if (!type)
		return search_all(&as, visitors, f, json, timed_out);
	if (strcmp(type, "visitors") == 0)
		return visitors ? search_list(&as, SEARCH_VISITORS, f, json, timed_out)
				: ERR_FORBIDDEN;
	return search_list(&as,
		strcmp(type, "messages") == 0 ? SEARCH_MESSAGES : SEARCH_CONVERSATIONS, f, json,
		timed_out);
}

enum err
api_search(struct req *r)
{
	const char *type = NULL, *json;
	struct search_filter f;
	bool timed_out = false;
	enum err e;

	if ((e = query_choice(r, "type", "messages|conversations|visitors", &type)) ||
		(e = filter_of(r, &f)))
		return e;
	if (!type && f.after)
		return reply_invalid_query(r, "type", "required", "must be there with after.");
	e = answer(r, type, &f, &json, &timed_out);
	if (timed_out)
		return search_too_slow(r);
	return reply_list(r, e, json);
}

static enum err
reply_settings(struct req *r)
{
	const struct access as = auth_access(r);
	const char *json;
	enum err e = search_settings(&as, &json);

	return e ? e : reply_json(r, 200, arena_printf(r->mem, "{\"search\":%s}", json));
}

enum err
api_search_settings(struct req *r)
{
	return reply_settings(r);
}

enum err
api_search_settings_patch(struct req *r)
{
	const char *language = NULL;
	const struct field fields[] = {
		{ "language", F_LINE, &language, .min = 1, .max = SEARCH_LANGUAGE_MAX },
		{ 0 },
	};
	const struct access as = auth_access(r);
	enum err e;

	if ((e = input_json(r, fields)))
		return e;
	e = search_set_language(&as, language);
	if (e == ERR_INVALID)
		return reply_invalid(r, "/language", "not_a_choice", "Is not a known language.");
	return e ? e : reply_settings(r);
}
