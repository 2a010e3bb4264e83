/*
 * The poller's own read of all events, once a second: it finds what no hint told, ends the waits of
 * those who lost access, and moves the poller's place on.
 */
#include "poll/poller.h"

#include "poll/poll.sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

struct asked {
	struct poller *p;
	uint64_t serial;
};

/*
 * The cursors of this moment mean nothing any more. Who is in a statement under way, sent before the
 * new timeline was known, hears of it when that is answered: by the era.
 */
static void
resync_all(struct poller *p)
{
	struct wait *w, *next;

	p->era++;
	DL_FOREACH_SAFE (p->waits, w, next)
		if (!w->in_batch)
			answer_error(w, ERR_GONE, 0);
}

static void
wake_topic(struct topic *topic, uint64_t xid)
{
	struct waiter *waiter, *next;

	if (!topic)
		return;
	DL_FOREACH_SAFE (topic->waiters, waiter, next) {
		struct wait *w = (struct wait *)waiter;

		/* Who is being read for was sent after the sweep, and sees more than it. */
		if (w->state != WAIT_READING && !(w->snap && snapshot_sees(&w->snap->s, xid)))
			wait_wake(w);
	}
}

static void
wake_all(struct poller *p)
{
	struct wait *w;

	DL_FOREACH (p->waits, w)
		if (w->state != WAIT_READING)
			wait_wake(w);
}

enum {
	SWEEP_TIMELINE,
	SWEEP_SNAPSHOT,
	SWEEP_IS_GONE,
	SWEEP_ORGANIZATION,
	SWEEP_VISITOR,
	SWEEP_XID,
	SWEEP_REVOKED
};

static void
take_sweep(struct poller *p, const struct rows *rows)
{
	int count = rows_count(rows);

	entry_revoke(p, rows, SWEEP_REVOKED);
	if (count > SWEEP_MAX) {
		wake_all(p);
		return;
	}
	for (int i = 0; i < count; i++) {
		const char *organization = rows_text(rows, i, SWEEP_ORGANIZATION);
		const char *visitor = rows_text(rows, i, SWEEP_VISITOR);
		uint64_t xid = strtoull(rows_str(rows, i, SWEEP_XID), NULL, 10);

		if (!organization || rows_text(rows, i, SWEEP_REVOKED))
			continue;
		wake_topic(topics_find(&p->topics, organization, NULL), xid);
		if (visitor)
			wake_topic(topics_find(&p->topics, organization, visitor), xid);
	}
}

/* swept moves on; serial: of the statement that brought it. */
static void
set_place(struct poller *p, const char *timeline, const char *snapshot, uint64_t serial)
{
	struct snap *snap = snap_new(p, snapshot, serial);

	if (!snap)
		return;
	snap_unref(p->swept);
	p->swept = snap;
	snprintf(p->timeline, sizeof(p->timeline), "%s", timeline);
}

static void
on_sweep(void *arg, const struct rows *rows, enum err e)
{
	struct asked *b = arg;
	struct poller *p = b->p;
	const char *timeline;

	p->sweeping = false;
	if (!e) {
		timeline = rows_str(rows, 0, SWEEP_TIMELINE);
		if (strcmp(timeline, p->timeline) != 0 || rows_bool(rows, 0, SWEEP_IS_GONE))
			resync_all(p);
		else
			take_sweep(p, rows);
		set_place(p, timeline, rows_str(rows, 0, SWEEP_SNAPSHOT), b->serial);
	}
	free(b);
}

void
sweep(struct poller *p)
{
	struct asked *b;
	char limit[16];

	if (!p->ready || p->sweeping)
		return;
	b = calloc(1, sizeof(*b));
	if (!b)
		abort();
	*b = (struct asked){ .p = p, .serial = ++p->serial };
	snprintf(limit, sizeof(limit), "%d", SWEEP_MAX + 1);
	p->sweeping = true;
	async_run(p->db, &SQL_poll_sweep, ARGS(p->swept->text, limit), on_sweep, b);
}

/* The first connection gives the poller its place; a later one goes on from where it was. */
static void
on_start(void *arg, const struct rows *rows, enum err e)
{
	struct asked *b = arg;
	struct poller *p = b->p;
	bool same;

	p->starting = false;
	if (!e) {
		same = p->swept && strcmp(p->timeline, rows_str(rows, 0, 0)) == 0;
		if (!same) {
			resync_all(p);
			set_place(p, rows_str(rows, 0, 0), rows_str(rows, 0, 1), b->serial);
		}
		p->ready = p->swept != NULL;
		sweep(p);
	}
	free(b);
}

void
sweep_start(struct poller *p)
{
	struct asked *b = calloc(1, sizeof(*b));

	if (!b)
		abort();
	*b = (struct asked){ .p = p, .serial = ++p->serial };
	p->starting = true;
	async_run(p->db, &SQL_poll_settle, ARGS(conf_has_mail(p->app->conf) ? "on" : "off"),
		reads_ignore, NULL);
	if (p->app->conf->poll_notify)
		async_run(p->db, &SQL_poll_listen, NO_ARGS, reads_ignore, NULL);
	async_run(p->db, &SQL_poll_start, NO_ARGS, on_start, b);
}
