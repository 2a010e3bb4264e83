/*
 * What a caller may do: one table of permissions, with the roles that have each. A row of the route
 * table names the permission it needs, and the dispatcher asks for it; a secret key's scopes are
 * names from the same table. docs/permissions.md shows the table.
 *
 * Two kinds of roles meet. Better Auth's (members.role: owner, admin, member) say who administers the
 * organization; chat_role (admin, supervisor, agent, viewer) says who works in the chat. A member has
 * what either gives.
 */
#ifndef PARLOR_PERMISSION_H
#define PARLOR_PERMISSION_H

#include "base/base.h"

/* Each is one bit of a set. */
enum permission {
	PERM_NONE = 0, /* a row for everybody or for visitors: who may call stands in its actors */
	PERM_SIGNED_IN = 1 << 0, /* whoever is somebody: what is their own */
	PERM_CONVERSATIONS_READ = 1 << 1,
	PERM_CONVERSATIONS_WRITE = 1 << 2,
	PERM_VISITORS_READ = 1 << 3,
	PERM_VISITORS_WRITE = 1 << 4,
	PERM_MEMBERS_READ = 1 << 5,
	PERM_MEMBERS_WRITE = 1 << 6,
	PERM_SETTINGS_READ = 1 << 7,
	PERM_SETTINGS_WRITE = 1 << 8,
	PERM_KEYS_WRITE = 1 << 9,
	PERM_AUDIT_READ = 1 << 10,
	PERM_ORGANIZATION_DELETE = 1 << 11,
	PERM_VISITORS_DELETE = 1 << 12,
};

enum role {
	ROLE_OWNER = 1, /* Better Auth's */
	ROLE_ADMIN = 2,
	ROLE_CHAT_ADMIN = 4, /* chat_role */
	ROLE_CHAT_SUPERVISOR = 8,
	ROLE_CHAT_AGENT = 16,
	ROLE_CHAT_VIEWER = 32,
};

struct permission_row {
	enum permission permission;
	const char *name; /* "conversations:read", also as the scope of a key */
	unsigned roles;	  /* enum role */
	const char *what;
};

extern const struct permission_row permissions[];
extern const size_t permissions_count;

/*
 * The set that a member has. role: Better Auth's, several joined by commas; chat_role: the effective
 * one (parlor.effective_chat_role). Unknown words give nothing.
 */
unsigned permission_of_member(const char *role, const char *chat_role);

/* The set of a key's scopes: "*" for all, or names separated by spaces. Unknown names give nothing. */
unsigned permission_of_scopes(const char *scopes);

/* The table as docs/permissions.md has it. */
struct buf;
void permission_table(struct buf *out);

/* "conversations:read"; NULL for a set or PERM_NONE. */
const char *permission_name(unsigned permission);
/* 0 when there is none of this name. */
enum permission permission_named(const char *name, size_t len);

#endif
