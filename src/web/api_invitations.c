/* Invitations into the organization: the pending ones. */
#include "web/api.h"

#include "core/invitation.h"
#include "core/user.h"
#include "web/app.h"
#include "web/auth.h"
#include "web/dash_team.h"
#include "web/input.h"
#include "web/query.h"
#include "web/reply.h"

#include <string.h>

enum err
api_invitations(struct req *r)
{
	const struct access as = auth_access(r);
	const char *json;
	int64_t limit;
	enum err e;

	if ((e = query_limit(r, &limit)))
		return e;
	e = invitation_pending(&as, r->app->conf, req_query(r, "after"), limit, &json);
	return reply_list(r, e, json);
}

static enum err
reply_invitation(struct req *r, int status, const char *id)
{
	const struct access as = auth_access(r);
	const char *json;
	enum err e = invitation_get(&as, r->app->conf, id, &json);

	return e ? e : reply_json(r, status, arena_printf(r->mem, "{\"invitation\":%s}", json));
}

static enum err
refuse(struct req *r, enum err e, const char *why)
{
	switch (e) {
	case ERR_INVALID:
		return reply_invalid(r, "/email", "not_an_address", "Is no e-mail address.");
	case ERR_FORBIDDEN:
		return reply_problem(r, e, "owner_only", team_refusal_text(TEAM_OWNER_ONLY));
	case ERR_CONFLICT:
		return why && strcmp(why, "member") == 0
			       ? reply_problem(r, e, "already_member",
					 "Somebody with this address is in the team already.")
			       : reply_problem(r, e, "already_invited",
					 "This address is invited already; send that invitation "
					 "again.");
	default:
		return e;
	}
}

enum err
api_invitation_post(struct req *r)
{
	struct invitation_new new = { .email = "", .role = "member" };
	const struct field fields[] = {
		{ "email", F_LINE, &new.email, .min = 1, .max = 254 },
		{ "role", F_CHOICE, &new.role, .choices = "member|admin|owner", .optional = true },
		{ "chatRole", F_CHOICE, &new.chat_role, .choices = "admin|supervisor|agent|viewer",
			.optional = true, .nullable = true },
		{ 0 },
	};
	const struct access as = auth_access(r);
	const char *id, *why = NULL;
	enum err e;

	if ((e = input_json(r, fields)))
		return e;
	if (!as.member)
		return reply_problem(r, ERR_INVALID, "no_member",
			"An invitation is a member's; this key acts for none.");
	if ((e = team_count_invitation(r, user_address(r->mem, new.email))))
		return e;
	e = invitation_create(&as, r->app->conf, &new, &id, &why);
	return e ? refuse(r, e, why) : reply_invitation(r, 201, id);
}

enum err
api_invitation_send(struct req *r)
{
	const struct access as = auth_access(r);
	enum err e;

	if ((e = team_count_invitation(r, r->arg[0])) ||
		(e = invitation_renew(&as, r->app->conf, r->arg[0])))
		return e;
	return reply_invitation(r, 200, r->arg[0]);
}

enum err
api_invitation_delete(struct req *r)
{
	const struct access as = auth_access(r);
	enum err e = invitation_cancel(&as, r->arg[0]);

	return e ? e : reply_empty(r);
}
