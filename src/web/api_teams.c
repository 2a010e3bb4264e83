/* Teams of agents. */
#include "web/api.h"

#include "core/agent_team.h"
#include "web/auth.h"
#include "web/input.h"
#include "web/query.h"
#include "web/reply.h"
#include "web/version.h"

enum err
api_teams(struct req *r)
{
	const struct access as = auth_access(r);
	const char *json;
	int64_t limit;
	enum err e;

	if ((e = query_limit(r, &limit)))
		return e;
	e = agent_team_list(&as, req_query(r, "after"), limit, &json);
	return reply_list(r, e, json);
}

static const char *
team_body(struct req *r, const char *json)
{
	return arena_printf(r->mem, "{\"team\":%s}", json);
}

static enum err
refused(struct req *r, enum err e)
{
	if (e == ERR_CONFLICT)
		return reply_problem(r, e, "name_taken", "Another team has this name.");
	if (e == ERR_FULL)
		return reply_problem(r, ERR_CONFLICT, "too_many",
			arena_printf(
				r->mem, "An organization has at most %d teams.", AGENT_TEAMS_MAX));
	return e;
}

static enum err
read_name(struct req *r, const char **name)
{
	const struct field fields[] = {
		{ "name", F_LINE, name, .min = 1, .max = AGENT_TEAM_NAME_MAX },
		{ 0 },
	};

	return input_json(r, fields);
}

enum err
api_team_post(struct req *r)
{
	const struct access as = auth_access(r);
	const char *name = NULL, *json;
	enum err e;

	if ((e = read_name(r, &name)))
		return e;
	e = agent_team_create(&as, name, &json);
	return e ? refused(r, e) : reply_json(r, 201, team_body(r, json));
}

enum err
api_team(struct req *r)
{
	const struct access as = auth_access(r);
	const char *json, *version;
	enum err e = agent_team_get(&as, r->arg[0], &json, &version);

	return e ? e : version_reply(r, version, team_body(r, json));
}

enum err
api_team_patch(struct req *r)
{
	const struct access as = auth_access(r);
	const char *name = NULL, *json, *version;
	enum err e;

	if ((e = read_name(r, &name)))
		return e;
	e = agent_team_rename(&as, r->arg[0], name, version_wanted(r), &json, &version);
	return e ? refused(r, e) : version_reply(r, version, team_body(r, json));
}

enum err
api_team_delete(struct req *r)
{
	const struct access as = auth_access(r);
	enum err e = agent_team_delete(&as, r->arg[0]);

	return e ? e : reply_empty(r);
}

enum err
api_team_member_post(struct req *r)
{
	const char *member = NULL, *json;
	const struct field fields[] = {
		{ "memberId", F_ID, &member, .optional = false },
		{ 0 },
	};
	const struct access as = auth_access(r);
	enum err e;

	if ((e = input_json(r, fields)))
		return e;
	e = agent_team_join(&as, r->arg[0], member, &json);
	if (e == ERR_INVALID)
		return reply_invalid(r, "/memberId", "unknown", "No member has this id.");
	return e ? e : reply_json(r, 200, team_body(r, json));
}

enum err
api_team_member_delete(struct req *r)
{
	const struct access as = auth_access(r);
	enum err e = agent_team_leave(&as, r->arg[0], r->arg[1]);

	return e ? e : reply_empty(r);
}
