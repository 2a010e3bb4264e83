/* Members: users in an organization, with the two roles of docs/permissions.md. */
#ifndef PARLOR_MEMBER_H
#define PARLOR_MEMBER_H

#include "core/access.h"

/*
 * Makes a user a member and writes the line of the audit log: call it between db_begin() and
 * db_commit(). role: Better Auth's, several joined by commas; chat_role: NULL for what follows from
 * role. ERR_CONFLICT: is one already. ERR_INVALID: no such role. ERR_NOT_FOUND: no such user or
 * organization. Whether the actor may grant the role is the caller's to know.
 */
enum err member_add(const struct access *as, const char *user, const char *role,
	const char *chat_role, const char **id) MUST_USE;

/* Whether the words are roles that a member can have. */
bool member_role_is_good(const char *role);
bool member_chat_role_is_good(const char *chat_role);

#endif
