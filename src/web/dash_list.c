/* The list of conversations: filters, links, rows. */
#include "base/json.h"
#include "base/util.h"
#include "core/dashboard.h"
#include "web/auth.h"
#include "web/dash.h"
#include "web/dash_parts.h"
#include "web/page.h"
#include "web/reply.h"
#include "web/view.h"

#include <string.h>

struct choice {
	const char *value, *name;
};

static const struct choice views[] = { { "mine", "Mine" }, { "unassigned", "Unassigned" },
	{ "all", "All" } };
static const struct choice statuses[] = { { "open", "Open" }, { "waiting", "Waiting" },
	{ "resolved", "Resolved" }, { "closed", "Closed" }, { "any", "Any status" } };

static const char default_view[] = "all", default_status[] = "open";
enum { SEARCH_MAX = 100, COUNT_MAX = 100 };

static const struct choice *
chosen(const struct choice *choices, size_t n, const char *value)
{
	for (size_t i = 0; i < n; i++)
		if (value && strcmp(choices[i].value, value) == 0)
			return &choices[i];
	return NULL;
}

static void
add_param(struct buf *b, const char *name, const char *value)
{
	buf_printf(b, "%c%s=", b->len ? '&' : '?', name);
	buf_url(b, value, strlen(value));
}

/* "?view=mine&status=closed"; what is the default is left out. */
static const char *
query_of(struct arena *mem, const char *view, const char *status, const char *search)
{
	struct buf b = { 0 };
	const char *text;

	if (strcmp(view, default_view) != 0)
		add_param(&b, "view", view);
	if (search || strcmp(status, default_status) != 0)
		add_param(&b, "status", status);
	if (search)
		add_param(&b, "q", search);
	text = arena_strdup(mem, buf_text(&b));
	buf_free(&b);
	return text;
}

static const char *
search_of(struct req *r)
{
	const char *q = req_query(r, "q");

	if (!q)
		return NULL;
	q += strspn(q, " \t\r\n");
	return *q && utf8_count(q, strlen(q)) <= SEARCH_MAX ? q : NULL;
}

struct list_filter
list_filter(struct req *r)
{
	const struct choice *view = chosen(views, ARRAY_LEN(views), req_query(r, "view"));
	const struct choice *status = chosen(statuses, ARRAY_LEN(statuses), req_query(r, "status"));
	struct list_filter f = { .view = view ? view->value : default_view,
		.search = search_of(r) };

	f.status = status ? status->value : f.search ? "any" : default_status;
	f.links = query_of(r->mem, f.view, f.status, f.search);
	return f;
}

static struct json_object *
link_to(const char *name, const char *href, bool current)
{
	struct json_object *o = json_object_new_object();

	json_set(o, "name", name);
	json_set(o, "href", href);
	json_set_bool(o, "current", current);
	return o;
}

/* NULL for none; counting ends at COUNT_MAX. */
static const char *
count_text(struct arena *mem, int64_t n)
{
	if (n <= 0)
		return NULL;
	return n < COUNT_MAX ? arena_printf(mem, "%lld", (long long)n)
			     : arena_printf(mem, "%d+", COUNT_MAX - 1);
}

static struct json_object *
view_links(struct req *r, const struct list_filter *f, const struct dashboard_counts *counts)
{
	struct json_object *links = json_object_new_array();
	bool counted = strcmp(f->status, default_status) == 0;

	for (size_t i = 0; i < ARRAY_LEN(views); i++) {
		const char *value = views[i].value;
		struct json_object *o = link_to(views[i].name,
			arena_printf(r->mem, "/inbox%s",
				query_of(r->mem, value, f->search ? default_status : f->status,
					NULL)),
			!f->search && strcmp(value, f->view) == 0);
		int64_t n = strcmp(value, "mine") == 0	       ? counts->mine
			    : strcmp(value, "unassigned") == 0 ? counts->unassigned
							       : 0;

		json_set(o, "count", counted ? count_text(r->mem, n) : NULL);
		json_object_array_add(links, o);
	}
	return links;
}

static struct json_object *
status_links(struct req *r, const struct list_filter *f)
{
	struct json_object *links = json_object_new_array();

	for (size_t i = 0; i < ARRAY_LEN(statuses); i++)
		json_object_array_add(links,
			link_to(statuses[i].name,
				arena_printf(r->mem, "/inbox%s",
					query_of(r->mem, f->view, statuses[i].value, f->search)),
				strcmp(statuses[i].value, f->status) == 0));
	return links;
}

static void
add_filters(struct req *r, const struct list_filter *f, const struct dashboard_counts *counts,
	struct json_object *context)
{
	json_set_bool(context, "none", !counts->any);
	json_set(context, "key", counts->key);
	json_set(context, "unread", count_text(r->mem, counts->unread));
	json_set(context, "query", f->links);
	json_set(context, "status", chosen(statuses, ARRAY_LEN(statuses), f->status)->name);
	json_set(context, "search", f->search);
	json_set(context, "everywhere",
		arena_printf(r->mem, "/inbox%s", query_of(r->mem, "all", "any", NULL)));
	json_set_object(context, "views", view_links(r, f, counts));
	json_set_object(context, "statuses", status_links(r, f));
}

/* The address of a page of this list; after NULL: of the first. */
static const char *
address(struct arena *mem, const char *path, const char *links, const char *after)
{
	struct buf b = { 0 };
	const char *text;

	buf_str(&b, path);
	buf_str(&b, links);
	if (after) {
		buf_printf(&b, "%cafter=", *links ? '&' : '?');
		buf_url(&b, after, strlen(after));
	}
	text = arena_strdup(mem, buf_text(&b));
	buf_free(&b);
	return text;
}

enum err
list_context(
	struct req *r, const struct list_filter *f, const char *open, struct json_object *context)
{
	const struct access as = auth_access(r);
	const struct dashboard_query query = {
		.view = f->search ? "search" : f->view,
		.status = strcmp(f->status, "any") == 0 ? NULL : f->status,
		.search = f->search,
		.after = f->after,
		.links = f->links,
		.open = open,
	};
	struct dashboard_counts counts;
	struct json_object *rows;
	const char *next;
	enum err e;

	if ((e = dashboard_counts(&as, &counts)) || (e = dashboard_rows(&as, &query, &rows, &next)))
		return e == ERR_INVALID ? ERR_NOT_FOUND : e;
	add_filters(r, f, &counts, context);
	json_set_object(context, "rows", json_object_get(rows));
	json_set(context, "next", next ? address(r->mem, "/inbox", f->links, next) : NULL);
	json_set(context, "self", address(r->mem, "/inbox/list", f->links, f->after));
	json_set(context, "first", f->after ? arena_printf(r->mem, "/inbox%s", f->links) : NULL);
	return ERR_NONE;
}

enum err
dash_list(struct req *r)
{
	struct list_filter f = list_filter(r);
	struct json_object *context = json_keep(r->mem, json_object_new_object());
	enum err e;

	f.after = req_query(r, "after");
	if ((e = list_context(r, &f, NULL, context)))
		return e;
	view_dress(r->mem, context, time_now_ms());
	return reply_page(r, "partials/list", json_object_get(context));
}
