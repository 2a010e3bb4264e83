/* One's own security: the password, and where one is signed in. The second factor: dash_two_factor.c. */
#include "web/security.h"

#include "base/json.h"
#include "base/util.h"
#include "core/audit.h"
#include "core/factor.h"
#include "core/session.h"
#include "core/user.h"
#include "web/app.h"
#include "web/auth.h"
#include "web/dash.h"
#include "web/input.h"
#include "web/page.h"
#include "web/reply.h"
#include "web/sign_in.h"
#include "web/view.h"

#include <string.h>

static const char home[] = "/settings/security";

struct self
security_self(struct req *r)
{
	const struct conf *conf = r->app->conf;

	return (struct self){ .db = r->db,
		.mem = r->mem,
		.user = r->who.user,
		.session = r->who.session,
		.address = auth_address(r),
		.network = auth_network(r),
		.secret = conf->auth_secret,
		.link = conf_has_mail(conf)
				? arena_printf(r->mem, "%s/forgot-password", conf->base_url)
				: NULL };
}

/* What was just done, as the address says; nothing for what it may not say. */
static const char *
done_text(struct req *r)
{
	static const char *const texts[][2] = {
		{ "password", "Your password is changed. All other devices are signed out." },
		{ "session", "That device is signed out." },
		{ "sessions", "All other devices are signed out." },
		{ "disabled", "The second factor is off. All other devices are signed out." },
	};
	const char *done = r->method == METHOD_GET ? req_query(r, "done") : NULL;

	for (size_t i = 0; done && i < ARRAY_LEN(texts); i++)
		if (strcmp(done, texts[i][0]) == 0)
			return texts[i][1];
	return NULL;
}

static struct json_object *
factor_object(struct req *r, const struct account *account)
{
	struct json_object *o = json_object_new_object();
	int left = account->second_factor && account->factor
			   ? factor_codes_left(r->mem, r->app->conf->auth_secret, account->codes)
			   : -1;

	json_set_bool(o, "enabled", account->second_factor);
	json_set_bool(o, "ours", account->second_factor && account->factor);
	json_set(o, "codesLeft", left >= 0 ? arena_printf(r->mem, "%d", left) : NULL);
	json_set_bool(o, "codesFew", left >= 0 && left < 4);
	return o;
}

/* Under the name of the form, so that the template shows it there. */
static struct json_object *
fault_object(const struct security_fault *fault)
{
	static const char *const forms[] = { "password", "begin", "codes", "disable" };
	struct json_object *o = json_object_new_object();

	for (size_t i = 0; i < ARRAY_LEN(forms); i++)
		json_set(o, forms[i],
			fault && strcmp(fault->form, forms[i]) == 0 ? fault->text : NULL);
	return o;
}

enum err
security_page(struct req *r, int status, const struct security_fault *fault)
{
	struct json_object *context = json_keep(r->mem, json_object_new_object()), *sessions;
	struct account account;
	const char *list;
	enum err e;

	if ((e = account_look(r->db, r->mem, r->who.user, &account)) ||
		(e = session_list(r->db, r->mem, r->who.user, r->who.session, &list)))
		return e;
	sessions = json_trusted(r->mem, list);
	json_set(context, "email", account.email);
	json_set_bool(context, "hasPassword", account.has_password);
	json_set(context, "done", done_text(r));
	json_set_object(context, "fault", fault_object(fault));
	json_set_object(context, "factor", factor_object(r, &account));
	json_set_bool(context, "hasOthers", json_object_array_length(sessions) > 1);
	json_set_object(context, "sessions", json_object_get(sessions));
	view_dress(r->mem, context, time_now_ms());
	return reply_page_status(r, status, "dash/security", json_object_get(context));
}

enum err
dash_security(struct req *r)
{
	return security_page(r, 200, NULL);
}

enum err
security_refuse(struct req *r, const char *form, enum err e, int wait)
{
	struct security_fault fault = { .form = form };
	int status = 422;

	if (e == ERR_LIMIT) {
		reply_header(r, "Retry-After", arena_printf(r->mem, "%d", wait));
		fault.text = arena_printf(r->mem, "Too many attempts. Wait %s, then try again.",
			sign_in_wait(r->mem, wait));
		status = 429;
	} else if (e == ERR_UNAVAILABLE) {
		reply_header(r, "Retry-After", "2");
		fault.text = "The server is busy. Nothing was changed; try again in a moment.";
		status = 503;
	} else if (e == ERR_AUTH) {
		fault.text = "That is not your password.";
	} else if (e == ERR_INVALID) {
		fault.text = "Fill in all fields.";
	} else {
		return e;
	}
	return security_page(r, status, &fault);
}

static enum err
refuse_password(struct req *r, const char *text)
{
	return security_page(r, 422, &(const struct security_fault){ "password", text });
}

struct password_form {
	const char *current, *new, *again;
};

static enum err
read_password(struct req *r, struct password_form *form)
{
	const struct field fields[] = {
		{ "current", F_TEXT, &form->current, .min = 1, .max = 256 },
		{ "password", F_TEXT, &form->new, .min = 1, .max = 256 },
		{ "again", F_TEXT, &form->again, .min = 1, .max = 256 },
		{ 0 },
	};

	return input_form(r, fields);
}

enum err
dash_password_post(struct req *r)
{
	struct self self = security_self(r);
	struct password_form form;
	struct account account;
	int wait = 0;
	enum err e;

	if ((e = read_password(r, &form)))
		return security_refuse(r, "password", e, 0);
	if (strcmp(form.new, form.again) != 0)
		return refuse_password(r, "The two new passwords are not the same.");
	if (!user_password_is_good(form.new))
		return refuse_password(r, "A password has 8 to 128 characters.");
	if ((e = account_look(r->db, r->mem, r->who.user, &account)) ||
		(e = account_prove(&self, &account, form.current, &wait)))
		return security_refuse(r, "password", e, wait);
	if ((e = account_change_password(&self, &account, form.new)))
		return security_refuse(r, "password", e, 0);
	auth_take_token(r, self.session);
	return reply_redirect(r, arena_printf(r->mem, "%s?done=password", home));
}

enum err
dash_session_end(struct req *r)
{
	enum err e = session_end_one(r->db, r->mem, r->who.user, r->arg[0]);

	return e ? e : reply_redirect(r, arena_printf(r->mem, "%s?done=session", home));
}

/* keep: the token of the session that goes on, NULL for none. */
static enum err
end_sessions(struct req *r, const char *keep)
{
	enum err e;

	if ((e = db_begin(r->db)) || (e = session_end_others(r->db, r->mem, r->who.user, keep)) ||
		(e = session_forget_devices(r->db, r->mem, r->who.user)) ||
		(e = audit_write_account(
			 r->db, r->mem, r->who.user, "sessions.ended", auth_address(r))))
		return e;
	return db_commit(r->db);
}

enum err
dash_sessions_end_others(struct req *r)
{
	enum err e = end_sessions(r, r->who.session);

	return e ? e : reply_redirect(r, arena_printf(r->mem, "%s?done=sessions", home));
}

enum err
dash_sessions_end_all(struct req *r)
{
	enum err e = end_sessions(r, NULL);

	if (e)
		return e;
	auth_clear_cookies(r);
	return reply_redirect(r, "/sign-in");
}
