/* Ratings: given by visitors, read by staff. */
#include "web/api.h"

#include "base/util.h"
#include "core/rating.h"
#include "web/auth.h"
#include "web/input.h"
#include "web/limit.h"
#include "web/query.h"
#include "web/reply.h"

#include <string.h>

static const struct limit ratings = { "rating", 20, 3600 };

enum err
api_rating_post(struct req *r)
{
	const char *comment = NULL, *json;
	int64_t score = 0;
	const struct field fields[] = {
		{ "score", F_INT, &score, .min = 1, .max = 5, .optional = false },
		{ "comment", F_TEXT, &comment, .max = RATING_COMMENT_MAX, .optional = true,
			.nullable = true },
		{ 0 },
	};
	const struct access as = auth_access(r);
	bool is_new;
	enum err e;

	if ((e = input_json(r, fields)) || (e = request_limit(r, &ratings, r->who.id)) ||
		(e = rating_put(&as, r->arg[0], score, comment, &json, &is_new)))
		return e;
	return reply_json(r, is_new ? 201 : 200, arena_printf(r->mem, "{\"rating\":%s}", json));
}

enum err
api_rating(struct req *r)
{
	const struct access as = auth_access(r);
	const char *json;
	enum err e = rating_get(&as, r->arg[0], &json);

	return e ? e : reply_json(r, 200, arena_printf(r->mem, "{\"rating\":%s}", json));
}

static enum err
filter_of(struct req *r, struct rating_filter *f)
{
	int64_t score;
	enum err e;

	*f = (struct rating_filter){ .member = req_query(r, "member"),
		.score = req_query(r, "score"),
		.after = req_query(r, "after") };
	if ((e = query_int(r, "score", 1, 5, &score)) ||
		(e = query_time(r, "from", false, &f->from)) ||
		(e = query_time(r, "to", true, &f->until)) ||
		(e = api_agent_named(r, NULL, &f->member)))
		return e;
	return query_limit(r, &f->limit);
}

enum err
api_ratings(struct req *r)
{
	const struct access as = auth_access(r);
	struct rating_filter filter;
	const char *json;
	enum err e;

	if ((e = filter_of(r, &filter)))
		return e;
	e = rating_list(&as, &filter, &json);
	return reply_list(r, e, json);
}
