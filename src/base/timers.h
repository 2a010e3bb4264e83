/*
 * Many deadlines at little cost: a wheel of lists, one a TIMER_TICK of time. Setting and clearing
 * take constant time, whatever the number. A timer fires at its time or up to one tick later,
 * never before.
 */
#ifndef PARLOR_TIMERS_H
#define PARLOR_TIMERS_H

#include "base/base.h"

enum { TIMER_TICK = 8 /* ms */, TIMER_SLOTS = 4096 };

struct timer {
	struct timer *next, **link; /* link is NULL while it is not set */
	int64_t at;
	void (*fn)(void *arg);
	void *arg;
};

struct timers {
	struct timer *slots[TIMER_SLOTS];
	uint64_t used[TIMER_SLOTS / 64]; /* one bit a slot that may hold something */
	int64_t done;			 /* ticks that have been run */
};

/* All times are those of time_monotonic_ms(). */
void timers_init(struct timers *t, int64_t now);
/* Sets fn(arg) for the time at; a timer that is set already is moved. The caller keeps timer. */
void timers_set(struct timers *t, struct timer *timer, int64_t at);
void timers_clear(struct timer *timer);
/* Runs what is due. The functions may set and clear any timer and free their own. */
void timers_run(struct timers *t, int64_t now);
/* Milliseconds until something may be due; -1 when nothing is set. */
int timers_wait(const struct timers *t, int64_t now);

#endif
