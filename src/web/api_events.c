/*
 * Events for whoever asks a process that answers one request at a time: at once, with the time to
 * ask again. parlor poll is who waits; the web server sends it these paths when it runs.
 */
#include "base/util.h"
#include "core/event.h"
#include "web/api.h"
#include "web/query.h"
#include "web/reply.h"

enum { POLL_AFTER_MS = 3000, WAIT_MAX = 3600 };

static enum err
answer_events(struct req *r, const char *visitor)
{
	const char *json;
	int64_t seconds;
	enum err e;

	if ((e = query_int(r, "wait", 0, WAIT_MAX, &seconds)))
		return e;
	e = event_read(r->db, r->mem, r->who.organization, visitor, req_query(r, "cursor"),
		POLL_AFTER_MS, &json);
	return e ? e : reply_json(r, 200, json);
}

enum err
api_widget_events(struct req *r)
{
	return answer_events(r, r->who.id);
}

enum err
api_events(struct req *r)
{
	return answer_events(r, NULL);
}
