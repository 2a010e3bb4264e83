/* Kind "organization-delete": deletes a closed organization, in steps that hold no lock for long. */
#include "jobs/jobs.h"

#include "base/json.h"
#include "base/log.h"
#include "base/util.h"
#include "jobs/job_organization.sql.h"

static enum err
purge(struct job_context *ctx, const char *organization, bool *done)
{
	struct rows *rows;
	enum err e =
		db_one(ctx->db, ctx->mem, &SQL_job_organization_purge, ARGS(organization), &rows);

	*done = !e && rows_bool(rows, 0, 0);
	if (e)
		ctx->why = arena_strdup(ctx->mem, db_message(ctx->db));
	return e;
}

/* As far as it gets in half of the lease; then it comes again. */
enum err
job_organization_delete(struct job_context *ctx, const struct job *job)
{
	struct json_object *payload = json_trusted(ctx->mem, job->payload);
	const char *organization = json_text(payload, "organization");
	const int64_t end = time_monotonic_ms() + ORGANIZATION_DELETE_SECONDS * 1000 / 2;
	bool done = false;
	enum err e = organization ? ERR_NONE : ERR_INVALID;

	while (!e && !done && time_monotonic_ms() < end)
		e = purge(ctx, organization, &done);
	if (e)
		return e;
	if (!done) {
		ctx->why = "there is more to delete";
		return ERR_UNAVAILABLE;
	}
	log_line(LOG_INFO, "organization %s was deleted", organization);
	return ERR_NONE;
}
