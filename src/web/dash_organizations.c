/* One's organizations: choosing, making, leaving, deleting one, and what one is invited to. */
#include "base/json.h"
#include "core/belonging.h"
#include "core/invitation.h"
#include "core/organization.h"
#include "core/permission.h"
#include "core/registration.h"
#include "core/team.h"
#include "web/app.h"
#include "web/auth.h"
#include "web/dash.h"
#include "web/dash_team.h"
#include "web/form.h"
#include "web/input.h"
#include "web/limit.h"
#include "web/page.h"
#include "web/redirect.h"
#include "web/reply.h"

#include <string.h>

static void
name_roles(struct json_object *list)
{
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *o = json_object_array_get_idx(list, i);
		const char *role = json_text(o, "role");

		json_set(o, "roleName", team_role_name(role ? role : "member"));
	}
}

static const char *
notice(struct req *r)
{
	static const struct {
		const char *done, *text;
	} notices[] = { { "left", "You have left the organization." },
		{ "declined", "The invitation was declined." },
		{ "deleted", "The organization is being deleted with all that is in it." } };
	const char *done = r->method == METHOD_GET ? req_query(r, "done") : NULL;

	for (size_t i = 0; done && i < ARRAY_LEN(notices); i++)
		if (strcmp(notices[i].done, done) == 0)
			return notices[i].text;
	return NULL;
}

/* What can be done with the one at work. */
static void
add_current(struct req *r, struct json_object *list, struct json_object *context)
{
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *o = json_object_array_get_idx(list, i);

		if (!json_object_get_boolean(json_member(o, "active")) ||
			json_object_get_boolean(json_member(o, "closing")))
			continue;
		json_set_object(context, "current", json_object_get(o));
		json_set_bool(context, "canDelete", r->who.may & PERM_ORGANIZATION_DELETE);
	}
}

static enum err
organizations_page(struct req *r, int status, const char *error)
{
	struct json_object *context = json_new(r->mem), *list, *invitations;
	struct user_facts facts;
	enum err e;

	if ((e = belonging_list(r->db, r->mem, r->who.user, r->who.organization, &list)) ||
		(e = invitation_list_of(r->db, r->mem, r->who.user, &invitations)) ||
		(e = user_facts(r->db, r->mem, r->who.user, &facts)))
		return e;
	name_roles(list);
	name_roles(invitations);
	json_set_object(context, "organizations", json_object_get(list));
	json_set_bool(context, "any", json_object_array_length(list) > 0);
	json_set_object(context, "invitations", json_object_get(invitations));
	json_set_bool(context, "invited", json_object_array_length(invitations) > 0);
	add_current(r, list, context);
	json_set_bool(context, "canCreate", registration_is_open(r->app->conf));
	json_set_bool(context, "member", r->who.kind == ACTOR_AGENT);
	json_set(context, "email", facts.email);
	json_set(context, "notice", notice(r));
	json_set(context, "error", error);
	return reply_page_status(r, status, "dash/organizations", json_object_get(context));
}

enum err
dash_organizations(struct req *r)
{
	return organizations_page(r, 200, NULL);
}

enum err
organization_make(struct req *r, const char *name, bool open, const char **id, const char **key)
{
	static const struct limit per_network = { "organizations-network", 20, 3600 };
	static const struct limit per_user = { "organizations", 5, 3600 };
	const struct organization_new new = { .name = name,
		.owner = r->who.user,
		.actor_type = "user",
		.actor_id = r->who.user,
		.address = auth_address(r) };
	enum err e;

	if (!registration_is_open(r->app->conf))
		return reply_problem(r, ERR_FORBIDDEN, "sign_up_closed",
			"Organizations are made by whoever runs this server.");
	if ((e = request_limit_both(r, &per_network, auth_network(r), &per_user, r->who.user)))
		return e;
	db_scope(r->db, NULL);
	if ((e = db_begin(r->db)))
		return e;
	e = organization_create(r->db, r->mem, &new, id, key);
	if (!e && open)
		e = belonging_activate(r->db, r->mem, r->who.session, *id);
	e = db_end(r->db, e);
	db_scope(r->db, r->who.organization);
	return e;
}

enum err
dash_organization_post(struct req *r)
{
	const char *name = "", *id, *key;
	const struct field fields[] = {
		{ "name", F_LINE, &name, .min = 1, .max = 100 },
		{ 0 },
	};
	enum err e;

	if (input_form(r, fields))
		return organizations_page(r, 422, form_fault(r));
	e = organization_make(r, name, true, &id, &key);
	if (e == ERR_LIMIT)
		return organizations_page(r, 429, form_wait(r));
	return e ? e : reply_redirect(r, "/inbox");
}

enum err
dash_organization_active(struct req *r)
{
	const char *organization = "", *next = NULL;
	const struct field fields[] = {
		{ "organization", F_ID, &organization, .optional = false },
		{ "next", F_LINE, &next, .max = 600, .optional = true },
		{ 0 },
	};
	enum err e;

	if ((e = input_form(r, fields)))
		return e;
	e = belonging_activate(r->db, r->mem, r->who.session, organization);
	return e ? e : reply_redirect(r, local_path(next));
}

enum err
dash_organization_leave(struct req *r)
{
	const struct access as = auth_access(r);
	enum team_refusal why = TEAM_FINE;
	enum err e = team_remove(&as, r->who.member, &why);

	if (why)
		return organizations_page(r, 403, team_refusal_text(why));
	return e ? e : reply_redirect(r, "/organizations?done=left");
}

enum err
dash_organization_delete(struct req *r)
{
	const struct access as = auth_access(r);
	const char *typed = "";
	const struct field fields[] = {
		{ "name", F_LINE, &typed, .max = 1000 },
		{ 0 },
	};
	enum err e = input_form(r, fields);

	if (!e)
		e = organization_delete(&as, typed);
	if (e == ERR_INVALID)
		return organizations_page(r, 422,
			"That is not the name. Type it as it stands to delete the organization.");
	return e ? e : reply_redirect(r, "/organizations?done=deleted");
}
