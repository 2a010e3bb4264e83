/*
 * What only a visitor's widget asks: settings, its conversations; sessions are in api_widget_session.c. Messages, typing and
 * read marks are those of api_messages.c and api_conversations.c: one handler, two rows.
 */
#include "web/api.h"
#include "web/api_widget.h"

#include "base/url.h"
#include "core/attachment.h"
#include "core/conversation.h"
#include "web/auth.h"
#include "web/cors.h"
#include "web/input.h"
#include "web/limit.h"
#include "web/reply.h"

static const struct limit unknown_keys = { "unknown-key", 30, 60 };
static const struct limit conversations = { "conversation", 10, 3600 };

/* Counted, so that nobody tries out keys. */
static enum err
unknown_key(struct req *r)
{
	enum err e = request_limit(r, &unknown_keys, auth_network(r));

	return e ? e
		 : reply_problem(r, ERR_NOT_FOUND, "unknown_key", "No organization has this key.");
}

enum err
widget_organization(struct req *r, const char *key, struct organization_public *out)
{
	enum err e = organization_by_key(r->db, r->mem, key, out);

	if (e == ERR_NOT_FOUND)
		return unknown_key(r);
	if (!e && !cors_allows(r, out->domains))
		return reply_problem(r, ERR_FORBIDDEN, "origin_not_allowed",
			"This site is not among the organization's domains.");
	return e;
}

enum err
api_widget_settings(struct req *r)
{
	const char *key = req_query(r, "key");
	struct organization_public organization;
	enum err e;

	if (!key)
		return reply_invalid_query(r, "key", "required", "must be there.");
	if ((e = widget_organization(r, key, &organization)))
		return e;
	return reply_cached(r, organization.settings);
}

enum err
api_widget_conversations(struct req *r)
{
	const struct access as = auth_access(r);
	const char *json;
	enum err e = conversation_list_own(&as, &json);

	return e ? e : reply_json(r, 200, json);
}

enum err
api_widget_conversation_post(struct req *r)
{
	struct conversation_new new = { .page_url = NULL };
	struct json_object *ids = NULL;
	const struct field fields[] = {
		{ "clientId", F_ID, &new.client_id, .optional = false },
		{ "content", F_TEXT, &new.content, .max = MESSAGE_MAX, .optional = true },
		{ "attachmentIds", F_STRINGS, &ids, .max = ATTACHMENTS_MAX, .optional = true },
		{ "pageUrl", F_LINE, &new.page_url, .max = 2048, .optional = true,
			.nullable = true },
		{ "referrer", F_LINE, &new.referrer, .max = 2048, .optional = true,
			.nullable = true },
		{ 0 },
	};
	const struct access as = auth_access(r);
	const char *conversation;
	struct message first;
	enum err e;

	if ((e = input_json(r, fields)) ||
		(e = api_message_content(r, ids, &new.content, &new.files)) ||
		(e = request_limit(r, &conversations, r->who.id)))
		return e;
	new.page_url = url_for_keeping(r->mem, new.page_url);
	new.referrer = url_for_keeping(r->mem, new.referrer);
	e = conversation_create(&as, &new, &conversation, &first);
	if (e)
		return api_message_refused(r, e);
	return reply_json(r, first.repeated ? 200 : 201,
		arena_printf(
			r->mem, "{\"conversation\":%s,\"message\":%s}", conversation, first.json));
}
