/* Conversations; reading, typing and the single one also for visitors. */
#include "web/api.h"

#include "base/json.h"
#include "base/util.h"
#include "core/conversation.h"
#include "web/auth.h"
#include "web/input.h"
#include "web/reply.h"
#include "web/version.h"

#include <string.h>

#define STATUSES "open|waiting|resolved|closed"
#define PRIORITIES "low|normal|high|urgent"

static enum err
reply_conversation(struct req *r, enum err e, const char *json)
{
	return e ? e : reply_json(r, 200, arena_printf(r->mem, "{\"conversation\":%s}", json));
}

/* "me" stands for the agent who asks. ERR_INVALID: it is a key that acts for none. */
static enum err
agent_named(struct req *r, const char **agent)
{
	if (!*agent || strcmp(*agent, "me") != 0)
		return ERR_NONE;
	*agent = r->who.member;
	return *agent ? ERR_NONE : ERR_INVALID;
}

static enum err
filter_of(struct req *r, struct conversation_filter *filter)
{
	enum err e;

	filter->status = req_query(r, "status");
	filter->assignee = req_query(r, "assignee");
	filter->after = req_query(r, "after");
	if ((e = input_limit(r, &filter->limit)))
		return e;
	if (filter->status &&
		(strchr(filter->status, '|') ||
			!strstr("|" STATUSES "|", arena_printf(r->mem, "|%s|", filter->status))))
		return reply_problem(r, ERR_SYNTAX, NULL, "status must be one of " STATUSES ".");
	if (agent_named(r, &filter->assignee))
		return reply_problem(r, ERR_INVALID, "no_member", "This key acts for no agent.");
	return ERR_NONE;
}

enum err
api_conversations(struct req *r)
{
	const struct access as = auth_access(r);
	struct conversation_filter filter;
	const char *json;
	enum err e;

	if ((e = filter_of(r, &filter)))
		return e;
	e = conversation_list(&as, &filter, &json);
	if (e == ERR_INVALID)
		return reply_problem(r, ERR_SYNTAX, NULL, "after is not a cursor of this list.");
	return e ? e : reply_json(r, 200, json);
}

static enum err
reply_version(struct req *r, enum err e, const char *json, const char *version)
{
	return e ? e
		 : version_reply(r, version, arena_printf(r->mem, "{\"conversation\":%s}", json));
}

enum err
api_conversation(struct req *r)
{
	const struct access as = auth_access(r);
	const char *json = NULL, *version = NULL;
	enum err e = conversation_read(&as, r->arg[0], &json, &version);

	return reply_version(r, e, json, version);
}

enum err
api_conversation_patch(struct req *r)
{
	struct conversation_patch patch = { .versions = version_wanted(r) };
	struct json_object *tags = NULL;
	const struct field fields[] = {
		{ "status", F_CHOICE, &patch.status, .choices = STATUSES, .optional = true },
		{ "priority", F_CHOICE, &patch.priority, .choices = PRIORITIES, .optional = true },
		{ "subject", F_LINE, &patch.subject, .max = 200, .optional = true, .nullable = true,
			.present = &patch.has_subject },
		{ "tags", F_STRINGS, &tags, .max = 20, .optional = true },
		{ 0 },
	};
	const struct access as = auth_access(r);
	const char *json = NULL, *version = NULL;
	enum err e;

	if ((e = input_json(r, fields)))
		return e;
	if (tags)
		patch.tags = json_write(tags);
	e = conversation_update(&as, r->arg[0], &patch, &json, &version);
	return reply_version(r, e, json, version);
}

enum err
api_assignment_post(struct req *r)
{
	const char *agent = NULL, *json = NULL;
	const struct field fields[] = {
		{ "agentId", F_ID, &agent, .nullable = true },
		{ 0 },
	};
	const struct access as = auth_access(r);
	enum err e;

	if ((e = input_json(r, fields)))
		return e;
	if (agent_named(r, &agent))
		return reply_invalid(r, "/agentId", "no_member", "This key acts for no agent.");
	e = conversation_assign(&as, r->arg[0], agent, &json);
	if (e == ERR_INVALID)
		return reply_invalid(r, "/agentId", "unknown", "No agent has this id.");
	return reply_conversation(r, e, json);
}

enum err
api_conversation_read(struct req *r)
{
	int64_t seq = 0;
	const struct field fields[] = {
		{ "seq", F_INT, &seq, .min = 0, .max = INT64_MAX / 2 },
		{ 0 },
	};
	const struct access as = auth_access(r);
	enum err e;

	if ((e = input_json(r, fields)) || (e = conversation_mark_read(&as, r->arg[0], seq)))
		return e;
	return reply_empty(r);
}

enum err
api_conversation_typing(struct req *r)
{
	bool typing = false;
	const struct field fields[] = {
		{ "typing", F_BOOL, &typing, .optional = false },
		{ 0 },
	};
	const struct access as = auth_access(r);
	enum err e;

	if ((e = input_json(r, fields)) ||
		(e = conversation_typing(&as, r->arg[0], r->who.name, typing)))
		return e;
	return reply_empty(r);
}
