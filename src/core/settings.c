/* Settings of an organization and its widget. */
#include "core/settings.h"

#include "base/crypt.h"
#include "base/json.h"
#include "base/util.h"
#include "core/audit.h"
#include "core/settings.sql.h"

#include <string.h>

enum { API_RATE_MAX = 1000000, VERSION_LEN = 12 };

/* clang-format off */
const struct setting settings[] = {
	{ "name", false, 100, NULL, "Name" },
	{ "active", true, 0, NULL, "The chat is switched on" },
	{ "domains", false, 1000, NULL, "Domains" },
	{ "color", false, 7, NULL, "Colour" },
	{ "theme", false, 0, "auto|light|dark", "Theme" },
	{ "position", false, 0, "bottom-right|bottom-left", "Corner" },
	{ "welcome", false, 500, NULL, "Welcome" },
	{ "offline", false, 500, NULL, "Nobody online" },
	{ "showAvatar", true, 0, NULL, "Show who answers" },
	{ "collectEmail", true, 0, NULL, "Ask for the e-mail address" },
	{ "collectName", true, 0, NULL, "Ask for the name" },
	{ "apiRate", false, 7, NULL, "Requests of the API a minute" }, /* the operator's */
};
/* clang-format on */
const size_t settings_count = ARRAY_LEN(settings);

const struct setting *
setting_named(const char *name)
{
	for (size_t i = 0; i < settings_count; i++)
		if (strcmp(settings[i].name, name) == 0)
			return &settings[i];
	return NULL;
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

static const char *
domains_fault(struct arena *mem, const char *domains)
{
	static const char blanks[] = ", \t";

	for (const char *p = domains + strspn(domains, blanks); *p; p += strspn(p, blanks)) {
		size_t len = strcspn(p, blanks);

		if (!is_domain(p, len))
			return arena_printf(
				mem, "“%.*s” is not a domain such as shop.example.", (int)len, p);
		p += len;
	}
	return NULL;
}

static bool
is_choice(const char *choices, const char *text)
{
	const size_t len = strlen(text);

	for (const char *p = choices; *p; p += strcspn(p, "|"), p += *p == '|')
		if (strcspn(p, "|") == len && memcmp(p, text, len) == 0)
			return true;
	return false;
}

const char *
setting_fault(struct arena *mem, const struct setting *setting, const char *text)
{
	int64_t rate;

	if (setting->is_bool)
		return NULL;
	if (!utf8_valid(text, strlen(text)))
		return "This is not UTF-8.";
	if (setting->choices)
		return is_choice(setting->choices, text)
			       ? NULL
			       : arena_printf(mem, "Must be one of %s.", setting->choices);
	if (strcmp(setting->name, "color") == 0)
		return is_color(text) ? NULL : "Choose a colour such as #2f6fed.";
	if (strcmp(setting->name, "apiRate") == 0)
		return parse_int(text, 1, API_RATE_MAX, &rate)
			       ? NULL
			       : "Must be a number from 1 to 1000000.";
	if (strcmp(setting->name, "name") == 0 && !*text)
		return "An organization has a name.";
	if (utf8_count(text, strlen(text)) > (size_t)setting->max)
		return arena_printf(mem, "Must have at most %d characters.", setting->max);
	return strcmp(setting->name, "domains") == 0 ? domains_fault(mem, text) : NULL;
}

enum err
settings_get(const struct access *as, struct json_object **out)
{
	struct rows *rows;
	enum err e = db_one(as->db, as->mem, &SQL_settings_get, ARGS(as->organization), &rows);

	if (e)
		return e;
	*out = json_trusted(as->mem, rows_str(rows, 0, 0));
	return *out ? ERR_NONE : ERR_INTERNAL;
}

const char *
settings_version(const struct access *as, struct json_object *current)
{
	char hash[HASH_HEX_LEN + 1];
	const char *all = "";

	for (size_t i = 0; i < settings_count; i++)
		all = arena_printf(as->mem, "%s%s\n", all,
			json_object_to_json_string(json_member(current, settings[i].name)));
	crypt_hash(all, hash);
	return arena_strndup(as->mem, hash, VERSION_LEN);
}

/* {"color": ["#2f6fed", "#aa0000"]}: what wanted has otherwise than current. */
static struct json_object *
difference(struct json_object *current, struct json_object *wanted)
{
	struct json_object *changes = json_object_new_object();

	for (size_t i = 0; i < settings_count; i++) {
		struct json_object *old, *new, *pair;
		const char *name = settings[i].name;

		if (!json_object_object_get_ex(wanted, name, &new) ||
			!json_object_object_get_ex(current, name, &old) ||
			json_object_equal(old, new))
			continue;
		pair = json_object_new_array();
		json_object_array_add(pair, json_object_get(old));
		json_object_array_add(pair, json_object_get(new));
		json_set_object(changes, name, pair);
	}
	return changes;
}

static enum err
change(const struct access *as, struct json_object *wanted, const char *versions)
{
	struct audit entry = { .action = "settings.changed" };
	struct json_object *current;
	struct rows *rows;
	enum err e;

	if ((e = db_one(as->db, as->mem, &SQL_settings_lock, ARGS(as->organization), &rows)) ||
		(e = settings_get(as, &current)))
		return e;
	if (versions && !is_one_word_of(as->mem, versions, settings_version(as, current)))
		return ERR_CHANGED;
	entry.changes = difference(current, wanted);
	if (json_object_object_length(entry.changes) == 0) {
		json_object_put(entry.changes);
		return ERR_NONE;
	}
	if ((e = db_run(as->db, as->mem, &SQL_settings_set,
		     ARGS(as->organization, json_write(wanted)), NULL))) {
		json_object_put(entry.changes);
		return e;
	}
	return audit_write(as, &entry);
}

enum err
settings_change(const struct access *as, struct json_object *wanted, const char *versions)
{
	enum err e = db_begin(as->db);

	if (e)
		return e;
	if ((e = change(as, wanted, versions))) {
		db_rollback(as->db);
		return e;
	}
	return db_commit(as->db);
}
