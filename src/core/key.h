/*
 * Secret keys (sk_...): what programs show. Only a hash is stored, so a key is shown once, when it is
 * made. A key acts for a member, and then ends with the membership and may at most what the member
 * may; or for the organization itself.
 */
#ifndef PARLOR_KEY_H
#define PARLOR_KEY_H

#include "core/access.h"

enum { KEY_NAME_MAX = 100, KEYS_LIVE_MAX = 100 };
enum { KEY_LIFETIME_MAX = 3650 * 86400, KEY_OVERLAP_MAX = 30 * 86400 }; /* seconds */

struct key_new {
	const char *name;
	const char *scopes; /* names of permissions separated by spaces, or "*" for all */
	const char *member; /* members.id; NULL: the organization itself */
	int64_t lifetime;   /* seconds; 0: it does not expire */
};

struct key_made {
	const char *id;
	const char *secret; /* for the one answer that shows it */
	const char *json;   /* parlor.key_json() */
};

/*
 * may: what its maker may; the key gets nothing beyond it (ERR_FORBIDDEN). ERR_INVALID: scopes name no
 * permission. ERR_NOT_FOUND: no such member. ERR_CONFLICT: KEYS_LIVE_MAX keys live already. Each of
 * these functions is a transaction, with its line in the audit log.
 */
enum err key_create(const struct access *as, unsigned may, const struct key_new *new,
	struct key_made *out) MUST_USE;

/* The same within a transaction of the caller's. */
enum err key_add(const struct access *as, unsigned may, const struct key_new *new,
	struct key_made *out) MUST_USE;

/*
 * A new secret with the name, scopes, member and lifetime of a key, which goes on for overlap seconds
 * (0: it ends now). ERR_FORBIDDEN: the key gives something beyond may, or acts for another member than
 * as->member; an operator may rotate all. ERR_CONFLICT: it has ended, or was rotated before.
 */
enum err key_rotate(const struct access *as, unsigned may, const char *key, int64_t overlap,
	struct key_made *out) MUST_USE;

/* Ends it at once, and what waits with it. Once more does nothing. */
enum err key_revoke(const struct access *as, const char *key) MUST_USE;

/* {"data":[...],"next":...}, newest first. ERR_INVALID: a bad after. */
enum err key_list(
	const struct access *as, const char *after, int64_t limit, const char **json) MUST_USE;

/* Whether every word of scopes is a permission that a key can have. */
bool key_scopes_are_good(const char *scopes);

/*
 * The publishable key. *key is the new one; the one before opens the widget for overlap seconds more.
 */
enum err key_publishable(const struct access *as, const char **key) MUST_USE;
enum err key_rotate_publishable(
	const struct access *as, int64_t overlap, const char **key) MUST_USE;

#endif
