/*
 * One PostgreSQL connection that never blocks the loop: statements go out in pipeline mode, each in
 * a transaction of its own, and answers come back in their order. A connection that is lost is made
 * again, after 100 ms, then at growing intervals up to 2 s; so is one to a database that is older than
 * the program.
 */
#ifndef PARLOR_ASYNC_H
#define PARLOR_ASYNC_H

#include "base/base.h"
#include "base/loop.h"
#include "db/db.h"

struct async;

/*
 * Called once for each statement, in order. rows live during the call; they are NULL when it
 * failed, e then says why: ERR_UNAVAILABLE when the connection was lost.
 */
typedef void async_fn(void *arg, const struct rows *rows, enum err e);

struct async_events {
	void (*up)(void *arg);	 /* connected; statements may be run */
	void (*down)(void *arg); /* lost, after each waiting statement was told; not called for a
				    connection that never was up */
	void (*notified)(void *arg, const char *payload); /* NOTIFY on a channel listened to */
	void *arg;
};

/* Begins to connect. url, role and events as in db_new(); url must outlive it. */
struct async *async_new(
	struct loop *loop, const char *url, const char *role, const struct async_events *events);
/* Waiting statements are forgotten, not told. */
void async_free(struct async *a);

bool async_is_up(const struct async *a);

/* Sends a statement. The arguments are copied. When the connection is down fn is called at once. */
void async_run(struct async *a, const struct stmt *stmt, struct args args, async_fn *fn, void *arg);

#endif
