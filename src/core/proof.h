/*
 * Proof of who a visitor is, made by the organization's server with a secret that Parlor knows as
 * well: a hash over organization, user and end, or a token (JWT). Pure: no database, no clock.
 * docs/identity.md says it to those who write the other side.
 */
#ifndef PARLOR_PROOF_H
#define PARLOR_PROOF_H

#include "base/arena.h"
#include "base/base.h"

struct json_object;

/* How far ahead the end of a hash and of a token may lie, in seconds; the longest id, in characters. */
enum { PROOF_HASH_SECONDS = 3600, PROOF_TOKEN_SECONDS = 24 * 3600, PROOF_ID_MAX = 128 };

/* Exactly one of hash and token; id may be NULL with a token, which names it itself. */
struct proof {
	const char *id, *hash, *token;
};

/* Who somebody is, as far as it is known. */
struct person {
	const char *key;	  /* the organization's id for the person */
	const char *name, *email; /* NULL when unknown */
	bool email_proven;
	const char *attributes; /* JSON object of what else the token says; NULL for nothing */
	const char *session;	/* for a sign-in at this site: SHA-256 of its token, else NULL */
	const char *until;	/* and its end, as a timestamp of PostgreSQL */
};

/*
 * Whether proof was made with secret for this organization and holds at now (seconds since 1970).
 * Fills *out from a token; from a hash only the key. False says no more than that.
 */
bool proof_fits(struct arena *mem, const char *secret, const char *organization,
	const struct proof *proof, int64_t now, struct person *out) MUST_USE;

#endif
