/*
 * The audit log: who did what to what, when, from where. Written in the transaction of the act, so
 * there is no act without its line and no line without its act.
 */
#ifndef PARLOR_AUDIT_H
#define PARLOR_AUDIT_H

#include "core/access.h"

struct audit {
	const char *action;		     /* "key.created": a noun and what became of it */
	const char *target_type, *target_id; /* "key", its id; NULL for the organization itself */
	struct json_object *changes; /* what changed, as {"field": new} or {"field": [old, new]};
					never a secret. NULL for nothing to tell */
};

/* Call it between db_begin() and db_commit() of the act. Takes over entry->changes. */
enum err audit_write(const struct access *as, const struct audit *entry) MUST_USE;

/*
 * An act on an account (a password, a second factor): a line in each organization that the user is a
 * member of. The actor is the user; address as in struct access.
 */
enum err audit_write_account(struct db *db, struct arena *mem, const char *user, const char *action,
	const char *address) MUST_USE;

struct audit_filter {
	const char *after; /* the next of the page before, NULL for the first */
	int64_t limit;
};

/* {"data":[...],"next":...}, newest first. ERR_INVALID: a bad after. */
enum err audit_list(
	const struct access *as, const struct audit_filter *filter, const char **json) MUST_USE;

#endif
