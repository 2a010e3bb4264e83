/*
 * Search. The statements run in a transaction of their own with a limit of their own; whoever types
 * a question that takes too long is told so, and the worker is free again.
 */
#include "core/search.h"

#include "base/buf.h"
#include "base/json.h"
#include "core/audit.h"
#include "core/keyset.h"
#include "core/search.sql.h"

#include <string.h>

static const struct stmt *const statements[] = {
	[SEARCH_MESSAGES] = &SQL_search_messages,
	[SEARCH_CONVERSATIONS] = &SQL_search_conversations,
	[SEARCH_VISITORS] = &SQL_search_visitors,
};

struct place {
	const char *at, *id;
};

static enum err
run(const struct access *as, enum search_kind kind, const struct search_filter *f,
	struct place after, const char *forgiving, struct rows **rows)
{
	const char *most = arena_printf(as->mem, "%lld", (long long)f->limit + 1);
	const char *const values[] = { as->organization, f->q, f->status, f->assignee, f->tag,
		f->visitor, f->from, f->until, after.at, after.id, most, forgiving };
	const size_t count = ARRAY_LEN(values) - (kind != SEARCH_VISITORS);

	return db_run(as->db, as->mem, statements[kind], (struct args){ values, count }, rows);
}

/* Names as they are typed; only when there is none, names that are nearly so. */
static enum err
find(const struct access *as, enum search_kind kind, const struct search_filter *f,
	struct place after, struct rows **rows)
{
	enum err e = run(as, kind, f, after, "false", rows);

	if (!e && kind == SEARCH_VISITORS && rows_count(*rows) == 0)
		e = run(as, kind, f, after, "true", rows);
	return e;
}

static enum err
begin(const struct access *as)
{
	const char *limit = arena_printf(as->mem, "%d", SEARCH_TIMEOUT_MS);
	enum err e = db_begin(as->db);

	return e ? e : db_run(as->db, as->mem, &SQL_search_limits, ARGS(limit), NULL);
}

static enum err
end(const struct access *as, enum err e, bool *timed_out)
{
	*timed_out = e && db_timed_out(as->db);
	if (e)
		db_rollback(as->db);
	return e ? e : db_commit(as->db);
}

enum err
search_list(const struct access *as, enum search_kind kind, const struct search_filter *filter,
	const char **json, bool *timed_out)
{
	struct place after;
	struct rows *rows;
	enum err e;

	*timed_out = false;
	if ((e = keyset_split(as->mem, filter->after, &after.at, &after.id)))
		return e;
	if (!(e = begin(as)))
		e = find(as, kind, filter, after, &rows);
	if (!e)
		*json = keyset_page(as->mem, rows, filter->limit);
	return end(as, e, timed_out);
}

static void
add_rows(struct buf *out, const struct rows *rows)
{
	for (int i = 0; i < rows_count(rows) && i < SEARCH_EACH; i++)
		buf_printf(out, "%s%s", out->len ? "," : "", rows_str(rows, i, 0));
}

enum err
search_all(const struct access *as, bool visitors, const struct search_filter *filter,
	const char **json, bool *timed_out)
{
	static const enum search_kind order[] = { SEARCH_VISITORS, SEARCH_CONVERSATIONS,
		SEARCH_MESSAGES };
	struct search_filter few = *filter;
	struct buf b = { 0 };
	struct rows *rows;
	enum err e;

	few.limit = SEARCH_EACH;
	e = begin(as);
	for (size_t i = visitors ? 0 : 1; i < ARRAY_LEN(order) && !e; i++)
		if (!(e = find(as, order[i], &few, (struct place){ NULL, NULL }, &rows)))
			add_rows(&b, rows);
	*json = arena_printf(as->mem, "{\"data\":[%s],\"next\":null}", buf_text(&b));
	buf_free(&b);
	return end(as, e, timed_out);
}

static enum err
one_json(const struct access *as, const struct stmt *stmt, const char **json)
{
	struct rows *rows;
	enum err e = db_one(as->db, as->mem, stmt, ARGS(as->organization), &rows);

	if (!e)
		*json = rows_str(rows, 0, 0);
	return e;
}

enum err
search_settings(const struct access *as, const char **json)
{
	return one_json(as, &SQL_search_settings, json);
}

enum err
search_languages(const struct access *as, const char **json)
{
	return one_json(as, &SQL_search_languages, json);
}

static enum err
set_language(const struct access *as, const char *language)
{
	struct json_object *changes;
	struct rows *rows;
	enum err e = db_run(
		as->db, as->mem, &SQL_search_set_language, ARGS(as->organization, language), &rows);

	if (e || rows_count(rows) == 0)
		return e;
	changes = json_object_new_object();
	json_set(changes, "language", language);
	return audit_write(as, &(struct audit){ .action = "search.changed", .changes = changes });
}

enum err
search_set_language(const struct access *as, const char *language)
{
	enum err e = db_begin(as->db);

	if (!e && !(e = set_language(as, language)))
		return db_commit(as->db);
	db_rollback(as->db);
	return e;
}
