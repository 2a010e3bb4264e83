/* Rate limits of requests, on the exact buckets of core/limit.h. */
#ifndef PARLOR_WEB_LIMIT_H
#define PARLOR_WEB_LIMIT_H

#include "core/limit.h"
#include "web/req.h"

/* One token for key; ERR_LIMIT with r->retry_after. Always good when limits are off (load tests). */
enum err request_limit(struct req *r, const struct limit *limit, const char *key) MUST_USE;
/* One token each of two buckets, of the second only when the first had one. */
enum err request_limit_both(struct req *r, const struct limit *first, const char *first_key,
	const struct limit *second, const char *second_key) MUST_USE;

/*
 * Tells the caller of an API how much of a limit is left: RateLimit-Policy and RateLimit
 * (draft-ietf-httpapi-ratelimit-headers), and what a 429 says of waiting.
 */
void request_limit_tell(struct req *r, const struct limit *limit, const struct limit_left *left);

/* Counts a request of staff at the API; ERR_LIMIT when member, key or organization has had its share. */
enum err request_limit_api(struct req *r) MUST_USE;

/* The limit as far as limits are on, for what takes its token itself; NULL when they are off. */
const struct limit *request_limit_on(const struct req *r, const struct limit *limit);

#endif
