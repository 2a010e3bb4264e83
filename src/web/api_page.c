/* The pages that a visitor looks at. */
#include "web/api.h"

#include "base/url.h"
#include "core/page_view.h"
#include "web/auth.h"
#include "web/input.h"
#include "web/limit.h"
#include "web/query.h"
#include "web/reply.h"

static const struct limit pages = { "page", 60, 120 };

enum err
api_page_post(struct req *r)
{
	struct page_view view = { .url = NULL };
	const struct field fields[] = {
		{ "url", F_LINE, &view.url, .min = 1, .max = 2048 },
		{ "title", F_LINE, &view.title, .max = 300, .optional = true, .nullable = true },
		{ "referrer", F_LINE, &view.referrer, .max = 2048, .optional = true,
			.nullable = true },
		{ 0 },
	};
	const struct limit *limit = request_limit_on(r, &pages);
	const struct access as = auth_access(r);
	struct limit_left left = { 0 };
	enum err e;

	if ((e = input_json(r, fields)))
		return e;
	view.url = url_for_keeping(r->mem, view.url);
	view.referrer = url_for_keeping(r->mem, view.referrer);
	if (!view.url)
		return reply_invalid(
			r, "/url", "not_a_page", "Must be an address of http or https.");
	e = page_view_add(&as, &view, limit, &left);
	if (limit && (!e || e == ERR_LIMIT))
		request_limit_tell(r, limit, &left);
	return e ? e : reply_empty(r);
}

enum err
api_page_views(struct req *r)
{
	const struct access as = auth_access(r);
	const char *json;
	int64_t limit;
	enum err e;

	if ((e = query_limit(r, &limit)))
		return e;
	e = page_view_list(&as, r->arg[0], req_query(r, "after"), limit, &json);
	return reply_list(r, e, json);
}
