/*
 * Rate limits of requests.
 *
 * Those of the staff's API are not taken one by one: a bucket in PostgreSQL for each request would cost
 * more than a third of sending a message. A worker takes a share of a minute at once and gives from that; it
 * never gives more than it took. What lies in other workers is not lost to a caller whose requests go on
 * reaching them; a share that nobody asks for is forgotten after ten seconds.
 */
#include "web/limit.h"

#include "base/util.h"
#include "web/app.h"
#include "web/reply.h"
#include "web/route.h"

#include <stdio.h>
#include <string.h>

enum { SHARES = 40, SLOTS = 512, ID_MAX = 64, KEEP_MS = 10000 };

/* Of one caller. Another one that falls on the same slot takes it over. */
struct share {
	char caller[ID_MAX + 1];
	int64_t tokens, left, per_minute;
	int64_t until; /* monotonic ms */
};

/* One table a process, like the log: requests have no other place in common. */
static struct share shares[SLOTS];

const struct limit *
request_limit_on(const struct req *r, const struct limit *limit)
{
	return r->app->conf->limits_off ? NULL : limit;
}

void
request_limit_tell(struct req *r, const struct limit *limit, const struct limit_left *left)
{
	const int64_t gone = limit->burst - left->tokens;

	if (left->wait)
		r->retry_after = left->wait;
	if (r->route->flags & R_PAGE)
		return;
	reply_header(r, "RateLimit-Policy",
		arena_printf(r->mem, "\"%s\";q=%lld;w=%lld", limit->name, (long long)limit->burst,
			(long long)limit->seconds));
	reply_header(r, "RateLimit",
		arena_printf(r->mem, "\"%s\";r=%lld;t=%lld", limit->name, (long long)left->tokens,
			(long long)((gone * limit->seconds + limit->burst - 1) / limit->burst)));
}

enum err
request_limit(struct req *r, const struct limit *limit, const char *key)
{
	struct limit_left left;
	enum err e;

	if (!request_limit_on(r, limit))
		return ERR_NONE;
	e = limit_take(r->db, r->mem, limit, key, &left);
	if (!e || e == ERR_LIMIT)
		request_limit_tell(r, limit, &left);
	return e;
}

enum err
request_limit_both(struct req *r, const struct limit *first, const char *first_key,
	const struct limit *second, const char *second_key)
{
	struct limit_left left[2];
	enum err e;

	if (r->app->conf->limits_off)
		return ERR_NONE;
	e = limit_take_both(r->db, r->mem, first, first_key, second, second_key, left);
	if (e && e != ERR_LIMIT)
		return e;
	request_limit_tell(r, first, &left[0]);
	if (!left[0].wait)
		request_limit_tell(r, second, &left[1]);
	return e;
}

static struct share *
share_of(const char *caller)
{
	unsigned hash = 5381;

	for (const char *p = caller; *p; p++)
		hash = hash * 33 ^ (unsigned char)*p;
	return &shares[hash % SLOTS];
}

/* A new share; under CGI, where a process has one request, of one. */
static enum err
fetch(struct req *r, struct share *s, struct limit_left *left)
{
	struct limit_api api;
	enum err e = limit_take_api(r->db, r->mem, r->who.organization, r->who.id,
		r->app->polls_are_held ? SHARES : INT32_MAX, &api);

	if (e)
		return e;
	snprintf(s->caller, sizeof(s->caller), "%s", r->who.id);
	s->tokens = api.taken;
	s->left = api.left;
	s->per_minute = api.per_minute;
	s->until = time_monotonic_ms() + KEEP_MS;
	left->wait = api.taken ? 0 : api.wait;
	return ERR_NONE;
}

enum err
request_limit_api(struct req *r)
{
	struct share *s = share_of(r->who.id);
	struct limit_left left = { 0 };
	enum err e;

	if (r->app->conf->limits_off || strlen(r->who.id) > ID_MAX)
		return ERR_NONE;
	if (strcmp(s->caller, r->who.id) != 0 || s->tokens == 0 || time_monotonic_ms() > s->until)
		if ((e = fetch(r, s, &left)))
			return e;
	if (!left.wait) {
		s->tokens--;
		left.tokens = s->left + s->tokens;
	}
	request_limit_tell(r, &(struct limit){ "api", s->per_minute, 60 }, &left);
	return left.wait ? ERR_LIMIT : ERR_NONE;
}
