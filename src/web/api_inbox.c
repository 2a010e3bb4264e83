/* The list of conversations, and what it can be asked for. */
#include "web/api.h"

#include "base/json.h"
#include "base/util.h"
#include "core/conversation.h"
#include "core/inbox.h"
#include "core/tag.h"
#include "db/array.h"
#include "web/auth.h"
#include "web/query.h"
#include "web/reply.h"

#include <string.h>

enum { EMAIL_MAX = 320 };

static enum err
filter_of(struct req *r, struct inbox_filter *f)
{
	enum err e;

	*f = (struct inbox_filter){ .assignee = req_query(r, "assignee"),
		.team = req_query(r, "team"),
		.visitor = req_query(r, "visitor"),
		.after = req_query(r, "after") };
	if ((e = query_limit(r, &f->limit)) ||
		(e = query_choices(r, "status", CONVERSATION_STATUSES, &f->statuses)) ||
		(e = query_choices(r, "priority", CONVERSATION_PRIORITIES, &f->priorities)) ||
		(e = query_text(r, "tag", 1, TAG_MAX, &f->tag)) ||
		(e = query_text(r, "visitorEmail", 1, EMAIL_MAX, &f->email)) ||
		(e = query_choice(r, "unread", "true|false", &f->unread)) ||
		(e = query_time(r, "createdAfter", false, &f->created[0])) ||
		(e = query_time(r, "createdBefore", false, &f->created[1])) ||
		(e = query_time(r, "updatedAfter", false, &f->updated[0])) ||
		(e = query_time(r, "updatedBefore", false, &f->updated[1])) ||
		(e = query_attributes(r, "visitor.", &f->attributes)))
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
