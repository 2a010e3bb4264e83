/*
 * A visitor's session: how it starts, how it becomes that of somebody who is known, how it ends.
 *
 * Whose session it is, in this order: the person whom a proof of the organization's server names;
 * where the organization wants it, the account that is signed in at this site; the visitor of the
 * token from before; a new one. A claim without proof never leads to somebody else's history.
 */
#include "web/api.h"
#include "web/api_widget.h"

#include "base/jwt.h"
#include "base/json.h"
#include "core/conversation.h"
#include "core/event.h"
#include "core/identity.h"
#include "core/visitor.h"
#include "web/app.h"
#include "web/auth.h"
#include "web/input.h"
#include "web/limit.h"
#include "web/reply.h"

#include <string.h>

/* New visitors, of a site in a network (an office, a /64), and of a site. */
static const struct limit new_visitors = { "visitor", 30, 180 };
static const struct limit all_new_visitors = { "visitors", 300, 60 };
/* Proofs that are refused, of a network; sessions of one person. */
static const struct limit refused_proofs = { "identity", 30, 60 };
static const struct limit sessions_of_person = { "person", 120, 600 };

/* What the page says of its visitor: a proof and claims, or claims alone. */
struct user {
	bool said; /* anything at all */
	struct proof proof;
	const char *name, *email;
};

struct session {
	struct access as;
	struct visitor_new claims;
	struct user user;
	struct visitor_had had;
	const char *token; /* what the answer carries */
};

static bool
has_proof(const struct user *user)
{
	return user->proof.hash || user->proof.token;
}

/* from: the object "user", NULL for none. */
static enum err
read_user(struct req *r, struct json_object *from, struct user *user)
{
	struct proof *proof = &user->proof;
	const struct field fields[] = {
		{ "id", F_LINE, &proof->id, .min = 1, .max = PROOF_ID_MAX, .optional = true,
			.nullable = true },
		{ "hash", F_LINE, &proof->hash, .max = 128, .optional = true, .nullable = true },
		{ "token", F_LINE, &proof->token, .max = JWT_MAX, .optional = true,
			.nullable = true },
		{ "name", F_LINE, &user->name, .max = 120, .optional = true, .nullable = true },
		{ "email", F_LINE, &user->email, .max = 254, .optional = true, .nullable = true },
		{ 0 },
	};
	enum err e;

	if (!from)
		return ERR_NONE;
	if ((e = input_object(r, "user", from, fields)))
		return e;
	if (proof->hash && proof->token)
		return reply_invalid(
			r, "/user/token", "not_both", "Send a hash or a token, not both.");
	if (proof->hash && !proof->id)
		return reply_invalid(
			r, "/user/id", "required", "A hash proves an id; send it as well.");
	user->said = proof->id || has_proof(user) || user->name || user->email;
	return ERR_NONE;
}

/* One answer for all that can be wrong with a proof. */
static enum err
refuse_proof(struct req *r)
{
	enum err e = request_limit(r, &refused_proofs, auth_network(r));

	return e ? e
		 : reply_problem(r, ERR_FORBIDDEN, "identity_invalid",
			   "The proof of who the user is was not accepted.");
}

static enum err
ask_for_proof(struct req *r)
{
	return reply_problem(r, ERR_FORBIDDEN, "identity_required",
		"This organization wants proof of who the user is.");
}

/* The visitor of a person who is known. */
static enum err
enter_as(struct req *r, struct session *s, const struct person *person)
{
	enum err e = request_limit(r, &sessions_of_person,
		arena_printf(r->mem, "%s %s", s->as.organization, person->key));

	return e ? e
		 : visitor_identify(&s->as, &s->claims, person, &s->had, &s->as.visitor, &s->token);
}

/* A visitor who was not there before. */
static enum err
start(struct req *r, struct session *s)
{
	enum err e = request_limit_both(r, &new_visitors,
		arena_printf(r->mem, "%s %s", s->as.organization, auth_network(r)),
		&all_new_visitors, s->as.organization);

	return e ? e : visitor_create(&s->as, &s->claims, &s->as.visitor, &s->token);
}

/* Nobody is known by proof: the visitor of the token, or a new one. */
static enum err
enter_unproven(struct req *r, struct session *s)
{
	enum err e;

	/* A token that was given for a sign-in ends with it. */
	if (s->had.visitor && s->had.session) {
		if ((e = visitor_token_end(&s->as, s->had.token)))
			return e;
		s->had.visitor = NULL;
	}
	if (!s->had.visitor)
		return strcmp(s->had.mode, "everybody") == 0 ? ask_for_proof(r) : start(r, s);
	s->as.visitor = s->had.visitor;
	s->token = s->had.token;
	return visitor_update(&s->as, &s->had, s->user.name, s->user.email);
}

/* By a proof or by what the organization takes instead of one; session: of this site, NULL for none. */
static enum err
enter(struct req *r, struct session *s, const char *session)
{
	struct person person;
	enum err e;

	s->claims.name = s->user.name;
	s->claims.email = s->user.email;
	if (has_proof(&s->user)) {
		e = identity_verify(&s->as, r->app->conf->auth_secret, &s->user.proof, &person);
		if (e == ERR_AUTH)
			return refuse_proof(r);
		return e ? e : enter_as(r, s, &person);
	}
	if (s->had.follow_sign_in && session) {
		e = identity_of_session(&s->as, session, &person);
		if (e != ERR_AUTH)
			return e ? e : enter_as(r, s, &person);
	}
	if (s->user.said && strcmp(s->had.mode, "optional") != 0)
		return ask_for_proof(r);
	return enter_unproven(r, s);
}

/* settings: JSON, NULL to leave them out. */
static enum err
session_reply(struct req *r, const struct session *s, const char *settings)
{
	const char *visitor, *conversation, *cursor;
	struct buf b = { 0 };
	enum err e;

	/* The cursor before the state, so that nothing falls between the two. */
	if ((e = event_cursor_now(r->db, r->mem, &cursor)) ||
		(e = visitor_self(&s->as, &visitor)) ||
		(e = conversation_current(&s->as, &conversation)))
		return e;
	buf_printf(&b, "{\"token\":\"%s\",\"visitor\":%s,", s->token, visitor);
	if (settings)
		buf_printf(&b, "\"settings\":%s,", settings);
	buf_printf(&b, "\"conversation\":%s,\"cursor\":\"%s\"}", conversation, cursor);
	reply_json(r, 200, buf_text(&b));
	buf_free(&b);
	return ERR_NONE;
}

static struct session
session_new(struct req *r)
{
	return (struct session){ .as = { .db = r->db, .mem = r->mem },
		.claims = { .user_agent = req_user_agent(r), .address = auth_address(r) } };
}

enum err
api_widget_session(struct req *r)
{
	struct session s = session_new(r);
	struct json_object *user = NULL, *metadata = NULL;
	const char *key, *token = NULL, *page_url, *referrer;
	const struct field fields[] = {
		{ "key", F_LINE, &key, .min = 1, .max = 128 },
		{ "token", F_LINE, &token, .max = 128, .optional = true, .nullable = true },
		{ "user", F_OBJECT, &user, .optional = true, .nullable = true },
		{ "pageUrl", F_LINE, &page_url, .max = 2048, .optional = true, .nullable = true },
		{ "referrer", F_LINE, &referrer, .max = 2048, .optional = true, .nullable = true },
		{ "locale", F_LINE, &s.claims.locale, .max = 35, .optional = true,
			.nullable = true },
		{ "metadata", F_OBJECT, &metadata, .optional = true, .nullable = true },
		{ 0 },
	};
	struct organization_public organization;
	enum err e;

	if ((e = input_json(r, fields)) || (e = read_user(r, user, &s.user)) ||
		(e = widget_organization(r, key, &organization)))
		return e;
	if (metadata)
		s.claims.metadata = json_write(metadata);
	s.as.organization = organization.id;
	db_scope(r->db, organization.id);
	if ((e = visitor_resume(&s.as, token, &s.had)) ||
		(e = enter(r, &s, auth_visitor_session(r))))
		return e;
	return session_reply(r, &s, organization.settings);
}

/* The same later, for a visitor who has a session. This site's cookie is not looked at. */
enum err
api_widget_identify(struct req *r)
{
	struct session s = session_new(r);
	struct json_object *user = NULL;
	const struct field fields[] = { { "user", F_OBJECT, &user, .optional = false }, { 0 } };
	enum err e;

	if ((e = input_json(r, fields)) || (e = read_user(r, user, &s.user)))
		return e;
	s.as.organization = r->who.organization;
	if ((e = visitor_resume(&s.as, auth_bearer(r), &s.had)))
		return e;
	if (!s.had.visitor)
		return ERR_AUTH; /* ended in this moment */
	s.had.session = NULL; /* whether its cookie is still there is looked at by the next start */
	e = enter(r, &s, NULL);
	return e ? e : session_reply(r, &s, NULL);
}

enum err
api_widget_session_end(struct req *r)
{
	const struct access as = auth_access(r);
	enum err e = visitor_token_end(&as, auth_bearer(r));

	return e ? e : reply_empty(r);
}
