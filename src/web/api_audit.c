/* The audit log. */
#include "web/api.h"

#include "core/audit.h"
#include "web/auth.h"
#include "web/input.h"
#include "web/reply.h"

enum err
api_audit_log(struct req *r)
{
	const struct access as = auth_access(r);
	struct audit_filter filter = { .after = req_query(r, "after") };
	const char *json;
	enum err e;

	if ((e = input_limit(r, &filter.limit)))
		return e;
	e = audit_list(&as, &filter, &json);
	if (e == ERR_INVALID)
		return reply_problem(r, ERR_SYNTAX, NULL, "after is not a cursor of this list.");
	return e ? e : reply_json(r, 200, json);
}
