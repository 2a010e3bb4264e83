/* The audit log. */
#include "core/audit.h"

#include "base/json.h"
#include "base/util.h"
#include "core/audit.sql.h"
#include "core/keyset.h"

enum err
audit_write(const struct access *as, const struct audit *entry)
{
	const char *data = NULL;

	if (entry->changes)
		data = json_write(json_keep(as->mem, entry->changes));
	return db_run(as->db, as->mem, &SQL_audit_insert,
		ARGS(as->organization, as->actor_type, as->actor_id, entry->action,
			entry->target_type, entry->target_id, data, as->address),
		NULL);
}

enum err
audit_write_account(
	struct db *db, struct arena *mem, const char *user, const char *action, const char *address)
{
	return db_run(db, mem, &SQL_audit_account, ARGS(user, action, address), NULL);
}

enum err
audit_list(const struct access *as, const struct audit_filter *filter, const char **json)
{
	struct rows *rows;
	int64_t after;
	enum err e;

	if (filter->after && !parse_int(filter->after, 1, INT64_MAX, &after))
		return ERR_INVALID;
	e = db_run(as->db, as->mem, &SQL_audit_list,
		ARGS(as->organization, filter->after, arg_int(as->mem, filter->limit)), &rows);
	if (!e)
		*json = keyset_page(as->mem, rows, filter->limit);
	return e;
}
