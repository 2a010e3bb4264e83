/* Signing in and out, and whether the agent takes conversations. */
#include "base/json.h"
#include "core/account.h"
#include "core/dashboard.h"
#include "core/registration.h"
#include "core/session.h"
#include "web/app.h"
#include "web/auth.h"
#include "web/dash.h"
#include "web/input.h"
#include "web/limit.h"
#include "web/page.h"
#include "web/redirect.h"
#include "web/reply.h"
#include "web/sign_in.h"

struct attempt {
	const char *email, *password, *next;
	bool remember;
	bool unproved;	 /* the password was right, but the address was never proved */
	enum err result; /* of the attempt before, or ERR_NONE */
	int retry_after; /* seconds, with ERR_LIMIT */
};

enum err
dash_home(struct req *r)
{
	return reply_redirect(r, "/inbox");
}

const char *
sign_in_wait(struct arena *mem, int seconds)
{
	int minutes = (seconds + 59) / 60;

	return minutes > 1 ? arena_printf(mem, "%d minutes", minutes) : "a minute";
}

/* Where one comes from, and where one may go instead. */
static void
sign_in_notes(struct req *r, struct json_object *context)
{
	const bool asked = r->method == METHOD_GET;

	json_set_bool(context, "verified", asked && req_query(r, "verified"));
	json_set_bool(context, "reset", asked && req_query(r, "reset"));
	json_set_bool(context, "open", registration_is_open(r->app->conf));
}

static enum err
sign_in_page(struct req *r, int status, const struct attempt *a)
{
	struct json_object *context = json_object_new_object();

	json_set(context, "email", a->email);
	json_set(context, "next", local_path(a->next));
	json_set_bool(context, "failed", a->result == ERR_AUTH || a->result == ERR_INVALID);
	json_set_bool(context, "secondFactor", a->result == ERR_FORBIDDEN && !a->unproved);
	json_set_bool(context, "unproved", a->result == ERR_FORBIDDEN && a->unproved);
	sign_in_notes(r, context);
	json_set_bool(context, "busy", a->result == ERR_UNAVAILABLE);
	json_set(context, "throttled",
		a->result == ERR_LIMIT ? sign_in_wait(r->mem, a->retry_after) : NULL);
	return reply_page_status(r, status, "dash/sign_in", context);
}

enum err
dash_sign_in(struct req *r)
{
	const struct attempt none = { .email = "", .next = req_query(r, "next") };
	enum err e = auth_request(r, ACTOR_AGENT | ACTOR_USER);

	if (e == ERR_NONE)
		return reply_redirect(r, local_path(none.next));
	return e == ERR_AUTH ? sign_in_page(r, 200, &none) : e;
}

static enum err
read_attempt(struct req *r, struct attempt *a)
{
	const struct field fields[] = {
		{ "email", F_LINE, &a->email, .min = 1, .max = 320 },
		{ "password", F_TEXT, &a->password, .min = 1, .max = 256 },
		{ "next", F_LINE, &a->next, .max = 600, .optional = true },
		{ "remember", F_BOOL, &a->remember, .optional = true },
		{ 0 },
	};

	return input_form(r, fields);
}

/* Whoever knows the password of an account that was never proved gets the link once more. */
static enum err
check_proof(struct req *r, const char *user, struct attempt *a)
{
	static const struct limit again = { "verify-email", 3, 3600 };
	struct user_facts facts;
	enum err e;

	if (!conf_has_mail(r->app->conf))
		return ERR_NONE;
	if ((e = user_facts(r->db, r->mem, user, &facts)) || facts.verified)
		return e;
	a->unproved = true;
	if ((e = request_limit(r, &again, user))) {
		a->retry_after = r->retry_after;
		return e;
	}
	e = registration_mail_proof(r->db, r->mem, r->app->conf, user, local_path(a->next));
	return e ? e : ERR_FORBIDDEN;
}

enum err
sign_in_finish(struct req *r, const struct sign_in *who)
{
	const char *token, *agent = req_user_agent(r);
	enum err e = session_create(r->db, r->mem, who->user, who->remember, auth_address(r),
		agent ? agent : "", &token);

	if (e)
		return e;
	auth_set_cookie(r, token, who->remember);
	return reply_redirect(r, who->next);
}

static enum err
try_sign_in(struct req *r, struct attempt *a)
{
	struct login login;
	struct sign_in who;
	enum err e;

	if ((e = read_attempt(r, a)) ||
		(e = account_sign_in(r->db, r->mem, a->email, a->password, auth_network(r), &login,
			 &a->retry_after)) ||
		(e = check_proof(r, login.user, a)))
		return e;
	who = (struct sign_in){ login.user, a->remember, local_path(a->next) };
	return login.second_factor ? sign_in_second_factor(r, &who) : sign_in_finish(r, &who);
}

/* The form again, with what was wrong. */
static enum err
sign_in_refused(struct req *r, const struct attempt *a)
{
	switch (a->result) {
	case ERR_LIMIT:
		reply_header(r, "Retry-After", arena_printf(r->mem, "%d", a->retry_after));
		return sign_in_page(r, 429, a);
	case ERR_UNAVAILABLE:
		reply_header(r, "Retry-After", "2");
		return sign_in_page(r, 503, a);
	case ERR_AUTH:
	case ERR_FORBIDDEN:
		return sign_in_page(r, 401, a);
	case ERR_INVALID:
		return sign_in_page(r, 422, a);
	default:
		return a->result;
	}
}

enum err
dash_sign_in_post(struct req *r)
{
	struct attempt a = { .email = "", .next = "" };

	a.result = try_sign_in(r, &a);
	return a.result ? sign_in_refused(r, &a) : ERR_NONE;
}

enum err
dash_sign_out(struct req *r)
{
	enum err e = session_end(r->db, r->mem, r->who.session);

	if (e && e != ERR_NOT_FOUND)
		return e;
	auth_clear_cookies(r);
	return reply_redirect(r, "/sign-in");
}

enum err
dash_presence(struct req *r)
{
	const struct access as = auth_access(r);
	const char *page = NULL;
	bool online = false;
	const struct field fields[] = {
		{ "online", F_BOOL, &online, .optional = false },
		{ "back", F_LINE, &page, .max = 600, .optional = true },
		{ 0 },
	};
	enum err e;

	if ((e = input_form(r, fields)) || (e = dashboard_presence(&as, online)))
		return e;
	return reply_redirect(r, local_path(page));
}
