/* Token buckets in PostgreSQL: exact over all workers and hosts. */
#ifndef PARLOR_LIMIT_H
#define PARLOR_LIMIT_H

#include "db/db.h"

struct limit {
	const char *name;
	int64_t burst;	 /* tokens a full bucket holds */
	int64_t seconds; /* in which an empty bucket fills up again */
};

/* Takes one token from the bucket of key. ERR_LIMIT with *retry_after seconds when it is empty. */
enum err limit_take(struct db *db, struct arena *mem, const struct limit *limit, const char *key,
	int *retry_after) MUST_USE;

/* The same for two buckets at once; the second is asked only when the first had a token. */
enum err limit_take_both(struct db *db, struct arena *mem, const struct limit *first,
	const char *first_key, const struct limit *second, const char *second_key,
	int *retry_after) MUST_USE;

/* The arguments of parlor.rate_take(), for a statement that takes its token itself. */
struct limit_args {
	const char *bucket; /* NULL without a limit */
	const char *burst, *per_second;
};
struct limit_args limit_args(struct arena *mem, const struct limit *limit, const char *key);

/* Puts the token back: a sign-in that succeeded is no attempt to be counted. */
enum err limit_return(
	struct db *db, struct arena *mem, const struct limit *limit, const char *key) MUST_USE;

#endif
