/*
 * What changed since: events behind a cursor (docs/HACKING.md). The statements read for many
 * readers at once; parlor poll sends them down its own connection, the web handlers use event_read().
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

/* For parlor poll. Arguments: organizations, visitors, snapshots (arrays), limit. */
enum event_reader { EVENT_VISITOR, EVENT_AGENT };
extern const struct stmt *const event_read_stmt[2];
/* Their columns: the reader's number from 1, ... */
enum { EVENT_N, EVENT_SNAPSHOT, EVENT_IS_GONE, EVENT_TYPE, EVENT_CONVERSATION, EVENT_DATA };

/* Adds one event as JSON from a row of these statements that has one. */
void event_json(struct buf *out, const struct rows *rows, int row);

#endif
