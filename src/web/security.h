/* What the pages of one's own security share. */
#ifndef PARLOR_SECURITY_H
#define PARLOR_SECURITY_H

#include "core/account.h"
#include "web/req.h"

/* What was wrong with a form of the page, and which. */
struct security_fault {
	const char *form; /* "password", "begin", "codes", "disable" */
	const char *text;
};

/* Who is asking, for core. */
struct self security_self(struct req *r);

/* The page; fault: NULL when nothing is wrong. */
enum err security_page(struct req *r, int status, const struct security_fault *fault) MUST_USE;

/*
 * The page again for an error of account_prove(), factor_check() and the like: the wrong password, too
 * many attempts with wait seconds to go. Any other error comes back as it is.
 */
enum err security_refuse(struct req *r, const char *form, enum err e, int wait) MUST_USE;

#endif
