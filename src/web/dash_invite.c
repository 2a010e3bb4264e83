/* Inviting into the team. */
#include "core/invitation.h"
#include "core/user.h"
#include "web/app.h"
#include "web/auth.h"
#include "web/dash.h"
#include "web/dash_team.h"
#include "web/form.h"
#include "web/input.h"
#include "web/limit.h"
#include "web/reply.h"

#include <string.h>

/* Mail goes to people who did not ask for it: few to one address, not very many from one organization. */
enum err
team_count_invitation(struct req *r, const char *address)
{
	static const struct limit per_organization = { "invite", 50, 3600 };
	static const struct limit per_address = { "invite-address", 5, 3600 };

	return request_limit_both(r, &per_organization, r->who.organization, &per_address, address);
}

static const char *
done(const struct req *r)
{
	return conf_has_mail(r->app->conf) ? "/team?done=mailed" : "/team?done=invited";
}

static enum err
invite(struct req *r, const struct invitation_new *new, const char **why)
{
	const struct access as = auth_access(r);
	enum err e = team_count_invitation(r, user_address(r->mem, new->email));
	const char *id;

	return e ? e : invitation_create(&as, r->app->conf, new, &id, why);
}

enum err
dash_invite(struct req *r)
{
	struct invitation_new new = { .email = "", .role = "member", .chat_role = "" };
	const char *why = NULL;
	const struct field fields[] = {
		{ "email", F_LINE, &new.email, .min = 1, .max = 254 },
		{ "role", F_CHOICE, &new.role, .choices = "member|admin|owner" },
		{ "chatRole", F_LINE, &new.chat_role, .max = 20, .optional = true },
		{ 0 },
	};
	enum err e;

	if (input_form(r, fields))
		return team_page(r, 422, form_fault(r), new.email);
	if (!*new.chat_role)
		new.chat_role = NULL;
	e = invite(r, &new, &why);
	switch (e) {
	case ERR_NONE:
		return reply_redirect(r, done(r));
	case ERR_INVALID:
		return team_page(r, 422, "This is no e-mail address, or no role.", new.email);
	case ERR_FORBIDDEN:
		return team_page(r, 403, team_refusal_text(TEAM_OWNER_ONLY), new.email);
	case ERR_CONFLICT:
		return team_page(r, 409,
			why && strcmp(why, "member") == 0
				? "Somebody with this address is in the team already."
				: "This address is invited already; send that invitation again.",
			new.email);
	case ERR_LIMIT:
		return team_page(r, 429, form_wait(r), new.email);
	default:
		return e;
	}
}

enum err
dash_invite_again(struct req *r)
{
	const struct access as = auth_access(r);
	enum err e = team_count_invitation(r, r->arg[0]);

	if (e == ERR_LIMIT)
		return team_page(r, 429, form_wait(r), "");
	if (e || (e = invitation_renew(&as, r->app->conf, r->arg[0])))
		return e;
	return reply_redirect(r, conf_has_mail(r->app->conf) ? done(r) : "/team?done=renewed");
}

enum err
dash_invite_cancel(struct req *r)
{
	const struct access as = auth_access(r);
	enum err e = invitation_cancel(&as, r->arg[0]);

	return e ? e : reply_redirect(r, "/team?done=canceled");
}
