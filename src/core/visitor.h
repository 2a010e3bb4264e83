/* Visitors (rows of chat_users) and the tokens they are known by. */
#ifndef PARLOR_VISITOR_H
#define PARLOR_VISITOR_H

#include "core/access.h"

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

/* What the visitor says about themselves: NULL leaves it. */
enum err visitor_update(const struct access *as, const char *name, const char *email) MUST_USE;

/* The visitor's own view {id, name, email}. */
enum err visitor_self(const struct access *as, const char **json) MUST_USE;

/* Staff's view of any visitor of the organization. */
enum err visitor_get(const struct access *as, const char *id, const char **json) MUST_USE;

#endif
