/*
 * Deleting what has had its time: events after 48 hours, visitor tokens that expired, jobs that were
 * given up 30 days ago, rate limit buckets that are full again, files that no message was sent with
 * within a day, answers kept for repeated requests after 24 hours, page views after 30 days. Sessions are left to Better Auth's own rules.
 */
#ifndef PARLOR_RETENTION_H
#define PARLOR_RETENTION_H

#include "db/db.h"

/* Rows deleted in one transaction, at most, so that no writer waits for it. */
enum { RETENTION_BATCH = 1000, RETENTION_UPLOADS = 50 }; /* a file is up to 800 rows */

struct retention {
	int64_t events, tokens, buckets, jobs, uploads, answers, page_views; /* deleted */
};

/* Needs the role parlor_jobs. What one run leaves (after 2,000 batches each) the next one takes. */
enum err retention_run(struct db *db, struct arena *mem, struct retention *out) MUST_USE;

#endif
