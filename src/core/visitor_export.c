/* What is kept of a visitor: kind after kind, each in an order of its own. "after" is "<kind>~<id>~<number>". */
#include "core/visitor_export.h"

#include "base/buf.h"
#include "base/util.h"
#include "core/visitor.h"
#include "core/visitor_export.sql.h"

#include <string.h>

static const struct kind {
	const char *name;
	const struct stmt *stmt;
} kinds[] = {
	{ "visitor", &SQL_export_visitor },
	{ "session", &SQL_export_sessions },
	{ "pageView", &SQL_export_page_views },
	{ "conversation", &SQL_export_conversations },
	{ "message", &SQL_export_messages },
	{ "note", &SQL_export_notes },
	{ "file", &SQL_export_files },
};

struct place {
	size_t kind;
	const char *id;
	int64_t number;
};

static size_t
kind_named(const char *name, size_t len)
{
	size_t i = 0;

	while (i < ARRAY_LEN(kinds) &&
		(strlen(kinds[i].name) != len || memcmp(kinds[i].name, name, len) != 0))
		i++;
	return i;
}

static enum err
place_of(struct arena *mem, const char *after, struct place *out)
{
	const char *id = after ? strchr(after, '~') : NULL;
	const char *number = id ? strchr(id + 1, '~') : NULL;

	*out = (struct place){ 0, "", 0 };
	if (!after)
		return ERR_NONE;
	if (!number || !parse_int(number + 1, 0, INT64_MAX, &out->number))
		return ERR_INVALID;
	out->kind = kind_named(after, (size_t)(id - after));
	out->id = arena_strndup(mem, id + 1, (size_t)(number - id - 1));
	return out->kind < ARRAY_LEN(kinds) ? ERR_NONE : ERR_INVALID;
}

/* Up to wanted rows from where on; *got of them were added to out, and on is behind the last. */
static enum err
add_rows(const struct access *as, const char *visitor, struct place *on, int64_t wanted,
	struct buf *out, int64_t *got)
{
	struct rows *rows;
	enum err e = db_run(as->db, as->mem, kinds[on->kind].stmt,
		ARGS(as->organization, visitor, on->id, arg_int(as->mem, on->number),
			arg_int(as->mem, wanted)),
		&rows);

	if (e)
		return e;
	*got = rows_count(rows);
	for (int i = 0; i < *got; i++)
		buf_printf(out, "%s{\"type\":\"%s\",\"data\":%s}", out->len ? "," : "",
			kinds[on->kind].name, rows_str(rows, i, 0));
	if (*got) {
		on->id = rows_str(rows, (int)*got - 1, 1);
		on->number = rows_int(rows, (int)*got - 1, 2);
	}
	return ERR_NONE;
}

static enum err
fill(const struct access *as, const char *visitor, struct place *on, int64_t limit, struct buf *out)
{
	int64_t left = limit, got = 0;
	enum err e = ERR_NONE;

	while (!e && left > 0 && on->kind < ARRAY_LEN(kinds)) {
		const int64_t wanted = left;

		e = add_rows(as, visitor, on, wanted, out, &got);
		left -= got;
		if (!e && got < wanted)
			*on = (struct place){ on->kind + 1, "", 0 };
	}
	return e;
}

enum err
visitor_export(const struct access *as, const char *id, const char *after, int64_t limit,
	const char **json)
{
	struct buf b = { 0 };
	struct place on;
	enum err e;

	if ((e = place_of(as->mem, after, &on)) || (e = visitor_get(as, id, json)))
		return e;
	e = fill(as, id, &on, limit, &b);
	if (on.kind < ARRAY_LEN(kinds))
		*json = arena_printf(as->mem, "{\"data\":[%s],\"next\":\"%s~%s~%lld\"}",
			buf_text(&b), kinds[on.kind].name, on.id, (long long)on.number);
	else
		*json = arena_printf(as->mem, "{\"data\":[%s],\"next\":null}", buf_text(&b));
	buf_free(&b);
	return e;
}
