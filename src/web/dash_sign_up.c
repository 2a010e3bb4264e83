/* Making an account with an organization, and proving the address of one. */
#include "base/json.h"
#include "core/registration.h"
#include "core/user.h"
#include "web/app.h"
#include "web/auth.h"
#include "web/dash.h"
#include "web/dash_account.h"
#include "web/form.h"
#include "web/input.h"
#include "web/page.h"
#include "web/redirect.h"
#include "web/reply.h"
#include "web/sign_in.h"

#include <string.h>

struct sign_up {
	const char *name, *email, *password, *organization;
};

static enum err
sign_up_page(struct req *r, int status, const struct sign_up *s, const char *error)
{
	struct json_object *context = json_object_new_object();

	json_set_bool(context, "open", registration_is_open(r->app->conf));
	json_set_bool(context, "sent", false);
	json_set(context, "name", s->name);
	json_set(context, "email", s->email);
	json_set(context, "organization", s->organization);
	json_set(context, "error", error);
	return reply_page_status(r, status, "dash/sign_up", context);
}

/* The same page whether or not the address has an account. */
enum err
sign_up_sent(struct req *r, const char *email)
{
	struct json_object *context = json_object_new_object();

	json_set_bool(context, "sent", true);
	json_set(context, "email", email);
	return reply_page(r, "dash/sign_up", context);
}

const char *
sign_up_fault(struct req *r, const char *email, const char *password)
{
	if (!registration_takes(r->app->conf, email))
		return "This is no e-mail address.";
	if (!user_password_is_good(password))
		return "Choose a password of 8 to 128 characters.";
	return form_fault(r);
}

enum err
sign_up_limit(struct req *r, const char *email)
{
	static const struct limit per_network = { "sign-up-network", 10, 3600 };
	static const struct limit per_address = { "sign-up", 5, 3600 };

	return request_limit_both(
		r, &per_network, auth_network(r), &per_address, user_address(r->mem, email));
}

enum err
dash_sign_up(struct req *r)
{
	const struct sign_up none = { "", "", "", "" };
	enum err e = auth_request(r, ACTOR_AGENT | ACTOR_USER);

	if (e == ERR_NONE)
		return reply_redirect(r, "/organizations");
	return e == ERR_AUTH ? sign_up_page(r, 200, &none, NULL) : e;
}

static enum err
read_sign_up(struct req *r, struct sign_up *s)
{
	const struct field fields[] = {
		{ "name", F_LINE, &s->name, .min = 1, .max = 100 },
		{ "email", F_LINE, &s->email, .min = 1, .max = 254 },
		{ "password", F_LINE, &s->password, .min = 1, .max = 256 },
		{ "organization", F_LINE, &s->organization, .min = 1, .max = 100 },
		{ 0 },
	};

	return input_form(r, fields);
}

static enum err
register_with_organization(struct req *r, const struct sign_up *s)
{
	const struct registration new = { .name = s->name,
		.email = s->email,
		.password = s->password,
		.organization = s->organization,
		.address = auth_address(r) };
	const char *user;
	enum err e = registration_create(r->db, r->mem, r->app->conf, &new, &user);

	if (e)
		return e;
	if (conf_has_mail(r->app->conf))
		return sign_up_sent(r, s->email);
	return sign_in_finish(r, &(const struct sign_in){ user, true, "/inbox" });
}

enum err
dash_sign_up_post(struct req *r)
{
	struct sign_up s = { "", "", "", "" };
	enum err e;

	if (!registration_is_open(r->app->conf))
		return reply_problem(r, ERR_FORBIDDEN, "sign_up_closed",
			"Accounts are made by invitation here.");
	if ((e = read_sign_up(r, &s)) == ERR_INVALID ||
		!registration_takes(r->app->conf, s.email) || !user_password_is_good(s.password))
		return sign_up_page(r, 422, &s, sign_up_fault(r, s.email, s.password));
	if (!e && !(e = sign_up_limit(r, s.email)))
		e = register_with_organization(r, &s);
	switch (e) {
	case ERR_LIMIT:
		return sign_up_page(r, 429, &s, form_wait(r));
	case ERR_UNAVAILABLE:
		return sign_up_page(r, 503, &s, form_busy(r));
	case ERR_CONFLICT:
		return sign_up_page(r, 409, &s, "This address has an account. Sign in with it.");
	case ERR_INVALID:
		return sign_up_page(r, 422, &s, sign_up_fault(r, s.email, s.password));
	default:
		return e;
	}
}

static enum err
proof_page(struct req *r, int status, const char *email, const char *token, const char *next)
{
	struct json_object *context = json_object_new_object();

	json_set(context, "email", email);
	json_set(context, "token", token);
	json_set(context, "next", next);
	return reply_page_status(r, status, "dash/verify_email", context);
}

/* Shows what the link is for and changes nothing: programs that look at mail follow links. */
enum err
dash_verify_email(struct req *r)
{
	const char *token = req_query(r, "token"), *next = req_query(r, "next");
	struct address_proof proof;

	if (!token || address_proof_read(r->mem, r->app->conf, token, &proof))
		return proof_page(r, 400, NULL, NULL, NULL);
	return proof_page(r, 200, proof.email, token, next ? local_path(next) : "");
}

static const char *
after_proof(struct req *r, const char *next)
{
	struct buf b = { 0 };
	const char *path;

	buf_str(&b, "/sign-in?verified=1");
	if (*next) {
		next = local_path(next);
		buf_str(&b, "&next=");
		buf_url(&b, next, strlen(next));
	}
	path = arena_strdup(r->mem, buf_text(&b));
	buf_free(&b);
	return path;
}

enum err
dash_verify_email_post(struct req *r)
{
	const char *token = "", *next = "";
	const struct field fields[] = {
		{ "token", F_LINE, &token, .min = 1, .max = 8192 },
		{ "next", F_LINE, &next, .max = 600, .optional = true },
		{ 0 },
	};
	struct address_proof proof;
	enum err e;

	if (input_form(r, fields) || address_proof_read(r->mem, r->app->conf, token, &proof))
		return proof_page(r, 400, NULL, NULL, NULL);
	e = address_proof_use(r->db, r->mem, &proof, auth_address(r));
	if (e == ERR_NOT_FOUND)
		return proof_page(r, 400, NULL, NULL, NULL);
	return e ? e : reply_redirect(r, after_proof(r, next));
}
