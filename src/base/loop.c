/* epoll, signalfd, the timer wheel, and the graveyard of what a batch of events may still name. */
#include "base/loop.h"

#include "base/log.h"
#include "base/util.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { BATCH = 256 };

struct loop {
	int epoll;
	struct watch signals;
	struct timers timers;
	int64_t now;
	bool stopping;
	void (*after_turn)(void *arg);
	void *after_turn_arg;
	void **graves;
	size_t graves_count, graves_cap;
};

static void
on_signal(void *arg, uint32_t events)
{
	struct loop *loop = arg;
	struct signalfd_siginfo info;

	(void)events;
	if (read(loop->signals.fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		loop->stopping = true;
}

struct loop *
loop_new(void)
{
	struct loop *loop = calloc(1, sizeof(*loop));
	sigset_t set;
	int fd;

	if (!loop)
		abort();
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGQUIT); /* what multiwatch makes of a SIGTERM */
	sigprocmask(SIG_BLOCK, &set, NULL);
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	loop->signals = (struct watch){ .fn = on_signal, .arg = loop };
	if (loop->epoll < 0 || fd < 0 || !loop_watch(loop, &loop->signals, fd, EPOLLIN)) {
		log_line(LOG_ERROR, "no event loop: %s", strerror(errno));
		abort();
	}
	loop->now = time_monotonic_ms();
	timers_init(&loop->timers, loop->now);
	return loop;
}

static void
empty_graves(struct loop *loop)
{
	for (size_t i = 0; i < loop->graves_count; i++)
		free(loop->graves[i]);
	loop->graves_count = 0;
}

void
loop_free(struct loop *loop)
{
	if (!loop)
		return;
	empty_graves(loop);
	free(loop->graves);
	close(loop->signals.fd);
	close(loop->epoll);
	free(loop);
}

bool
loop_watch(struct loop *loop, struct watch *w, int fd, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = w };

	w->fd = fd;
	return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &ev) == 0;
}

void
loop_change(struct loop *loop, struct watch *w, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = w };

	epoll_ctl(loop->epoll, EPOLL_CTL_MOD, w->fd, &ev);
}

void
loop_unwatch(struct loop *loop, struct watch *w)
{
	if (!w->fn)
		return;
	epoll_ctl(loop->epoll, EPOLL_CTL_DEL, w->fd, NULL);
	w->fn = NULL;
}

void
loop_bury(struct loop *loop, void *memory)
{
	if (loop->graves_count == loop->graves_cap) {
		loop->graves_cap = loop->graves_cap ? loop->graves_cap * 2 : 64;
		loop->graves = realloc(loop->graves, loop->graves_cap * sizeof(*loop->graves));
		if (!loop->graves)
			abort();
	}
	loop->graves[loop->graves_count++] = memory;
}

void
loop_timer(struct loop *loop, struct timer *timer, int64_t ms)
{
	timers_set(&loop->timers, timer, loop->now + ms);
}

int64_t
loop_now(const struct loop *loop)
{
	return loop->now;
}

void
loop_after_turn(struct loop *loop, void (*fn)(void *arg), void *arg)
{
	loop->after_turn = fn;
	loop->after_turn_arg = arg;
}

static void
turn(struct loop *loop)
{
	struct epoll_event events[BATCH];
	int n = epoll_wait(
		loop->epoll, events, BATCH, timers_wait(&loop->timers, time_monotonic_ms()));

	loop->now = time_monotonic_ms();
	for (int i = 0; i < n; i++) {
		struct watch *w = events[i].data.ptr;

		if (w->fn)
			w->fn(w->arg, events[i].events);
	}
	timers_run(&loop->timers, loop->now);
	if (loop->after_turn)
		loop->after_turn(loop->after_turn_arg);
	empty_graves(loop);
}

void
loop_run(struct loop *loop)
{
	while (!loop->stopping)
		turn(loop);
}

void
loop_stop(struct loop *loop)
{
	loop->stopping = true;
}
