/* Being invited: what the link leads to, signed in or not, with an account or without. */
#include "base/json.h"
#include "core/invitation.h"
#include "core/registration.h"
#include "core/user.h"
#include "web/app.h"
#include "web/auth.h"
#include "web/dash.h"
#include "web/dash_account.h"
#include "web/dash_team.h"
#include "web/form.h"
#include "web/input.h"
#include "web/page.h"
#include "web/reply.h"
#include "web/sign_in.h"

#include <string.h>

struct invited {
	struct invitation invitation;
	const char *token;	/* of the mailed link, "" for none */
	bool proved;		/* by that token */
	const char *user_email; /* of who is signed in; NULL: nobody is */
};

/* state: "accept", "join", "other" (signed in with another address) or "closed". */
static enum err
invitation_page(struct req *r, int status, const struct invited *i, const char *state,
	const char *error, const char *name)
{
	struct json_object *context = json_object_new_object();
	static const char *const states[] = { "accept", "join", "other", "closed" };

	if (r->who.kind == ACTOR_AGENT)
		r->who.kind =
			ACTOR_USER; /* a plain page, without the rail of the organization at work */
	for (size_t n = 0; n < ARRAY_LEN(states); n++)
		json_set_bool(context, states[n], strcmp(states[n], state) == 0);
	json_set(context, "id", i->invitation.id);
	json_set(context, "organization", i->invitation.organization_name);
	json_set(context, "inviter", i->invitation.inviter);
	json_set(context, "email", i->invitation.email);
	json_set(context, "role", team_role_name(i->invitation.role));
	json_set(context, "userEmail", i->user_email);
	json_set(context, "token", i->token);
	json_set(context, "error", error);
	json_set(context, "name", name);
	return reply_page_status(r, status, "dash/invitation", context);
}

/* ERR_GONE: it was answered, canceled, or is over. */
static enum err
find(struct req *r, const char *token, struct invited *out)
{
	enum err e;

	*out = (struct invited){ .token = token ? token : "" };
	if ((e = invitation_find(r->db, r->mem, r->arg[0], &out->invitation)))
		return e;
	out->proved = conf_has_mail(r->app->conf) &&
		      invitation_token_fits(r->mem, r->app->conf, out->token, out->invitation.id);
	return out->invitation.is_open ? ERR_NONE : ERR_GONE;
}

static enum err
who_is_it(struct req *r, struct invited *i)
{
	struct user_facts facts;
	enum err e = auth_request(r, ACTOR_AGENT | ACTOR_USER);

	if (!e && !(e = user_facts(r->db, r->mem, r->who.user, &facts)))
		i->user_email = facts.email;
	return e == ERR_AUTH ? ERR_NONE : e;
}

static bool
is_for_user(struct req *r, const struct invited *i)
{
	return i->user_email && strcmp(user_address(r->mem, i->user_email),
					user_address(r->mem, i->invitation.email)) == 0;
}

enum err
dash_invitation(struct req *r)
{
	struct invited i;
	enum err e = find(r, req_query(r, "token"), &i), who;

	if (e && e != ERR_GONE)
		return e;
	if ((who = who_is_it(r, &i)))
		return who;
	if (e == ERR_GONE)
		return invitation_page(r, 410, &i, "closed", NULL, "");
	if (!i.user_email)
		return invitation_page(r, 200, &i, "join", NULL, "");
	return invitation_page(r, 200, &i, is_for_user(r, &i) ? "accept" : "other", NULL, "");
}

static struct invitation_guest
guest(struct req *r, const char *user, const char *session)
{
	return (struct invitation_guest){ .user = user,
		.address = auth_address(r),
		.session = session,
		.proved = conf_has_mail(r->app->conf) };
}

/* One's own, or as if there were none. ERR_GONE as find(). */
static enum err
find_own(struct req *r, struct invited *i)
{
	struct user_facts facts;
	enum err e = find(r, NULL, i), known;

	if (e && e != ERR_GONE)
		return e;
	if ((known = user_facts(r->db, r->mem, r->who.user, &facts)))
		return known;
	i->user_email = facts.email;
	return is_for_user(r, i) ? e : ERR_NOT_FOUND;
}

static enum err
answer(struct req *r, const char *to,
	enum err (*act)(struct db *db, struct arena *mem, const struct invitation *invitation,
		const struct invitation_guest *guest))
{
	const struct invitation_guest g = guest(r, r->who.user, r->who.session);
	struct invited i;
	enum err e = find_own(r, &i);

	if (!e)
		e = act(r->db, r->mem, &i.invitation, &g);
	switch (e) {
	case ERR_NONE:
		return reply_redirect(r, to);
	case ERR_GONE:
		return invitation_page(r, 410, &i, "closed", NULL, "");
	case ERR_INVALID:
		return reply_problem(r, ERR_INVALID, "unknown_role",
			"The invitation is for a role that is not known here. Accept it in the "
			"application that sent it.");
	default:
		return e;
	}
}

enum err
dash_invitation_accept(struct req *r)
{
	return answer(r, "/inbox", invitation_accept);
}

enum err
dash_invitation_decline(struct req *r)
{
	return answer(r, "/organizations?done=declined", invitation_decline);
}

/* The account is there and its address is as good as it gets: in. */
static enum err
enter(struct req *r, const struct invited *i, const char *user)
{
	const struct invitation_guest g = guest(r, user, NULL);
	/* Canceled in this very moment: the account stays. */
	const enum err e = invitation_accept(r->db, r->mem, &i->invitation, &g);

	db_scope(r->db, NULL);
	return sign_in_finish(
		r, &(const struct sign_in){ user, true, e ? "/organizations" : "/inbox" });
}

static enum err
join(struct req *r, const struct invited *i, const char *name, const char *password)
{
	const struct registration new = { .name = name,
		.email = i->invitation.email,
		.password = password,
		.verified = i->proved,
		.next = arena_printf(r->mem, "/invitations/%s", i->invitation.id),
		.address = auth_address(r) };
	const char *user;
	enum err e;

	if ((e = sign_up_limit(r, i->invitation.email)) ||
		(e = registration_create(r->db, r->mem, r->app->conf, &new, &user)))
		return e;
	if (conf_has_mail(r->app->conf) && !i->proved)
		return sign_up_sent(r, i->invitation.email);
	return enter(r, i, user);
}

/*
 * A new account for the invited address. Only the token of the mailed link proves the address; with the
 * bare id the address is proved by mail as for everybody, where there is mail.
 */
enum err
dash_invitation_join(struct req *r)
{
	const char *name = "", *password = "", *token = NULL;
	const struct field fields[] = {
		{ "name", F_LINE, &name, .min = 1, .max = 100 },
		{ "password", F_LINE, &password, .min = 1, .max = 256 },
		{ "token", F_LINE, &token, .max = 8192, .optional = true },
		{ 0 },
	};
	const enum err read = input_form(r, fields);
	struct invited i;
	enum err e = find(r, token, &i);

	if (!e)
		e = read;
	if (!e && !user_password_is_good(password))
		e = ERR_INVALID;
	if (!e)
		e = join(r, &i, name, password);
	switch (e) {
	case ERR_GONE:
		return invitation_page(r, 410, &i, "closed", NULL, "");
	case ERR_INVALID:
		return invitation_page(
			r, 422, &i, "join", sign_up_fault(r, i.invitation.email, password), name);
	case ERR_CONFLICT:
		return invitation_page(r, 409, &i, "join",
			"This address has an account. Sign in with it to accept.", name);
	case ERR_UNAVAILABLE:
		return invitation_page(r, 503, &i, "join", form_busy(r), name);
	case ERR_LIMIT:
		return invitation_page(r, 429, &i, "join", form_wait(r), name);
	default:
		return e;
	}
}
