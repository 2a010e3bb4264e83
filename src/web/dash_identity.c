/* Settings: how the organization's server proves who a visitor is. */
#include "base/json.h"
#include "base/util.h"
#include "core/identity.h"
#include "web/app.h"
#include "web/auth.h"
#include "web/dash.h"
#include "web/input.h"
#include "web/page.h"
#include "web/reply.h"
#include "web/view.h"

#include <string.h>

struct mode {
	const char *value, *name, *what;
};

static const struct mode modes[] = {
	{ "optional", "Verification is optional",
		"Proven visitors carry a mark. What a page merely claims is shown without one." },
	{ "users", "A page’s user must be proven",
		"A name without proof is refused. Visitors of whom the page says nothing may "
		"write." },
	{ "everybody", "Only proven visitors",
		"Nobody writes without proof: for chats behind a sign-in." },
};

/* What the page says besides the settings. */
struct notice {
	int status;
	const char *error;  /* NULL: none */
	const char *secret; /* a new one, shown this once */
};

static struct json_object *
mode_list(const char *current)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		struct json_object *o = json_object_new_object();

		json_set(o, "value", modes[i].value);
		json_set(o, "label", modes[i].name);
		json_set(o, "what", modes[i].what);
		json_set_bool(o, "current", strcmp(modes[i].value, current) == 0);
		json_object_array_add(list, o);
	}
	return list;
}

/* Times as pages show them, and which of two secrets is the old one. */
static void
dress_secrets(struct json_object *secrets)
{
	const size_t n = json_object_array_length(secrets);

	for (size_t i = 0; i < n; i++) {
		struct json_object *secret = json_object_array_get_idx(secrets, i), *time;

		for (int k = 0; k < 2; k++) {
			const char *iso = json_text(secret, k ? "lastUsedAt" : "createdAt");

			time = iso ? json_object_new_object() : NULL;
			if (time)
				json_set(time, "iso", iso);
			json_set_object(secret, k ? "used" : "made", time);
		}
		json_set_bool(secret, "isOld", n > 1 && i + 1 == n);
	}
}

static enum err
identity_page(struct req *r, const struct notice *notice)
{
	const struct access as = auth_access(r);
	struct json_object *context, *secrets;
	size_t n;
	enum err e = identity_settings(&as, &context);

	if (e)
		return e;
	secrets = json_member(context, "secrets");
	n = json_object_array_length(secrets);
	dress_secrets(secrets);
	json_set_object(context, "modes", mode_list(json_text(context, "mode")));
	json_set(context, "organizationId", r->who.organization);
	json_set_bool(context, "canFollow", r->app->conf->visitor_sign_in);
	json_set_bool(context, "hasNone", n == 0);
	json_set_bool(context, "hasTwo", n > 1);
	json_set_bool(context, "saved", notice->status == 200 && req_query(r, "saved"));
	json_set(context, "error", notice->error);
	json_set(context, "newSecret", notice->secret);
	view_dress(r->mem, context, time_now_ms());
	return reply_page_status(
		r, notice->status, "dash/settings_identity", json_object_get(context));
}

enum err
dash_identity(struct req *r)
{
	return identity_page(r, &(struct notice){ .status = 200 });
}

enum err
dash_identity_post(struct req *r)
{
	const struct access as = auth_access(r);
	struct identity_change change = { .sign_in_works = r->app->conf->visitor_sign_in };
	const struct field fields[] = {
		{ "mode", F_CHOICE, &change.mode, .choices = "optional|users|everybody" },
		{ "followSignIn", F_BOOL, &change.follow_sign_in, .optional = true },
		{ 0 },
	};
	enum err e;

	if ((e = input_form(r, fields)))
		return e;
	e = identity_change(&as, &change);
	if (e == ERR_CONFLICT)
		return identity_page(r,
			&(struct notice){ .status = 409,
				.error = "There is no secret yet, so nobody could prove anything. "
					 "Make one first, and let your server use it." });
	return e ? e : reply_redirect(r, "/settings/identity?saved=1");
}

enum err
dash_identity_secret_post(struct req *r)
{
	const struct access as = auth_access(r);
	struct identity_secret secret;
	enum err e = identity_secret_create(&as, r->app->conf->auth_secret, &secret);

	if (e == ERR_CONFLICT)
		return identity_page(r, &(struct notice){ .status = 409,
						.error = "There are two secrets already. Retire "
							 "the old one first." });
	return e ? e : identity_page(r, &(struct notice){ .status = 200, .secret = secret.secret });
}

enum err
dash_identity_retire(struct req *r)
{
	const struct access as = auth_access(r);
	enum err e = identity_secret_retire(&as);

	if (e == ERR_NOT_FOUND)
		return identity_page(r,
			&(struct notice){ .status = 409,
				.error = "There is only one secret. Make a new one before the old "
					 "one goes." });
	return e ? e : reply_redirect(r, "/settings/identity?saved=1");
}
