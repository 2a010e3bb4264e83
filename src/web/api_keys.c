/* Secret keys of the organization. */
#include "web/api.h"

#include "base/json.h"
#include "core/key.h"
#include "core/permission.h"
#include "web/auth.h"
#include "web/input.h"
#include "web/keys.h"
#include "web/query.h"
#include "web/reply.h"

#include <string.h>

enum { DAY_SECONDS = 86400, DAYS_MAX = KEY_LIFETIME_MAX / DAY_SECONDS };

enum err
api_keys(struct req *r)
{
	const struct access as = auth_access(r);
	const char *json;
	int64_t limit;
	enum err e;

	if ((e = query_limit(r, &limit)))
		return e;
	e = key_list(&as, req_query(r, "after"), limit, &json);
	return reply_list(r, e, json);
}

static enum err
made(struct req *r, const struct key_made *key)
{
	return reply_json(r, 201,
		arena_printf(r->mem, "{\"key\":%s,\"secret\":\"%s\"}", key->json, key->secret));
}

/* The names of an array as one text; each is looked at by itself, so that the fault has its place. */
static enum err
take_scopes(struct req *r, struct json_object *list, const char **scopes)
{
	enum err e = ERR_NONE;

	*scopes = "";
	if (json_object_array_length(list) == 0)
		return reply_invalid(r, "/scopes", "too_short", "Name at least one scope.");
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		const char *name = json_object_get_string(json_object_array_get_idx(list, i));

		if (!key_scopes_are_good(name) || strchr(name, ' ') ||
			(strcmp(name, "*") == 0 && json_object_array_length(list) > 1))
			e = reply_invalid(r, arena_printf(r->mem, "/scopes/%zu", i), "not_a_scope",
				"Is no permission that a key can have; see docs/permissions.md.");
		*scopes = arena_printf(r->mem, "%s%s%s", *scopes, i ? " " : "", name);
	}
	return e;
}

enum err
api_key_post(struct req *r)
{
	const struct access as = auth_access(r);
	const char *acts_for = "organization";
	struct json_object *scopes;
	struct key_new new = { 0 };
	struct key_made key;
	int64_t days = 0;
	const struct field fields[] = {
		{ "name", F_LINE, &new.name, .min = 1, .max = KEY_NAME_MAX },
		{ "scopes", F_STRINGS, &scopes, .max = (int64_t)permissions_count },
		{ "actsFor", F_CHOICE, &acts_for, .choices = "organization|me", .optional = true },
		{ "expiresInDays", F_INT, &days, .min = 1, .max = DAYS_MAX, .optional = true },
		{ 0 },
	};
	enum err e;

	if ((e = input_json(r, fields)) || (e = take_scopes(r, scopes, &new.scopes)))
		return e;
	if (strcmp(acts_for, "me") == 0 && !as.member)
		return reply_invalid(r, "/actsFor", "no_member", "This key acts for no member.");
	new.member = strcmp(acts_for, "me") == 0 ? as.member : NULL;
	new.lifetime = days *DAY_SECONDS;
	e = key_create(&as, r->who.may, &new, &key);
	return e ? keys_problem(r, e, KEYS_CREATE) : made(r, &key);
}

enum err
api_key_rotate(struct req *r)
{
	const struct access as = auth_access(r);
	int64_t overlap = DAY_SECONDS;
	const struct field fields[] = {
		{ "overlapSeconds", F_INT, &overlap, .max = KEY_OVERLAP_MAX, .optional = true },
		{ 0 },
	};
	struct key_made key;
	enum err e;

	if (r->body_len && (e = input_json(r, fields)))
		return e;
	e = key_rotate(&as, r->who.may, r->arg[0], overlap, &key);
	return e ? keys_problem(r, e, KEYS_ROTATE) : made(r, &key);
}

enum err
api_key_delete(struct req *r)
{
	const struct access as = auth_access(r);
	enum err e = key_revoke(&as, r->arg[0]);

	return e ? e : reply_empty(r);
}
