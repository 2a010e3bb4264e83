/* Conversations. JSON comes from parlor.conversation_json(). */
#ifndef PARLOR_CONVERSATION_H
#define PARLOR_CONVERSATION_H

#include "core/access.h"
#include "core/message.h"

struct conversation_new {
	const char *client_id, *content; /* of the first message */
	const char *files;		 /* its files, as in struct message_new */
	const char *page_url, *referrer; /* NULL when unknown */
};

/*
 * A visitor's new conversation with its first message; as->visitor is set. The same client id
 * again gives the same conversation and message.
 */
enum err conversation_create(const struct access *as, const struct conversation_new *new,
	const char **conversation_json, struct message *first) MUST_USE;

enum err conversation_get(const struct access *as, const char *id, const char **json) MUST_USE;
/* With the version of what can be changed of it: status, priority, subject, tags, assignee. */
enum err conversation_read(
	const struct access *as, const char *id, const char **json, const char **version) MUST_USE;

/* {"data":[...],"next":null}: the visitor's own, newest first. */
enum err conversation_list_own(const struct access *as, const char **json) MUST_USE;
/* The visitor's newest conversation that is not closed, or "null". */
enum err conversation_current(const struct access *as, const char **json) MUST_USE;

struct conversation_filter {
	const char *status;   /* NULL for any */
	const char *assignee; /* members.id, "none", or NULL for any */
	const char *after;    /* the next of the page before, NULL for the first */
	int64_t limit;
};

/* Staff: {"data":[...],"next":...}, latest message first. ERR_INVALID: a bad after. */
enum err conversation_list(const struct access *as, const struct conversation_filter *filter,
	const char **json) MUST_USE;

struct conversation_patch {
	const char *status, *priority; /* NULL leaves it */
	const char *subject;
	bool has_subject; /* then NULL clears it */
	const char *tags; /* JSON array, NULL leaves it */
	const char *
		versions; /* separated by blanks: only if it is one of them; NULL: whatever it is */
};

/* version may be NULL. ERR_CHANGED: it is another version. */
enum err conversation_update(const struct access *as, const char *id,
	const struct conversation_patch *patch, const char **json, const char **version) MUST_USE;

/* agent: members.id, or NULL to take the conversation from everybody. ERR_INVALID: no such agent. */
enum err conversation_assign(
	const struct access *as, const char *id, const char *agent, const char **json) MUST_USE;

/* Everything up to seq was seen, by the visitor or, for staff, by the agents. */
enum err conversation_mark_read(const struct access *as, const char *id, int64_t seq) MUST_USE;

/*
 * Tells the others that somebody writes (or stopped). It lives in the pollers' memory for
 * seconds and touches no table.
 */
enum err conversation_typing(
	const struct access *as, const char *id, const char *name, bool typing) MUST_USE;

#endif
