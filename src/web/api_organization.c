/* The organization itself: its name, the settings of its widget, its publishable key, its end. */
#include "web/api.h"

#include "base/json.h"
#include "core/belonging.h"
#include "core/key.h"
#include "core/settings.h"
#include "web/auth.h"
#include "web/input.h"
#include "web/reply.h"
#include "web/version.h"

#include <string.h>

enum { DAY_SECONDS = 86400 };

/* What a setting is called in the API: as in the schema, and as the widget hears it. */
static const struct name {
	const char *here, *setting;
} names[] = { { "id", "id" }, { "name", "name" }, { "slug", "slug" }, { "publishableKey", "key" },
	{ "isActive", "active" }, { "domains", "domains" }, { "theme", "theme" },
	{ "primaryColor", "color" }, { "position", "position" }, { "welcomeMessage", "welcome" },
	{ "offlineMessage", "offline" }, { "showAgentAvatar", "showAvatar" },
	{ "collectEmail", "collectEmail" }, { "collectName", "collectName" } };

static enum err
reply_organization(struct req *r, const struct access *as)
{
	struct json_object *answer = json_new(r->mem), *shown = json_object_new_object(), *current;
	enum err e = settings_get(as, &current);

	json_set_object(answer, "organization", shown);
	if (e)
		return e;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		json_set_object(shown, names[i].here,
			json_object_get(json_member(current, names[i].setting)));
	return version_reply(r, settings_version(as, current), json_write(answer));
}

enum err
api_organization(struct req *r)
{
	const struct access as = auth_access(r);

	return reply_organization(r, &as);
}

/* What was sent, by the names of settings. */
static struct json_object *
wanted_of(struct req *r)
{
	struct json_object *wanted = json_new(r->mem), *value;

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (json_object_object_get_ex(r->in, names[i].here, &value))
			json_set_object(wanted, names[i].setting, json_object_get(value));
	return wanted;
}

static enum err
check(struct req *r, struct json_object *wanted)
{
	enum err e = ERR_NONE;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const struct setting *setting = setting_named(names[i].setting);
		const char *text = json_text(wanted, names[i].setting);
		const char *fault = setting && text ? setting_fault(r->mem, setting, text) : NULL;

		if (fault)
			e = reply_invalid(
				r, arena_printf(r->mem, "/%s", names[i].here), "not_valid", fault);
	}
	return e;
}

enum err
api_organization_patch(struct req *r)
{
	const struct access as = auth_access(r);
	struct json_object *wanted;
	const char *text;
	bool flag;
	const struct field fields[] = {
		{ "name", F_LINE, &text, .min = 1, .max = 100, .optional = true },
		{ "isActive", F_BOOL, &flag, .optional = true },
		{ "domains", F_LINE, &text, .max = 1000, .optional = true },
		{ "theme", F_CHOICE, &text, .choices = "auto|light|dark", .optional = true },
		{ "primaryColor", F_LINE, &text, .max = 7, .optional = true },
		{ "position", F_CHOICE, &text, .choices = "bottom-right|bottom-left",
			.optional = true },
		{ "welcomeMessage", F_TEXT, &text, .max = 500, .optional = true },
		{ "offlineMessage", F_TEXT, &text, .max = 500, .optional = true },
		{ "showAgentAvatar", F_BOOL, &flag, .optional = true },
		{ "collectEmail", F_BOOL, &flag, .optional = true },
		{ "collectName", F_BOOL, &flag, .optional = true },
		{ 0 },
	};
	enum err e;

	if ((e = input_json(r, fields)))
		return e;
	wanted = wanted_of(r);
	if ((e = check(r, wanted)) || (e = settings_change(&as, wanted, version_wanted(r))))
		return e;
	return reply_organization(r, &as);
}

enum err
api_organization_delete(struct req *r)
{
	const struct access as = auth_access(r);
	const char *typed = "";
	const struct field fields[] = {
		{ "name", F_LINE, &typed, .max = 1000 },
		{ 0 },
	};
	enum err e = input_json(r, fields);

	if (e)
		return e;
	e = organization_delete(&as, typed);
	if (e == ERR_INVALID)
		return reply_invalid(r, "/name", "not_the_name", "Is not the organization's name.");
	return e ? e : reply_empty(r);
}

enum err
api_publishable_key_post(struct req *r)
{
	const struct access as = auth_access(r);
	struct json_object *answer = json_new(r->mem);
	int64_t overlap = DAY_SECONDS;
	const struct field fields[] = {
		{ "overlapSeconds", F_INT, &overlap, .max = KEY_OVERLAP_MAX, .optional = true },
		{ 0 },
	};
	const char *key;
	enum err e;

	if (r->body_len && (e = input_json(r, fields)))
		return e;
	if ((e = key_rotate_publishable(&as, overlap, &key)))
		return e;
	json_set(answer, "publishableKey", key);
	return reply_object(r, 201, answer);
}
