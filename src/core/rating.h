/* What visitors think of their conversations: one rating each. JSON comes from parlor.rating_json(). */
#ifndef PARLOR_RATING_H
#define PARLOR_RATING_H

#include "core/access.h"

enum { RATING_COMMENT_MAX = 2000 };

/*
 * The visitor's rating of a conversation of their own, of whoever has it, or had it last; a second one
 * takes the place of the first. *json is the visitor's view; *is_new: there was none.
 */
enum err rating_put(const struct access *as, const char *conversation, int64_t score,
	const char *comment, const char **json, bool *is_new) MUST_USE;

/* For staff; "null" when the visitor gave none. ERR_NOT_FOUND: no such conversation. */
enum err rating_get(const struct access *as, const char *conversation, const char **json) MUST_USE;

struct rating_filter {
	const char *member;	  /* members.id, NULL for any */
	const char *score;	  /* a decimal number, NULL for any */
	const char *from, *until; /* timestamps of when it was first given, NULL for no bound */
	const char *after;	  /* the next of the page before, NULL for the first */
	int64_t limit;
};

/* {"data":[...],"next":...}, newest first. ERR_INVALID: a bad after. */
enum err rating_list(
	const struct access *as, const struct rating_filter *filter, const char **json) MUST_USE;

#endif
