/* Who the caller is: their own place in the organization, their sessions and organizations. */
#include "web/api.h"

#include "base/json.h"
#include "core/belonging.h"
#include "core/permission.h"
#include "core/session.h"
#include "web/auth.h"
#include "web/dash_team.h"
#include "web/input.h"
#include "web/reply.h"

static struct json_object *
permission_list(unsigned may)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < permissions_count; i++)
		if (may & permissions[i].permission)
			json_object_array_add(list, json_object_new_string(permissions[i].name));
	return list;
}

enum err
api_me(struct req *r)
{
	struct json_object *me = json_new(r->mem);

	json_set(me, "kind", r->who.kind == ACTOR_KEY ? "key" : "agent");
	json_set(me, "id", r->who.id);
	json_set(me, "memberId", r->who.member);
	json_set(me, "name", r->who.name);
	json_set(me, "role", r->who.role);
	json_set(me, "organizationId", r->who.organization);
	json_set(me, "organizationName", r->who.organization_name);
	json_set_object(me, "permissions", permission_list(r->who.may));
	return reply_object(r, 200, me);
}

/* Lists that are short, and whole. */
static enum err
reply_whole_list(struct req *r, struct json_object *data)
{
	struct json_object *answer = json_new(r->mem);

	json_set_object(answer, "data", data);
	json_set(answer, "next", NULL);
	return reply_object(r, 200, answer);
}

static struct json_object *
session_object(struct json_object *row)
{
	struct json_object *o = json_object_new_object();

	json_set(o, "id", json_text(row, "id"));
	json_set(o, "userAgent", json_text(row, "userAgent"));
	json_set(o, "ipAddress", json_text(row, "address"));
	json_set(o, "createdAt", json_text(json_member(row, "since"), "iso"));
	json_set(o, "updatedAt", json_text(json_member(row, "renewed"), "iso"));
	json_set_bool(o, "current", json_object_get_boolean(json_member(row, "current")));
	return o;
}

enum err
api_me_sessions(struct req *r)
{
	struct json_object *rows, *data;
	const char *json;
	enum err e = session_list(r->db, r->mem, r->who.user, r->who.session, &json);

	if (e)
		return e;
	rows = json_trusted(r->mem, json);
	data = json_object_new_array();
	for (size_t i = 0; i < json_object_array_length(rows); i++)
		json_object_array_add(data, session_object(json_object_array_get_idx(rows, i)));
	return reply_whole_list(r, data);
}

enum err
api_me_session_delete(struct req *r)
{
	enum err e = session_end_one(r->db, r->mem, r->who.user, r->arg[0]);

	return e ? e : reply_empty(r);
}

enum err
api_organizations(struct req *r)
{
	struct json_object *list;
	enum err e = belonging_list(r->db, r->mem, r->who.user, r->who.organization, &list);

	return e ? e : reply_whole_list(r, json_object_get(list));
}

/* It is not opened: whoever repeats the request must be the same caller. */
enum err
api_organization_post(struct req *r)
{
	struct json_object *answer = json_new(r->mem), *o = json_object_new_object();
	const char *name = "", *id, *key;
	const struct field fields[] = {
		{ "name", F_LINE, &name, .min = 1, .max = 100 },
		{ 0 },
	};
	enum err e;

	json_set_object(answer, "organization", o);
	if ((e = input_json(r, fields)) || (e = organization_make(r, name, false, &id, &key)))
		return e;
	json_set(o, "id", id);
	json_set(o, "name", name);
	json_set(o, "publishableKey", key);
	return reply_object(r, 201, answer);
}

enum err
api_me_organization_post(struct req *r)
{
	const char *organization = "";
	const struct field fields[] = {
		{ "organizationId", F_ID, &organization, .optional = false },
		{ 0 },
	};
	enum err e;

	if ((e = input_json(r, fields)) ||
		(e = belonging_activate(r->db, r->mem, r->who.session, organization)))
		return e;
	return reply_empty(r);
}
