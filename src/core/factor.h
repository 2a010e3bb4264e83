/*
 * The second factor: codes of an authenticator app and backup codes, in the rows and formats of Better
 * Auth's plugin. The secret and the backup codes are sealed with the secret of the installation.
 */
#ifndef PARLOR_FACTOR_H
#define PARLOR_FACTOR_H

#include "core/account.h"

enum { FACTOR_CODES = 10, FACTOR_CODE_LEN = 11 };

/* A code that somebody typed. */
struct factor_try {
	const char *factor;  /* account.factor */
	const char *secret;  /* of the installation */
	const char *code;    /* six digits, or a backup code; blanks and dashes do not matter */
	const char *network; /* whose guesses are counted */
};

/*
 * Takes a code. One is taken once: a step of the app's codes is remembered, a backup code is removed.
 * Guesses are looked at one after the other, however many come at once; ten wrong ones in a row lock
 * the factor for 15 minutes. ERR_AUTH: wrong, or used. ERR_LIMIT: locked, or too many guesses from the
 * network, for *retry_after seconds.
 * ERR_NOT_FOUND: the factor is gone. Opens and ends a transaction of its own.
 */
enum err factor_check(struct db *db, struct arena *mem, const struct factor_try *attempt,
	int *retry_after) MUST_USE;

/* How many backup codes are left; -1 when they cannot be read (sealed with another secret). */
int factor_codes_left(struct arena *mem, const char *secret, const char *sealed);

/*
 * A secret that is being set up is nowhere but on the page that shows it, sealed, for 15 minutes. So
 * what was begun and left leaves nothing behind.
 */
const char *factor_begin(const struct self *self, const struct account *account);
/* The secret in the text that factor_begin() made for this user; NULL: it is not, or too old. */
const char *factor_begun(const struct self *self, const struct account *account, const char *text);

/* Ten codes for paper, "aB3dE-fG5hJ". */
struct factor_codes {
	char code[FACTOR_CODES][FACTOR_CODE_LEN + 1];
};

/*
 * Switches the factor on when code is one of secret's; fills codes, which are shown once. The other
 * sessions end (account_changed()). ERR_AUTH: the wrong code. ERR_CONFLICT: it is on already.
 */
enum err factor_enable(struct self *self, const struct account *account, const char *secret,
	const char *code, struct factor_codes *codes) MUST_USE;

/* After account_prove() and factor_check(). ERR_CONFLICT: it is off already. */
enum err factor_disable(struct self *self, const struct account *account) MUST_USE;
/* New backup codes instead of the old ones. ERR_CONFLICT: the factor is gone. */
enum err factor_renew_codes(
	struct self *self, const struct account *account, struct factor_codes *codes) MUST_USE;

#endif
