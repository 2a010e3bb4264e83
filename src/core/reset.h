/* A forgotten password, in Better Auth's rows: a link of either side is good on the other. */
#ifndef PARLOR_RESET_H
#define PARLOR_RESET_H

#include "base/conf.h"
#include "db/db.h"

/*
 * Notes that somebody forgot the password of an address, known or not: a job (job_reset.c) does the rest.
 */
enum err reset_ask(
	struct db *db, struct arena *mem, const char *email, const char *address) MUST_USE;
enum { RESET_TOKEN_LEN = 24, RESET_MINUTES = 60 };

/* Whether a token is one of 24 characters, known and not over. ERR_NOT_FOUND otherwise. */
enum err reset_check(struct db *db, struct arena *mem, const char *token) MUST_USE;
/*
 * Sets the password, uses up the token, ends all sessions, and takes the address as proved: the token
 * came there by mail. ERR_NOT_FOUND as reset_check(). ERR_INVALID: no good password; the token stays.
 */
enum err reset_finish(struct db *db, struct arena *mem, const struct conf *conf, const char *token,
	const char *password, const char *address) MUST_USE;

#endif
