/* Read models of the dashboard's pages. */
#include "core/dashboard.h"

#include "base/json.h"
#include "core/dashboard.sql.h"
#include "core/hint.h"
#include "core/keyset.h"

static const char *
boolean(bool b)
{
	return b ? "true" : "false";
}

/* The one text of a statement's one row, as JSON. */
static enum err
one_object(const struct access *as, const struct stmt *stmt, struct args args,
	struct json_object **out)
{
	struct rows *rows;
	enum err e = db_one(as->db, as->mem, stmt, args, &rows);

	if (e)
		return e;
	*out = json_trusted(as->mem, rows_str(rows, 0, 0));
	return *out ? ERR_NONE : ERR_INTERNAL;
}

/* Rows of (JSON, time, id), one more than limit when there is a next page. */
static enum err
page_of(const struct access *as, const struct rows *rows, int limit, struct json_object **out,
	const char **next)
{
	int n = rows_count(rows), shown = n > limit ? limit : n;
	struct json_object *array = json_keep(as->mem, json_object_new_array());

	for (int i = 0; i < shown; i++) {
		struct json_object *row = json_trusted(as->mem, rows_str(rows, i, 0));

		if (!row)
			return ERR_INTERNAL;
		json_object_array_add(array, json_object_get(row));
	}
	*out = array;
	*next = n > shown ? keyset_join(as->mem, rows_str(rows, shown - 1, 1),
				    rows_str(rows, shown - 1, 2))
			  : NULL;
	return ERR_NONE;
}

enum err
dashboard_rows(const struct access *as, const struct dashboard_query *query,
	struct json_object **out, const char **next)
{
	const char *at, *id;
	struct rows *rows;
	enum err e;

	if ((e = keyset_split(as->mem, query->after, &at, &id)) ||
		(e = db_run(as->db, as->mem, &SQL_dashboard_rows,
			 ARGS(as->organization, as->member, query->view, query->status, at, id,
				 arg_int(as->mem, DASHBOARD_ROWS + 1), query->search, query->links,
				 query->open),
			 &rows)))
		return e;
	return page_of(as, rows, DASHBOARD_ROWS, out, next);
}

enum err
dashboard_counts(const struct access *as, struct dashboard_counts *out)
{
	struct rows *rows;
	enum err e = db_one(
		as->db, as->mem, &SQL_dashboard_counts, ARGS(as->organization, as->member), &rows);

	if (e)
		return e;
	*out = (struct dashboard_counts){ .mine = rows_int(rows, 0, 0),
		.unassigned = rows_int(rows, 0, 1),
		.unread = rows_int(rows, 0, 2),
		.any = rows_bool(rows, 0, 3),
		.key = rows_str(rows, 0, 4) };
	return ERR_NONE;
}

enum err
dashboard_lines(const struct access *as, const char *conversation, int64_t after, int64_t before,
	struct json_object **out)
{
	return one_object(as, &SQL_dashboard_lines,
		ARGS(as->organization, conversation, arg_int(as->mem, after),
			arg_int(as->mem, before),
			arg_int(as->mem, after < 0 ? DASHBOARD_LINES : DASHBOARD_NEW_LINES)),
		out);
}

enum err
dashboard_conversation(const struct access *as, const char *conversation, const char *links,
	struct json_object **out)
{
	return one_object(as, &SQL_dashboard_conversation,
		ARGS(as->organization, conversation, as->member, links), out);
}

enum err
dashboard_visitors(
	const struct access *as, const char *after, struct json_object **out, const char **next)
{
	const char *at, *id;
	struct rows *rows;
	enum err e;

	if ((e = keyset_split(as->mem, after, &at, &id)) ||
		(e = db_run(as->db, as->mem, &SQL_dashboard_visitors,
			 ARGS(as->organization, at, id, arg_int(as->mem, DASHBOARD_ROWS + 1)),
			 &rows)))
		return e;
	return page_of(as, rows, DASHBOARD_ROWS, out, next);
}

enum err
dashboard_presence(const struct access *as, bool online)
{
	enum err e = db_run(as->db, as->mem, &SQL_dashboard_presence,
		ARGS(as->organization, as->member, boolean(online)), NULL);

	if (!e)
		hint_event(as->organization, NULL);
	return e;
}
