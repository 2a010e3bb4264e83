/* Cursors and reads for one reader; the same statements serve the pollers. */
#include "core/event.h"

#include "core/cursor.h"
#include "core/event.sql.h"
#include "db/array.h"

#include <string.h>

const struct stmt *const event_read_stmt[2] = { &SQL_event_read_visitors, &SQL_event_read_agents };

static const char *
cursor_text(struct arena *mem, const char *timeline, const char *snapshot)
{
	const struct cursor c = { .timeline = timeline, .boot = "", .snapshot = snapshot };

	return cursor_encode(mem, &c);
}

enum err
event_cursor_now(struct db *db, struct arena *mem, const char **cursor)
{
	struct rows *rows;
	enum err e = db_one(db, mem, &SQL_event_now, NO_ARGS, &rows);

	if (!e)
		*cursor = cursor_text(mem, rows_str(rows, 0, 0), rows_str(rows, 0, 1));
	return e;
}

void
event_json(struct buf *out, const struct rows *rows, int row)
{
	const char *type = rows_str(rows, row, EVENT_TYPE);
	const char *conversation = rows_text(rows, row, EVENT_CONVERSATION);

	buf_str(out, "{\"type\":");
	buf_json(out, type, strlen(type));
	buf_str(out, ",\"conversationId\":");
	if (conversation)
		buf_json(out, conversation, strlen(conversation));
	else
		buf_str(out, "null");
	buf_str(out, ",\"data\":");
	buf_str(out, rows_str(rows, row, EVENT_DATA));
	buf_char(out, '}');
}

static const char *
one_element(struct arena *mem, const char *s)
{
	struct buf b = { 0 };
	const char *text;

	array_open(&b);
	array_add(&b, s);
	array_close(&b);
	text = arena_strdup(mem, b.data);
	buf_free(&b);
	return text;
}

static const char *
answer(struct arena *mem, const char *timeline, const struct rows *rows, int poll_after_ms)
{
	struct buf b = { 0 };
	const char *text;

	buf_printf(&b, "{\"cursor\":\"%s\",\"events\":[",
		cursor_text(mem, timeline, rows_str(rows, 0, EVENT_SNAPSHOT)));
	for (int i = 0; i < rows_count(rows) && rows_text(rows, i, EVENT_TYPE); i++) {
		if (i)
			buf_char(&b, ',');
		event_json(&b, rows, i);
	}
	buf_printf(&b, "],\"live\":[],\"pollAfterMs\":%d}", poll_after_ms);
	text = arena_strdup(mem, b.data);
	buf_free(&b);
	return text;
}

enum err
event_read(struct db *db, struct arena *mem, const char *organization, const char *visitor,
	const char *cursor, int poll_after_ms, const char **json)
{
	const struct stmt *stmt = event_read_stmt[visitor ? EVENT_VISITOR : EVENT_AGENT];
	struct cursor c = { 0 };
	struct rows *rows;
	const char *timeline;
	enum err e;

	if ((e = db_one(db, mem, &SQL_event_timeline, NO_ARGS, &rows)))
		return e;
	timeline = rows_str(rows, 0, 0);
	if (cursor && *cursor && (e = cursor_decode(mem, cursor, timeline, &c)))
		return e;
	e = db_one(db, mem, stmt,
		ARGS(one_element(mem, organization), one_element(mem, visitor),
			one_element(mem, c.snapshot), arena_printf(mem, "%d", EVENT_LIMIT + 1)),
		&rows);
	if (e)
		return e;
	if (rows_bool(rows, 0, EVENT_IS_GONE) || rows_count(rows) > EVENT_LIMIT)
		return ERR_GONE;
	*json = answer(mem, timeline, rows, poll_after_ms);
	return ERR_NONE;
}
