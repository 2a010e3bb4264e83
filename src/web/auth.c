/* Visitor tokens, secret keys and Better Auth's session cookies; CSRF. */
#include "web/auth.h"

#include "base/crypt.h"
#include "core/permission.h"
#include "core/session.h"
#include "core/visitor.h"
#include "core/organization.h"
#include "web/app.h"
#include "web/cookie.h"
#include "web/cors.h"
#include "web/reply.h"
#include "web/route.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

enum { SESSION_SECONDS = 7 * 24 * 3600 };

const char *
auth_cookie_name(struct req *r)
{
	return cookie_shared_name(r, "session_token");
}

void
auth_set_cookie(struct req *r, const char *token, bool remember)
{
	cookie_set_signed(r, auth_cookie_name(r), token, remember ? SESSION_SECONDS : -1);
	if (!remember)
		cookie_set_signed(r, cookie_shared_name(r, "dont_remember"), "true", -1);
}

void
auth_clear_cookies(struct req *r)
{
	static const char *const names[] = { "session_token", "dont_remember", "session_data",
		"session_data.0", "session_data.1" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		cookie_set(r, cookie_shared_name(r, names[i]), "", 0);
}

const char *
auth_address(const struct req *r)
{
	const char *address = req_param(r, "REMOTE_ADDR");

	return address ? address : "";
}

const char *
auth_network(struct req *r)
{
	const char *address = auth_address(r);
	struct in6_addr v6;
	char text[INET6_ADDRSTRLEN];

	if (inet_pton(AF_INET6, address, &v6) != 1)
		return address;
	memset(v6.s6_addr + 8, 0, 8);
	inet_ntop(AF_INET6, &v6, text, sizeof(text));
	return arena_strdup(r->mem, text);
}

static enum err
visitor_by_token(struct req *r, const char *token)
{
	struct visitor_identity v;
	enum err e;

	if (strlen(token) != CREDENTIAL_LEN)
		return ERR_AUTH;
	e = visitor_by_token_find(r->db, r->mem, token, &v);
	if (e)
		return e == ERR_NOT_FOUND ? ERR_AUTH : e;
	r->who = (struct actor){ .kind = ACTOR_VISITOR,
		.organization = v.organization,
		.id = v.visitor,
		.name = v.name };
	if (!cors_allows(r, v.domains))
		return reply_problem(r, ERR_FORBIDDEN, "origin_not_allowed",
			"This site is not among the organization's domains.");
	return ERR_NONE;
}

static enum err
key_holder(struct req *r, const char *key)
{
	struct key_identity k;
	enum err e = organization_by_secret_key(r->db, r->mem, key, &k);

	if (e)
		return e == ERR_NOT_FOUND ? ERR_AUTH : e;
	r->who = (struct actor){ .kind = ACTOR_KEY,
		.organization = k.organization,
		.organization_name = k.organization_name,
		.id = k.key,
		.member = k.member,
		.name = k.name,
		.may = k.may };
	return ERR_NONE;
}

static enum err
bearer(struct req *r, const char *header, unsigned allowed)
{
	const char *token = header + strlen("Bearer ");

	if (strncmp(header, "Bearer ", strlen("Bearer ")) != 0)
		return ERR_AUTH;
	if (strncmp(token, "sk_", 3) == 0)
		return allowed & ACTOR_KEY ? key_holder(r, token) : ERR_AUTH;
	return allowed & ACTOR_VISITOR ? visitor_by_token(r, token) : ERR_AUTH;
}

/* Seven days again when less than six remain, as Better Auth does it. */
static enum err
roll_session(struct req *r, const struct session *s)
{
	enum err e;

	if (!s->remember || s->seconds_left > SESSION_SECONDS - 24 * 3600)
		return ERR_NONE;
	if ((e = session_renew(r->db, r->mem, s->token)))
		return e;
	auth_set_cookie(r, s->token, true);
	return ERR_NONE;
}

/* What forms of the session must carry. */
static const char *
csrf_token(struct req *r, const char *session)
{
	char csrf[65];

	crypt_hmac_hex(r->app->conf->auth_secret, arena_printf(r->mem, "csrf:%s", session), csrf);
	return arena_strdup(r->mem, csrf);
}

void
auth_take_token(struct req *r, const char *token)
{
	r->who.session = token;
	r->who.csrf = csrf_token(r, token);
	auth_set_cookie(r, token, r->who.remember);
}

/* Who is in no organization can do what leads into one. */
static enum err
plain_user(struct req *r, const struct session *s, unsigned allowed)
{
	r->who = (struct actor){ .kind = ACTOR_USER,
		.user = s->user,
		.name = s->name,
		.session = s->token,
		.csrf = csrf_token(r, s->token),
		.remember = s->remember };
	if (!(allowed & ACTOR_USER))
		return reply_problem(
			r, ERR_FORBIDDEN, "no_organization", "You are in no organization.");
	return roll_session(r, s);
}

static enum err
cookie_session(struct req *r, unsigned allowed)
{
	const char *token = cookie_signed(r, auth_cookie_name(r));
	struct session s;
	enum err e;

	if (!token)
		return ERR_AUTH;
	e = session_find(r->db, r->mem, token, &s);
	if (e)
		return e == ERR_NOT_FOUND ? ERR_AUTH : e;
	if (!s.verified && conf_has_mail(r->app->conf))
		return ERR_AUTH;
	if (!s.member)
		return plain_user(r, &s, allowed);
	r->who = (struct actor){ .kind = ACTOR_AGENT,
		.organization = s.organization,
		.organization_name = s.organization_name,
		.id = s.member,
		.member = s.member,
		.user = s.user,
		.name = s.name,
		.role = s.role,
		.may = permission_of_member(s.organization_role, s.role),
		.session = token,
		.csrf = csrf_token(r, token),
		.remember = s.remember,
		.online = s.online };
	return roll_session(r, &s);
}

enum err
auth_request(struct req *r, unsigned allowed)
{
	const char *header = req_param(r, "HTTP_AUTHORIZATION");
	enum err e;

	db_scope(r->db, NULL);
	if (header && (allowed & (ACTOR_VISITOR | ACTOR_KEY)))
		e = bearer(r, header, allowed);
	else
		e = allowed & ACTOR_AGENT ? cookie_session(r, allowed) : ERR_AUTH;
	if (!e)
		db_scope(r->db, r->who.organization);
	return e;
}

/* Whether an Origin is this site's: the host the browser asked, or the configured address. */
static bool
origin_is_ours(const struct req *r, const char *origin)
{
	const char *host = req_param(r, "HTTP_HOST"), *name = strstr(origin, "://");

	if (strcmp(origin, r->app->conf->base_url) == 0)
		return true;
	return host && name && strcmp(name + 3, host) == 0;
}

enum err
auth_same_site(struct req *r, bool open)
{
	const char *site = req_param(r, "HTTP_SEC_FETCH_SITE"),
		   *origin = req_param(r, "HTTP_ORIGIN");
	const char *token = req_param(r, "HTTP_X_CSRF_TOKEN");
	bool same = site ? strcmp(site, "same-origin") == 0 || strcmp(site, "none") == 0
			 : origin && origin_is_ours(r, origin);

	if (!same)
		return reply_problem(r, ERR_FORBIDDEN, "cross_site",
			"This request did not come from this site.");
	if (open)
		return ERR_NONE;
	if (!token)
		token = req_field(r, "csrf");
	if (!r->who.csrf || !crypt_equal(token, r->who.csrf))
		return reply_problem(r, ERR_FORBIDDEN, "csrf",
			"The page was too old; load it again and repeat.");
	return ERR_NONE;
}

const char *
auth_visitor_session(struct req *r)
{
	const char *site = req_param(r, "HTTP_SEC_FETCH_SITE"),
		   *origin = req_param(r, "HTTP_ORIGIN");

	if (!r->app->conf->visitor_sign_in || !site || strcmp(site, "same-origin") != 0 ||
		(origin && !origin_is_ours(r, origin)))
		return NULL;
	return cookie_signed(r, auth_cookie_name(r));
}

bool
auth_holds_session(struct req *r)
{
	return r->app->conf->visitor_sign_in && cookie_signed(r, auth_cookie_name(r));
}

const char *
auth_bearer(const struct req *r)
{
	return req_param(r, "HTTP_AUTHORIZATION") + strlen("Bearer ");
}

static const char *
actor_type(enum actor_kind kind)
{
	return kind == ACTOR_VISITOR ? "visitor" : kind == ACTOR_KEY ? "key" : "user";
}

struct access
auth_access(const struct req *r)
{
	return (struct access){ .db = r->db,
		.mem = r->mem,
		.actor_type = actor_type(r->who.kind),
		.actor_id = r->who.user ? r->who.user : r->who.id,
		.address = auth_address(r),
		.organization = r->who.organization,
		.name = r->who.name,
		.visitor = r->who.kind == ACTOR_VISITOR ? r->who.id : NULL,
		.member = r->who.kind == ACTOR_VISITOR ? NULL : r->who.member };
}
