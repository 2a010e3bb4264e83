/* What the pages of accounts share. */
#ifndef PARLOR_DASH_ACCOUNT_H
#define PARLOR_DASH_ACCOUNT_H

#include "web/limit.h"
#include "web/req.h"

/* dash_sign_up.c */

/* "Look into your mail." */
enum err sign_up_sent(struct req *r, const char *email);
/* What is wrong with a form that makes an account. */
const char *sign_up_fault(struct req *r, const char *email, const char *password);
/* Counts an attempt to make an account; ERR_LIMIT. */
enum err sign_up_limit(struct req *r, const char *email) MUST_USE;

#endif
