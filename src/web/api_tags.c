/* Tags: all that there are, and one more or less of a conversation. */
#include "web/api.h"

#include "base/util.h"
#include "core/conversation.h"
#include "core/tag.h"
#include "web/auth.h"
#include "web/input.h"
#include "web/query.h"
#include "web/reply.h"
#include "web/version.h"

#include <string.h>

enum err
api_tags(struct req *r)
{
	const struct access as = auth_access(r);
	const char *json;
	int64_t limit;
	enum err e;

	if ((e = query_limit(r, &limit)))
		return e;
	e = tag_list(&as, req_query(r, "after"), limit, &json);
	return reply_list(r, e, json);
}

static enum err
reply_changed(struct req *r, const struct access *as)
{
	const char *json, *version;
	enum err e = conversation_read(as, r->arg[0], &json, &version);

	if (e)
		return e;
	return version_reply(r, version, arena_printf(r->mem, "{\"conversation\":%s}", json));
}

enum err
api_conversation_tag_post(struct req *r)
{
	const char *tag = NULL;
	const struct field fields[] = {
		{ "tag", F_LINE, &tag, .min = 1, .max = TAG_MAX },
		{ 0 },
	};
	const struct access as = auth_access(r);
	enum err e;

	if ((e = input_json(r, fields)))
		return e;
	e = tag_add(&as, r->arg[0], tag);
	if (e == ERR_INVALID)
		return reply_invalid(r, "/tag", "too_many",
			arena_printf(r->mem, "A conversation has at most %d tags.", TAGS_MAX));
	return e ? e : reply_changed(r, &as);
}

/* In the query: a path has no place for what people write. */
enum err
api_conversation_tag_delete(struct req *r)
{
	const struct access as = auth_access(r);
	const char *tag = NULL;
	enum err e;

	if ((e = query_text(r, "tag", 1, TAG_MAX, &tag)))
		return e;
	if (!tag)
		return reply_invalid_query(r, "tag", "required", "must be there.");
	e = tag_remove(&as, r->arg[0], tag);
	return e ? e : reply_changed(r, &as);
}
