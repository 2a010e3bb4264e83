/* What signing in is made of, for the pages that lead to it. */
#ifndef PARLOR_SIGN_IN_H
#define PARLOR_SIGN_IN_H

#include "web/req.h"

/* Somebody who gave the right password and is to be signed in. */
struct sign_in {
	const char *user;
	bool remember;	  /* for longer than the visit */
	const char *next; /* where to go then: as local_path() gives it */
};

/* A session and its cookie, and the answer that leads on. */
enum err sign_in_finish(struct req *r, const struct sign_in *who) MUST_USE;

/*
 * For a user with a second factor. A device that is trusted is not asked: this is sign_in_finish().
 * Else the answer leads to /sign-in/second-factor, with a cookie that says whose turn it is.
 * ERR_FORBIDDEN: the factor is of a kind that cannot be asked for here.
 */
enum err sign_in_second_factor(struct req *r, const struct sign_in *who) MUST_USE;

/* "4 minutes", for whoever has to wait. */
const char *sign_in_wait(struct arena *mem, int seconds);

#endif
