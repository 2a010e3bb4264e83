/* Messages and private notes of a conversation. JSON comes from parlor.message_json(). */
#ifndef PARLOR_MESSAGE_H
#define PARLOR_MESSAGE_H

#include "core/access.h"
#include "core/limit.h"

enum { MESSAGE_MAX = 8000 }; /* code points of content */

struct message_new {
	const char *conversation;
	const char *client_id; /* made by the sender; the same again gives the same message */
	const char *content;
	const char *files; /* a text[] of ids of attachments, in their order; NULL for none */
	const struct limit *limit; /* a token is taken in the same statement; NULL for none */
	const char *limit_key;	   /* whose bucket */
};

struct message {
	const char *json;
	const char *visitor;	/* whose conversation it is, for waking */
	bool repeated;		/* it was there already */
	struct limit_left left; /* of the limit; wait with ERR_LIMIT */
};

/*
 * Appends in the conversation's order and wakes those who wait. ERR_NOT_FOUND: no such
 * conversation. ERR_CONFLICT: the client id stands for another content already. ERR_LIMIT: the bucket
 * is empty, see left. ERR_INVALID: not all files are there, unsent, and the sender's own of the
 * last 24 hours.
 */
enum err message_append(
	const struct access *as, const struct message_new *new, struct message *out) MUST_USE;

/* The same inside a transaction: whoever commits it wakes (core/hint.h). */
enum err message_insert(
	const struct access *as, const struct message_new *new, struct message *out) MUST_USE;

/* A private note, which only staff see. Errors as message_append. */
enum err note_append(
	const struct access *as, const struct message_new *new, struct message *out) MUST_USE;

/*
 * {"data":[...],"next":...}: ascending; after = 0 starts at the first; before = 0 for no end,
 * else the limit messages before that seq. Notes are in it for staff.
 */
enum err message_list(const struct access *as, const char *conversation, int64_t after,
	int64_t before, int64_t limit, const char **json) MUST_USE;

#endif
