/* Tags of conversations. */
#include "core/tag.h"

#include "core/hint.h"
#include "core/keyset.h"
#include "core/tag.sql.h"

enum err
tag_list(const struct access *as, const char *after, int64_t limit, const char **json)
{
	const char *last;
	struct rows *rows;
	enum err e;

	if ((e = keyset_word(as->mem, after, &last)))
		return e;
	e = db_run(as->db, as->mem, &SQL_tag_list,
		ARGS(as->organization, last, arg_int(as->mem, limit),
			arg_int(as->mem, TAG_COUNTED_MAX)),
		&rows);
	if (!e)
		*json = keyset_page(as->mem, rows, limit);
	return e;
}

/* Nothing was changed: because it was so already (there, or not), or because it could not be? */
static enum err
unchanged(const struct access *as, const char *conversation, const char *tag, bool wanted)
{
	struct rows *rows;
	enum err e = db_one(as->db, as->mem, &SQL_tag_is_there,
		ARGS(as->organization, conversation, tag), &rows);

	return !e && rows_bool(rows, 0, 0) != wanted ? ERR_INVALID : e;
}

enum err
tag_add(const struct access *as, const char *conversation, const char *tag)
{
	struct rows *rows;
	enum err e = db_run(as->db, as->mem, &SQL_tag_add,
		ARGS(as->organization, conversation, tag, arg_int(as->mem, TAGS_MAX)), &rows);

	if (e)
		return e;
	if (rows_count(rows) == 0)
		return unchanged(as, conversation, tag, true);
	hint_event(as->organization, rows_str(rows, 0, 0));
	return ERR_NONE;
}

enum err
tag_remove(const struct access *as, const char *conversation, const char *tag)
{
	struct rows *rows;
	enum err e = db_run(
		as->db, as->mem, &SQL_tag_remove, ARGS(as->organization, conversation, tag), &rows);

	if (e)
		return e;
	if (rows_count(rows) == 0)
		return unchanged(as, conversation, tag, false);
	hint_event(as->organization, rows_str(rows, 0, 0));
	return ERR_NONE;
}
