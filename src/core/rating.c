/* Ratings. */
#include "core/rating.h"

#include "base/crypt.h"
#include "core/hint.h"
#include "core/keyset.h"
#include "core/rating.sql.h"

enum err
rating_put(const struct access *as, const char *conversation, int64_t score, const char *comment,
	const char **json, bool *is_new)
{
	char id[ID_LEN + 1];
	struct rows *rows;
	enum err e;

	crypt_id(id);
	e = db_one(as->db, as->mem, &SQL_rating_put,
		ARGS(as->organization, conversation, as->visitor, id, arg_int(as->mem, score),
			comment),
		&rows);
	if (e)
		return e;
	*json = rows_str(rows, 0, 0);
	*is_new = rows_bool(rows, 0, 1);
	hint_event(as->organization, NULL);
	return ERR_NONE;
}

enum err
rating_get(const struct access *as, const char *conversation, const char **json)
{
	struct rows *rows;
	enum err e = db_one(
		as->db, as->mem, &SQL_rating_get, ARGS(as->organization, conversation), &rows);

	if (!e)
		*json = rows_str(rows, 0, 0);
	return e;
}

enum err
rating_list(const struct access *as, const struct rating_filter *f, const char **json)
{
	const char *at, *id;
	struct rows *rows;
	enum err e;

	if ((e = keyset_split(as->mem, f->after, &at, &id)))
		return e;
	e = db_run(as->db, as->mem, &SQL_rating_list,
		ARGS(as->organization, f->member, f->score, f->from, f->until, at, id,
			arg_int(as->mem, f->limit + 1)),
		&rows);
	if (!e)
		*json = keyset_page(as->mem, rows, f->limit);
	return e;
}
