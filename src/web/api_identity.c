/* The rules and secrets of identity verification; ending a visitor's sessions. */
#include "web/api.h"

#include "base/json.h"
#include "core/identity.h"
#include "core/visitor.h"
#include "web/app.h"
#include "web/auth.h"
#include "web/input.h"
#include "web/reply.h"
#include "web/version.h"

enum err
api_identity(struct req *r)
{
	const struct access as = auth_access(r);
	struct json_object *settings;
	enum err e = identity_settings(&as, &settings);

	return e ? e : version_reply(r, identity_version(&as, settings), json_write(settings));
}

enum err
api_identity_patch(struct req *r)
{
	const struct access as = auth_access(r);
	struct identity_change change;
	struct json_object *settings;
	enum err e;

	if ((e = identity_settings(&as, &settings)))
		return e;
	change.versions = version_wanted(r);
	change.sign_in_works = r->app->conf->visitor_sign_in;
	change.mode = json_text(settings, "mode");
	change.follow_sign_in = json_object_get_boolean(json_member(settings, "followSignIn"));
	const struct field fields[] = {
		{ "mode", F_CHOICE, &change.mode, .choices = "optional|users|everybody",
			.optional = true },
		{ "followSignIn", F_BOOL, &change.follow_sign_in, .optional = true },
		{ 0 },
	};
	if ((e = input_json(r, fields)))
		return e;
	e = identity_change(&as, &change);
	if (e == ERR_CONFLICT)
		return reply_problem(r, e, "no_secret",
			"Without a secret nobody could prove anything; make one first.");
	return e ? e : api_identity(r);
}

enum err
api_identity_secret_post(struct req *r)
{
	const struct access as = auth_access(r);
	struct json_object *answer = json_new(r->mem);
	struct identity_secret secret;
	enum err e = identity_secret_create(&as, r->app->conf->auth_secret, &secret);

	if (e == ERR_CONFLICT)
		return reply_problem(r, e, "two_secrets",
			"There are two secrets already; retire the old one first.");
	if (e)
		return e;
	json_set(answer, "id", secret.id);
	json_set(answer, "hint", secret.hint);
	json_set(answer, "secret", secret.secret);
	return reply_object(r, 201, answer);
}

enum err
api_identity_secret_retire(struct req *r)
{
	const struct access as = auth_access(r);
	enum err e = identity_secret_retire(&as);

	return e ? e : reply_empty(r);
}

enum err
api_visitor_sign_out(struct req *r)
{
	const struct access as = auth_access(r);
	struct json_object *answer = json_new(r->mem);
	int64_t tokens;
	enum err e = visitor_sign_out(&as, r->arg[0], &tokens);

	if (e)
		return e;
	json_set_int(answer, "revoked", tokens);
	return reply_object(r, 200, answer);
}
