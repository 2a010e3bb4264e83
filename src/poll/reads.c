/*
 * Reading for many at once. One statement of a kind is under way at a time; who is woken meanwhile
 * gathers for the next, so that batches grow with the load by themselves.
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

/* Reads wait behind a write-back, so each is short. */
enum { TOUCH_MAX = 50, NOTE_MS = 20000, LOST_RETRY_S = 1 };

struct batch {
	struct poller *p;
	struct queue *queue;
	uint64_t serial;
	unsigned n;
	struct wait *waits[BATCH_MAX];
};

struct snap *
snap_new(const struct poller *p, const char *text, uint64_t serial)
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
	*snap = (struct snap){ .refs = 1, .era = p->era, .serial = serial, .s = s };
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

enum {
	READ_N,
	READ_SNAPSHOT,
	READ_IS_GONE,
	READ_TYPE,
	READ_CONVERSATION,
	READ_DATA,
	READ_ORGANIZATION,
	READ_ID,
	READ_DOMAINS
};

static const struct stmt *const stmts[PROOF_KINDS] = {
	[PROOF_VISITOR] = &SQL_poll_read_visitors,
	[PROOF_SESSION] = &SQL_poll_read_sessions,
	[PROOF_KEY] = &SQL_poll_read_keys,
};

bool
reads_is_outdated(const struct wait *w)
{
	return w->snap && w->snap->era != w->p->era;
}

/* Those who could not be read for try again with the next tick, until their time is up. */
static void
leave_unread(struct wait *w)
{
	if (!w->snap) {
		answer_error(w, ERR_UNAVAILABLE, LOST_RETRY_S);
		return;
	}
	w->unread = true;
	w->again = false;
	wait_park(w);
}

/* w has been read for: rows [first, end) are its own. */
static void
take_events(struct wait *w, const struct rows *rows, int first, int end, struct snap *snap)
{
	struct buf events = { 0 };

	if (!entry_is_same(w, rows_text(rows, first, READ_ORGANIZATION),
		    rows_text(rows, first, READ_ID), rows_text(rows, first, READ_DOMAINS)))
		return;
	if (reads_is_outdated(w) || rows_bool(rows, first, READ_IS_GONE) ||
		end - first > EVENT_LIMIT) {
		answer_error(w, ERR_GONE, 0);
		return;
	}
	snap_unref(w->snap);
	w->snap = snap_ref(snap);
	for (int row = first; row < end && rows_text(rows, row, READ_TYPE); row++) {
		if (row > first)
			buf_char(&events, ',');
		event_json(&events, rows_str(rows, row, READ_TYPE),
			rows_text(rows, row, READ_CONVERSATION), rows_str(rows, row, READ_DATA));
	}
	if (events.len ||
		topic_lives(w->waiter.topic, w->live_seen, w->member, loop_now(w->p->loop), NULL))
		answer_events(w, &events, 0);
	else
		wait_park(w);
	buf_free(&events);
}

static void
on_read(void *arg, const struct rows *rows, enum err e)
{
	struct batch *b = arg;
	int count = e ? 0 : rows_count(rows), row = 0;
	struct snap *snap = e ? NULL : snap_new(b->p, rows_str(rows, 0, READ_SNAPSHOT), b->serial);

	b->queue->busy = false;
	for (unsigned i = 0; i < b->n; i++) {
		int first = row;

		while (row < count && rows_int(rows, row, READ_N) == (int64_t)i + 1)
			row++;
		if (!wait_leave_batch(b->waits[i]))
			continue;
		if (snap)
			take_events(b->waits[i], rows, first, row, snap);
		else
			leave_unread(b->waits[i]);
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
		struct wait *w = q->first;

		wait_unqueue(w);
		w->in_batch = true;
		w->again = w->unread = false;
		b->waits[b->n++] = w;
	}
	return b;
}

static void
send_batch(struct poller *p, struct queue *q, const struct stmt *stmt)
{
	struct batch *b = take_batch(p, q);
	struct buf proofs = { 0 }, snaps = { 0 };
	char limit[16];

	array_open(&proofs);
	array_open(&snaps);
	for (unsigned i = 0; i < b->n; i++) {
		array_add(&proofs, b->waits[i]->proof);
		array_add(&snaps, b->waits[i]->snap ? b->waits[i]->snap->text : NULL);
	}
	array_close(&proofs);
	array_close(&snaps);
	snprintf(limit, sizeof(limit), "%d", EVENT_LIMIT + 1);
	q->busy = true;
	async_run(p->db, stmt, ARGS(proofs.data, snaps.data, limit), on_read, b);
	buf_free(&proofs);
	buf_free(&snaps);
}

void
reads_flush(struct poller *p)
{
	for (int kind = 0; kind < PROOF_KINDS; kind++)
		if (p->reading[kind].first && !p->reading[kind].busy)
			send_batch(p, &p->reading[kind], stmts[kind]);
}

void
reads_note(struct wait *w)
{
	struct poller *p = w->p;
	int64_t now = loop_now(p->loop);

	if (w->kind == PROOF_SESSION || (w->noted_at && now - w->noted_at < NOTE_MS))
		return;
	w->noted_at = now;
	if (p->touched_count == 0) {
		array_open(&p->touched);
		array_open(&p->touched_keys);
	}
	if (wait_is_visitor(w))
		array_add(&p->touched, w->waiter.topic->visitor);
	else
		array_add(&p->touched_keys, w->proof);
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
	array_close(&p->touched_keys);
	async_run(p->db, &SQL_poll_touch, ARGS(p->touched.data, p->touched_keys.data), reads_ignore,
		NULL);
	buf_clear(&p->touched);
	buf_clear(&p->touched_keys);
	p->touched_count = 0;
}
