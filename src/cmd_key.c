/* parlor key: secret keys of organizations. */
#include "cmd.h"

#include "base/buf.h"
#include "base/json.h"
#include "core/key.h"
#include "core/permission.h"
#include "tool.h"

#include <stdio.h>
#include <string.h>

static const unsigned everything = ~0U; /* what an operator may give */

static int
made(const struct tool *t, const struct key_made *key)
{
	if (t->json) {
		struct json_object *out = json_new(t->mem);

		json_set(out, "secret", key->secret);
		json_set_object(out, "key", json_object_get(json_trusted(t->mem, key->json)));
		tool_line(json_write(out));
		return TOOL_DONE;
	}
	tool_line(key->secret);
	fprintf(stderr, "This is the one time that the key is shown. Its id is %s.\n", key->id);
	return TOOL_DONE;
}

static const char *
scope_names(struct arena *mem)
{
	const char *names = "*";

	for (size_t i = 0; i < permissions_count; i++)
		if (permissions[i].permission != PERM_SIGNED_IN)
			names = arena_printf(mem, "%s, %s", names, permissions[i].name);
	return names;
}

static int
take_member(const struct tool *t, const char *organization, const char *email, const char **member)
{
	enum err e = operator_member(t->db, t->mem, organization, email, member);

	if (e == ERR_NOT_FOUND)
		return tool_fail(
			t, e, "%s is no member there; parlor user add --org adds one", email);
	return e ? tool_fail(t, e, "the member cannot be looked up") : TOOL_GO_ON;
}

static int
check_create(
	const struct tool *t, const struct key_new *new, const char *expires, int64_t *lifetime)
{
	if (!*new->name || strlen(new->name) > KEY_NAME_MAX)
		return tool_usage(t, "a key has a name of at most %d bytes", KEY_NAME_MAX);
	if (!key_scopes_are_good(new->scopes))
		return tool_usage(t, "\"%s\" is no list of scopes; there are: %s", new->scopes,
			scope_names(t->mem));
	if (expires && (!tool_seconds(expires, KEY_LIFETIME_MAX, lifetime) || *lifetime == 0))
		return tool_usage(t, "\"%s\" is no time such as 90d or 12h", expires);
	return TOOL_GO_ON;
}

static int
run_create(struct tool *t, int argc, char **argv)
{
	const char *scopes = "*", *member = NULL, *expires = NULL;
	const struct tool_option options[] = { { "--scopes", .value = &scopes },
		{ "--member", .value = &member }, { "--expires", .value = &expires }, { 0 } };
	struct operator_organization o;
	struct key_made key;
	struct key_new new = { 0 };
	struct access as;
	int status = tool_read(t, argc, argv, options, 2, 2);
	enum err e;

	if (status != TOOL_GO_ON)
		return status;
	new.name = t->args[1];
	new.scopes = scopes;
	if ((status = check_create(t, &new, expires, &new.lifetime)) != TOOL_GO_ON ||
		(status = tool_organization(t, t->args[0], &o)) != TOOL_GO_ON)
		return status;
	if (member && (status = take_member(t, o.id, member, &new.member)) != TOOL_GO_ON)
		return status;
	as = operator_access(t->db, t->mem, o.id, t->by);
	if ((e = key_create(&as, everything, &new, &key)) == ERR_CONFLICT)
		return tool_fail(t, e, "there are %d live keys already; revoke one", KEYS_LIVE_MAX);
	return e ? tool_fail(t, e, "the key cannot be made") : made(t, &key);
}

static int
run_list(struct tool *t, int argc, char **argv)
{
	static const struct tool_option none[] = { { 0 } };
	static const struct tool_column columns[] = { { "ID", "id" }, { "NAME", "name" },
		{ "KEY", "hint" }, { "STATE", "state" }, { "ACTS FOR", "memberName" },
		{ "LAST USED", "lastUsedAt" }, { "EXPIRES", "expiresAt" }, { "SCOPES", "scopes" },
		{ 0 } };
	struct operator_organization o;
	struct rows *rows;
	int status = tool_read(t, argc, argv, none, 1, 1);
	enum err e;

	if (status != TOOL_GO_ON || (status = tool_organization(t, t->args[0], &o)) != TOOL_GO_ON)
		return status;
	if ((e = operator_keys(t->db, t->mem, o.id, &rows)))
		return tool_fail(t, e, "the keys cannot be listed");
	tool_table(t, columns, rows, "There is no key. parlor key create makes one.");
	return TOOL_DONE;
}

static int
find_key(const struct tool *t, struct access *as)
{
	const char *organization;
	enum err e = operator_key_organization(t->db, t->mem, t->args[0], &organization);

	if (e == ERR_NOT_FOUND)
		return tool_fail(t, e,
			"there is no key with the id \"%s\"; parlor key list names all",
			t->args[0]);
	if (e)
		return tool_fail(t, e, "the key cannot be looked up");
	*as = operator_access(t->db, t->mem, organization, t->by);
	return TOOL_GO_ON;
}

static int
run_rotate(struct tool *t, int argc, char **argv)
{
	const char *overlap = "24h";
	const struct tool_option options[] = { { "--overlap", .value = &overlap }, { 0 } };
	struct key_made key;
	struct access as;
	int64_t seconds;
	int status = tool_read(t, argc, argv, options, 1, 1);
	enum err e;

	if (status != TOOL_GO_ON)
		return status;
	if (!tool_seconds(overlap, KEY_OVERLAP_MAX, &seconds))
		return tool_usage(
			t, "\"%s\" is no time such as 24h, 7d or 0, at most 30d", overlap);
	if ((status = find_key(t, &as)) != TOOL_GO_ON)
		return status;
	if ((e = key_rotate(&as, everything, t->args[0], seconds, &key)) == ERR_CONFLICT)
		return tool_fail(t, e, "this key has ended or was rotated before");
	return e ? tool_fail(t, e, "the key cannot be rotated") : made(t, &key);
}

static int
run_revoke(struct tool *t, int argc, char **argv)
{
	static const struct tool_option none[] = { { 0 } };
	struct access as;
	int status = tool_read(t, argc, argv, none, 1, 1);
	enum err e;

	if (status != TOOL_GO_ON || (status = find_key(t, &as)) != TOOL_GO_ON)
		return status;
	if ((e = key_revoke(&as, t->args[0])))
		return tool_fail(t, e, "the key cannot be revoked");
	if (t->json)
		tool_line(
			arena_printf(t->mem, "{\"id\":\"%s\",\"state\":\"revoked\"}", t->args[0]));
	tool_say(t, "revoked %s", t->args[0]);
	return TOOL_DONE;
}

int
cmd_key(int argc, char **argv)
{
	static const struct tool_command commands[] = {
		{ "create", run_create, "ORG NAME [--scopes S] [--member EMAIL] [--expires TIME]",
			"Makes a secret key and prints it, once, on standard output.\n\n"
			"  --scopes S      names of permissions, separated by blanks; all without "
			"it\n"
			"  --member EMAIL  acts for this member, and ends with the membership\n"
			"  --expires TIME  such as 90d; never without it\n" },
		{ "list", run_list, "ORG", "Lists the keys of an organization.\n" },
		{ "rotate", run_rotate, "KEY [--overlap TIME]",
			"Makes a new secret for a key (its id) and prints it, once.\n\n"
			"  --overlap TIME  how long the old one goes on: 0, 12h, 7d (24h)\n" },
		{ "revoke", run_revoke, "KEY", "Ends a key at once.\n" },
		{ 0 },
	};

	return tool_main("key", commands, argc, argv);
}
