/* Settings of the widget: its looks, its texts, where it may run. Administrators change them. */
#include "base/json.h"
#include "core/permission.h"
#include "core/settings.h"
#include "web/auth.h"
#include "web/dash.h"
#include "web/input.h"
#include "web/page.h"
#include "web/reply.h"

#include <string.h>

struct option {
	const char *value, *name;
};

static const struct option themes[] = { { "auto", "As the visitor’s system" }, { "light", "Light" },
	{ "dark", "Dark" } };
static const struct option positions[] = { { "bottom-right", "Bottom right" },
	{ "bottom-left", "Bottom left" } };

static bool
may_edit(const struct req *r)
{
	return r->who.may & PERM_SETTINGS_WRITE;
}

static struct json_object *
options(const struct option *all, size_t n, const char *current)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < n; i++) {
		struct json_object *o = json_object_new_object();

		json_set(o, "value", all[i].value);
		json_set(o, "name", all[i].name);
		json_set_bool(o, "current", current && strcmp(all[i].value, current) == 0);
		json_object_array_add(array, o);
	}
	return array;
}

/* shown: as the database has them, or as they were sent. errors is taken over. */
static enum err
settings_page(struct req *r, int status, struct json_object *shown, struct json_object *errors)
{
	const char *theme = json_text(shown, "theme"), *position = json_text(shown, "position");

	json_set_object(shown, "themes", options(themes, ARRAY_LEN(themes), theme));
	json_set_object(shown, "positions", options(positions, ARRAY_LEN(positions), position));
	json_set_bool(shown, "canEdit", may_edit(r));
	json_set_bool(shown, "saved", status == 200 && req_query(r, "saved"));
	json_set_object(shown, "errors", errors);
	return reply_page_status(r, status, "dash/settings_widget", json_object_get(shown));
}

enum err
dash_widget(struct req *r)
{
	const struct access as = auth_access(r);
	struct json_object *shown;
	enum err e = settings_get(&as, &shown);

	return e ? e : settings_page(r, 200, shown, json_object_new_array());
}

static void
add_error(struct json_object *errors, const char *field, const char *text)
{
	struct json_object *o = json_object_new_object();

	json_set(o, "field", field);
	json_set(o, "text", text);
	json_object_array_add(errors, o);
}

/* What the form has: all settings but the organization's name. */
static enum err
read_settings(struct req *r, struct json_object *wanted)
{
	const char *texts[6];
	bool flags[4] = { false };
	static const char *const text_names[] = { "domains", "color", "theme", "position",
		"welcome", "offline" };
	static const char *const flag_names[] = { "active", "showAvatar", "collectEmail",
		"collectName" };
	const struct field fields[] = {
		{ "domains", F_LINE, &texts[0], .max = 1000 },
		{ "color", F_LINE, &texts[1], .max = 7 },
		{ "theme", F_CHOICE, &texts[2], .choices = "auto|light|dark" },
		{ "position", F_CHOICE, &texts[3], .choices = "bottom-right|bottom-left" },
		{ "welcome", F_TEXT, &texts[4], .max = 500 },
		{ "offline", F_TEXT, &texts[5], .max = 500 },
		{ "active", F_BOOL, &flags[0], .optional = true },
		{ "showAvatar", F_BOOL, &flags[1], .optional = true },
		{ "collectEmail", F_BOOL, &flags[2], .optional = true },
		{ "collectName", F_BOOL, &flags[3], .optional = true },
		{ 0 },
	};
	enum err e = input_form(r, fields);

	if (e)
		return e;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		json_set(wanted, text_names[i], texts[i]);
	for (size_t i = 0; i < ARRAY_LEN(flags); i++)
		json_set_bool(wanted, flag_names[i], flags[i]);
	return ERR_NONE;
}

static struct json_object *
find_faults(struct req *r, struct json_object *wanted)
{
	struct json_object *errors = json_object_new_array();

	for (size_t i = 0; i < settings_count; i++) {
		const char *text = json_text(wanted, settings[i].name);
		const char *fault = text ? setting_fault(r->mem, &settings[i], text) : NULL;

		if (fault)
			add_error(errors, settings[i].label, fault);
	}
	return errors;
}

/* The page again, with what was typed and what is wrong with it. */
static enum err
refuse(struct req *r, struct json_object *wanted, struct json_object *errors)
{
	const struct access as = auth_access(r);
	struct json_object *shown, *value;
	enum err e = settings_get(&as, &shown);

	if (e) {
		json_object_put(errors);
		return e;
	}
	for (size_t i = 0; i < settings_count; i++)
		if (json_object_object_get_ex(wanted, settings[i].name, &value))
			json_set_object(shown, settings[i].name, json_object_get(value));
	if (setting_fault(r->mem, setting_named("color"), json_text(wanted, "color")))
		json_set(shown, "color", "#2f6fed");
	return settings_page(r, 422, shown, errors);
}

enum err
dash_widget_post(struct req *r)
{
	const struct access as = auth_access(r);
	struct json_object *wanted = json_new(r->mem), *errors;
	enum err e;

	if ((e = read_settings(r, wanted)))
		return e;
	errors = find_faults(r, wanted);
	if (json_object_array_length(errors))
		return refuse(r, wanted, errors);
	json_object_put(errors);
	e = settings_change(&as, wanted, NULL);
	return e ? e : reply_redirect(r, "/settings/widget?saved=1");
}
