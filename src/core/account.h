/* Signing in with e-mail and password, in Better Auth's formats, and one's own account. */
#ifndef PARLOR_ACCOUNT_H
#define PARLOR_ACCOUNT_H

#include "db/db.h"

/* Who gave the right password. */
struct login {
	const char *user;
	bool second_factor; /* is asked for as well: there must be no session yet */
};

/*
 * Checks a password. Attempts are counted before the costly hash: 5 in 15 minutes for an
 * account, 20 for a network; then ERR_LIMIT with *retry_after seconds. An unknown address costs
 * the same time as a wrong password: ERR_AUTH for both. ERR_UNAVAILABLE: too many are hashed now;
 * such an attempt does not count.
 */
enum err account_sign_in(struct db *db, struct arena *mem, const char *email, const char *password,
	const char *network, struct login *who, int *retry_after) MUST_USE;

/*
 * A guess at something else than the password counts for the network like one at a password, before it
 * is looked at; one that was right is forgotten.
 */
enum err account_count_guess(
	struct db *db, struct arena *mem, const char *network, int *retry_after) MUST_USE;
enum err account_forget_guess(struct db *db, struct arena *mem, const char *network) MUST_USE;

/* An account as its owner sees it. */
struct account {
	const char *user, *email, *name;
	bool has_password;  /* false: signs in by another service only */
	const char *tag;    /* of the password: another one has another */
	bool second_factor; /* is asked for at sign-in */
	const char *factor; /* two_factors.id; NULL: none that we know how to ask for */
	const char *codes;  /* its backup codes, sealed */
	bool verified;	    /* the factor's app has been confirmed */
	int64_t now;	    /* seconds since 1970 UTC, by the database's clock */
};

/* ERR_NOT_FOUND: no such user, or a banned one. */
enum err account_look(
	struct db *db, struct arena *mem, const char *user, struct account *out) MUST_USE;

/*
 * Somebody signed in who does something to the own account. What is done ends all other sessions, gives
 * this one a new token, is told in the audit log, and by mail.
 */
struct self {
	struct db *db;
	struct arena *mem;
	const char *user;
	const char *session; /* sessions.token; replaced by the new one */
	const char *address, *network;
	const char *secret; /* of the installation */
	const char *link; /* for the mail: where to choose a new password; NULL: no mail is sent */
};

/* The password again, before something that matters; counted and answered like account_sign_in(). */
enum err account_prove(struct self *self, const struct account *account, const char *password,
	int *retry_after) MUST_USE;

/* After account_prove(). ERR_INVALID: shorter or longer than Better Auth takes, or not UTF-8. */
enum err account_change_password(
	struct self *self, const struct account *account, const char *password) MUST_USE;

/* "25 November 2026, 18:45 UTC": now, as mails show it. */
const char *account_moment(struct arena *mem);

/*
 * Ends the other sessions and forgets trusted devices, writes action ("password.changed") into the
 * audit log, and queues the mail: for those who change what signing in asks for, within their
 * transaction. data: what the mail says besides; taken over.
 */
struct json_object;
enum err account_changed(struct self *self, const struct account *account, const char *action,
	const char *mail, struct json_object *data) MUST_USE;

#endif
