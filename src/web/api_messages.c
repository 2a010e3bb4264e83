/* Messages and notes; the same handlers for visitors (their own) and staff. */
#include "web/api.h"

#include "base/json.h"
#include "base/util.h"
#include "core/attachment.h"
#include "core/message.h"
#include "db/array.h"
#include "web/auth.h"
#include "web/input.h"
#include "web/limit.h"
#include "web/query.h"
#include "web/reply.h"

static const struct limit visitor_messages = { "message", 20, 40 };

enum err
api_messages(struct req *r)
{
	const struct access as = auth_access(r);
	int64_t after = 0, before = 0, limit;
	const char *json;
	enum err e;

	if ((e = query_int(r, "after", 0, INT64_MAX / 2, &after)) ||
		(e = query_int(r, "before", 0, INT64_MAX / 2, &before)) ||
		(e = query_limit(r, &limit)) ||
		(e = message_list(&as, r->arg[0], after, before, limit, &json)))
		return e;
	return reply_json(r, 200, json);
}

static const char *
array_of(struct req *r, struct json_object *ids)
{
	struct buf b = { 0 };
	const char *text;

	array_open(&b);
	for (size_t i = 0; i < json_object_array_length(ids); i++)
		array_add(&b, json_object_get_string(json_object_array_get_idx(ids, i)));
	array_close(&b);
	text = arena_strdup(r->mem, buf_text(&b));
	buf_free(&b);
	return text;
}

enum err
api_message_content(
	struct req *r, struct json_object *ids, const char **content, const char **files)
{
	if (ids && json_object_array_length(ids) > 0) {
		*files = array_of(r, ids);
		*content = *content ? *content : "";
		return ERR_NONE;
	}
	*files = NULL;
	if (!*content)
		return reply_invalid(r, "/content", "required", "Is required.");
	if (!**content)
		return reply_invalid(
			r, "/content", "too_short", "Must have at least 1 characters.");
	return ERR_NONE;
}

enum err
api_message_refused(struct req *r, enum err e)
{
	if (e == ERR_CONFLICT)
		return reply_problem(r, e, "client_id_reused",
			"This clientId was used for another content already.");
	if (e == ERR_INVALID && !r->problems)
		return reply_invalid(r, "/attachmentIds", "not_found",
			"Must be files that you uploaded within 24 hours and have not sent yet.");
	return e;
}

static enum err
post(struct req *r, bool with_files,
	enum err (*append)(const struct access *, const struct message_new *, struct message *))
{
	struct message_new new = { .conversation = r->arg[0] };
	struct json_object *ids = NULL;
	const struct field fields[] = {
		{ "clientId", F_ID, &new.client_id, .optional = false },
		{ "content", F_TEXT, &new.content, .max = MESSAGE_MAX, .optional = true },
		{ with_files ? "attachmentIds" : NULL, F_STRINGS, &ids, .max = ATTACHMENTS_MAX,
			.optional = true },
		{ 0 },
	};
	const struct access as = auth_access(r);
	struct message message;
	enum err e;

	if ((e = input_json(r, fields)) ||
		(e = api_message_content(r, ids, &new.content, &new.files)))
		return e;
	if (as.visitor) {
		new.limit = request_limit_on(r, &visitor_messages);
		new.limit_key = as.visitor;
	}
	e = append(&as, &new, &message);
	if (new.limit && (!e || e == ERR_LIMIT))
		request_limit_tell(r, new.limit, &message.left);
	if (e)
		return api_message_refused(r, e);
	return reply_json(r, message.repeated ? 200 : 201,
		arena_printf(r->mem, "{\"message\":%s}", message.json));
}

enum err
api_message_post(struct req *r)
{
	return post(r, true, message_append);
}

enum err
api_note_post(struct req *r)
{
	return post(r, false, note_append);
}
