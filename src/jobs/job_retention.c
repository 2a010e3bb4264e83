/* Kind "retention": periodic; deletes what has had its time. */
#include "jobs/jobs.h"

#include "base/log.h"
#include "core/retention.h"

enum err
job_retention(struct job_context *ctx, const struct job *job)
{
	struct retention done;
	enum err e = retention_run(ctx->db, ctx->mem, &done);

	(void)job;
	if (e)
		ctx->why = arena_strdup(ctx->mem, db_message(ctx->db));
	else if (done.events || done.tokens || done.buckets || done.jobs || done.uploads ||
		 done.answers || done.page_views)
		log_line(LOG_INFO,
			"retention: %lld events, %lld visitor tokens, %lld rate buckets, %lld "
			"jobs, "
			"%lld files, %lld kept answers, %lld page views",
			(long long)done.events, (long long)done.tokens, (long long)done.buckets,
			(long long)done.jobs, (long long)done.uploads, (long long)done.answers,
			(long long)done.page_views);
	return e;
}
