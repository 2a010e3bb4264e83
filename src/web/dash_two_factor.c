/*
 * Setting up the second factor of one's own account, and doing away with it. What matters asks for the
 * password again, and once there is a factor for a code as well: a session somebody got hold of must not
 * be enough.
 */
#include "base/json.h"
#include "base/qr.h"
#include "base/totp.h"
#include "core/factor.h"
#include "web/app.h"
#include "web/auth.h"
#include "web/dash.h"
#include "web/input.h"
#include "web/page.h"
#include "web/reply.h"
#include "web/security.h"

#include <string.h>

/* What the app shows beside the code: "Parlor chat.example.org". */
static const char *
issuer(struct req *r)
{
	const char *host = strstr(r->app->conf->base_url, "://") + 3;

	return arena_printf(r->mem, "Parlor %.*s", (int)strcspn(host, ":/"), host);
}

/* "JBSW Y3DP ...": how people copy it. */
static const char *
in_groups(struct arena *mem, const char *text)
{
	struct buf b = { 0 };
	const char *grouped;

	for (size_t i = 0; text[i]; i++) {
		if (i && i % 4 == 0)
			buf_char(&b, ' ');
		buf_char(&b, text[i]);
	}
	grouped = arena_strdup(mem, buf_text(&b));
	buf_free(&b);
	return grouped;
}

/* setup: from factor_begin(); it travels with the form. */
static enum err
setup_page(struct req *r, int status, const struct account *account, const char *setup,
	const char *secret)
{
	struct json_object *context = json_object_new_object();
	const char *uri = totp_uri(r->mem, secret, issuer(r), account->email), *qr;
	int size = 0;

	qr = uri ? qr_path(r->mem, uri, &size) : NULL;
	json_set(context, "setup", setup);
	json_set(context, "uri", uri);
	json_set(context, "qr", qr);
	json_set_int(context, "qrSize", size + 8); /* with the margin */
	json_set(context, "secret", in_groups(r->mem, totp_base32(r->mem, secret)));
	json_set_bool(context, "failed", status != 200);
	return reply_page_status(r, status, "dash/two_factor_setup", context);
}

static enum err
codes_page(struct req *r, const struct factor_codes *codes, bool enabled)
{
	struct json_object *context = json_object_new_object(), *list = json_object_new_array();

	for (int i = 0; i < FACTOR_CODES; i++)
		json_object_array_add(list, json_object_new_string(codes->code[i]));
	json_set_object(context, "codes", list);
	json_set_bool(context, "enabled", enabled);
	return reply_page(r, "dash/two_factor_codes", context);
}

static enum err
refuse(struct req *r, const char *form, const char *text)
{
	return security_page(r, 422, &(const struct security_fault){ form, text });
}

enum err
dash_two_factor_begin(struct req *r)
{
	struct self self = security_self(r);
	const char *password, *setup;
	struct account account;
	const struct field fields[] = {
		{ "password", F_TEXT, &password, .min = 1, .max = 256 },
		{ 0 },
	};
	int wait = 0;
	enum err e;

	if ((e = input_form(r, fields)) ||
		(e = account_look(r->db, r->mem, r->who.user, &account)) ||
		(e = account_prove(&self, &account, password, &wait)))
		return security_refuse(r, "begin", e, wait);
	if (account.second_factor)
		return refuse(r, "begin", "The second factor is on already.");
	setup = factor_begin(&self, &account);
	return setup_page(r, 200, &account, setup, factor_begun(&self, &account, setup));
}

enum err
dash_two_factor_confirm(struct req *r)
{
	struct self self = security_self(r);
	const char *setup, *code = "", *secret;
	struct factor_codes codes;
	struct account account;
	const struct field fields[] = {
		{ "setup", F_LINE, &setup, .min = 1, .max = 600 },
		{ "code", F_LINE, &code, .max = 64 },
		{ 0 },
	};
	enum err e;

	if ((e = input_form(r, fields)) || (e = account_look(r->db, r->mem, r->who.user, &account)))
		return e;
	if (!(secret = factor_begun(&self, &account, setup)))
		return refuse(r, "begin", "That took too long. Begin again.");
	e = factor_enable(&self, &account, secret, code, &codes);
	if (e == ERR_AUTH)
		return setup_page(r, 422, &account, setup, secret);
	if (e == ERR_CONFLICT)
		return refuse(r, "begin", "The second factor is on already.");
	if (e)
		return e;
	auth_take_token(r, self.session);
	return codes_page(r, &codes, true);
}

/* Password and code, for what weakens the factor. When not, *answer is what the handler returns. */
static bool
proved(struct req *r, struct self *self, struct account *account, const char *form,
	enum err *answer)
{
	struct factor_try attempt = { .secret = self->secret, .network = self->network };
	const char *password;
	const struct field fields[] = {
		{ "password", F_TEXT, &password, .min = 1, .max = 256 },
		{ "code", F_LINE, &attempt.code, .min = 1, .max = 64 },
		{ 0 },
	};
	int wait = 0;
	enum err e;

	if ((e = input_form(r, fields)) || (e = account_look(r->db, r->mem, self->user, account)) ||
		(e = account_prove(self, account, password, &wait))) {
		*answer = security_refuse(r, form, e, wait);
		return false;
	}
	attempt.factor = account->second_factor ? account->factor : NULL;
	e = attempt.factor ? factor_check(r->db, r->mem, &attempt, &wait) : ERR_NOT_FOUND;
	if (e == ERR_AUTH)
		*answer = refuse(r, form, "That code is not right, or was used already.");
	else if (e)
		*answer = security_refuse(r, form, e, wait);
	return e == ERR_NONE;
}

enum err
dash_two_factor_codes(struct req *r)
{
	struct self self = security_self(r);
	struct factor_codes codes;
	struct account account;
	enum err e;

	if (!proved(r, &self, &account, "codes", &e))
		return e;
	e = factor_renew_codes(&self, &account, &codes);
	return e ? e : codes_page(r, &codes, false);
}

enum err
dash_two_factor_disable(struct req *r)
{
	struct self self = security_self(r);
	struct account account;
	enum err e;

	if (!proved(r, &self, &account, "disable", &e))
		return e;
	if ((e = factor_disable(&self, &account)))
		return e;
	auth_take_token(r, self.session);
	return reply_redirect(r, "/settings/security?done=disabled");
}
