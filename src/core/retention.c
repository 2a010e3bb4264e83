/* Retention: the same small deletion until nothing is left to delete. */
#include "core/retention.h"

#include "core/retention.sql.h"

enum { BATCHES_MAX = 2000 };

static enum err
delete_all(struct db *db, struct arena *mem, const struct stmt *stmt, int size, int64_t *deleted)
{
	const char *batch = arena_printf(mem, "%d", size);

	*deleted = 0;
	for (int i = 0; i < BATCHES_MAX; i++) {
		struct rows *rows;
		enum err e = db_one(db, mem, stmt, ARGS(batch), &rows);

		if (e)
			return e;
		*deleted += rows_int(rows, 0, 0);
		if (rows_int(rows, 0, 0) < size)
			break;
	}
	return ERR_NONE;
}

enum err
retention_run(struct db *db, struct arena *mem, struct retention *out)
{
	enum err e;

	*out = (struct retention){ 0 };
	if ((e = delete_all(db, mem, &SQL_retention_events, RETENTION_BATCH, &out->events)) ||
		(e = delete_all(db, mem, &SQL_retention_tokens, RETENTION_BATCH, &out->tokens)) ||
		(e = delete_all(db, mem, &SQL_retention_jobs, RETENTION_BATCH, &out->jobs)) ||
		(e = delete_all(
			 db, mem, &SQL_retention_uploads, RETENTION_UPLOADS, &out->uploads)) ||
		(e = delete_all(
			 db, mem, &SQL_retention_idempotency, RETENTION_BATCH, &out->answers)) ||
		(e = delete_all(
			 db, mem, &SQL_retention_page_views, RETENTION_BATCH, &out->page_views)))
		return e;
	return delete_all(db, mem, &SQL_retention_buckets, RETENTION_BATCH, &out->buckets);
}
