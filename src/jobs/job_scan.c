/*
 * Kind "scan": lets clamd look at a file before anybody but its uploader gets it. While clamd is not
 * there the job is tried again, and the file waits. What is found stays, for nobody to have.
 */
#include "jobs/jobs.h"

#include "base/json.h"
#include "base/log.h"
#include "core/attachment.h"
#include "jobs/clamd.h"
#include "jobs/scan.sql.h"

static enum err
send_file(struct job_context *ctx, const struct job *job, const char *upload, int64_t chunks,
	struct clamd *c)
{
	enum err e = ERR_NONE;

	for (int64_t i = 0; i < chunks && !e; i++) {
		struct arena *mem = arena_new();
		struct buf chunk = { 0 };

		e = attachment_chunk(ctx->db, mem, job->organization, upload, i, &chunk);
		if (!e)
			e = clamd_send(c, buf_text(&chunk), chunk.len);
		buf_free(&chunk);
		arena_free(mem);
	}
	return e;
}

static enum err
ask(struct job_context *ctx, const struct job *job, const char *upload, int64_t chunks,
	const char **finding)
{
	struct clamd c;
	enum err e;

	ctx->why = "clamd cannot be reached";
	e = clamd_open(&c, ctx->conf->clamd_socket);
	if (!e)
		e = send_file(ctx, job, upload, chunks, &c);
	if (!e)
		e = clamd_verdict(&c, ctx->mem, finding, &ctx->why);
	clamd_close(&c);
	return e;
}

/* Without a scanner any more, the operator has decided: what waited for it is free. */
static const char *
state_of(const struct job_context *ctx, const char *finding)
{
	return finding ? "infected" : *ctx->conf->clamd_socket ? "clean" : "unscanned";
}

enum err
job_scan(struct job_context *ctx, const struct job *job)
{
	struct json_object *payload = json_trusted(ctx->mem, job->payload);
	const char *upload = json_text(payload, "upload"), *finding = NULL;
	int64_t chunks;
	enum err e =
		upload ? attachment_pending(ctx->db, ctx->mem, job->organization, upload, &chunks)
		       : ERR_NOT_FOUND;

	if (e == ERR_NOT_FOUND)
		return ERR_NONE; /* deleted, or looked at before the lease ran out */
	if (!e && *ctx->conf->clamd_socket)
		e = ask(ctx, job, upload, chunks, &finding);
	if (e)
		return e;
	if (finding)
		log_line(LOG_WARN, "the scanner found %s in the file %s of organization %s",
			finding, upload, job->organization);
	return db_run(ctx->db, ctx->mem, &SQL_scan_done,
		ARGS(job->organization, upload, state_of(ctx, finding), finding), NULL);
}
