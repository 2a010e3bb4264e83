/*
 * Kind "tags": once, after the migration that made tags something to look for; takes in those of the
 * conversations that were there. Broken off, it begins anew: what is there already stays as it is.
 */
#include "jobs/jobs.h"

#include "jobs/job_tags.sql.h"

enum err
job_tags(struct job_context *ctx, const struct job *job)
{
	const char *reached = "";
	struct rows *rows;
	enum err e = ERR_NONE;

	(void)job;
	while (!e && reached) {
		e = db_one(ctx->db, ctx->mem, &SQL_job_tags, ARGS(reached), &rows);
		if (!e)
			reached = rows_text(rows, 0, 0);
	}
	if (e)
		ctx->why = arena_strdup(ctx->mem, db_message(ctx->db));
	return e;
}
