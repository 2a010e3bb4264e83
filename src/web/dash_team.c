/* The team: its members and their roles. Invitations are in dash_invite.c. */
#include "base/json.h"
#include "core/invitation.h"
#include "core/permission.h"
#include "core/team.h"
#include "web/app.h"
#include "web/auth.h"
#include "web/dash.h"
#include "web/dash_team.h"
#include "web/form.h"
#include "web/input.h"
#include "web/page.h"
#include "web/reply.h"
#include "web/view.h"

#include <string.h>

struct option {
	const char *value, *name;
};

static const struct option roles[] = { { "member", "Member" }, { "admin", "Administrator" },
	{ "owner", "Owner" } };
static const struct option chat_roles[] = { { "", "As the role says" }, { "admin", "Chat admin" },
	{ "supervisor", "Supervisor" }, { "agent", "Agent" }, { "viewer", "Viewer" } };

static const char *
name_of(const struct option *all, size_t n, const char *value)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(all[i].value, value) == 0)
			return all[i].name;
	return value;
}

const char *
team_role_name(const char *role)
{
	return name_of(roles, ARRAY_LEN(roles), role);
}

static void
add_option(struct json_object *array, const char *value, const char *name, bool current)
{
	struct json_object *o = json_object_new_object();

	json_set(o, "value", value);
	json_set(o, "name", name);
	json_set_bool(o, "current", current);
	json_object_array_add(array, o);
}

/* A word that is none of ours, as another program may have written it, can stay as it is. */
static struct json_object *
options(const struct option *all, size_t n, const char *current)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < n; i++)
		add_option(array, all[i].value, all[i].name, strcmp(all[i].value, current) == 0);
	if (name_of(all, n, current) == current)
		add_option(array, current, current, true);
	return array;
}

/* Only an owner grants or alters owner. */
static void
dress_member(struct req *r, struct json_object *m, bool owner_acts)
{
	const char *role = json_text(m, "role"), *chat_role = json_text(m, "chatRole");
	const bool is_owner = json_object_get_boolean(json_member(m, "owner"));
	const size_t offered = ARRAY_LEN(roles) - (owner_acts || is_owner ? 0 : 1);

	json_set(m, "roleName", team_role_name(role));
	json_set(m, "chatRoleName",
		name_of(chat_roles, ARRAY_LEN(chat_roles), json_text(m, "effectiveChatRole")));
	json_set(m, "initials", view_initials(r->mem, json_text(m, "shown")));
	json_set_object(m, "roles", options(roles, offered, role));
	json_set_object(m, "chatRoles", options(chat_roles, ARRAY_LEN(chat_roles), chat_role));
	json_set_bool(
		m, "editable", (r->who.may & PERM_MEMBERS_WRITE) && (owner_acts || !is_owner));
}

static bool
acts_as_owner(struct json_object *members)
{
	for (size_t i = 0; i < json_object_array_length(members); i++) {
		struct json_object *m = json_object_array_get_idx(members, i);

		if (json_object_get_boolean(json_member(m, "me")))
			return json_object_get_boolean(json_member(m, "owner"));
	}
	return false;
}

static void
dress_invitation(struct req *r, struct json_object *i)
{
	const char *role = json_text(i, "role"), *chat_role = json_text(i, "chatRole");
	const int64_t minutes = json_object_get_int64(json_member(i, "minutesLeft"));

	json_set(i, "roleName", team_role_name(role ? role : "member"));
	json_set(i, "chatRoleName",
		chat_role ? name_of(chat_roles, ARRAY_LEN(chat_roles), chat_role) : NULL);
	json_set(i, "left",
		minutes >= 120 ? arena_printf(r->mem, "%d hours", (int)(minutes / 60))
			       : arena_printf(r->mem, "%d minutes", (int)minutes));
	json_set(i, "link",
		arena_printf(
			r->mem, "%s/invitations/%s", r->app->conf->base_url, json_text(i, "id")));
}

static enum err
add_invitations(struct req *r, const struct access *as, struct json_object *context)
{
	struct json_object *invitations;
	enum err e;

	if (!(r->who.may & PERM_MEMBERS_WRITE))
		return ERR_NONE;
	if ((e = invitation_list(as, &invitations)))
		return e;
	for (size_t i = 0; i < json_object_array_length(invitations); i++)
		dress_invitation(r, json_object_array_get_idx(invitations, i));
	json_set_bool(context, "waiting", json_object_array_length(invitations) > 0);
	json_set_object(context, "invitations", json_object_get(invitations));
	return ERR_NONE;
}

static const char *
notice(struct req *r)
{
	static const struct option notices[] = { { "invited", "The invitation is made." },
		{ "mailed", "The invitation is on its way by mail." },
		{ "renewed", "The invitation is good for another 48 hours." },
		{ "canceled", "The invitation was canceled." },
		{ "changed", "The changes are saved." }, { "removed", "The member was removed." } };
	const char *done = r->method == METHOD_GET ? req_query(r, "done") : NULL;
	const char *text = done ? name_of(notices, ARRAY_LEN(notices), done) : NULL;

	return text == done ? NULL : text;
}

enum err
team_page(struct req *r, int status, const char *error, const char *email)
{
	const struct access as = auth_access(r);
	struct json_object *context = json_new(r->mem), *members;
	bool owner;
	enum err e = team_list(&as, &members);

	if (e || (e = add_invitations(r, &as, context)))
		return e;
	owner = acts_as_owner(members);
	for (size_t i = 0; i < json_object_array_length(members); i++)
		dress_member(r, json_object_array_get_idx(members, i), owner);
	json_set_object(context, "members", json_object_get(members));
	json_set_object(context, "roles", options(roles, owner ? 3 : 2, "member"));
	json_set_object(context, "chatRoles", options(chat_roles, ARRAY_LEN(chat_roles), ""));
	json_set_bool(context, "canEdit", r->who.may & PERM_MEMBERS_WRITE);
	json_set_bool(context, "mail", conf_has_mail(r->app->conf));
	json_set(context, "notice", notice(r));
	json_set(context, "error", error);
	json_set(context, "email", email);
	return reply_page_status(r, status, "dash/team", json_object_get(context));
}

enum err
dash_team(struct req *r)
{
	return team_page(r, 200, NULL, "");
}

const char *
team_refusal_text(enum team_refusal why)
{
	switch (why) {
	case TEAM_LAST_OWNER:
		return "The last owner cannot go. Make somebody else an owner first.";
	case TEAM_OWNER_ONLY:
		return "Only an owner makes somebody an owner, or changes one.";
	default:
		return "There is no such role.";
	}
}

enum err
dash_team_member(struct req *r)
{
	const struct access as = auth_access(r);
	struct team_change c = { .role = "", .chat_role = "", .display_name = "" };
	enum team_refusal why = TEAM_FINE;
	const struct field fields[] = {
		{ "role", F_LINE, &c.role, .min = 1, .max = 100 },
		{ "chatRole", F_LINE, &c.chat_role, .max = 100 },
		{ "displayName", F_LINE, &c.display_name, .max = 100 },
		{ "maxChats", F_INT, &c.max_chats, .min = 0, .max = 1000 },
		{ 0 },
	};
	enum err e;

	if (input_form(r, fields))
		return team_page(r, 422, form_fault(r), "");
	e = team_change(&as, r->arg[0], &c, &why);
	if (why)
		return team_page(r, why == TEAM_BAD_ROLE ? 422 : 403, team_refusal_text(why), "");
	return e ? e : reply_redirect(r, "/team?done=changed");
}

enum err
dash_team_remove(struct req *r)
{
	const struct access as = auth_access(r);
	enum team_refusal why = TEAM_FINE;
	enum err e = team_remove(&as, r->arg[0], &why);

	if (why)
		return team_page(r, 403, team_refusal_text(why), "");
	return e ? e : reply_redirect(r, "/team?done=removed");
}
