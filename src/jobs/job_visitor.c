/* Kind "visitor-erase": goes on with what was too much for the request, in steps that hold no lock for long. */
#include "jobs/jobs.h"

#include "base/json.h"
#include "base/util.h"
#include "core/hint.h"
#include "core/visitor_record.h"

/* As far as it gets in half of the lease; then it comes again. */
enum err
job_visitor_erase(struct job_context *ctx, const struct job *job)
{
	const struct access as = {
		.db = ctx->db, .mem = ctx->mem, .organization = job->organization
	};
	const char *visitor = json_text(json_trusted(ctx->mem, job->payload), "visitor");
	const int64_t end = time_monotonic_ms() + VISITOR_ERASE_SECONDS * 1000 / 2;
	bool done = false;
	enum err e = visitor && job->organization ? ERR_NONE : ERR_INVALID;

	while (!e && !done && time_monotonic_ms() < end)
		if ((e = visitor_erase_step(&as, visitor, &done)))
			ctx->why = arena_strdup(ctx->mem, db_message(ctx->db));
	if (e)
		return e;
	if (!done) {
		ctx->why = "there is more to erase";
		return ERR_UNAVAILABLE;
	}
	hint_event(job->organization, visitor);
	return ERR_NONE;
}
