/*
 * Reading for many at once. One statement of a kind is under way at a time; who is woken meanwhile
 * gathers for the next, so that batches grow with the load by themselves. And the sweep: the
 * poller's own read of all events, which finds what no hint told.
 */
#include "poll/poller.h"

#include "base/log.h"
#include "core/event.h"
#include "db/array.h"
#include "poll/poll.sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

enum { TOUCH_MAX = 1000, TOO_MANY_RETRY_S = 5, LOST_RETRY_S = 1 };

struct batch {
	struct poller *p;
	struct queue *queue;
	uint64_t serial;
	unsigned n;
	struct conn *conns[BATCH_MAX];
};

struct snap *
snap_new(const char *text, uint64_t serial)
{
	uint64_t xip[SNAPSHOT_XIP_MAX], *list;
	struct snapshot s;
	struct snap *snap;
	size_t len = strlen(text) + 1;

	if (!snapshot_parse(text, &s, xip)) {
		log_line(LOG_ERROR, "a snapshot was not understood; over %d transactions at once?",
			SNAPSHOT_XIP_MAX);
		return NULL;
	}
	snap = malloc(sizeof(*snap) + s.count * sizeof(*xip) + len);
	if (!snap)
		abort();
	list = (uint64_t *)(snap + 1);
	memcpy(list, xip, s.count * sizeof(*xip));
	s.xip = list;
	*snap = (struct snap){ .refs = 1, .serial = serial, .s = s };
	snap->text = memcpy(list + s.count, text, len);
	return snap;
}

struct snap *
snap_ref(struct snap *s)
{
	s->refs++;
	return s;
}

void
snap_unref(struct snap *s)
{
	if (s && --s->refs == 0)
		free(s);
}

/* Those who could not be read for try again with the next tick, until their time is up. */
static void
leave_unread(struct conn *c)
{
	if (!c->snap) {
		answer_error(c, ERR_UNAVAILABLE, LOST_RETRY_S);
		return;
	}
	c->unread = true;
	c->again = false;
	conn_park(c);
}

static void
set_snap(struct conn *c, struct snap *snap)
{
	snap_unref(c->snap);
	c->snap = snap_ref(snap);
	c->era = c->p->era;
}

bool
reads_is_outdated(const struct conn *c)
{
	return c->snap && c->era != c->p->era;
}

/* c has been read for: rows [first, end) are its own. */
static void
take_events(struct conn *c, const struct rows *rows, int first, int end, struct snap *snap)
{
	struct buf events = { 0 };

	if (c->recheck) {
		c->recheck = false;
		conn_queue(c, &c->p->asking[c->ask->kind], CONN_ASKING);
		return;
	}
	if (reads_is_outdated(c) || rows_bool(rows, first, EVENT_IS_GONE) ||
		end - first > EVENT_LIMIT) {
		answer_error(c, ERR_GONE, 0);
		return;
	}
	set_snap(c, snap);
	for (int row = first; row < end && rows_text(rows, row, EVENT_TYPE); row++) {
		if (row > first)
			buf_char(&events, ',');
		event_json(&events, rows, row);
	}
	if (events.len || topic_lives(c->waiter.topic, c->live_seen, c->ask->member,
				  loop_now(c->p->loop), NULL))
		answer_events(c, &events, 0);
	else
		conn_park(c);
	buf_free(&events);
}

static void
on_read(void *arg, const struct rows *rows, enum err e)
{
	struct batch *b = arg;
	int count = e ? 0 : rows_count(rows), row = 0;
	struct snap *snap = e ? NULL : snap_new(rows_str(rows, 0, EVENT_SNAPSHOT), b->serial);

	b->queue->busy = false;
	for (unsigned i = 0; i < b->n; i++) {
		int first = row;

		while (row < count && rows_int(rows, row, EVENT_N) == (int64_t)i + 1)
			row++;
		if (!conn_leave_batch(b->conns[i]))
			continue;
		if (snap)
			take_events(b->conns[i], rows, first, row, snap);
		else
			leave_unread(b->conns[i]);
	}
	snap_unref(snap);
	free(b);
}

static struct batch *
take_batch(struct poller *p, struct queue *q)
{
	struct batch *b = malloc(sizeof(*b));

	if (!b)
		abort();
	*b = (struct batch){ .p = p, .queue = q, .serial = ++p->serial };
	while (q->first && b->n < BATCH_MAX) {
		struct conn *c = q->first;

		conn_unqueue(c);
		c->in_batch = true;
		c->again = c->unread = false;
		b->conns[b->n++] = c;
	}
	return b;
}

static void
send_batch(struct poller *p, struct queue *q, const struct stmt *stmt)
{
	struct batch *b = take_batch(p, q);
	struct buf organizations = { 0 }, visitors = { 0 }, snaps = { 0 };
	char limit[16];

	array_open(&organizations);
	array_open(&visitors);
	array_open(&snaps);
	for (unsigned i = 0; i < b->n; i++) {
		const struct conn *c = b->conns[i];

		array_add(&organizations, c->waiter.topic->organization);
		array_add(&visitors, c->waiter.topic->visitor);
		array_add(&snaps, c->snap ? c->snap->text : NULL);
	}
	array_close(&organizations);
	array_close(&visitors);
	array_close(&snaps);
	snprintf(limit, sizeof(limit), "%d", EVENT_LIMIT + 1);
	q->busy = true;
	async_run(p->db, stmt, ARGS(organizations.data, visitors.data, snaps.data, limit), on_read,
		b);
	buf_free(&organizations);
	buf_free(&visitors);
	buf_free(&snaps);
}

void
reads_flush(struct poller *p)
{
	for (int i = 0; i < 2; i++)
		if (p->reading[i].first && !p->reading[i].busy)
			send_batch(p, &p->reading[i], event_read_stmt[i]);
}

static void
note_touched(struct poller *p, const char *visitor)
{
	if (p->touched_count == 0)
		array_open(&p->touched);
	array_add(&p->touched, visitor);
	if (++p->touched_count >= TOUCH_MAX)
		reads_touch(p);
}

void
reads_ignore(void *arg, const struct rows *rows, enum err e)
{
	(void)arg;
	(void)rows;
	(void)e;
}

void
reads_touch(struct poller *p)
{
	if (p->touched_count == 0)
		return;
	array_close(&p->touched);
	async_run(p->db, &SQL_poll_touch, ARGS(p->touched.data), reads_ignore, NULL);
	buf_clear(&p->touched);
	p->touched_count = 0;
}

void
reads_enter(struct conn *c, const char *organization, const char *visitor)
{
	struct poller *p = c->p;
	const struct topic *topic = topics_find(&p->topics, organization, visitor);

	if (visitor && topic && topic->count >= WAITS_PER_VISITOR) {
		answer_error(c, ERR_LIMIT, TOO_MANY_RETRY_S);
		return;
	}
	topics_join(&p->topics, &c->waiter, organization, visitor);
	if (visitor)
		note_touched(p, visitor);
	conn_queue(c, &p->reading[visitor ? 0 : 1], CONN_READING);
}

/*
 * The cursors of this moment mean nothing any more. Who is in a statement under way, sent before the
 * new timeline was known, hears of it when that is answered: by the era.
 */
static void
resync_all(struct poller *p)
{
	struct conn *c, *next;

	p->era++;
	DL_FOREACH_SAFE (p->conns, c, next)
		if (c->ask && !c->in_batch)
			answer_error(c, ERR_GONE, 0);
}

static void
wake_topic(struct topic *topic, uint64_t xid)
{
	struct waiter *w, *next;

	if (!topic)
		return;
	DL_FOREACH_SAFE (topic->waiters, w, next) {
		struct conn *c = (struct conn *)w;

		/* Who is being read for was sent after the sweep, and sees more than it. */
		if (c->state == CONN_PARKED && !(c->snap && snapshot_sees(&c->snap->s, xid)))
			conn_wake(c);
	}
}

static void
wake_all(struct poller *p)
{
	struct conn *c;

	DL_FOREACH (p->conns, c)
		if (c->state == CONN_PARKED)
			conn_wake(c);
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
	struct snap *snap = snap_new(snapshot, serial);

	if (!snap)
		return;
	snap_unref(p->swept);
	p->swept = snap;
	snprintf(p->timeline, sizeof(p->timeline), "%s", timeline);
}

static void
on_sweep(void *arg, const struct rows *rows, enum err e)
{
	struct batch *b = arg;
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
reads_sweep(struct poller *p)
{
	struct batch *b;
	char limit[16];

	if (!p->ready || p->sweeping)
		return;
	b = calloc(1, sizeof(*b));
	if (!b)
		abort();
	*b = (struct batch){ .p = p, .serial = ++p->serial };
	snprintf(limit, sizeof(limit), "%d", SWEEP_MAX + 1);
	p->sweeping = true;
	async_run(p->db, &SQL_poll_sweep, ARGS(p->swept->text, limit), on_sweep, b);
}

/* The first connection gives the poller its place; a later one goes on from where it was. */
static void
on_start(void *arg, const struct rows *rows, enum err e)
{
	struct batch *b = arg;
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
		reads_sweep(p);
	}
	free(b);
}

void
reads_start(struct poller *p)
{
	struct batch *b = calloc(1, sizeof(*b));

	if (!b)
		abort();
	*b = (struct batch){ .p = p, .serial = ++p->serial };
	p->starting = true;
	async_run(p->db, &SQL_poll_use_indexes, NO_ARGS, reads_ignore, NULL);
	if (p->app->conf->poll_notify)
		async_run(p->db, &SQL_poll_listen, NO_ARGS, reads_ignore, NULL);
	async_run(p->db, &SQL_poll_start, NO_ARGS, on_start, b);
}
