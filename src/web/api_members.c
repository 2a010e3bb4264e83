/* The people of the organization, and one's own place among them. */
#include "web/api.h"

#include "core/dashboard.h"
#include "core/team.h"
#include "web/auth.h"
#include "web/dash_team.h"
#include "web/input.h"
#include "web/query.h"
#include "web/reply.h"
#include "web/version.h"

enum err
api_members(struct req *r)
{
	const struct access as = auth_access(r);
	const char *json;
	int64_t limit;
	enum err e;

	if ((e = query_limit(r, &limit)))
		return e;
	e = team_members(&as, req_query(r, "after"), limit, &json);
	return reply_list(r, e, json);
}

static enum err
reply_member(struct req *r, const struct access *as, const char *member)
{
	const char *json, *version;
	enum err e = team_member(as, member, &json, &version);

	return e ? e : version_reply(r, version, arena_printf(r->mem, "{\"member\":%s}", json));
}

enum err
api_member(struct req *r)
{
	const struct access as = auth_access(r);

	return reply_member(r, &as, r->arg[0]);
}

static enum err
refuse(struct req *r, enum team_refusal why)
{
	if (why == TEAM_BAD_ROLE)
		return reply_invalid(r, "/role", "not_a_role", team_refusal_text(why));
	if (why == TEAM_LAST_OWNER)
		return reply_problem(r, ERR_FORBIDDEN, "last_owner", team_refusal_text(why));
	return reply_problem(r, ERR_FORBIDDEN, "owner_only", team_refusal_text(why));
}

/* What null says of a member: as the role says, the user's own name. */
static const char *
cleared(bool present, const char *text)
{
	return present && !text ? "" : text;
}

enum err
api_member_patch(struct req *r)
{
	struct team_change c = { .max_chats = -1, .versions = version_wanted(r) };
	enum team_refusal why = TEAM_FINE;
	bool has_chat_role = false, has_name = false;
	const struct field fields[] = {
		{ "role", F_LINE, &c.role, .min = 1, .max = 100, .optional = true },
		{ "chatRole", F_CHOICE, &c.chat_role, .choices = "admin|supervisor|agent|viewer",
			.optional = true, .nullable = true, .present = &has_chat_role },
		{ "displayName", F_LINE, &c.display_name, .min = 1, .max = 100, .optional = true,
			.nullable = true, .present = &has_name },
		{ "maxConcurrentChats", F_INT, &c.max_chats, .min = 1, .max = 1000,
			.optional = true, .nullable = true },
		{ 0 },
	};
	const struct access as = auth_access(r);
	enum err e;

	if ((e = input_json(r, fields)))
		return e;
	c.chat_role = cleared(has_chat_role, c.chat_role);
	c.display_name = cleared(has_name, c.display_name);
	e = team_change(&as, r->arg[0], &c, &why);
	if (why)
		return refuse(r, why);
	return e ? e : reply_member(r, &as, r->arg[0]);
}

enum err
api_member_delete(struct req *r)
{
	const struct access as = auth_access(r);
	enum team_refusal why = TEAM_FINE;
	enum err e = team_remove(&as, r->arg[0], &why);

	if (why)
		return refuse(r, why);
	return e ? e : reply_empty(r);
}

enum err
api_me_patch(struct req *r)
{
	struct team_change c = { .max_chats = -1 };
	enum team_refusal why = TEAM_FINE;
	bool online = false, has_online = false, has_name = false;
	const struct field fields[] = {
		{ "displayName", F_LINE, &c.display_name, .min = 1, .max = 100, .optional = true,
			.nullable = true, .present = &has_name },
		{ "isOnline", F_BOOL, &online, .optional = true, .present = &has_online },
		{ 0 },
	};
	const struct access as = auth_access(r);
	enum err e;

	if ((e = input_json(r, fields)))
		return e;
	if (!as.member)
		return reply_problem(r, ERR_INVALID, "no_member", "This key acts for no member.");
	c.display_name = cleared(has_name, c.display_name);
	if (has_name && (e = team_change(&as, as.member, &c, &why)))
		return e;
	if (has_online && (e = dashboard_presence(&as, online)))
		return e;
	return reply_member(r, &as, as.member);
}
