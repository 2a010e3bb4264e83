/* Cookies: Better Auth's, which both sides read, and our own. */
#ifndef PARLOR_COOKIE_H
#define PARLOR_COOKIE_H

#include "web/req.h"

/* "better-auth.session_token" for "session_token", with "__Secure-" before it when the site is https. */
const char *cookie_shared_name(struct req *r, const char *suffix);
/* "parlor.second_factor" for "second_factor", with "__Host-" before it when the site is https. */
const char *cookie_own_name(struct req *r, const char *suffix);

/* Sets a cookie of the whole site for so many seconds: -1 until the browser ends, 0 to take it away. */
void cookie_set(struct req *r, const char *name, const char *value, int seconds);
/* The same with a value that is signed with the installation's secret, in Better Auth's format. */
void cookie_set_signed(struct req *r, const char *name, const char *value, int seconds);

/* What cookie_set_signed() was given; NULL: no such cookie, or its signature is not ours. */
const char *cookie_signed(struct req *r, const char *name);

#endif
