/* Organizations (tenants): what their publishable and secret keys open. */
#ifndef PARLOR_ORGANIZATION_H
#define PARLOR_ORGANIZATION_H

#include "core/access.h"

struct organization_public {
	const char *id;
	const char *domains;  /* chat_domain, NULL for any */
	const char *settings; /* JSON, what the widget shows */
};

/*
 * By publishable key (pk_...), before a tenant is known; also by one that was rotated and is still good.
 * ERR_NOT_FOUND: unknown or switched off.
 */
enum err organization_by_key(struct db *db, struct arena *mem, const char *key,
	struct organization_public *out) MUST_USE;

struct organization_new {
	const char *name;
	const char *slug;  /* NULL: made from the name, with a suffix when it is taken */
	const char *owner; /* users.id, who becomes its owner; NULL: it has no member yet */
	/* For the first line of its audit log, as in struct access; NULL actor_type: no line. */
	const char *actor_type, *actor_id, *address;
};

/*
 * A new organization with the widget's defaults, in one statement. *id is its id, *key its publishable
 * key. ERR_CONFLICT: the slug that was asked for is taken. ERR_INVALID: no name, or no slug of 1 to 48
 * of [a-z0-9-]. ERR_NOT_FOUND: no such user.
 */
enum err organization_create(struct db *db, struct arena *mem, const struct organization_new *new,
	const char **id, const char **key) MUST_USE;

/* "Café Zürich 24/7" becomes "cafe-zurich-24-7"; what has no letter for it becomes "organization". */
const char *organization_slug(struct arena *mem, const char *name);
bool organization_slug_is_good(const char *slug);

/* A new publishable key: "pk_" and 32 of [a-zA-Z0-9]. */
const char *organization_new_key(struct arena *mem);

struct key_identity {
	const char *organization, *organization_name;
	const char *key; /* parlor.api_keys.id */
	const char *name;
	const char *member; /* whom it acts for, NULL: the organization itself */
	unsigned may;	    /* set of enum permission: its scopes, at most what the member may */
};

/* By secret key (sk_...), whose use is noted once a minute. ERR_NOT_FOUND: unknown, expired or revoked. */
enum err organization_by_secret_key(
	struct db *db, struct arena *mem, const char *secret, struct key_identity *out) MUST_USE;

#endif
