/*
 * Users: people who sign in, in the rows that Better Auth writes and reads. The passwords of the whole
 * program are made here and nowhere else. Each function is one statement, so it is done as a whole or
 * not at all, also outside a transaction.
 */
#ifndef PARLOR_USER_H
#define PARLOR_USER_H

#include "db/db.h"

struct user_new {
	const char *email; /* stored in lower case */
	const char *name;
	const char *password; /* NULL: there is no credential yet */
	bool verified;	      /* the address was proved to be theirs */
};

/*
 * *id is the new users.id. ERR_CONFLICT: the address is taken. ERR_INVALID: no address, no name, or no
 * good password; user_address_is_good() and user_password_is_good() tell which.
 */
enum err user_create(
	struct db *db, struct arena *mem, const struct user_new *new, const char **id) MUST_USE;

/*
 * The password from now on, where there was none too. Ends all sessions of the user, and what waits
 * with them. ERR_INVALID: no good password. ERR_NOT_FOUND: no such user.
 */
enum err user_set_password(
	struct db *db, struct arena *mem, const char *user, const char *password) MUST_USE;

/* users.id by address, in whatever case. ERR_NOT_FOUND. */
enum err user_by_address(
	struct db *db, struct arena *mem, const char *email, const char **id) MUST_USE;

/* As addresses are stored: in lower case, as JavaScript's toLowerCase() has it. */
const char *user_address(struct arena *mem, const char *email);
/* something@something without blanks, at most 254 bytes: mail tells the rest. */
bool user_address_is_good(const char *email);

/* Better Auth's rule: UTF-8 of 8 to 128 UTF-16 units, before any normalization. */
enum { PASSWORD_MIN = 8, PASSWORD_MAX = 128 };
bool user_password_is_good(const char *password);

#endif
