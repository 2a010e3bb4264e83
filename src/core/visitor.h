/* Visitors (rows of chat_users) and the tokens they are known by. */
#ifndef PARLOR_VISITOR_H
#define PARLOR_VISITOR_H

#include "core/access.h"
#include "core/proof.h"

struct visitor_identity {
	const char *organization, *visitor, *name;
	const char *domains; /* chat_domain of the organization */
};

/* By token, before the organization is known. ERR_NOT_FOUND: unknown, expired or revoked. */
enum err visitor_by_token_find(
	struct db *db, struct arena *mem, const char *token, struct visitor_identity *out) MUST_USE;

struct visitor_new {
	const char *name, *email; /* as the visitor says; NULL when unknown */
	const char *user_agent, *address;
	const char *metadata; /* JSON object, NULL when none */
	const char *locale;   /* language tag (RFC 5646), NULL when unknown */
};

/* A new visitor of as->organization with a new token (in mem; only its hash is kept). */
enum err visitor_create(const struct access *as, const struct visitor_new *new, const char **id,
	const char **token) MUST_USE;

/* What an organization asks for, and what the token that came along stands for. */
struct visitor_had {
	const char *mode; /* "optional", "users", "everybody" */
	bool follow_sign_in;
	const char *visitor; /* NULL: the token is none, not good, or another organization's */
	bool verified;
	const char *session; /* for a token of a sign-in: SHA-256 of its session's token */
	const char *person;  /* whom a verified visitor stands for */
	const char *token;   /* as it came */
};

/* token may be NULL. Only of as->organization. */
enum err visitor_resume(
	const struct access *as, const char *token, struct visitor_had *out) MUST_USE;

/*
 * The one visitor who is this person, made when there is none; new holds what is claimed besides. The
 * token goes on when it stands for this person already. Else there is a new one: nobody who knew a
 * token before the person was known holds a good one after. *id and *token live in as->mem.
 */
enum err visitor_identify(const struct access *as, const struct visitor_new *new,
	const struct person *person, const struct visitor_had *had, const char **id,
	const char **token) MUST_USE;

/* What the visitor of a token says about themselves: NULL leaves it. Proven facts stay. */
enum err visitor_update(const struct access *as, const struct visitor_had *had, const char *name,
	const char *email) MUST_USE;

/* The token is good for nothing any more; who waits with it is told. */
enum err visitor_token_end(const struct access *as, const char *token) MUST_USE;

/* All tokens of a visitor, by staff. ERR_NOT_FOUND: no such visitor. */
enum err visitor_sign_out(const struct access *as, const char *id, int64_t *tokens) MUST_USE;

/* The visitor's own view {id, name, email, verified}. */
enum err visitor_self(const struct access *as, const char **json) MUST_USE;

/* Staff's view of any visitor of the organization. */
enum err visitor_get(const struct access *as, const char *id, const char **json) MUST_USE;
/* With the version of what staff can change of it: name, email, metadata. */
enum err visitor_read(
	const struct access *as, const char *id, const char **json, const char **version) MUST_USE;

/*
 * Within a transaction, without a token: a new visitor; and the one visitor who is a person, as in
 * visitor_identify(). made: whether there was none.
 */
enum err visitor_add(
	const struct access *as, const struct visitor_new *new, const char **id) MUST_USE;
enum err visitor_add_person(const struct access *as, const struct visitor_new *new,
	const struct person *person, const char **id, bool *made) MUST_USE;

#endif
