/* Cursors, and what one reader has not seen. */
#include "core/event.h"

#include "core/cursor.h"
#include "core/event.sql.h"

#include <string.h>

enum { READ_SNAPSHOT, READ_IS_GONE, READ_TYPE, READ_CONVERSATION, READ_DATA };

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
event_json(struct buf *out, const char *type, const char *conversation, const char *data)
{
	buf_str(out, "{\"type\":");
	buf_json(out, type, strlen(type));
	buf_str(out, ",\"conversationId\":");
	if (conversation)
		buf_json(out, conversation, strlen(conversation));
	else
		buf_str(out, "null");
	buf_str(out, ",\"data\":");
	buf_str(out, data);
	buf_char(out, '}');
}

static const char *
answer(struct arena *mem, const char *timeline, const struct rows *rows, int poll_after_ms)
{
	struct buf b = { 0 };
	const char *text;

	buf_printf(&b, "{\"cursor\":\"%s\",\"events\":[",
		cursor_text(mem, timeline, rows_str(rows, 0, READ_SNAPSHOT)));
	for (int i = 0; i < rows_count(rows) && rows_text(rows, i, READ_TYPE); i++) {
		if (i)
			buf_char(&b, ',');
		event_json(&b, rows_str(rows, i, READ_TYPE), rows_text(rows, i, READ_CONVERSATION),
			rows_str(rows, i, READ_DATA));
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
	const char *limit = arena_printf(mem, "%d", EVENT_LIMIT + 1), *timeline;
	struct cursor c = { 0 };
	struct rows *rows;
	enum err e;

	if ((e = db_one(db, mem, &SQL_event_timeline, NO_ARGS, &rows)))
		return e;
	timeline = rows_str(rows, 0, 0);
	if (cursor && *cursor && (e = cursor_decode(mem, cursor, timeline, &c)))
		return e;
	if (visitor)
		e = db_one(db, mem, &SQL_event_read_visitor,
			ARGS(organization, visitor, c.snapshot, limit), &rows);
	else
		e = db_one(db, mem, &SQL_event_read_agent, ARGS(organization, c.snapshot, limit),
			&rows);
	if (e)
		return e;
	if (rows_bool(rows, 0, READ_IS_GONE) || rows_count(rows) > EVENT_LIMIT)
		return ERR_GONE;
	*json = answer(mem, timeline, rows, poll_after_ms);
	return ERR_NONE;
}
