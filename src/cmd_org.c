/* parlor org: organizations. */
#include "cmd.h"

#include "base/json.h"
#include "base/util.h"
#include "core/organization.h"
#include "core/settings.h"
#include "tool.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static int
create_failed(const struct tool *t, enum err e, const char *name, const char *slug)
{
	if (e == ERR_CONFLICT)
		return tool_fail(
			t, e, "the slug \"%s\" is taken; choose another with --slug", slug);
	if (e == ERR_INVALID && slug && !organization_slug_is_good(slug))
		return tool_fail(t, e,
			"\"%s\" is no slug: 1 to 48 of a-z, 0-9 and -, not at the ends", slug);
	if (e == ERR_INVALID)
		return tool_fail(t, e, "\"%s\" is no name", name);
	return tool_fail(t, e, "the organization cannot be made");
}

static int
created(struct tool *t, const char *id, const char *key)
{
	struct operator_organization o;
	struct json_object *out = json_new(t->mem);
	int status = tool_organization(t, id, &o);

	if (status != TOOL_GO_ON)
		return status;
	json_set(out, "id", o.id);
	json_set(out, "slug", o.slug);
	json_set(out, "name", o.name);
	json_set(out, "publishableKey", key);
	if (t->json)
		tool_line(json_write(out));
	tool_say(t, "made the organization %s", o.name);
	tool_say(t, "id               %s", o.id);
	tool_say(t, "slug             %s", o.slug);
	tool_say(t, "publishable key  %s", key);
	return TOOL_DONE;
}

static int
run_create(struct tool *t, int argc, char **argv)
{
	const char *slug = NULL, *owner = NULL, *id, *key;
	const struct tool_option options[] = { { "--slug", .value = &slug },
		{ "--owner", .value = &owner }, { 0 } };
	struct organization_new new = { .actor_type = "operator" };
	int status = tool_read(t, argc, argv, options, 1, 1);
	enum err e;

	if (status != TOOL_GO_ON)
		return status;
	if (owner && (status = tool_user(t, owner, &new.owner)) != TOOL_GO_ON)
		return status;
	new.name = t->args[0];
	new.slug = slug;
	new.actor_id = t->by;
	e = organization_create(t->db, t->mem, &new, &id, &key);
	return e ? create_failed(t, e, new.name, slug) : created(t, id, key);
}

static int
run_list(struct tool *t, int argc, char **argv)
{
	static const struct tool_option none[] = { { 0 } };
	static const struct tool_column columns[] = { { "SLUG", "slug" }, { "NAME", "name" },
		{ "ACTIVE", "active" }, { "MEMBERS", "members" }, { "CREATED", "createdAt" },
		{ "ID", "id" }, { 0 } };
	struct rows *rows;
	int status = tool_read(t, argc, argv, none, 0, 0);
	enum err e;

	if (status != TOOL_GO_ON)
		return status;
	if ((e = operator_organizations(t->db, t->mem, &rows)))
		return tool_fail(t, e, "the organizations cannot be listed");
	tool_table(t, columns, rows, "There is no organization. parlor org create makes one.");
	return TOOL_DONE;
}

/* yes, no, on, off, true, false, 1, 0; -1: none of them. */
static int
truth(const char *text)
{
	static const char *const words[] = { "no", "yes", "off", "on", "false", "true", "0", "1" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcasecmp(words[i], text) == 0)
			return (int)(i % 2);
	return -1;
}

static const char *
setting_names(struct arena *mem)
{
	const char *names = "";

	for (size_t i = 0; i < settings_count; i++)
		names = arena_printf(mem, "%s%s%s", names, i ? ", " : "", settings[i].name);
	return names;
}

/* "name=value" into wanted. */
static int
take_setting(const struct tool *t, const char *word, struct json_object *wanted)
{
	const size_t len = strcspn(word, "=");
	const char *name = arena_strndup(t->mem, word, len), *fault;
	const struct setting *setting = setting_named(name);

	if (!word[len] || !setting)
		return tool_usage(
			t, "\"%s\" sets nothing; there are: %s", word, setting_names(t->mem));
	word += len + 1;
	if ((fault = setting_fault(t->mem, setting, word)))
		return tool_usage(t, "%s: %s", name, fault);
	if (setting->is_bool && truth(word) < 0)
		return tool_usage(t, "%s is yes or no, not \"%s\"", name, word);
	if (setting->is_bool)
		json_set_bool(wanted, name, truth(word));
	else
		json_set(wanted, name, word);
	return TOOL_GO_ON;
}

static int
show_settings(const struct tool *t, const struct access *as)
{
	struct json_object *now;
	enum err e = settings_get(as, &now);

	if (e)
		return tool_fail(t, e, "the settings cannot be read");
	if (t->json)
		tool_line(json_write(now));
	for (size_t i = 0; i < settings_count; i++) {
		struct json_object *value = json_member(now, settings[i].name);

		tool_say(t, "%-13s %s", settings[i].name,
			json_object_is_type(value, json_type_boolean)
				? json_object_get_boolean(value) ? "yes" : "no"
				: json_object_get_string(value));
	}
	return TOOL_DONE;
}

static int
run_set(struct tool *t, int argc, char **argv)
{
	static const struct tool_option none[] = { { 0 } };
	struct json_object *wanted;
	struct operator_organization o;
	struct access as;
	int status = tool_read(t, argc, argv, none, 1, TOOL_ARGS);
	enum err e;

	if (status != TOOL_GO_ON)
		return status;
	wanted = json_new(t->mem);
	for (int i = 1; i < t->count; i++)
		if ((status = take_setting(t, t->args[i], wanted)) != TOOL_GO_ON)
			return status;
	if ((status = tool_organization(t, t->args[0], &o)) != TOOL_GO_ON)
		return status;
	as = operator_access(t->db, t->mem, o.id, t->by);
	if (t->count > 1 && (e = settings_change(&as, wanted, NULL)))
		return tool_fail(t, e, "the settings cannot be changed");
	return show_settings(t, &as);
}

static void
print_progress(int64_t rows)
{
	fprintf(stderr, "\r%lld rows deleted", (long long)rows);
	fflush(stderr);
}

static int
run_delete(struct tool *t, int argc, char **argv)
{
	bool yes = false;
	const struct tool_option options[] = { { "--yes", .flag = &yes }, { 0 } };
	const bool live = isatty(STDERR_FILENO);
	struct operator_organization o;
	int status = tool_read(t, argc, argv, options, 1, 1);
	enum err e;

	if (status != TOOL_GO_ON)
		return status;
	if ((status = tool_organization(t, t->args[0], &o)) != TOOL_GO_ON)
		return status;
	tool_say(t, "This deletes the organization %s with all its conversations, for ever.",
		o.name);
	if (!yes && !tool_confirm(t, "Type its slug to go on:", o.slug))
		return tool_fail(
			t, ERR_NONE, "nothing is deleted; type the slug when asked, or say --yes");
	e = operator_organization_delete(t->db, t->mem, o.id, live ? print_progress : NULL);
	if (live)
		fputc('\n', stderr);
	if (e)
		return tool_fail(t, e, "it broke off; the same command goes on");
	if (t->json)
		tool_line(arena_printf(t->mem, "{\"id\":\"%s\",\"deleted\":true}", o.id));
	tool_say(t, "deleted %s", o.name);
	return TOOL_DONE;
}

int
cmd_org(int argc, char **argv)
{
	static const struct tool_command commands[] = {
		{ "create", run_create, "NAME [--slug S] [--owner EMAIL]",
			"Makes an organization with its publishable key.\n\n"
			"  --slug S       a-z, 0-9 and -; made from the name without it\n"
			"  --owner EMAIL  a user who becomes its owner\n" },
		{ "list", run_list, "", "Lists all organizations.\n" },
		{ "set", run_set, "ORG [NAME=VALUE...]",
			"Changes settings of an organization (an id or a slug), and shows them "
			"all.\n\n"
			"  name, domains, color, theme (auto, light, dark),\n"
			"  position (bottom-right, bottom-left), welcome, offline: texts\n"
			"  active, showAvatar, collectEmail, collectName: yes or no\n"
			"  apiRate: requests a minute of each member and key at the API\n" },
		{ "delete", run_delete, "ORG [--yes]",
			"Deletes an organization with all that is in it. Users stay.\n\n"
			"  --yes          without asking\n" },
		{ 0 },
	};

	return tool_main("org", commands, argc, argv);
}
