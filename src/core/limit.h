/* Token buckets in PostgreSQL: exact over all workers and hosts. */
#ifndef PARLOR_LIMIT_H
#define PARLOR_LIMIT_H

#include "db/db.h"

struct limit {
	const char *name;
	int64_t burst;	 /* tokens a full bucket holds */
	int64_t seconds; /* in which an empty bucket fills up again */
};

/* What a bucket said. */
struct limit_left {
	int wait;	/* seconds until it holds a token; 0: it did, and one was taken */
	int64_t tokens; /* that are left */
};

/* Takes one token from the bucket of key. ERR_LIMIT with left->wait when it is empty. */
enum err limit_take(struct db *db, struct arena *mem, const struct limit *limit, const char *key,
	struct limit_left *left) MUST_USE;

/* The same for two buckets at once; the second is asked only when the first had a token. */
enum err limit_take_both(struct db *db, struct arena *mem, const struct limit *first,
	const char *first_key, const struct limit *second, const char *second_key,
	struct limit_left left[2]) MUST_USE;

/* From a column with what parlor.rate_take() returned, rounded up. */
struct limit_left limit_left(const struct rows *rows, int column);

/* The arguments of parlor.rate_take(), for a statement that takes its token itself. */
struct limit_args {
	const char *bucket; /* NULL without a limit */
	const char *burst, *per_second;
};
struct limit_args limit_args(struct arena *mem, const struct limit *limit, const char *key);

/* Requests of a member or key (by its id) at the staff's API. */
struct limit_api {
	int64_t per_minute;
	int64_t taken; /* tokens, 0: there is none for wait seconds */
	int64_t left;  /* in the caller's bucket */
	int wait;
};

/*
 * Takes the share-th part of a minute's tokens at once, at least one, from the caller's bucket and from
 * the organization's, or what they have of it.
 */
enum err limit_take_api(struct db *db, struct arena *mem, const char *organization,
	const char *caller, int64_t share, struct limit_api *out) MUST_USE;

/* Puts the token back: a sign-in that succeeded is no attempt to be counted. */
enum err limit_return(
	struct db *db, struct arena *mem, const struct limit *limit, const char *key) MUST_USE;

#endif
