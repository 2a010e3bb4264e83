/* Rate limits of requests. */
#include "web/limit.h"

#include "web/app.h"

enum err
request_limit(struct req *r, const struct limit *limit, const char *key)
{
	if (r->app->conf->limits_off)
		return ERR_NONE;
	return limit_take(r->db, r->mem, limit, key, &r->retry_after);
}
