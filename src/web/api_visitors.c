/* Visitors, for programs of the organization. */
#include "web/api.h"

#include "base/json.h"
#include "core/permission.h"
#include "core/visitor.h"
#include "core/visitor_export.h"
#include "core/visitor_record.h"
#include "web/auth.h"
#include "web/input.h"
#include "web/query.h"
#include "web/reply.h"
#include "web/version.h"

enum { RETRY_SECONDS = 5 };

static enum err
times_of(struct req *r, struct visitor_filter *f)
{
	enum err e;

	if ((e = query_time(r, "createdAfter", false, &f->created_from)) ||
		(e = query_time(r, "createdBefore", false, &f->created_until)) ||
		(e = query_time(r, "lastSeenAfter", false, &f->seen_from)))
		return e;
	return query_time(r, "lastSeenBefore", false, &f->seen_until);
}

static enum err
filter_of(struct req *r, struct visitor_filter *f)
{
	enum err e;

	*f = (struct visitor_filter){ .email = req_query(r, "email"),
		.person = req_query(r, "identityKey"),
		.after = req_query(r, "after") };
	if ((e = query_limit(r, &f->limit)) || (e = times_of(r, f)) ||
		(e = query_choice(r, "verified", "true|false", &f->verified)))
		return e;
	return query_attributes(r, "attribute.", &f->attributes);
}

enum err
api_visitors(struct req *r)
{
	const struct access as = auth_access(r);
	struct visitor_filter filter;
	const char *json;
	bool timed_out;
	enum err e;

	if ((e = filter_of(r, &filter)))
		return e;
	e = visitor_list(&as, &filter, &json, &timed_out);
	if (timed_out) {
		r->retry_after = RETRY_SECONDS;
		return reply_problem(r, ERR_UNAVAILABLE, "list_timeout",
			"This takes too long. Ask also for when they were seen.");
	}
	return reply_list(r, e, json);
}

static enum err
reply_visitor(struct req *r, const char *json, const char *version)
{
	return version_reply(r, version, arena_printf(r->mem, "{\"visitor\":%s}", json));
}

enum err
api_visitor(struct req *r)
{
	const struct access as = auth_access(r);
	const char *json, *version;
	enum err e = visitor_read(&as, r->arg[0], &json, &version);

	return e ? e : reply_visitor(r, json, version);
}

static enum err
refuse_metadata(struct req *r)
{
	return reply_invalid(
		r, "/metadata", "too_long", "A visitor has at most 64 KiB of metadata.");
}

enum err
api_visitor_post(struct req *r)
{
	struct visitor_facts facts = { 0 };
	struct json_object *metadata = NULL;
	const struct field fields[] = {
		{ "identityKey", F_LINE, &facts.person, .min = 1, .max = 128, .optional = true },
		{ "name", F_LINE, &facts.name, .min = 1, .max = 120, .optional = true },
		{ "email", F_LINE, &facts.email, .min = 1, .max = 254, .optional = true },
		{ "metadata", F_OBJECT, &metadata, .optional = true },
		{ 0 },
	};
	const struct access as = auth_access(r);
	const char *id, *json;
	bool made;
	enum err e;

	if ((e = input_json(r, fields)))
		return e;
	if (metadata)
		facts.metadata = json_write(metadata);
	e = visitor_put(&as, &facts, &id, &made);
	if (e == ERR_INVALID)
		return refuse_metadata(r);
	if (e || (e = visitor_get(&as, id, &json)))
		return e;
	return reply_json(r, made ? 201 : 200, arena_printf(r->mem, "{\"visitor\":%s}", json));
}

enum err
api_visitor_patch(struct req *r)
{
	struct visitor_patch patch = { .versions = version_wanted(r) };
	struct json_object *metadata = NULL;
	const struct field fields[] = {
		{ "name", F_LINE, &patch.name, .min = 1, .max = 120, .optional = true,
			.nullable = true, .present = &patch.has_name },
		{ "email", F_LINE, &patch.email, .min = 1, .max = 254, .optional = true,
			.nullable = true, .present = &patch.has_email },
		{ "metadata", F_OBJECT, &metadata, .optional = true },
		{ 0 },
	};
	const struct access as = auth_access(r);
	const char *json, *version;
	enum err e;

	if ((e = input_json(r, fields)))
		return e;
	if (metadata)
		patch.metadata = json_write(metadata);
	e = visitor_change(&as, r->arg[0], &patch, &json, &version);
	if (e == ERR_INVALID)
		return refuse_metadata(r);
	return e ? e : reply_visitor(r, json, version);
}

enum err
api_visitor_delete(struct req *r)
{
	const struct access as = auth_access(r);
	enum err e = visitor_erase(&as, r->arg[0]);

	return e ? e : reply_empty(r);
}

/* With conversations and notes, so it takes the right to read those, too. */
enum err
api_visitor_export(struct req *r)
{
	const struct access as = auth_access(r);
	const char *json;
	int64_t limit;
	enum err e;

	if ((e = query_limit(r, &limit)))
		return e;
	e = visitor_export(&as, r->arg[0], req_query(r, "after"), limit, &json);
	/* Whoever may see visitors hears first whether there is this one. */
	if (!e && !(r->who.may & PERM_CONVERSATIONS_READ))
		return reply_problem(r, ERR_FORBIDDEN, "no_permission",
			"This needs the permission conversations:read.");
	return reply_list(r, e, json);
}
