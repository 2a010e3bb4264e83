/* The page of the search: a few of each kind, or a list of one kind. */
#include "base/json.h"
#include "base/util.h"
#include "core/permission.h"
#include "core/search.h"
#include "web/auth.h"
#include "web/dash.h"
#include "web/page.h"
#include "web/reply.h"
#include "web/search.h"
#include "web/view.h"

#include <string.h>

enum { ROWS = 25 };

static const struct group {
	const char *type, *value, *name, *none; /* of one result, of the address, of people */
	enum search_kind kind;
} groups[] = {
	{ "visitor", "visitors", "Visitors", "No visitor", SEARCH_VISITORS },
	{ "conversation", "conversations", "Conversations", "No subject or tag",
		SEARCH_CONVERSATIONS },
	{ "message", "messages", "Messages", "No message or note", SEARCH_MESSAGES },
};

static bool
may_see(const struct req *r, const struct group *group)
{
	return group->kind != SEARCH_VISITORS || r->who.may & PERM_VISITORS_READ;
}

static const struct group *
group_asked(struct req *r)
{
	const char *type = req_query(r, "type");

	for (size_t i = 0; i < ARRAY_LEN(groups); i++)
		if (type && strcmp(type, groups[i].value) == 0 && may_see(r, &groups[i]))
			return &groups[i];
	return NULL;
}

static const char *
address(struct req *r, const char *q, const struct group *group, const char *after)
{
	struct buf b = { 0 };
	const char *text;

	buf_str(&b, "/search?q=");
	buf_url(&b, q, strlen(q));
	if (group)
		buf_printf(&b, "&type=%s", group->value);
	if (after) {
		buf_str(&b, "&after=");
		buf_url(&b, after, strlen(after));
	}
	text = arena_strdup(r->mem, buf_text(&b));
	buf_free(&b);
	return text;
}

/* The conversations of a visitor are those of the inbox whose visitor's name begins so. */
static const char *
visitor_address(struct req *r, struct json_object *visitor)
{
	const char *email = json_text(visitor, "email"), *name = json_text(visitor, "name");
	const char *q = email && *email ? email : name ? name : "";
	struct buf b = { 0 };
	const char *text;

	buf_str(&b, "/inbox?status=any&q=");
	buf_url(&b, q, strlen(q));
	text = arena_strdup(r->mem, buf_text(&b));
	buf_free(&b);
	return text;
}

static void
dress_conversation(struct req *r, struct json_object *row, struct json_object *conversation)
{
	struct json_object *status = json_object_new_object();
	const char *id = json_text(conversation, "id");

	json_set(status, "value", json_text(conversation, "status"));
	json_set_object(row, "status", status);
	json_set(row, "name", json_text(conversation, "visitorName"));
	json_set(row, "key", json_text(conversation, "chatUserId"));
	json_set(row, "href", arena_printf(r->mem, "/inbox/%s?status=any", id));
}

/* From a result of the API to a line of the page. */
static struct json_object *
line(struct req *r, struct json_object *result)
{
	struct json_object *row = json_object_new_object(), *time = json_object_new_object();
	struct json_object *conversation = json_member(result, "conversation");
	struct json_object *visitor = json_member(result, "visitor");
	struct json_object *message = json_member(result, "message");

	json_set(time, "iso", json_text(result, "createdAt"));
	json_set_object(row, "time", time);
	json_set_object(row, "snippet", json_object_get(json_member(result, "snippet")));
	json_set(row, "by", message ? json_text(message, "senderName") : NULL);
	json_set_bool(
		row, "note", message && json_object_get_boolean(json_member(message, "private")));
	json_set(row, "status", NULL);
	if (conversation) {
		dress_conversation(r, row, conversation);
	} else {
		json_set(row, "name", json_text(visitor, "name"));
		json_set(row, "key", json_text(visitor, "id"));
		json_set(row, "href", visitor_address(r, visitor));
	}
	return row;
}

static struct json_object *
lines_of(struct req *r, struct json_object *data, const struct group *group)
{
	struct json_object *rows = json_object_new_array();

	for (size_t i = 0; i < json_object_array_length(data); i++) {
		struct json_object *result = json_object_array_get_idx(data, i);

		if (strcmp(json_text(result, "type"), group->type) == 0)
			json_object_array_add(rows, line(r, result));
	}
	return rows;
}

static struct json_object *
group_object(struct req *r, const char *q, const struct group *group, struct json_object *found,
	bool alone)
{
	struct json_object *o = json_object_new_object();
	struct json_object *rows = lines_of(r, json_member(found, "data"), group);
	const char *next = json_text(found, "next");
	const bool full = json_object_array_length(rows) >= SEARCH_EACH;

	json_set(o, "title", group->name);
	json_set(o, "none", group->none);
	json_set_bool(o, "some", json_object_array_length(rows) > 0);
	json_set(o, "more", !alone && full ? address(r, q, group, NULL) : NULL);
	json_set(o, "next", alone && next ? address(r, q, group, next) : NULL);
	json_set_object(o, "rows", rows);
	return o;
}

static void
add_groups(struct req *r, const char *q, const struct group *asked, struct json_object *found,
	struct json_object *context)
{
	struct json_object *shown = json_object_new_array(), *tabs = json_object_new_array();
	const bool any = json_object_array_length(json_member(found, "data")) > 0;

	for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
		struct json_object *tab = json_object_new_object();

		if (!may_see(r, &groups[i])) {
			json_object_put(tab);
			continue;
		}
		json_set(tab, "title", groups[i].name);
		json_set(tab, "href", address(r, q, &groups[i], NULL));
		json_set_bool(tab, "current", asked == &groups[i]);
		json_object_array_add(tabs, tab);
		if (any && (!asked || asked == &groups[i]))
			json_object_array_add(
				shown, group_object(r, q, &groups[i], found, asked != NULL));
	}
	json_set_object(context, "tabs", tabs);
	json_set_object(context, "groups", shown);
	json_set_bool(context, "nothing", !any);
	json_set(context, "everything", address(r, q, NULL, NULL));
	json_set_bool(context, "all", !asked);
	json_set(context, "first", req_query(r, "after") ? address(r, q, asked, NULL) : NULL);
}

static enum err
ask(struct req *r, const char *q, const struct group *group, const char **json, bool *timed_out)
{
	const struct access as = auth_access(r);
	const struct search_filter f = {
		.q = q, .limit = ROWS, .after = group ? req_query(r, "after") : NULL
	};

	if (group)
		return search_list(&as, group->kind, &f, json, timed_out);
	return search_all(&as, r->who.may & PERM_VISITORS_READ, &f, json, timed_out);
}

static enum err
show(struct req *r, int status, const char *q, struct json_object *context)
{
	const char *given = req_query(r, "q");

	json_set(context, "q", given ? given : "");
	json_set_bool(context, "asked", q != NULL);
	json_set_bool(context, "long", given && *given && !q && strlen(given) > SEARCH_TEXT_MAX);
	view_dress(r->mem, context, time_now_ms());
	return reply_page_status(r, status, "dash/search", json_object_get(context));
}

enum err
dash_search(struct req *r)
{
	struct json_object *context = json_keep(r->mem, json_object_new_object()), *found;
	const struct group *group = group_asked(r);
	const char *q = search_text(r), *json;
	bool timed_out = false;
	enum err e;

	json_set_bool(context, "slow", false);
	if (!q)
		return show(r, 200, NULL, context);
	e = ask(r, q, group, &json, &timed_out);
	json_set_bool(context, "slow", timed_out);
	if (timed_out) {
		reply_header(r, "Retry-After", "5");
		return show(r, 503, q, context);
	}
	if (e)
		return e == ERR_INVALID ? ERR_NOT_FOUND : e;
	if (!(found = json_trusted(r->mem, json)))
		return ERR_INTERNAL;
	add_groups(r, q, group, found, context);
	return show(r, 200, q, context);
}
