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
