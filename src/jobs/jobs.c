/*
 * parlor jobs: claim, run, note the outcome; when nothing is due, wait a second. SIGTERM and SIGINT
 * are blocked and taken only while waiting, so the job under way is always finished.
 */
#include "jobs/jobs.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/util.h"
#include "cmd.h"
#include "db/array.h"
#include "jobs/jobs.sql.h"
#include "jobs/smtp.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

const struct job_kind job_kinds[] = {
	{ "retention", job_retention, 600, 0 },

	{ "reset-password", job_reset_password, 60, 0 },
	{ "organization-delete", job_organization_delete, ORGANIZATION_DELETE_SECONDS, 0 },
	{ "visitor-erase", job_visitor_erase, VISITOR_ERASE_SECONDS, 60 },
	{ "mail", job_mail, 2 * SMTP_TIMEOUT_SECONDS, 0 },

	{ "scan", job_scan, 300, 60 },

	{ "search", job_search, 60, 0 },

	{ "tags", job_tags, 3600, 0 },
};
const size_t job_kinds_count = ARRAY_LEN(job_kinds);

enum { IDLE_SECONDS = 1, RETRY_FIRST_SECONDS = 10, RETRY_MAX_SECONDS = 3600 };

struct worker {
	const struct conf *conf;
	struct db *db;
	sigset_t ends; /* the signals that end us, blocked */
	size_t next;   /* the kind whose turn it is */
	bool ready;
};

static const struct job_kind *
kind_named(const char *name)
{
	for (size_t i = 0; i < job_kinds_count; i++)
		if (strcmp(job_kinds[i].name, name) == 0)
			return &job_kinds[i];
	return NULL;
}

/* Each kind has its own lease. */
static enum err
claim_kind(struct worker *w, struct arena *mem, const struct job_kind *kind, struct job *out)
{
	struct buf names = { 0 };
	struct rows *rows;
	enum err e;

	array_open(&names);
	array_add(&names, kind->name);
	array_close(&names);
	e = db_one(w->db, mem, &SQL_job_claim,
		ARGS(buf_text(&names), arg_int(mem, kind->lease_seconds)), &rows);
	buf_free(&names);
	if (e)
		return e;
	*out = (struct job){
		.id = rows_str(rows, 0, 0),
		.organization = rows_text(rows, 0, 1),
		.kind = rows_str(rows, 0, 2),
		.payload = rows_str(rows, 0, 3),
		.attempt = (int)rows_int(rows, 0, 4),
		.max_attempts = (int)rows_int(rows, 0, 5),
	};
	return ERR_NONE;
}

static enum err
claim(struct worker *w, struct arena *mem, struct job *out)
{
	enum err e = ERR_NOT_FOUND;

	db_scope(w->db, NULL);
	/* In turn, so that a kind of which there is always one more keeps no other waiting. */
	for (size_t i = 0; i < job_kinds_count && e == ERR_NOT_FOUND; i++) {
		e = claim_kind(w, mem, &job_kinds[w->next], out);
		w->next = (w->next + 1) % job_kinds_count;
	}
	return e;
}

static int
retry_seconds(const struct job *job)
{
	const int of_kind = kind_named(job->kind)->retry_max_seconds;
	const int64_t max = of_kind ? of_kind : RETRY_MAX_SECONDS;
	int64_t seconds = RETRY_FIRST_SECONDS;

	for (int i = 1; i < job->attempt && seconds < max; i++)
		seconds *= 2;
	return (int)(seconds < max ? seconds : max);
}

/* Nothing to be done when the outcome cannot be noted: the lease runs out and the job runs again. */
static void
note_outcome(struct worker *w, struct job_context *ctx, const struct job *job, enum err outcome)
{
	const char *attempt = arg_int(ctx->mem, job->attempt);
	const char *why = ctx->why ? ctx->why : arena_printf(ctx->mem, "error %d", (int)outcome);
	const char *again = ctx->for_good ? NULL : arg_int(ctx->mem, retry_seconds(job));
	enum err e;

	db_scope(w->db, NULL);
	if (!outcome)
		e = db_run(w->db, ctx->mem, &SQL_job_done, ARGS(job->id, attempt), NULL);
	else
		e = db_run(
			w->db, ctx->mem, &SQL_job_failed, ARGS(job->id, attempt, why, again), NULL);
	if (e)
		log_line(LOG_WARN, "job %s (%s): its outcome could not be noted", job->id,
			job->kind);
}

static void
run_job(struct worker *w, struct arena *mem, const struct job *job)
{
	struct job_context ctx = { .conf = w->conf, .db = w->db, .mem = mem };
	const int64_t start = time_monotonic_ms();
	enum err e;

	db_scope(w->db, job->organization);
	e = kind_named(job->kind)->run(&ctx, job);
	db_rollback(w->db); /* a transaction that a failed handler left open */
	note_outcome(w, &ctx, job, e);
	log_line(e ? LOG_WARN : LOG_DEBUG, "job %s (%s) attempt %d: %s after %lld ms", job->id,
		job->kind, job->attempt, e ? "failed" : "done",
		(long long)(time_monotonic_ms() - start));
}

/* Whether a job was run. */
static bool
work_once(struct worker *w)
{
	struct arena *mem = arena_new();
	struct job job;
	enum err e = claim(w, mem, &job);

	if ((!e || e == ERR_NOT_FOUND) && !w->ready) {
		w->ready = true;
		log_line(LOG_INFO, "ready: %zu kinds of jobs", job_kinds_count);
		notify_ready();
	}
	if (!e)
		run_job(w, mem, &job);
	arena_free(mem);
	return !e;
}

/* Whether it is time to end. */
static bool
wait_for_end(const struct worker *w, int seconds)
{
	const struct timespec timeout = { .tv_sec = seconds };

	return sigtimedwait(&w->ends, NULL, &timeout) > 0;
}

static void
loop(struct worker *w)
{
	bool busy = false;

	sigemptyset(&w->ends);
	sigaddset(&w->ends, SIGTERM);
	sigaddset(&w->ends, SIGINT);
	sigaddset(&w->ends, SIGQUIT); /* what multiwatch makes of a SIGTERM */
	sigprocmask(SIG_BLOCK, &w->ends, NULL);
	signal(SIGPIPE, SIG_IGN);
	while (!wait_for_end(w, busy ? 0 : IDLE_SECONDS))
		busy = work_once(w);
	log_line(LOG_INFO, "ending");
}

static const char help[] =
	"usage: parlor jobs [--config FILE] [--once]\n\n"
	"Runs queued and periodic work until SIGTERM; any number of these processes may run.\n\n"
	"  --once  runs what is due, then ends\n";

int
cmd_jobs(int argc, char **argv)
{
	struct arena *mem = arena_new();
	struct worker w = { 0 };
	const char *config = NULL, *why;
	bool once = false;

	log_set_process("jobs");
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--once") == 0)
			once = true;
		else if (strcmp(argv[i], "--config") == 0 && i + 1 < argc)
			config = argv[++i];
		else {
			bool asked = strcmp(argv[i], "--help") == 0;

			fputs(help, asked ? stdout : stderr);
			arena_free(mem);
			return asked ? 0 : 2;
		}
	}
	if (conf_load(mem, config, &w.conf, &why)) {
		fprintf(stderr, "parlor jobs: %s\n", why);
		arena_free(mem);
		return 1;
	}
	w.db = db_new(w.conf->database_url, w.conf->database_roles ? DB_ROLE_JOBS : DB_ROLE_NONE);
	if (!once)
		loop(&w);
	else
		while (work_once(&w))
			;
	db_free(w.db);
	arena_free(mem);
	return once && !w.ready ? 1 : 0;
}
