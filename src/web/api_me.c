/* Who the caller is, and single visitors. */
#include "web/api.h"

#include "base/json.h"
#include "core/permission.h"
#include "core/visitor.h"
#include "web/auth.h"
#include "web/reply.h"
#include "web/version.h"

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

enum err
api_visitor(struct req *r)
{
	const struct access as = auth_access(r);
	const char *json;
	enum err e = visitor_get(&as, r->arg[0], &json);

	return e ? e : version_reply(r, NULL, arena_printf(r->mem, "{\"visitor\":%s}", json));
}
