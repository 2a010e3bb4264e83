/* The audit log. */
#include "web/api.h"

#include "core/audit.h"
#include "web/auth.h"
#include "web/query.h"
#include "web/reply.h"

enum err
api_audit_log(struct req *r)
{
	const struct access as = auth_access(r);
	struct audit_filter filter = { .after = req_query(r, "after") };
	const char *json;
	enum err e;

	if ((e = query_limit(r, &filter.limit)))
		return e;
	e = audit_list(&as, &filter, &json);
	return reply_list(r, e, json);
}
