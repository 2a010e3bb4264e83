/*
 * Work done behind the requests. A job is a row of parlor.jobs, written in the transaction that
 * causes the work; this process claims due rows one by one, under a lease, and runs the handler of
 * their kind. A job may run more than once (a lease that ran out, a lost connection), so handlers
 * must be able to bear that.
 */
#ifndef PARLOR_JOBS_H
#define PARLOR_JOBS_H

#include "base/conf.h"
#include "db/db.h"

struct job {
	const char *id;
	const char *organization; /* NULL: the installation's own */
	const char *kind;
	const char *payload; /* JSON text */
	int attempt;	     /* from 1 */
	int max_attempts;
};

struct job_context {
	const struct conf *conf;
	struct db *db;	   /* its scope is the job's organization */
	struct arena *mem; /* of this job */
	const char *why;   /* set by a handler that fails: kept in parlor.jobs.last_error */
	bool for_good;	   /* set by one that fails: no repetition will mend it */
};

struct job_kind {
	const char *name;
	/* Not ERR_NONE: tried again after 10 s, 20 s, 40 s ... at most an hour, or given up. */
	enum err (*run)(struct job_context *ctx, const struct job *job);
	int lease_seconds;     /* longer than the handler ever takes */
	int retry_max_seconds; /* instead of the hour, when people wait for it; 0: the hour */
};

/* THE TABLE, in jobs.c; one row for each job_x.c. */
extern const struct job_kind job_kinds[];
extern const size_t job_kinds_count;

enum err job_mail(struct job_context *ctx, const struct job *job) MUST_USE;
enum err job_retention(struct job_context *ctx, const struct job *job) MUST_USE;
enum err job_scan(struct job_context *ctx, const struct job *job) MUST_USE;

enum err job_search(struct job_context *ctx, const struct job *job) MUST_USE;
enum err job_tags(struct job_context *ctx, const struct job *job) MUST_USE;

enum { ORGANIZATION_DELETE_SECONDS = 600, VISITOR_ERASE_SECONDS = 600 };
enum err job_reset_password(struct job_context *ctx, const struct job *job) MUST_USE;
enum err job_organization_delete(struct job_context *ctx, const struct job *job) MUST_USE;
enum err job_visitor_erase(struct job_context *ctx, const struct job *job) MUST_USE;

#endif
