/* Who is asking, and whether the request really comes from where it says. */
#ifndef PARLOR_AUTH_H
#define PARLOR_AUTH_H

#include "core/access.h"
#include "web/req.h"

/*
 * Fills r->who from the Authorization header or the session cookie, for the kinds of actors in
 * allowed, and sets the tenant of r->db. ERR_AUTH when there is none, or (where mail is configured) when
 * the address of its user was never proved; ERR_SYNTAX for a repeated or unreadable header.
 * ERR_FORBIDDEN with r->who of kind ACTOR_USER: a user in no organization, who was not allowed.
 */
enum err auth_request(struct req *r, unsigned allowed) MUST_USE;

/*
 * The session of this site that a visitor's browser holds: the token of its cookie, where the
 * installation lets visitors be known by it and a browser says that a page of this very origin asks
 * (the widget's frame). It tells who a visitor is and gives no right of the session's. NULL: none.
 */
const char *auth_visitor_session(struct req *r);
/* Whether the browser holds such a session at all, as far as the cookie tells. */
bool auth_holds_session(struct req *r);
/* The token of a visitor's Authorization header, after auth_request(). */
const char *auth_bearer(const struct req *r);

/* What core needs to know of who is asking. */
struct access auth_access(const struct req *r);

/*
 * An unsafe request that a browser sends with a cookie: Sec-Fetch-Site, else Origin, must name
 * this site, and unless open the session's CSRF token must come along, as the form field "csrf"
 * or the header X-CSRF-Token. ERR_FORBIDDEN otherwise.
 */
enum err auth_same_site(struct req *r, bool open) MUST_USE;

/* "better-auth.session_token", with "__Secure-" before it when the site is https. */
const char *auth_cookie_name(struct req *r);

/* Sets the session cookie; without remember it ends with the browser. */
void auth_set_cookie(struct req *r, const char *token, bool remember);
/* The same session goes on under a new token: for the cookie, and for what is still to be shown. */
void auth_take_token(struct req *r, const char *token);
/* Expires it and what Better Auth keeps beside it. */
void auth_clear_cookies(struct req *r);

/* The visitor's address as the web server saw it; IPv6 as its /64, for counting. */
const char *auth_address(const struct req *r);
const char *auth_network(struct req *r);

#endif
