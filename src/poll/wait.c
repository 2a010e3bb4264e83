/*
 * The life of a wait: asked who it is, read for, parked, answered, and back. Subscribe, then look, then
 * park: no event can fall between.
 *
 * Who was just answered asks again at once, so a wait lives on for a moment (LEFT): it stays subscribed
 * and notes what happens meanwhile. A client that returns with the cursor it was given takes it up
 * again, and when nothing has happened that costs no question to the database. Every read asks whether
 * the credential still holds, so nothing is ever sent to somebody who lost access.
 */
#include "poll/poller.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

enum { LEFT_MS = 5000, ASK_AGAIN_MS = 60000, FRACTION = 10 };

static void
free_wait(struct wait *w)
{
	if (w->mark != w->proof)
		free(w->mark);
	if (w->proof)
		sodium_memzero(w->proof, strlen(w->proof));
	free(w->proof);
	free(w->member);
	free(w->origin);
	free(w);
}

bool
wait_is_visitor(const struct wait *w)
{
	return w->kind == PROOF_VISITOR;
}

static void
on_timer(void *arg)
{
	struct wait *w = arg;

	if (w->state == WAIT_LEFT)
		wait_end(w);
	else if (w->state == WAIT_PARKED)
		answer_events(w, NULL, 0);
	else
		w->overdue = true;
}

struct wait *
wait_new(struct conn *c)
{
	struct wait *w = calloc(1, sizeof(*w));

	if (!w)
		abort();
	w->p = c->p;
	w->conn = c;
	w->timer = (struct timer){ .fn = on_timer, .arg = w };
	c->wait = w;
	c->p->waiting++;
	DL_APPEND(c->p->waits, w);
	return w;
}

static void
let_go(struct wait *w)
{
	if (!w->conn)
		return;
	w->conn->wait = NULL;
	w->conn = NULL;
	w->p->waiting--;
}

void
wait_end(struct wait *w)
{
	let_go(w);
	wait_unqueue(w);
	topics_leave(&w->p->topics, &w->waiter);
	timers_clear(&w->timer);
	snap_unref(w->snap);
	w->snap = NULL;
	DL_DELETE(w->p->waits, w);
	w->state = WAIT_OVER;
	if (!w->in_batch)
		free_wait(w);
}

bool
wait_leave_batch(struct wait *w)
{
	w->in_batch = false;
	if (w->state != WAIT_OVER)
		return true;
	free_wait(w);
	return false;
}

void
wait_queue(struct wait *w, struct queue *q, enum wait_state state)
{
	wait_unqueue(w);
	w->state = state;
	w->queue = q;
	DL_APPEND2(q->first, w, queue_prev, queue_next);
	q->count++;
}

void
wait_unqueue(struct wait *w)
{
	if (!w->queue)
		return;
	DL_DELETE2(w->queue->first, w, queue_prev, queue_next);
	w->queue->count--;
	w->queue = NULL;
}

static struct queue *
bucket(struct poller *p, const char *proof)
{
	unsigned hash = 5381;

	for (const char *s = proof; *s; s++)
		hash = hash * 33 + (unsigned char)*s;
	return &p->left[hash % LEFT_BUCKETS];
}

/* A visitor who asks over and over without taking up its waits leaves no more of them behind. */
static bool
is_crowded(const struct wait *w)
{
	return wait_is_visitor(w) && w->waiter.topic->count > 2 * WAITS_PER_VISITOR;
}

void
wait_leave(struct wait *w)
{
	if (w->once || !w->waiter.topic || !w->snap || is_crowded(w)) {
		wait_end(w);
		return;
	}
	let_go(w);
	w->overdue = w->unread = false;
	wait_queue(w, bucket(w->p, w->proof), WAIT_LEFT);
	loop_timer(w->p->loop, &w->timer, LEFT_MS);
}

static bool
is_same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

struct wait *
wait_find_left(struct poller *p, enum proof_kind kind, const char *proof, const char *origin,
	const char *snapshot)
{
	int64_t recently = loop_now(p->loop) - ASK_AGAIN_MS;
	struct wait *w;

	DL_FOREACH2(bucket(p, proof)->first, w, queue_next)
	if (w->kind == kind && strcmp(w->snap->text, snapshot) == 0 &&
		strcmp(w->proof, proof) == 0 && is_same_text(w->origin, origin) &&
		w->asked_at > recently)
		return w;
	return NULL;
}

void
wait_return(struct wait *w, struct conn *c)
{
	wait_unqueue(w);
	w->conn = c;
	c->wait = w;
	w->p->waiting++;
	w->state = WAIT_PARKED;
}

void
wait_for(struct wait *w, int64_t ms)
{
	w->once = w->overdue = ms == 0;
	/* A little less than asked for, so that not all come back at once. */
	if (ms > 0)
		loop_timer(w->p->loop, &w->timer, ms - random() % (ms / FRACTION + 1));
}

void
wait_read(struct wait *w)
{
	wait_queue(w, &w->p->reading[w->kind], WAIT_READING);
}

void
wait_wake(struct wait *w)
{
	if (w->state == WAIT_PARKED)
		wait_read(w);
	else if (w->state == WAIT_LEFT || (w->state == WAIT_READING && !w->queue))
		w->again = true;
}

void
wait_park(struct wait *w)
{
	w->state = WAIT_PARKED;
	if (w->overdue) {
		answer_events(w, NULL, 0);
	} else if (w->again) {
		w->again = false;
		wait_read(w);
	}
}
