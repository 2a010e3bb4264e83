/*
 * Kind "search": periodic, each second; makes entries for what can be searched. It works for a part of
 * a second only, so that mail and webhooks behind it do not wait while a large database is taken in.
 */
#include "jobs/jobs.h"

#include "base/util.h"
#include "jobs/job_search.sql.h"

enum { BUSY_MS = 700 };

enum err
job_search(struct job_context *ctx, const struct job *job)
{
	const int64_t end = time_monotonic_ms() + BUSY_MS;
	struct rows *rows;
	bool more = true;
	enum err e = ERR_NONE;

	(void)job;
	while (!e && more && time_monotonic_ms() < end) {
		e = db_one(ctx->db, ctx->mem, &SQL_job_search, ARGS("500"), &rows);
		more = !e && rows_bool(rows, 0, 0);
	}
	if (e)
		ctx->why = arena_strdup(ctx->mem, db_message(ctx->db));
	return e;
}
