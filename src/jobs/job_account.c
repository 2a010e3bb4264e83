/* Kinds "reset-password" and "organization-delete": what forms of accounts leave to be done. */
#include "jobs/jobs.h"

#include "base/json.h"
#include "base/log.h"
#include "base/util.h"
#include "core/belonging.h"
#include "core/reset.h"

static enum err
failed(struct job_context *ctx, enum err e)
{
	db_rollback(ctx->db);
	ctx->why = arena_strdup(ctx->mem, db_message(ctx->db));
	return e;
}

enum err
job_reset_password(struct job_context *ctx, const struct job *job)
{
	struct json_object *payload = json_trusted(ctx->mem, job->payload);
	const char *email = json_text(payload, "email"), *address = json_text(payload, "address");
	enum err e = email ? reset_begin(ctx->db, ctx->mem, ctx->conf, email,
				     address ? address : "")
			   : ERR_INVALID;

	return e ? failed(ctx, e) : ERR_NONE;
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
		e = organization_purge(ctx->db, ctx->mem, organization, &done);
	if (e)
		return failed(ctx, e);
	if (!done) {
		ctx->why = "there is more to delete";
		return ERR_UNAVAILABLE;
	}
	log_line(LOG_INFO, "organization %s was deleted", organization);
	return ERR_NONE;
}
