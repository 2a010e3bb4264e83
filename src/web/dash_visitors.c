/* Who was here lately. */
#include "base/json.h"
#include "base/util.h"
#include "core/dashboard.h"
#include "web/auth.h"
#include "web/dash.h"
#include "web/page.h"
#include "web/view.h"

#include <string.h>

static const char *
next_page(struct arena *mem, const char *after)
{
	struct buf b = { 0 };
	const char *text;

	buf_str(&b, "/visitors?after=");
	buf_url(&b, after, strlen(after));
	text = arena_strdup(mem, buf_text(&b));
	buf_free(&b);
	return text;
}

enum err
dash_visitors(struct req *r)
{
	const struct access as = auth_access(r);
	const char *after = req_query(r, "after"), *next;
	struct json_object *context = json_keep(r->mem, json_object_new_object()), *rows;
	struct dashboard_counts counts;
	enum err e;

	if ((e = dashboard_visitors(&as, after, &rows, &next)))
		return e == ERR_INVALID ? ERR_NOT_FOUND : e;
	if ((e = dashboard_counts(&as, &counts)))
		return e;
	json_set_object(context, "rows", json_object_get(rows));
	json_set(context, "next", next ? next_page(r->mem, next) : NULL);
	json_set(context, "first", after ? "/visitors" : NULL);
	json_set(context, "key", counts.key);
	view_dress(r->mem, context, time_now_ms());
	return reply_page(r, "dash/visitors", json_object_get(context));
}
