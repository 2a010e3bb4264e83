/* Signing in with e-mail and password, in Better Auth's formats. */
#ifndef PARLOR_ACCOUNT_H
#define PARLOR_ACCOUNT_H

#include "db/db.h"

/*
 * Checks a password. Attempts are counted before the costly hash: 5 in 15 minutes for an
 * account, 20 for a network; then ERR_LIMIT with *retry_after seconds. An unknown address costs
 * the same time as a wrong password: ERR_AUTH for both. ERR_FORBIDDEN: right, but the account
 * needs a second factor.
 */
enum err account_sign_in(struct db *db, struct arena *mem, const char *email, const char *password,
	const char *network, const char **user, int *retry_after) MUST_USE;

#endif
