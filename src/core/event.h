/*
 * What changed since: events behind a cursor (docs/HACKING.md). For one reader at once; parlor poll
 * reads for many in one statement of its own.
 */
#ifndef PARLOR_EVENT_H
#define PARLOR_EVENT_H

#include "base/buf.h"
#include "db/db.h"

/*
 * Events that one answer may hold. Who missed more gets ERR_GONE and loads the state anew, which
 * is the shorter way.
 */
enum { EVENT_LIMIT = 500 };

/*
 * The place "now". Take it BEFORE reading the state it belongs to: what happens in between is then
 * seen twice, not never.
 */
enum err event_cursor_now(struct db *db, struct arena *mem, const char **cursor) MUST_USE;

/*
 * The answer {"cursor","events","live","pollAfterMs"} for a reader of the organization: the visitor,
 * or with visitor NULL its agents. cursor as the client sent it; NULL or "": from now on.
 * ERR_GONE: the cursor is of no use any more. poll_after_ms: when the client is to ask again.
 */
enum err event_read(struct db *db, struct arena *mem, const char *organization, const char *visitor,
	const char *cursor, int poll_after_ms, const char **json) MUST_USE;

/* Adds one event as JSON; conversation may be NULL, data is JSON already. */
void event_json(struct buf *out, const char *type, const char *conversation, const char *data);

#endif
