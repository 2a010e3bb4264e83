/* The list of conversations, and what it can be asked for. */
#include "web/api.h"

#include "base/json.h"
#include "base/util.h"
#include "core/conversation.h"
#include "core/inbox.h"
#include "core/tag.h"
#include "db/array.h"
#include "web/auth.h"
#include "web/input.h"
#include "web/reply.h"

#include <string.h>

enum { EMAIL_MAX = 320 };

/* Words of choices with commas between them, as a text[]. */
static enum err
query_words(struct req *r, const char *name, const char *choices, const char **array)
{
	const char *p = req_query(r, name);
	struct buf b = { 0 };
	bool good = true;

	if (!p)
		return ERR_NONE;
	array_open(&b);
	for (;; p++) {
		const size_t len = strcspn(p, ",");

		good = good && input_is_choice(choices, p, len);
		array_add(&b, arena_strndup(r->mem, p, len));
		p += len;
		if (!*p)
			break;
	}
	array_close(&b);
	*array = arena_strdup(r->mem, buf_text(&b));
	buf_free(&b);
	if (!good)
		return reply_problem(r, ERR_SYNTAX, NULL,
			arena_printf(r->mem, "%s must be one or more of %s, separated by commas.",
				name, choices));
	return ERR_NONE;
}

static enum err
query_text(struct req *r, const char *name, size_t max, const char **text)
{
	const char *value = req_query(r, name);

	if (value && (!*value || utf8_count(value, strlen(value)) > max))
		return reply_problem(r, ERR_SYNTAX, NULL,
			arena_printf(r->mem, "%s must have 1 to %zu characters.", name, max));
	*text = value;
	return ERR_NONE;
}

static enum err
query_flag(struct req *r, const char *name, const char **flag)
{
	*flag = req_query(r, name);
	if (!*flag || input_is_choice("true|false", *flag, strlen(*flag)))
		return ERR_NONE;
	return reply_problem(
		r, ERR_SYNTAX, NULL, arena_printf(r->mem, "%s must be true or false.", name));
}

static enum err
filter_of(struct req *r, struct inbox_filter *f)
{
	enum err e;

	*f = (struct inbox_filter){ .assignee = req_query(r, "assignee"),
		.team = req_query(r, "team"),
		.visitor = req_query(r, "visitor"),
		.after = req_query(r, "after") };
	if ((e = input_limit(r, &f->limit)) ||
		(e = query_words(r, "status", CONVERSATION_STATUSES, &f->statuses)) ||
		(e = query_words(r, "priority", CONVERSATION_PRIORITIES, &f->priorities)) ||
		(e = query_text(r, "tag", TAG_MAX, &f->tag)) ||
		(e = query_text(r, "visitorEmail", EMAIL_MAX, &f->email)) ||
		(e = query_flag(r, "unread", &f->unread)) ||
		(e = input_time(r, "createdAfter", false, &f->created[0])) ||
		(e = input_time(r, "createdBefore", false, &f->created[1])) ||
		(e = input_time(r, "updatedAfter", false, &f->updated[0])) ||
		(e = input_time(r, "updatedBefore", false, &f->updated[1])) ||
		(e = input_attributes(r, "visitor.", &f->attributes)))
		return e;
	return api_agent_named(r, NULL, &f->assignee);
}

enum err
api_conversations(struct req *r)
{
	const struct access as = auth_access(r);
	struct inbox_filter filter;
	const char *json;
	enum err e;

	if ((e = filter_of(r, &filter)))
		return e;
	e = inbox_list(&as, &filter, &json);
	return reply_list(r, e, json);
}
