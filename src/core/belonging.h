/* The organizations of a user: which there are, which one is at work in a session, deleting one. */
#ifndef PARLOR_BELONGING_H
#define PARLOR_BELONGING_H

#include "core/access.h"

struct json_object;

/* Array of {id, name, role, owner, active, closing}, the oldest membership first. active: NULL for none. */
enum err belonging_list(struct db *db, struct arena *mem, const char *user, const char *active,
	struct json_object **out) MUST_USE;

/* ERR_NOT_FOUND: the session's user is no member there. */
enum err belonging_activate(
	struct db *db, struct arena *mem, const char *session, const char *organization) MUST_USE;

/*
 * Closes as->organization and has a job (job_organization.c) delete it with all that is in it. ERR_INVALID: typed is not its
 * name.
 */
enum err organization_delete(const struct access *as, const char *typed) MUST_USE;

#endif
