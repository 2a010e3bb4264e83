/* Page views. */
#include "core/page_view.h"

#include "base/util.h"
#include "core/keyset.h"
#include "core/page_view.sql.h"

enum err
page_view_add(const struct access *as, const struct page_view *view, const struct limit *limit,
	struct limit_left *left)
{
	const struct limit_args a = limit_args(as->mem, limit, as->visitor);
	struct rows *rows;
	enum err e = db_one(as->db, as->mem, &SQL_page_view_add,
		ARGS(as->organization, as->visitor, view->url, view->title, view->referrer,
			a.bucket, a.burst, a.per_second),
		&rows);

	if (e)
		return e;
	*left = limit_left(rows, 0);
	return left->wait ? ERR_LIMIT : ERR_NONE;
}

enum err
page_view_list(const struct access *as, const char *visitor, const char *after, int64_t limit,
	const char **json)
{
	struct rows *rows;
	int64_t id;
	enum err e;

	if (after && !parse_int(after, 1, INT64_MAX, &id))
		return ERR_INVALID;
	if ((e = db_one(as->db, as->mem, &SQL_page_view_visitor, ARGS(as->organization, visitor),
		     &rows)))
		return e;
	e = db_run(as->db, as->mem, &SQL_page_view_list,
		ARGS(as->organization, visitor, after, arg_int(as->mem, limit + 1)), &rows);
	if (!e)
		*json = keyset_page(as->mem, rows, limit);
	return e;
}
