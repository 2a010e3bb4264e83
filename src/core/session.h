/* Sessions of agents: rows of Better Auth's table, read and written in its format. */
#ifndef PARLOR_SESSION_H
#define PARLOR_SESSION_H

#include "db/db.h"

struct session {
	const char *token, *user;
	bool verified; /* the user's address */
	const char *organization,
		*organization_name; /* the active one that the user is a member of; NULL for none */
	const char *member;	    /* NULL for none */
	const char *name;
	const char *role;	       /* the effective chat_role */
	const char *organization_role; /* Better Auth's, several joined by commas */
	bool online;
	bool remember; /* not a session for one day */
	int64_t seconds_left;
};

/*
 * By token, checked for expiry and membership at every call. ERR_NOT_FOUND: no such session.
 */
enum err session_find(
	struct db *db, struct arena *mem, const char *token, struct session *out) MUST_USE;

/* A new session of 7 days, or of one day without remember. *token lives in mem. */
enum err session_create(struct db *db, struct arena *mem, const char *user, bool remember,
	const char *address, const char *user_agent, const char **token) MUST_USE;

/* 7 days from now. */
enum err session_renew(struct db *db, struct arena *mem, const char *token) MUST_USE;

/* Also ends the polls that wait with it. */
enum err session_end(struct db *db, struct arena *mem, const char *token) MUST_USE;
/* By sessions.id, of the user's own. ERR_NOT_FOUND: there is none. */
enum err session_end_one(
	struct db *db, struct arena *mem, const char *user, const char *id) MUST_USE;
/* All of the user's sessions but the one with the token keep; NULL: all. */
enum err session_end_others(
	struct db *db, struct arena *mem, const char *user, const char *keep) MUST_USE;

/* The same session goes on under a new token, which replaces *token. ERR_AUTH: it has ended. */
enum err session_rotate(struct db *db, struct arena *mem, const char **token) MUST_USE;

/*
 * Text of a JSON array, the asking session first, at most 100: {id, userAgent, address,
 * since: {iso}, renewed: {iso}, current}.
 */
enum err session_list(struct db *db, struct arena *mem, const char *user, const char *token,
	const char **json) MUST_USE;

/*
 * A device that is not asked for a second factor for 30 days: Better Auth's row. old: the identifier
 * of the row that the device showed, which is exchanged; NULL for a device that is new. *identifier is
 * what it shows the next time. ERR_AUTH: old is not, or no longer, good for this user.
 */
enum err session_trust_device(struct db *db, struct arena *mem, const char *user, const char *old,
	const char **identifier) MUST_USE;
enum err session_forget_devices(struct db *db, struct arena *mem, const char *user) MUST_USE;

#endif
