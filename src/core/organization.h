/* Organizations (tenants): what their publishable and secret keys open. */
#ifndef PARLOR_ORGANIZATION_H
#define PARLOR_ORGANIZATION_H

#include "core/access.h"

struct organization_public {
	const char *id;
	const char *domains;  /* chat_domain, NULL for any */
	const char *settings; /* JSON, what the widget shows */
};

/* By publishable key (pk_...), before a tenant is known. ERR_NOT_FOUND: unknown or switched off. */
enum err organization_by_key(struct db *db, struct arena *mem, const char *key,
	struct organization_public *out) MUST_USE;

struct key_identity {
	const char *organization, *organization_name;
	const char *key; /* parlor.api_keys.id */
	const char *name;
	const char *member; /* whom it acts for, NULL: the organization itself */
	unsigned may;	    /* set of enum permission: its scopes, at most what the member may */
};

/* By secret key (sk_...). ERR_NOT_FOUND: unknown, expired or revoked. */
enum err organization_by_secret_key(
	struct db *db, struct arena *mem, const char *secret, struct key_identity *out) MUST_USE;

#endif
