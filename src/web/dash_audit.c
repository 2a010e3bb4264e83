/* The audit log in words. */
#include "base/json.h"
#include "base/util.h"
#include "core/audit.h"
#include "core/settings.h"
#include "web/auth.h"
#include "web/dash.h"
#include "web/page.h"
#include "web/view.h"

#include <stdio.h>
#include <string.h>

enum { PAGE_ROWS = 50, VALUE_MAX = 200 };

static const struct {
	const char *action, *words;
} known[] = {
	{ "account.created", "signed up" },
	{ "account.email_verified", "proved an address" },
	{ "backup_codes.renewed", "made new backup codes" },
	{ "canned_response.changed", "changed a canned response" },
	{ "canned_response.created", "made a canned response" },
	{ "canned_response.deleted", "deleted a canned response" },
	{ "conversation.transcript_sent", "had a conversation mailed" },
	{ "identity.updated", "changed how visitors prove who they are" },
	{ "identity_secret.created", "made a secret for identity" },
	{ "identity_secret.retired", "retired the old secret for identity" },
	{ "invitation.accepted", "accepted an invitation" },
	{ "invitation.canceled", "canceled an invitation" },
	{ "invitation.created", "invited somebody" },
	{ "invitation.declined", "declined an invitation" },
	{ "invitation.renewed", "sent an invitation again" },
	{ "key.created", "made a secret key" },
	{ "key.revoked", "revoked a secret key" },
	{ "key.rotated", "rotated a secret key" },
	{ "member.added", "added a member" },
	{ "member.changed", "changed a member" },
	{ "member.left", "left the organization" },
	{ "member.removed", "removed a member" },
	{ "member.role_changed", "changed the role of a member" },
	{ "organization.created", "made the organization" },
	{ "organization.deleted", "deleted the organization" },
	{ "password.changed", "changed their password" },
	{ "password.reset", "set a forgotten password anew" },
	{ "password.reset_asked", "asked for a new password" },
	{ "publishable_key.rotated", "rotated the publishable key" },
	{ "search.changed", "changed the language of the search" },
	{ "sessions.ended", "ended sessions" },
	{ "settings.changed", "changed the settings of the widget" },
	{ "team.created", "made a team" },
	{ "team.deleted", "deleted a team" },
	{ "team.member_added", "added a member to a team" },
	{ "team.member_removed", "removed a member from a team" },
	{ "team.renamed", "renamed a team" },
	{ "two_factor.disabled", "switched off two-factor sign-in" },
	{ "two_factor.enabled", "switched on two-factor sign-in" },
	{ "user.disabled", "disabled a user’s account" },
	{ "user.enabled", "enabled a user’s account again" },
	{ "user.password_changed", "set a new password" },
	{ "visitor.changed", "changed a visitor" },
	{ "visitor.created", "made a visitor" },
	{ "visitor.erased", "erased a visitor" },
	{ "visitor.signed_out", "signed a visitor out" },
};

/* What a newer release has written has no words here: "member.moved" is "member: moved". */
static const char *
act_words(struct arena *mem, const char *action)
{
	struct buf b = { 0 };
	const char *words;

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (strcmp(known[i].action, action) == 0)
			return known[i].words;
	for (; *action; action++)
		if (*action == '.')
			buf_str(&b, ": ");
		else
			buf_char(&b, *action == '_' ? ' ' : *action);
	words = arena_strdup(mem, buf_text(&b));
	buf_free(&b);
	return words;
}

static const char *
who(struct arena *mem, struct json_object *line)
{
	const char *kind = json_text(line, "actorType"), *name = json_text(line, "actorName");

	if (strcmp(kind, "system") == 0)
		return "Parlor itself";
	if (!name)
		return strcmp(kind, "key") == 0 ? "A key that is gone" : "Somebody who has left";
	if (strcmp(kind, "operator") == 0)
		return arena_printf(mem, "%s, on the server", name);
	return strcmp(kind, "key") == 0 ? arena_printf(mem, "The key “%s”", name) : name;
}

/* "chatRole" becomes "Chat role"; settings have names of their own. */
static const char *
field_words(struct arena *mem, const char *field)
{
	const struct setting *setting = setting_named(field);
	struct buf b = { 0 };
	const char *words;

	if (setting)
		return setting->label;
	for (const char *p = field; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			buf_printf(&b, " %c", *p + 32);
		else if (p == field && *p >= 'a' && *p <= 'z')
			buf_char(&b, (char)(*p - 32));
		else
			buf_char(&b, *p == '_' ? ' ' : *p);
	words = arena_strdup(mem, buf_text(&b));
	buf_free(&b);
	return words;
}

static const char *
duration_words(struct arena *mem, int64_t seconds)
{
	static const struct {
		int64_t seconds;
		const char *name;
	} units[] = { { 86400, "day" }, { 3600, "hour" }, { 60, "minute" }, { 1, "second" } };

	for (size_t i = 0; seconds > 0 && i < ARRAY_LEN(units); i++)
		if (seconds % units[i].seconds == 0)
			return arena_printf(mem, "%lld %s%s",
				(long long)(seconds / units[i].seconds), units[i].name,
				seconds == units[i].seconds ? "" : "s");
	return "none";
}

static const char *
value_words(struct arena *mem, const char *field, struct json_object *value)
{
	const size_t len = strlen(field);
	const char *text;

	if (json_object_is_type(value, json_type_boolean))
		return json_object_get_boolean(value) ? "yes" : "no";
	if (json_object_is_type(value, json_type_int) && len > 7 &&
		strcmp(field + len - 7, "Seconds") == 0)
		return duration_words(mem, json_object_get_int64(value));
	text = value ? json_object_get_string(value) : "";
	if (!*text)
		return "nothing";
	if (strcmp(text, "*") == 0)
		return "everything";
	if (strlen(text) <= VALUE_MAX)
		return text;
	return arena_printf(mem, "%.*s …", (int)utf8_valid_prefix(text, VALUE_MAX), text);
}

/* "lifetimeSeconds" is shown as "Lifetime": its value names the unit. */
static const char *
field_shown(struct arena *mem, const char *field)
{
	const size_t len = strlen(field);

	if (len > 7 && strcmp(field + len - 7, "Seconds") == 0)
		field = arena_strndup(mem, field, len - 7);
	return field_words(mem, field);
}

/* Ids tell people nothing; who is meant stands in the line itself. The API has them. */
static bool
is_id(const char *field)
{
	const size_t len = strlen(field);

	return len > 2 && strcmp(field + len - 2, "Id") == 0;
}

static struct json_object *
changes_of(struct arena *mem, struct json_object *line)
{
	struct json_object *array = json_object_new_array(), *all = json_member(line, "changes");

	if (!json_object_is_type(all, json_type_object))
		return array;
	json_object_object_foreach(all, field, value)
	{
		const bool pair = json_object_is_type(value, json_type_array) &&
				  json_object_array_length(value) == 2;
		struct json_object *o;

		if (is_id(field))
			continue;
		o = json_object_new_object();
		json_set(o, "field", field_shown(mem, field));
		json_set(o, "old",
			pair ? value_words(mem, field, json_object_array_get_idx(value, 0)) : NULL);
		json_set(o, "new",
			value_words(
				mem, field, pair ? json_object_array_get_idx(value, 1) : value));
		json_object_array_add(array, o);
	}
	return array;
}

static struct json_object *
row_of(struct arena *mem, struct json_object *line)
{
	struct json_object *row = json_object_new_object(), *when = json_object_new_object();
	struct json_object *changes = changes_of(mem, line);

	json_set(when, "iso", json_text(line, "createdAt"));
	json_set_object(row, "when", when);
	json_set(row, "who", who(mem, line));
	json_set(row, "what", act_words(mem, json_text(line, "action")));
	json_set(row, "target", json_text(line, "targetName"));
	json_set(row, "from", json_text(line, "ipAddress"));
	json_set_bool(row, "changed", json_object_array_length(changes) > 0);
	json_set_object(row, "changes", changes);
	return row;
}

enum err
dash_audit(struct req *r)
{
	const struct access as = auth_access(r);
	const struct audit_filter filter = { req_query(r, "after"), PAGE_ROWS };
	struct json_object *context = json_keep(r->mem, json_object_new_object()), *list, *data,
			   *rows;
	const char *json, *next;
	enum err e = audit_list(&as, &filter, &json);

	if (e)
		return e == ERR_INVALID ? ERR_NOT_FOUND : e;
	list = json_trusted(r->mem, json);
	data = json_member(list, "data");
	next = json_text(list, "next");
	rows = json_object_new_array();
	for (size_t i = 0; i < json_object_array_length(data); i++)
		json_object_array_add(rows, row_of(r->mem, json_object_array_get_idx(data, i)));
	json_set_bool(context, "any", json_object_array_length(rows) > 0);
	json_set_object(context, "rows", rows);
	json_set(context, "next",
		next ? arena_printf(r->mem, "/settings/audit?after=%s", next) : NULL);
	json_set(context, "first", filter.after ? "/settings/audit" : NULL);
	view_dress(r->mem, context, time_now_ms());
	return reply_page(r, "dash/settings_audit", json_object_get(context));
}
