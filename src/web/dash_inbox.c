/* The inbox: the list, and beside it one conversation with its details. */
#include "base/crypt.h"
#include "base/json.h"
#include "base/util.h"
#include "core/dashboard.h"
#include "core/permission.h"
#include "core/event.h"
#include "web/auth.h"
#include "web/dash.h"
#include "web/dash_parts.h"
#include "web/page.h"
#include "web/reply.h"
#include "web/view.h"

#include <string.h>

bool
may_write(const struct req *r)
{
	return r->who.may & PERM_CONVERSATIONS_WRITE;
}

static const char *
here(struct req *r, const char *id, const struct list_filter *f)
{
	return arena_printf(r->mem, "/inbox/%s%s", id, f->links);
}

static void
add_lines(struct req *r, const char *id, const struct list_filter *f, struct json_object *lines,
	int64_t before, struct json_object *conversation)
{
	int64_t first = json_object_get_int64(json_member(lines, "first"));
	const char *older = arena_printf(
		r->mem, "%s%cbefore=%lld", here(r, id, f), *f->links ? '&' : '?', (long long)first);

	json_set_object(conversation, "items", json_object_get(json_member(lines, "items")));
	json_set(conversation, "older", first > 1 ? older : NULL);
	json_set(conversation, "latest", before < INT64_MAX ? here(r, id, f) : NULL);
}

static void
add_composer(struct req *r, const struct list_filter *f, const char *error, const char *draft,
	struct json_object *conversation)
{
	char client_id[ID_LEN + 1];

	crypt_id(client_id);
	json_set(conversation, "clientId", client_id);
	json_set(conversation, "error", error);
	json_set(conversation, "draft", draft);
	json_set(conversation, "query", f->links);
	json_set_bool(conversation, "canWrite", may_write(r));
}

static enum err
conversation_context(struct req *r, const char *id, const struct list_filter *f, const char *error,
	const char *draft, struct json_object **out)
{
	const struct access as = auth_access(r);
	const char *wanted = req_query(r, "before");
	struct json_object *lines;
	int64_t before = INT64_MAX;
	enum err e;

	if (wanted && !parse_int(wanted, 1, INT64_MAX - 1, &before))
		return ERR_NOT_FOUND;
	if ((e = dashboard_conversation(&as, id, f->links, out)) ||
		(e = dashboard_lines(&as, id, -1, before, &lines)))
		return e;
	add_lines(r, id, f, lines, before, *out);
	add_composer(r, f, error, draft, *out);
	return ERR_NONE;
}

enum err
inbox_page(struct req *r, int status, const char *id, const char *error, const char *draft)
{
	struct list_filter f = list_filter(r);
	struct json_object *context = json_keep(r->mem, json_object_new_object());
	struct json_object *conversation = NULL;
	const char *cursor;
	enum err e;

	f.after = req_query(r, "after");
	/* The cursor first: what happens from here on is seen twice rather than never. */
	if ((e = event_cursor_now(r->db, r->mem, &cursor)) ||
		(id && (e = conversation_context(r, id, &f, error, draft, &conversation))) ||
		(e = list_context(r, &f, id, context)))
		return e;
	json_set(context, "cursor", cursor);
	json_set_object(
		context, "conversation", conversation ? json_object_get(conversation) : NULL);
	view_dress(r->mem, context, time_now_ms());
	return reply_page_status(r, status, "dash/inbox", json_object_get(context));
}

enum err
dash_inbox(struct req *r)
{
	return inbox_page(r, 200, r->arg[0], NULL, "");
}

enum err
dash_thread(struct req *r)
{
	const struct access as = auth_access(r);
	const char *after = req_query(r, "after");
	struct json_object *lines;
	int64_t seq;
	enum err e;

	if (!after || !parse_int(after, 0, INT64_MAX - 1, &seq))
		return ERR_NOT_FOUND;
	if ((e = dashboard_lines(&as, r->arg[0], seq, 0, &lines)))
		return e;
	view_dress(r->mem, lines, time_now_ms());
	return reply_page(r, "partials/messages", json_object_get(lines));
}

enum err
dash_details(struct req *r)
{
	const struct access as = auth_access(r);
	const struct list_filter f = list_filter(r);
	struct json_object *conversation;
	enum err e;

	if ((e = dashboard_conversation(&as, r->arg[0], f.links, &conversation)))
		return e;
	json_set(conversation, "query", f.links);
	json_set_bool(conversation, "canWrite", may_write(r));
	view_dress(r->mem, conversation, time_now_ms());
	return reply_page(r, "partials/details", json_object_get(conversation));
}
