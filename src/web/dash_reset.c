/* A forgotten password: asking for a link by mail, and what the link leads to. */
#include "base/json.h"
#include "core/reset.h"
#include "core/user.h"
#include "web/app.h"
#include "web/auth.h"
#include "web/dash.h"
#include "web/form.h"
#include "web/input.h"
#include "web/limit.h"
#include "web/page.h"
#include "web/reply.h"

static enum err
forgot_page(struct req *r, int status, const char *email, const char *error, bool sent)
{
	struct json_object *context = json_object_new_object();

	json_set_bool(context, "mail", conf_has_mail(r->app->conf));
	json_set(context, "email", email);
	json_set(context, "error", error);
	json_set_bool(context, "sent", sent);
	return reply_page_status(r, status, "dash/forgot_password", context);
}

enum err
dash_forgot_password(struct req *r)
{
	return forgot_page(r, 200, "", NULL, false);
}

static enum err
ask(struct req *r, const char *email)
{
	static const struct limit per_network = { "forgot-network", 10, 3600 };
	static const struct limit per_address = { "forgot", 3, 3600 };
	enum err e = request_limit_both(
		r, &per_network, auth_network(r), &per_address, user_address(r->mem, email));

	return e ? e : reset_ask(r->db, r->mem, email, auth_address(r));
}

/* Whether the address is known is neither looked at nor told. */
enum err
dash_forgot_password_post(struct req *r)
{
	const char *email = "";
	const struct field fields[] = {
		{ "email", F_LINE, &email, .min = 1, .max = 254 },
		{ 0 },
	};
	enum err e;

	if (!conf_has_mail(r->app->conf))
		return forgot_page(r, 200, "", NULL, false);
	if (input_form(r, fields) || !user_address_is_good(email))
		return forgot_page(r, 422, email, "This is no e-mail address.", false);
	e = ask(r, email);
	if (e == ERR_LIMIT)
		return forgot_page(r, 429, email, form_wait(r), false);
	return e ? e : forgot_page(r, 200, email, NULL, true);
}

/* token NULL: the link is no good. */
static enum err
reset_page(struct req *r, int status, const char *token, const char *error)
{
	struct json_object *context = json_object_new_object();

	json_set(context, "token", token);
	json_set(context, "error", error);
	return reply_page_status(r, status, "dash/reset_password", context);
}

enum err
dash_reset_password(struct req *r)
{
	const char *token = req_query(r, "token");
	enum err e = token ? reset_check(r->db, r->mem, token) : ERR_NOT_FOUND;

	if (e == ERR_NOT_FOUND)
		return reset_page(r, 400, NULL, NULL);
	return e ? e : reset_page(r, 200, token, NULL);
}

enum err
dash_reset_password_post(struct req *r)
{
	static const struct limit per_network = { "reset-network", 20, 900 };
	const char *token = "", *password = "";
	const struct field fields[] = {
		{ "token", F_LINE, &token, .min = 1, .max = 64 },
		{ "password", F_LINE, &password, .max = 256 },
		{ 0 },
	};
	enum err e = input_form(r, fields);

	if (!*token)
		return reset_page(r, 400, NULL, NULL);
	if (!e && !(e = request_limit(r, &per_network, auth_network(r))))
		e = reset_finish(r->db, r->mem, r->app->conf, token, password, auth_address(r));
	switch (e) {
	case ERR_NONE:
		auth_clear_cookies(r);
		return reply_redirect(r, "/sign-in?reset=1");
	case ERR_NOT_FOUND:
		return reset_page(r, 400, NULL, NULL);
	case ERR_INVALID:
		return reset_page(r, 422, token, "Choose a password of 8 to 128 characters.");
	case ERR_UNAVAILABLE:
		return reset_page(r, 503, token, form_busy(r));
	case ERR_LIMIT:
		return reset_page(r, 429, token, form_wait(r));
	default:
		return e;
	}
}
