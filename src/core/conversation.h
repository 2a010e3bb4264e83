/* Conversations. JSON comes from parlor.conversation_json(). */
#ifndef PARLOR_CONVERSATION_H
#define PARLOR_CONVERSATION_H

#include "core/access.h"
#include "core/message.h"

/* What they can be, separated as struct field has it. */
#define CONVERSATION_STATUSES "open|waiting|resolved|closed"
#define CONVERSATION_PRIORITIES "low|normal|high|urgent"

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
/* With the version of what can be changed of it: status, priority, subject, tags, assignee, team. */
enum err conversation_read(
	const struct access *as, const char *id, const char **json, const char **version) MUST_USE;

/* {"data":[...],"next":null}: the visitor's own, newest first. */
enum err conversation_list_own(const struct access *as, const char **json) MUST_USE;
/* The visitor's newest conversation that is not closed, or "null". */
enum err conversation_current(const struct access *as, const char **json) MUST_USE;

/* What a conversation was to be given to, or begun with, and is not in the organization. */
enum conversation_absent { ABSENT_AGENT, ABSENT_TEAM, ABSENT_VISITOR };

/* Whether a member and a team are there; NULL is. ERR_INVALID with *absent: one is not. */
enum err conversation_places(const struct access *as, const char *agent, const char *team,
	enum conversation_absent *absent) MUST_USE;

struct conversation_start {
	const char *visitor;				      /* chat_users.id */
	const char *client_id, *content;		      /* of the first message, an agent's */
	const char *priority, *subject, *tags, *agent, *team; /* as below; NULL for none */
	enum conversation_absent absent;		      /* with ERR_INVALID */
};

/*
 * Staff begin a conversation. The same client id again gives the same conversation and message.
 * ERR_CONFLICT: the client id stands for another first message. ERR_INVALID: see new->absent.
 */
enum err conversation_start(const struct access *as, struct conversation_start *new,
	const char **conversation_json, struct message *first) MUST_USE;

struct conversation_patch {
	const char *status, *priority; /* NULL leaves it */
	const char *subject;
	bool has_subject; /* then NULL clears it */
	const char *tags; /* JSON array, NULL leaves it */
	const char *team; /* teams.id */
	bool has_team;	  /* then NULL takes it from every team */
	const char *
		versions; /* separated by blanks: only if it is one of them; NULL: whatever it is */
};

/* version may be NULL. ERR_CHANGED: it is another version. ERR_INVALID: no such team. */
enum err conversation_update(const struct access *as, const char *id,
	const struct conversation_patch *patch, const char **json, const char **version) MUST_USE;

/* Whose it becomes; what is not said stays. */
struct conversation_owner {
	const char *agent, *team; /* members.id, teams.id; NULL for nobody */
	bool has_agent, has_team;
};

/* ERR_INVALID: *absent is not there. */
enum err conversation_assign(const struct access *as, const char *id,
	const struct conversation_owner *to, const char **json,
	enum conversation_absent *absent) MUST_USE;

/* Everything up to seq was seen, by the visitor or, for staff, by the agents. */
enum err conversation_mark_read(const struct access *as, const char *id, int64_t seq) MUST_USE;

/*
 * Tells the others that somebody writes (or stopped). It lives in the pollers' memory for
 * seconds and touches no table.
 */
enum err conversation_typing(
	const struct access *as, const char *id, const char *name, bool typing) MUST_USE;

#endif
