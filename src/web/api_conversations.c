/* Conversations; reading, typing and the single one also for visitors. */
#include "web/api.h"

#include "base/json.h"
#include "core/conversation.h"
#include "core/tag.h"
#include "web/auth.h"
#include "web/input.h"
#include "web/reply.h"
#include "web/version.h"

#include <string.h>

static enum err
reply_conversation(struct req *r, enum err e, const char *json)
{
	return e ? e : reply_json(r, 200, arena_printf(r->mem, "{\"conversation\":%s}", json));
}

enum err
api_agent_named(struct req *r, const char *pointer, const char **agent)
{
	static const char problem[] = "This key acts for no agent.";

	if (!*agent || strcmp(*agent, "me") != 0)
		return ERR_NONE;
	*agent = r->who.member;
	if (*agent)
		return ERR_NONE;
	return pointer ? reply_invalid(r, pointer, "no_member", problem)
		       : reply_problem(r, ERR_INVALID, "no_member", problem);
}

static enum err
reply_absent(struct req *r, enum conversation_absent absent)
{
	switch (absent) {
	case ABSENT_AGENT:
		return reply_invalid(r, "/agentId", "unknown", "No agent has this id.");
	case ABSENT_TEAM:
		return reply_invalid(r, "/teamId", "unknown", "No team has this id.");
	default:
		return reply_invalid(r, "/visitorId", "unknown", "No visitor has this id.");
	}
}

enum err
api_conversation_post(struct req *r)
{
	struct conversation_start new = { .priority = "normal" };
	struct json_object *tags = NULL;
	const struct field fields[] = {
		{ "visitorId", F_ID, &new.visitor, .optional = false },
		{ "clientId", F_ID, &new.client_id, .optional = false },
		{ "content", F_TEXT, &new.content, .min = 1, .max = MESSAGE_MAX },
		{ "subject", F_LINE, &new.subject, .max = 200, .optional = true, .nullable = true },
		{ "priority", F_CHOICE, &new.priority, .choices = CONVERSATION_PRIORITIES,
			.optional = true },
		{ "tags", F_STRINGS, &tags, .max = TAGS_MAX, .optional = true },
		{ "agentId", F_ID, &new.agent, .optional = true, .nullable = true },
		{ "teamId", F_ID, &new.team, .optional = true, .nullable = true },
		{ 0 },
	};
	const struct access as = auth_access(r);
	struct message first;
	const char *json;
	enum err e;

	if ((e = input_json(r, fields)) || (e = api_agent_named(r, "/agentId", &new.agent)))
		return e;
	if (tags)
		new.tags = json_write(tags);
	e = conversation_start(&as, &new, &json, &first);
	if (e == ERR_INVALID)
		return reply_absent(r, new.absent);
	if (e)
		return api_message_refused(r, e);
	return reply_json(r, first.repeated ? 200 : 201,
		arena_printf(r->mem, "{\"conversation\":%s,\"message\":%s}", json, first.json));
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
		{ "status", F_CHOICE, &patch.status, .choices = CONVERSATION_STATUSES,
			.optional = true },
		{ "priority", F_CHOICE, &patch.priority, .choices = CONVERSATION_PRIORITIES,
			.optional = true },
		{ "subject", F_LINE, &patch.subject, .max = 200, .optional = true, .nullable = true,
			.present = &patch.has_subject },
		{ "tags", F_STRINGS, &tags, .max = TAGS_MAX, .optional = true },
		{ "teamId", F_ID, &patch.team, .optional = true, .nullable = true,
			.present = &patch.has_team },
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
	if (e == ERR_INVALID)
		return reply_absent(r, ABSENT_TEAM);
	return reply_version(r, e, json, version);
}

enum err
api_assignment_post(struct req *r)
{
	struct conversation_owner to = { 0 };
	enum conversation_absent absent;
	const char *json = NULL;
	const struct field fields[] = {
		{ "agentId", F_ID, &to.agent, .optional = true, .nullable = true,
			.present = &to.has_agent },
		{ "teamId", F_ID, &to.team, .optional = true, .nullable = true,
			.present = &to.has_team },
		{ 0 },
	};
	const struct access as = auth_access(r);
	enum err e;

	if ((e = input_json(r, fields)) || (e = api_agent_named(r, "/agentId", &to.agent)))
		return e;
	if (!to.has_agent && !to.has_team)
		return reply_invalid(r, "/agentId", "required", "Say agentId, teamId, or both.");
	e = conversation_assign(&as, r->arg[0], &to, &json, &absent);
	if (e == ERR_INVALID)
		return reply_absent(r, absent);
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
