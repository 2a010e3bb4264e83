/*
 * On whose behalf something is read or written. Every function of core that touches tenant rows
 * takes one, and every statement names its organization: what it may not see is ERR_NOT_FOUND,
 * the same as what is not there.
 */
#ifndef PARLOR_ACCESS_H
#define PARLOR_ACCESS_H

#include "db/db.h"

struct access {
	struct db *db;
	struct arena *mem;
	const char *organization;
	const char *visitor; /* chat_users.id: only this visitor's own; NULL for staff */
	const char *name;    /* as others see the visitor, the agent, or the key's organization */
	const char *member;  /* members.id of the agent; NULL for a secret key or a visitor */
	/* For the audit log: "user" and users.id, "key" and api_keys.id, "visitor" and chat_users.id,
	   "operator" and the name of the system's user who ran a command. */
	const char *actor_type, *actor_id;
	const char *address; /* where from; NULL or "" for a command */
};

#endif
