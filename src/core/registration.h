/*
 * Accounts that people make themselves, in Better Auth's formats: signing up, and proving an address.
 * Where mail is configured an account is of no use before its address
 * was proved; where it is not there is nothing to prove it with.
 */
#ifndef PARLOR_REGISTRATION_H
#define PARLOR_REGISTRATION_H

#include "base/conf.h"
#include "db/db.h"

/* Whether anybody may make an account and an organization, or only those who were invited. */
bool registration_is_open(const struct conf *conf);

/* Whether an account can have this address: where mail is configured, one that mail can be sent to. */
bool registration_takes(const struct conf *conf, const char *email);

struct registration {
	const char *name, *email, *password;
	const char *organization; /* its name; NULL when an invitation is waiting */
	bool verified;		  /* the address was proved already, by the link of a mail */
	const char *next;    /* where to go after the proof, a path of this site; NULL: nowhere */
	const char *address; /* for the audit log */
};

/*
 * An account, and with an organization's name an organization that it owns. Where addresses are proved
 * the link for that is mailed. *user is users.id. An address that has an account: ERR_CONFLICT, or where
 * mail is configured a mail that says so, ERR_NONE, and *user NULL: the page must say the same. The
 * exception is a registration that is verified already, whose maker may know. ERR_INVALID: what is wrong
 * registration_takes() and user_password_is_good() tell.
 */
enum err registration_create(struct db *db, struct arena *mem, const struct conf *conf,
	const struct registration *new, const char **user) MUST_USE;

struct user_facts {
	const char *name, *email;
	bool verified;
};

enum err user_facts(
	struct db *db, struct arena *mem, const char *user, struct user_facts *out) MUST_USE;

/* Mails the link that proves the address once more. next as above. */
enum err registration_mail_proof(struct db *db, struct arena *mem, const struct conf *conf,
	const char *user, const char *next) MUST_USE;

/* What a link of ours or of Better Auth's proves. */
struct address_proof {
	const char *email;
	const char *user; /* NULL: whoever has the address */
};

/* ERR_AUTH: the token is none, is over, or is for another purpose. */
enum err address_proof_read(struct arena *mem, const struct conf *conf, const char *token,
	struct address_proof *out) MUST_USE;
/* Marks the address as proved; the same again does nothing. ERR_NOT_FOUND: nobody has it any more. */
enum err address_proof_use(struct db *db, struct arena *mem, const struct address_proof *proof,
	const char *address) MUST_USE;

#endif
