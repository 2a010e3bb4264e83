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

#endif
