/* /healthz: the process answers. /readyz: it can reach a migrated database. */
#include "web/api.h"

#include "core/schema.h"
#include "web/reply.h"

enum err
health_live(struct req *r)
{
	return reply_json(r, 200, "{\"status\":\"ok\"}");
}

enum err
health_ready(struct req *r)
{
	enum err e = schema_is_there(r->db, r->mem);

	return e ? ERR_UNAVAILABLE : reply_json(r, 200, "{\"status\":\"ready\"}");
}
