/* Rate limits of requests. */
#include "web/limit.h"

#include "web/app.h"

const struct limit *
request_limit_on(const struct req *r, const struct limit *limit)
{
	return r->app->conf->limits_off ? NULL : limit;
}

enum err
request_limit(struct req *r, const struct limit *limit, const char *key)
{
	limit = request_limit_on(r, limit);
	return limit ? limit_take(r->db, r->mem, limit, key, &r->retry_after) : ERR_NONE;
}

enum err
request_limit_both(struct req *r, const struct limit *first, const char *first_key,
	const struct limit *second, const char *second_key)
{
	if (r->app->conf->limits_off)
		return ERR_NONE;
	return limit_take_both(
		r->db, r->mem, first, first_key, second, second_key, &r->retry_after);
}
