/*
 * Teams: groups of members that conversations can wait for. (The organization's people as a whole are
 * core/team.h.) Each function that changes is a transaction with its line in the audit log.
 */
#ifndef PARLOR_AGENT_TEAM_H
#define PARLOR_AGENT_TEAM_H

#include "core/access.h"

enum { AGENT_TEAM_NAME_MAX = 64, AGENT_TEAMS_MAX = 500 };

/* {"data":[...],"next":...}, by name. ERR_INVALID: a bad after. */
enum err agent_team_list(
	const struct access *as, const char *after, int64_t limit, const char **json) MUST_USE;

/* parlor.team_json(), and the version of what can be changed. */
enum err agent_team_get(
	const struct access *as, const char *id, const char **json, const char **version) MUST_USE;

/* ERR_CONFLICT: the name is taken. ERR_FULL: there are AGENT_TEAMS_MAX. */
enum err agent_team_create(const struct access *as, const char *name, const char **json) MUST_USE;

/*
 * versions: separated by blanks: only if it is one of them (ERR_CHANGED); NULL: whatever it is.
 * ERR_CONFLICT: the name is taken.
 */
enum err agent_team_rename(const struct access *as, const char *id, const char *name,
	const char *versions, const char **json, const char **version) MUST_USE;

/* Its conversations are nobody's team's then. */
enum err agent_team_delete(const struct access *as, const char *id) MUST_USE;

/* Once more does nothing. ERR_INVALID: no such member. */
enum err agent_team_join(
	const struct access *as, const char *id, const char *member, const char **json) MUST_USE;
/* ERR_NOT_FOUND: no such team, or the member is not in it. */
enum err agent_team_leave(const struct access *as, const char *id, const char *member) MUST_USE;

#endif
