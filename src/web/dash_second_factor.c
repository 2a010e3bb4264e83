/*
 * The second step of signing in. Who gave the right password has no session yet, only a signed cookie of
 * ten minutes that says so; it is worth nothing without a code, and nothing after the password or the
 * factor was changed.
 */
#include "base/crypt.h"
#include "base/json.h"
#include "base/util.h"
#include "core/factor.h"
#include "core/session.h"
#include "web/app.h"
#include "web/auth.h"
#include "web/cookie.h"
#include "web/dash.h"
#include "web/input.h"
#include "web/page.h"
#include "web/redirect.h"
#include "web/reply.h"
#include "web/sign_in.h"

#include <string.h>

enum { TURN_SECONDS = 10 * 60, TRUST_SECONDS = 30 * 24 * 3600, TURN_PARTS = 6 };

static const char path[] = "/sign-in/second-factor";

static const char *
turn_name(struct req *r)
{
	return cookie_own_name(r, "second_factor");
}

/* Kind, user, expiry, remember, tag of the password, next: a line each. */
static void
set_turn(struct req *r, const struct sign_in *who, const struct account *account)
{
	cookie_set_signed(r, turn_name(r),
		arena_printf(r->mem, "second-factor\n%s\n%lld\n%s\n%s\n%s", who->user,
			(long long)account->now + TURN_SECONDS, who->remember ? "yes" : "no",
			account->tag, who->next),
		TURN_SECONDS);
}

static bool
split_turn(struct req *r, const char *parts[TURN_PARTS])
{
	const char *value = cookie_signed(r, turn_name(r));
	char *rest = arena_strdup(r->mem, value ? value : "");

	for (int i = 0; i < TURN_PARTS; i++)
		if (!(parts[i] = strsep(&rest, "\n")))
			return false;
	return !rest && strcmp(parts[0], "second-factor") == 0;
}

/* Whose turn it is. ERR_AUTH: nobody's, or no longer. */
static enum err
find_turn(struct req *r, struct sign_in *who, struct account *account)
{
	const char *parts[TURN_PARTS];
	int64_t expiry;
	enum err e;

	if (!split_turn(r, parts) || !parse_int(parts[2], 0, INT64_MAX, &expiry))
		return ERR_AUTH;
	if ((e = account_look(r->db, r->mem, parts[1], account)))
		return e == ERR_NOT_FOUND ? ERR_AUTH : e;
	if (account->now >= expiry || !account->second_factor || !account->factor ||
		!crypt_equal(account->tag, parts[4]))
		return ERR_AUTH;
	*who = (struct sign_in){ account->user, strcmp(parts[3], "yes") == 0,
		local_path(parts[5]) };
	return ERR_NONE;
}

/* Better Auth's "token!identifier"; the token binds the identifier to the user. */
static const char *
trust_value(struct req *r, const char *user, const char *identifier)
{
	char mac[TOKEN_LEN + 1];

	crypt_hmac_url(
		r->app->conf->auth_secret, arena_printf(r->mem, "%s!%s", user, identifier), mac);
	return arena_printf(r->mem, "%s!%s", mac, identifier);
}

/* old: NULL for a device that is new. */
static enum err
trust_device(struct req *r, const char *user, const char *old)
{
	const char *name = cookie_shared_name(r, "trust_device"), *identifier;
	enum err e = session_trust_device(r->db, r->mem, user, old, &identifier);

	if (!e)
		cookie_set_signed(r, name, trust_value(r, user, identifier), TRUST_SECONDS);
	return e;
}

/* ERR_AUTH: the device is not trusted, or not by this user. */
static enum err
check_device(struct req *r, const char *user)
{
	const char *name = cookie_shared_name(r, "trust_device");
	const char *value = cookie_signed(r, name), *mark = value ? strchr(value, '!') : NULL;
	enum err e = ERR_AUTH;

	if (mark && crypt_equal(trust_value(r, user, mark + 1), value))
		e = trust_device(r, user, mark + 1);
	if (e == ERR_AUTH && value)
		cookie_set(r, name, "", 0);
	return e;
}

enum err
sign_in_second_factor(struct req *r, const struct sign_in *who)
{
	struct account account;
	enum err e = check_device(r, who->user);

	if (!e)
		return sign_in_finish(r, who);
	if (e != ERR_AUTH || (e = account_look(r->db, r->mem, who->user, &account)))
		return e;
	if (!account.factor)
		return ERR_FORBIDDEN;
	set_turn(r, who, &account);
	return reply_redirect(r, path);
}

static enum err
start_again(struct req *r)
{
	cookie_set(r, turn_name(r), "", 0);
	return reply_redirect(r, "/sign-in");
}

static enum err
code_page(struct req *r, int status, const struct account *account, enum err result, int wait)
{
	struct json_object *context = json_object_new_object();

	json_set(context, "email", account->email);
	json_set_bool(context, "failed", result == ERR_AUTH || result == ERR_INVALID);
	json_set(context, "throttled", result == ERR_LIMIT ? sign_in_wait(r->mem, wait) : NULL);
	return reply_page_status(r, status, "dash/second_factor", context);
}

enum err
dash_second_factor(struct req *r)
{
	struct account account;
	struct sign_in who;
	enum err e = find_turn(r, &who, &account);

	if (e)
		return e == ERR_AUTH ? start_again(r) : e;
	return code_page(r, 200, &account, ERR_NONE, 0);
}

static enum err
try_code(struct req *r, const struct account *account, bool *trust, int *wait)
{
	struct factor_try attempt = { .factor = account->factor,
		.secret = r->app->conf->auth_secret,
		.network = auth_network(r) };
	const struct field fields[] = {
		{ "code", F_LINE, &attempt.code, .min = 1, .max = 64 },
		{ "trust", F_BOOL, trust, .optional = true },
		{ 0 },
	};
	enum err e = input_form(r, fields);

	return e ? e : factor_check(r->db, r->mem, &attempt, wait);
}

enum err
dash_second_factor_post(struct req *r)
{
	struct account account;
	struct sign_in who;
	bool trust = false;
	int wait = 0;
	enum err e = find_turn(r, &who, &account);

	if (e)
		return e == ERR_AUTH ? start_again(r) : e;
	e = try_code(r, &account, &trust, &wait);
	if (e == ERR_AUTH || e == ERR_INVALID)
		return code_page(r, e == ERR_AUTH ? 401 : 422, &account, e, 0);
	if (e == ERR_LIMIT) {
		reply_header(r, "Retry-After", arena_printf(r->mem, "%d", wait));
		return code_page(r, 429, &account, e, wait);
	}
	if (e || (trust && (e = trust_device(r, who.user, NULL))))
		return e;
	cookie_set(r, turn_name(r), "", 0);
	return sign_in_finish(r, &who);
}
