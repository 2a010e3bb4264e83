/*
 * One epoll loop: descriptors, timers, the end by SIGTERM, SIGINT or SIGQUIT.
 *
 * Signals are blocked and read from a descriptor, so that no system call anywhere is interrupted.
 */
#ifndef PARLOR_LOOP_H
#define PARLOR_LOOP_H

#include "base/base.h"
#include "base/timers.h"

#include <sys/epoll.h>

struct loop;

/* A watched descriptor, part of the caller's object. */
struct watch {
	int fd; /* set by loop_watch() */
	void (*fn)(void *arg, uint32_t events);
	void *arg;
};

/* Blocks these signals for the process. Ends it when the system has no descriptors for us. */
struct loop *loop_new(void);
void loop_free(struct loop *loop);

/* events: EPOLLIN and so on. False when the system refuses. */
bool loop_watch(struct loop *loop, struct watch *w, int fd, uint32_t events) MUST_USE;
void loop_change(struct loop *loop, struct watch *w, uint32_t events);
/*
 * Ends the watch before the descriptor is closed; twice is harmless. Events of the current batch
 * may still name w: its memory goes to loop_bury(), not to free().
 */
void loop_unwatch(struct loop *loop, struct watch *w);
/* free(memory), once the events at hand are done with. */
void loop_bury(struct loop *loop, void *memory);

/* Milliseconds from now. */
void loop_timer(struct loop *loop, struct timer *timer, int64_t ms);

/* The time (monotonic, ms) at which the events at hand were taken. */
int64_t loop_now(const struct loop *loop);

/* fn(arg) runs after each batch of events and timers: the place to send what they gathered. */
void loop_after_turn(struct loop *loop, void (*fn)(void *arg), void *arg);

/* Until loop_stop() or a signal. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

#endif
