/* The organizations of a user. */
#include "core/belonging.h"

#include "base/json.h"
#include "core/audit.h"
#include "core/belonging.sql.h"
#include "core/hint.h"

enum err
belonging_list(struct db *db, struct arena *mem, const char *user, const char *active,
	struct json_object **out)
{
	struct rows *rows;
	enum err e = db_one(db, mem, &SQL_belonging_list, ARGS(user, active), &rows);

	if (e)
		return e;
	*out = json_trusted(mem, rows_str(rows, 0, 0));
	return *out ? ERR_NONE : ERR_INTERNAL;
}

enum err
belonging_activate(struct db *db, struct arena *mem, const char *session, const char *organization)
{
	struct rows *rows;
	enum err e = db_one(db, mem, &SQL_belonging_activate, ARGS(session, organization), &rows);

	if (e)
		return e;
	return rows_bool(rows, 0, 0) ? ERR_NONE : ERR_NOT_FOUND;
}

static enum err
close_it(const struct access *as, const char *typed)
{
	const struct audit entry = { .action = "organization.deleted" };
	struct rows *rows;
	enum err e;

	if ((e = db_one(as->db, as->mem, &SQL_organization_close, ARGS(typed), &rows)))
		return e;
	return rows_bool(rows, 0, 0) ? audit_write(as, &entry) : ERR_INVALID;
}

enum err
organization_delete(const struct access *as, const char *typed)
{
	enum err e;

	if ((e = db_begin(as->db)))
		return e;
	if ((e = close_it(as, typed))) {
		db_rollback(as->db);
		return e;
	}
	if ((e = db_commit(as->db)))
		return e;
	hint_event(as->organization, NULL);
	return ERR_NONE;
}
