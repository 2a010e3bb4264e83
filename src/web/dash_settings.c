/* Settings of the widget: its looks, its texts, where it may run. Administrators change them. */
#include "base/json.h"
#include "core/dashboard.h"
#include "core/permission.h"
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

/* settings: as the database has them, or as they were sent. errors is taken over. */
static enum err
settings_page(struct req *r, int status, struct json_object *settings, struct json_object *errors)
{
	const char *theme = json_text(settings, "theme"),
		   *position = json_text(settings, "position");

	json_set_object(settings, "themes", options(themes, ARRAY_LEN(themes), theme));
	json_set_object(settings, "positions", options(positions, ARRAY_LEN(positions), position));
	json_set_bool(settings, "canEdit", may_edit(r));
	json_set_bool(settings, "tabWidget", true);
	json_set_bool(settings, "canKeys", r->who.may & PERM_KEYS_WRITE);
	json_set_bool(settings, "saved", status == 200 && req_query(r, "saved"));
	json_set_object(settings, "errors", errors);
	return reply_page_status(r, status, "dash/settings_widget", json_object_get(settings));
}

enum err
dash_widget(struct req *r)
{
	const struct access as = auth_access(r);
	struct json_object *settings;
	enum err e = dashboard_settings(&as, &settings);

	return e ? e : settings_page(r, 200, settings, json_object_new_array());
}

static void
add_error(struct json_object *errors, const char *field, const char *text)
{
	struct json_object *o = json_object_new_object();

	json_set(o, "field", field);
	json_set(o, "text", text);
	json_object_array_add(errors, o);
}

static bool
is_color(const char *s)
{
	return s[0] == '#' && strlen(s) == 7 && strspn(s + 1, "0123456789abcdefABCDEF") == 6;
}

/* Letters, digits, dots, dashes, a port, and "*." before: what cors_match() can meet. */
static bool
is_domain(const char *s, size_t len)
{
	size_t dots = 0;

	if (len > 2 && s[0] == '*' && s[1] == '.')
		s += 2, len -= 2;
	for (size_t i = 0; i < len; i++) {
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:",
			    s[i]))
			return false;
		dots = s[i] == '.' ? dots + 1 : 0;
		if (dots > 1)
			return false;
	}
	return len > 0 && len <= 253 && s[0] != '.' && s[0] != '-' && s[len - 1] != '.';
}

static void
check_domains(struct arena *mem, const char *domains, struct json_object *errors)
{
	static const char blanks[] = ", \t";

	for (const char *p = domains + strspn(domains, blanks); *p; p += strspn(p, blanks)) {
		size_t len = strcspn(p, blanks);

		if (!is_domain(p, len))
			add_error(errors, "Domains",
				arena_printf(mem, "“%.*s” is not a domain such as shop.example.",
					(int)len, p));
		p += len;
	}
}

static enum err
read_settings(struct req *r, struct dashboard_settings *s)
{
	const struct field fields[] = {
		{ "active", F_BOOL, &s->active, .optional = true },
		{ "domains", F_LINE, &s->domains, .max = 1000 },
		{ "color", F_LINE, &s->color, .max = 7 },
		{ "theme", F_CHOICE, &s->theme, .choices = "auto|light|dark" },
		{ "position", F_CHOICE, &s->position, .choices = "bottom-right|bottom-left" },
		{ "welcome", F_TEXT, &s->welcome, .max = 500 },
		{ "offline", F_TEXT, &s->offline, .max = 500 },
		{ "showAvatar", F_BOOL, &s->show_avatar, .optional = true },
		{ "collectEmail", F_BOOL, &s->collect_email, .optional = true },
		{ "collectName", F_BOOL, &s->collect_name, .optional = true },
		{ 0 },
	};

	return input_form(r, fields);
}

/* The page again, with what was typed and what is wrong with it. */
static enum err
refuse(struct req *r, const struct dashboard_settings *s, struct json_object *errors)
{
	const struct access as = auth_access(r);
	struct json_object *shown;
	enum err e = dashboard_settings(&as, &shown);

	if (e) {
		json_object_put(errors);
		return e;
	}
	json_set_bool(shown, "active", s->active);
	json_set(shown, "domains", s->domains);
	json_set(shown, "color", is_color(s->color) ? s->color : "#2f6fed");
	json_set(shown, "theme", s->theme);
	json_set(shown, "position", s->position);
	json_set(shown, "welcome", s->welcome);
	json_set(shown, "offline", s->offline);
	json_set_bool(shown, "showAvatar", s->show_avatar);
	json_set_bool(shown, "collectEmail", s->collect_email);
	json_set_bool(shown, "collectName", s->collect_name);
	return settings_page(r, 422, shown, errors);
}

enum err
dash_widget_post(struct req *r)
{
	const struct access as = auth_access(r);
	struct dashboard_settings s = { .active = false };
	struct json_object *errors;
	enum err e;

	if ((e = read_settings(r, &s)))
		return e;
	errors = json_object_new_array();
	if (!is_color(s.color))
		add_error(errors, "Colour", "Choose a colour such as #2f6fed.");
	check_domains(r->mem, s.domains, errors);
	if (json_object_array_length(errors))
		return refuse(r, &s, errors);
	json_object_put(errors);
	e = dashboard_settings_save(&as, &s);
	return e ? e : reply_redirect(r, "/settings/widget?saved=1");
}
