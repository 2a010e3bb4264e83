/* The staff's list of conversations, by whatever they ask for. */
#ifndef PARLOR_INBOX_H
#define PARLOR_INBOX_H

#include "core/access.h"

/*
 * Conversations that are looked at for one page when no index knows all that is asked for. The page then has
 * those of them that fit, and its next goes on behind the last one that was looked at.
 */
enum { INBOX_WALK = 2000 };

/* NULL: whatever it is. Times as PostgreSQL reads them. */
struct inbox_filter {
	const char *statuses, *priorities; /* text[] of words */
	const char *assignee;		   /* members.id, or "none" */
	const char *team;		   /* teams.id, or "none" */
	const char *tag;
	const char *visitor;	/* chat_users.id */
	const char *email;	/* of the visitor, in any case */
	const char *unread;	/* "true", "false" */
	const char *created[2]; /* from, and before */
	const char *updated[2];
	const char *attributes; /* JSON object of texts: top level of chat_users.metadata */
	const char *after;	/* the next of the page before, NULL for the first */
	int64_t limit;
};

/* {"data":[...],"next":...}, latest message first. ERR_INVALID: a bad after. */
enum err inbox_list(
	const struct access *as, const struct inbox_filter *filter, const char **json) MUST_USE;

#endif
