/* Canned responses. */
#include "core/canned.h"

#include "base/crypt.h"
#include "base/json.h"
#include "core/audit.h"
#include "core/canned.sql.h"
#include "core/keyset.h"

enum err
canned_list(
	const struct access *as, const char *q, const char *after, int64_t limit, const char **json)
{
	const char *last;
	struct rows *rows;
	enum err e;

	if ((e = keyset_word(as->mem, after, &last)))
		return e;
	e = db_run(as->db, as->mem, &SQL_canned_list,
		ARGS(as->organization, last, q, arg_int(as->mem, limit)), &rows);
	if (!e)
		*json = keyset_page(as->mem, rows, limit);
	return e;
}

enum err
canned_get(const struct access *as, const char *id, const char **json, const char **version)
{
	struct rows *rows;
	enum err e = db_one(as->db, as->mem, &SQL_canned_get, ARGS(as->organization, id), &rows);

	if (e)
		return e;
	*json = rows_str(rows, 0, 0);
	*version = rows_str(rows, 0, 1);
	return ERR_NONE;
}

/* The shortcut tells which; the text itself can be long. */
static enum err
write_line(const struct access *as, const char *action, const char *id, const char *shortcut)
{
	struct json_object *changes = json_object_new_object();

	json_set(changes, "shortcut", shortcut);
	return audit_write(as, &(struct audit){ action, "canned_response", id, changes });
}

enum err
canned_create(const struct access *as, const struct canned_fields *fields, const char **json)
{
	char id[ID_LEN + 1];
	struct rows *rows;
	enum err e;

	crypt_id(id);
	if ((e = db_begin(as->db)))
		return e;
	e = db_run(as->db, as->mem, &SQL_canned_insert,
		ARGS(as->organization, id, fields->shortcut, fields->title, fields->content,
			as->member, arg_int(as->mem, CANNED_MAX)),
		&rows);
	if (!e && rows_count(rows) == 0)
		e = ERR_FULL;
	if (!e) {
		*json = rows_str(rows, 0, 0);
		e = write_line(as, "canned_response.created", id, fields->shortcut);
	}
	return db_end(as->db, e);
}

static enum err
change(const struct access *as, const char *id, const struct canned_fields *fields,
	const char **json, const char **version)
{
	const char *unchanged, *now;
	struct rows *rows;
	enum err e = db_one(as->db, as->mem, &SQL_canned_update,
		ARGS(as->organization, id, fields->shortcut, fields->title, fields->content,
			fields->versions),
		&rows);

	/* Is it absent, or another version? */
	if (e == ERR_NOT_FOUND && fields->versions && !canned_get(as, id, &unchanged, &now))
		return ERR_CHANGED;
	if (e)
		return e;
	*json = rows_str(rows, 0, 0);
	*version = rows_str(rows, 0, 1);
	return write_line(as, "canned_response.changed", id, rows_str(rows, 0, 2));
}

enum err
canned_change(const struct access *as, const char *id, const struct canned_fields *fields,
	const char **json, const char **version)
{
	enum err e = db_begin(as->db);

	return e ? e : db_end(as->db, change(as, id, fields, json, version));
}

enum err
canned_delete(const struct access *as, const char *id)
{
	struct rows *rows;
	enum err e;

	if ((e = db_begin(as->db)))
		return e;
	if (!(e = db_one(as->db, as->mem, &SQL_canned_delete, ARGS(as->organization, id), &rows)))
		e = write_line(as, "canned_response.deleted", id, rows_str(rows, 0, 0));
	return db_end(as->db, e);
}
