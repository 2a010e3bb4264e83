/*
 * What only a visitor's widget asks: settings, a session, its conversations. Messages, typing and
 * read marks are those of api_messages.c and api_conversations.c: one handler, two rows.
 */
#include "web/api.h"

#include "base/crypt.h"
#include "base/json.h"
#include "core/conversation.h"
#include "core/event.h"
#include "core/organization.h"
#include "core/visitor.h"
#include "web/auth.h"
#include "web/cors.h"
#include "web/input.h"
#include "web/limit.h"
#include "web/reply.h"

#include <string.h>

/* New visitors, of a site in a network (an office, a /64), and of a site. */
static const struct limit new_visitors = { "visitor", 30, 180 };
static const struct limit all_new_visitors = { "visitors", 300, 60 };
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

/* Finds the organization of a publishable key and checks that the asking site is one of its own. */
static enum err
organization_of_key(struct req *r, const char *key, struct organization_public *out)
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
		return reply_problem(r, ERR_SYNTAX, NULL, "The query parameter key is missing.");
	if ((e = organization_of_key(r, key, &organization)))
		return e;
	return reply_cached(r, organization.settings);
}

/* The visitor that a token from before still stands for; ERR_NOT_FOUND means: make a new one. */
static enum err
resume(struct req *r, const char *organization, const char *token, struct access *as)
{
	struct visitor_identity v;
	enum err e;

	if (!token || strlen(token) != CREDENTIAL_LEN)
		return ERR_NOT_FOUND;
	if ((e = visitor_by_token_find(r->db, r->mem, token, &v)))
		return e;
	if (strcmp(v.organization, organization) != 0)
		return ERR_NOT_FOUND;
	as->visitor = v.visitor;
	return ERR_NONE;
}

struct session_input {
	const char *key, *token, *page_url, *referrer, *locale;
	struct json_object *user, *metadata;
};

/* Name and e-mail as the page claims them: shown as such, never taken as proof. */
static enum err
claimed(struct req *r, struct session_input *in, struct visitor_new *visitor)
{
	struct json_object *body = r->in;
	const struct field fields[] = {
		{ "name", F_LINE, &visitor->name, .max = 120, .optional = true },
		{ "email", F_LINE, &visitor->email, .max = 254, .optional = true },
		{ 0 },
	};
	enum err e;

	if (!in->user)
		return ERR_NONE;
	r->in = in->user;
	e = input_json(r, fields);
	r->in = body;
	return e;
}

static enum err
start(struct req *r, struct access *as, const struct visitor_new *visitor, const char **token)
{
	enum err e;

	e = request_limit_both(r, &new_visitors,
		arena_printf(r->mem, "%s %s", as->organization, auth_network(r)), &all_new_visitors,
		as->organization);
	if (!e)
		e = visitor_create(as, visitor, &as->visitor, token);
	return e;
}

static enum err
session_reply(struct req *r, const struct access *as, const char *token, const char *settings,
	const char *cursor)
{
	const char *visitor, *conversation;
	struct buf b = { 0 };
	enum err e;

	if ((e = visitor_self(as, &visitor)) || (e = conversation_current(as, &conversation)))
		return e;
	buf_printf(&b,
		"{\"token\":\"%s\",\"visitor\":%s,\"settings\":%s,\"conversation\":%s,\"cursor\":"
		"\"%s\"}",
		token, visitor, settings, conversation, cursor);
	reply_json(r, 200, buf_text(&b));
	buf_free(&b);
	return ERR_NONE;
}

enum err
api_widget_session(struct req *r)
{
	struct session_input in = { 0 };
	const struct field fields[] = {
		{ "key", F_LINE, &in.key, .min = 1, .max = 128 },
		{ "token", F_LINE, &in.token, .max = 128, .optional = true, .nullable = true },
		{ "user", F_OBJECT, &in.user, .optional = true, .nullable = true },
		{ "pageUrl", F_LINE, &in.page_url, .max = 2048, .optional = true,
			.nullable = true },
		{ "referrer", F_LINE, &in.referrer, .max = 2048, .optional = true,
			.nullable = true },
		{ "locale", F_LINE, &in.locale, .max = 35, .optional = true, .nullable = true },
		{ "metadata", F_OBJECT, &in.metadata, .optional = true, .nullable = true },
		{ 0 },
	};
	struct organization_public organization;
	struct visitor_new visitor = { .user_agent = req_param(r, "HTTP_USER_AGENT"),
		.address = auth_address(r) };
	struct access as = { .db = r->db, .mem = r->mem };
	const char *cursor, *token;
	enum err e;

	if ((e = input_json(r, fields)) || (e = claimed(r, &in, &visitor)) ||
		(e = organization_of_key(r, in.key, &organization)))
		return e;
	if (in.metadata)
		visitor.metadata = json_write(in.metadata);
	visitor.locale = in.locale;
	as.organization = organization.id;
	token = in.token;
	e = resume(r, organization.id, token, &as);
	db_scope(r->db, organization.id);
	if (e == ERR_NOT_FOUND)
		e = start(r, &as, &visitor, &token);
	else if (!e)
		e = visitor_update(&as, visitor.name, visitor.email);
	/* Before the state is read, so that nothing falls between the two. */
	if (e || (e = event_cursor_now(r->db, r->mem, &cursor)))
		return e;
	return session_reply(r, &as, token, organization.settings, cursor);
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
	struct conversation_new new = { .referrer = NULL };
	const struct field fields[] = {
		{ "clientId", F_ID, &new.client_id, .optional = false },
		{ "content", F_TEXT, &new.content, .min = 1, .max = MESSAGE_MAX },
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

	if ((e = input_json(r, fields)) || (e = request_limit(r, &conversations, r->who.id)))
		return e;
	e = conversation_create(&as, &new, &conversation, &first);
	if (e == ERR_CONFLICT)
		return reply_problem(r, e, "client_id_reused",
			"This clientId was used for another content already.");
	if (e)
		return e;
	return reply_json(r, first.repeated ? 200 : 201,
		arena_printf(
			r->mem, "{\"conversation\":%s,\"message\":%s}", conversation, first.json));
}
