/*
 * The people of an organization: who they are, what they may, who leaves. Only an owner grants or alters
 * owner, and the last owner cannot go; administrators do all else. Better Auth has the same rules.
 */
#ifndef PARLOR_TEAM_H
#define PARLOR_TEAM_H

#include "core/access.h"

struct json_object;

/* Array of members, by name; see templates/dash/team.html. */
enum err team_list(const struct access *as, struct json_object **out) MUST_USE;

/* {"data":[...],"next":...}: members, the oldest membership first. ERR_INVALID: a bad after. */
enum err team_members(
	const struct access *as, const char *after, int64_t limit, const char **json) MUST_USE;
/* One of that list, with the version of what team_change() changes. */
enum err team_member(const struct access *as, const char *member, const char **json,
	const char **version) MUST_USE;

/* What is NULL or below zero is left alone. */
struct team_change {
	const char *role;	  /* Better Auth's; as it is: left alone, whatever it is */
	const char *chat_role;	  /* "" for what follows from role */
	const char *display_name; /* "" for the user's own name */
	int64_t max_chats;	  /* 0 for no limit */
	const char *versions;	  /* as of a conversation's patch */
};

/* What may stand against it. */
enum team_refusal { TEAM_FINE, TEAM_OWNER_ONLY, TEAM_LAST_OWNER, TEAM_BAD_ROLE };

/*
 * Changes a member. ERR_NOT_FOUND: not in this organization. ERR_CHANGED: it is another version.
 * ERR_FORBIDDEN with *why when a rule stands against it. Nothing was changed then.
 */
enum err team_change(const struct access *as, const char *member, const struct team_change *change,
	enum team_refusal *why) MUST_USE;
/* Removes a member, who may be as->member: then they leave. Errors as above. */
enum err team_remove(const struct access *as, const char *member, enum team_refusal *why) MUST_USE;

/* Within a transaction: changes of who is in the organization wait for one another. */
enum err team_lock(const struct access *as) MUST_USE;

/* Whether a role of Better Auth's, several joined by commas, holds owner. */
bool role_is_owner(const char *role);

#endif
