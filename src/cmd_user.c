/* parlor user: people who sign in. */
#include "cmd.h"

#include "base/json.h"
#include "core/member.h"
#include "tool.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct add {
	const char *name, *organization, *role, *chat_role;
	bool from_stdin;
};

static int
check_add(const struct tool *t, const struct add *a)
{
	if (!user_address_is_good(t->args[0]))
		return tool_usage(t, "\"%s\" is no e-mail address", t->args[0]);
	if (!a->organization && (a->role || a->chat_role))
		return tool_usage(t, "a role is one in an organization: name it with --org");
	if (a->role && !member_role_is_good(a->role))
		return tool_usage(t, "--role is owner, admin or member, not \"%s\"", a->role);
	if (a->chat_role && !member_chat_role_is_good(a->chat_role))
		return tool_usage(t,
			"--chat-role is admin, supervisor, agent or viewer, not \"%s\"",
			a->chat_role);
	return TOOL_GO_ON;
}

static int
added(const struct tool *t, const char *id, bool was_there, bool has_password)
{
	struct json_object *out = json_new(t->mem);

	json_set(out, "id", id);
	json_set(out, "email", user_address(t->mem, t->args[0]));
	json_set_bool(out, "created", !was_there);
	if (t->json)
		tool_line(json_write(out));
	if (was_there)
		tool_say(t, "%s was there; the membership is new", t->args[0]);
	else
		tool_say(t, "made %s, id %s", t->args[0], id);
	if (!was_there && !has_password)
		tool_say(t, "There is no password yet; set one with: parlor user password %s",
			t->args[0]);
	return TOOL_DONE;
}

static int
add_failed(const struct tool *t, enum err e, const struct add *a)
{
	if (e == ERR_CONFLICT)
		return tool_fail(t, e, "%s is %s already", t->args[0],
			a->organization ? "a member" : "a user");
	if (e == ERR_INVALID)
		return tool_fail(t, e, "a new user has a name: say --name");
	return tool_fail(t, e, "the user cannot be added");
}

/* A password for a new user: from standard input, or from the terminal when there is one. */
static int
new_password(const struct tool *t, const struct add *a, const char **password)
{
	const char *id;
	enum err e = user_by_address(t->db, t->mem, t->args[0], &id);

	if (e && e != ERR_NOT_FOUND)
		return tool_fail(t, e, "the user cannot be looked up");
	if (!e && a->from_stdin)
		return tool_fail(t, e,
			"%s is there already; parlor user password changes the password",
			t->args[0]);
	if (!e || (!a->from_stdin && !isatty(STDIN_FILENO)))
		return TOOL_GO_ON;
	return tool_password(t, a->from_stdin, password);
}

static int
add(struct tool *t, const struct add *a)
{
	struct user_new new = {
		.email = t->args[0], .name = a->name ? a->name : "", .verified = true
	};
	struct operator_membership membership = { NULL, a->role ? a->role : "member",
		a->chat_role };
	struct operator_organization o;
	const char *id;
	bool was_there;
	int status = TOOL_GO_ON;
	enum err e;

	if (a->organization && (status = tool_organization(t, a->organization, &o)) != TOOL_GO_ON)
		return status;
	if ((status = new_password(t, a, &new.password)) != TOOL_GO_ON)
		return status;
	membership.organization = a->organization ? o.id : NULL;
	e = operator_user_add(
		t->db, t->mem, &new, a->organization ? &membership : NULL, t->by, &id, &was_there);
	return e ? add_failed(t, e, a) : added(t, id, was_there, new.password);
}

static int
run_add(struct tool *t, int argc, char **argv)
{
	struct add a = { 0 };
	const struct tool_option options[] = { { "--name", .value = &a.name },
		{ "--org", .value = &a.organization }, { "--role", .value = &a.role },
		{ "--chat-role", .value = &a.chat_role },
		{ "--password-stdin", .flag = &a.from_stdin }, { 0 } };
	int status = tool_read(t, argc, argv, options, 1, 1);

	if (status != TOOL_GO_ON || (status = check_add(t, &a)) != TOOL_GO_ON)
		return status;
	return add(t, &a);
}

static int
run_list(struct tool *t, int argc, char **argv)
{
	const char *organization = NULL;
	const struct tool_option options[] = { { "--org", .value = &organization }, { 0 } };
	static const struct tool_column all[] = { { "EMAIL", "email" }, { "NAME", "name" },
		{ "VERIFIED", "emailVerified" }, { "PASSWORD", "hasPassword" },
		{ "DISABLED", "disabled" }, { "ORGANIZATIONS", "organizations" }, { "ID", "id" },
		{ 0 } };
	static const struct tool_column members[] = { { "EMAIL", "email" }, { "NAME", "name" },
		{ "ROLE", "role" }, { "CHAT ROLE", "chatRole" }, { "DISABLED", "disabled" },
		{ "ID", "id" }, { 0 } };
	struct operator_organization o = { 0 };
	struct rows *rows;
	int status = tool_read(t, argc, argv, options, 0, 0);
	enum err e;

	if (status != TOOL_GO_ON)
		return status;
	if (organization && (status = tool_organization(t, organization, &o)) != TOOL_GO_ON)
		return status;
	if ((e = operator_users(t->db, t->mem, o.id, &rows)))
		return tool_fail(t, e, "the users cannot be listed");
	tool_table(t, organization ? members : all, rows,
		"There is nobody. parlor user add makes a user.");
	return TOOL_DONE;
}

static int
done(const struct tool *t, const char *user, const char *what)
{
	struct json_object *out = json_new(t->mem);

	json_set(out, "id", user);
	json_set(out, "email", user_address(t->mem, t->args[0]));
	if (t->json)
		tool_line(json_write(out));
	tool_say(t, "%s %s", t->args[0], what);
	return TOOL_DONE;
}

static int
run_password(struct tool *t, int argc, char **argv)
{
	bool from_stdin = false;
	const struct tool_option options[] = { { "--password-stdin", .flag = &from_stdin }, { 0 } };
	const char *user, *password;
	int status = tool_read(t, argc, argv, options, 1, 1);
	enum err e;

	if (status != TOOL_GO_ON || (status = tool_user(t, t->args[0], &user)) != TOOL_GO_ON ||
		(status = tool_password(t, from_stdin, &password)) != TOOL_GO_ON)
		return status;
	if ((e = operator_user_password(t->db, t->mem, user, password, t->by)))
		return tool_fail(t, e, "the password cannot be changed");
	return done(t, user, "has a new password; all sessions are ended");
}

static int
run_disable(struct tool *t, int argc, char **argv)
{
	static const struct tool_option none[] = { { 0 } };
	const char *user;
	int status = tool_read(t, argc, argv, none, 1, 1);
	enum err e;

	if (status != TOOL_GO_ON || (status = tool_user(t, t->args[0], &user)) != TOOL_GO_ON)
		return status;
	e = operator_user_disable(t->db, t->mem, user, t->by);
	if (e && e != ERR_CONFLICT)
		return tool_fail(t, e, "the user cannot be disabled");
	return done(t, user,
		e ? "was disabled already"
		  : "is disabled; sessions are ended, keys that act for them revoked");
}

static int
run_enable(struct tool *t, int argc, char **argv)
{
	static const struct tool_option none[] = { { 0 } };
	const char *user;
	int status = tool_read(t, argc, argv, none, 1, 1);
	enum err e;

	if (status != TOOL_GO_ON || (status = tool_user(t, t->args[0], &user)) != TOOL_GO_ON)
		return status;
	e = operator_user_enable(t->db, t->mem, user, t->by);
	if (e && e != ERR_CONFLICT)
		return tool_fail(t, e, "the user cannot be enabled");
	return done(t, user,
		e ? "was not disabled" : "may sign in again; keys that were revoked stay so");
}

int
cmd_user(int argc, char **argv)
{
	static const struct tool_command commands[] = {
		{ "add", run_add,
			"EMAIL [--name N] [--org ORG [--role R] [--chat-role C]] "
			"[--password-stdin]",
			"Makes a user, whose address counts as verified, and a member of ORG. A "
			"user who\n"
			"is there becomes a member only. Asks for the password on a terminal.\n\n"
			"  --name N          of a new user\n"
			"  --org ORG         an id or a slug\n"
			"  --role R          owner, admin or member (member)\n"
			"  --chat-role C     admin, supervisor, agent or viewer (what follows from "
			"R)\n"
			"  --password-stdin  reads the password from standard input, one line\n" },
		{ "list", run_list, "[--org ORG]", "Lists all users, or the members of ORG.\n" },
		{ "password", run_password, "EMAIL [--password-stdin]",
			"Sets a new password and ends all sessions of the user.\n\n"
			"  --password-stdin  reads it from standard input, one line\n" },
		{ "disable", run_disable, "EMAIL",
			"Lets a user in no more, here and where Better Auth asks: ends all "
			"sessions, revokes\n"
			"the keys that act for the user.\n" },
		{ "enable", run_enable, "EMAIL", "Lets a disabled user in again.\n" },
		{ 0 },
	};

	return tool_main("user", commands, argc, argv);
}
