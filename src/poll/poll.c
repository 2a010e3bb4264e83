/*
 * parlor poll: one process, one loop, every waiting long poll. The listening socket, the database,
 * the hints, a tick a second, and each connection are its events; statements go out after each turn.
 */
#include "poll/poller.h"

#include "base/crypt.h"
#include "base/log.h"
#include "base/util.h"
#include "cmd.h"
#include "db/db.h"
#include "web/fcgi.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <utlist.h>

enum { ACCEPT_MAX = 64, TICK_MS = 1000, TOUCH_TICKS = 20, PATIENCE_TICKS = 3, SPREAD_MS = 2000 };

static void
listen_again(struct poller *p)
{
	if (p->listening)
		return;
	p->listening = loop_watch(p->loop, &p->listener, STDIN_FILENO, EPOLLIN | EPOLLEXCLUSIVE);
}

static void
on_listener(void *arg, uint32_t events)
{
	struct poller *p = arg;

	(void)events;
	for (int i = 0; i < ACCEPT_MAX; i++) {
		int fd = fcgi_accept(STDIN_FILENO, 0);

		if (fd >= 0) {
			conn_accept(p, fd);
			continue;
		}
		if (errno != EAGAIN && errno != ECONNABORTED && errno != EINTR) {
			/* No descriptor or memory left: the backlog waits until the next tick. */
			log_line(LOG_ERROR, "accept: %s", strerror(errno));
			loop_unwatch(p->loop, &p->listener);
			p->listener.fn = on_listener;
			p->listening = false;
		}
		return;
	}
}

/* Those for whom the database could not be asked. */
static void
retry_unread(struct poller *p)
{
	struct wait *w;

	DL_FOREACH (p->waits, w)
		if (w->state == WAIT_PARKED && w->unread)
			wait_wake(w);
}

static void
on_tick(void *arg)
{
	struct poller *p = arg;

	loop_timer(p->loop, &p->tick, TICK_MS);
	p->ticks++;
	if (p->ready || p->ticks >= PATIENCE_TICKS)
		listen_again(p);
	topics_expire(&p->topics, loop_now(p->loop));
	if (!p->ready) {
		/* The first statements failed, a lock perhaps: once more. */
		if (async_is_up(p->db) && !p->starting)
			sweep_start(p);
		return;
	}
	sweep(p);
	retry_unread(p);
	if (p->ticks % TOUCH_TICKS == 0)
		reads_touch(p);
}

static void
after_turn(void *arg)
{
	struct poller *p = arg;

	if (p->ready)
		listen_again(p);
	entry_flush(p);
	reads_flush(p);
}

static void
on_up(void *arg)
{
	log_line(LOG_INFO, "PostgreSQL: connected");
	sweep_start(arg);
}

static void
on_down(void *arg)
{
	struct poller *p = arg;

	p->ready = false;
}

/* As many descriptors as we may have: a waiting visitor is one. */
static void
raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static void
start(struct poller *p)
{
	const struct async_events events = { on_up, on_down, wakes_notified, p };
	const struct conf *conf = p->app->conf;
	char token[TOKEN_LEN + 1], hash[HASH_HEX_LEN + 1];

	crypt_token(token);
	crypt_hash(token, hash);
	snprintf(p->boot, sizeof(p->boot), "%.8s", hash);
	srandom((unsigned)getpid() ^ (unsigned)time_now_ms());
	fcgi_start();
	raise_limit();
	p->loop = loop_new();
	answer_start(p);
	(void)wakes_start(p); /* without hints the sweep finds everything */
	p->listener = (struct watch){ .fn = on_listener, .arg = p };
	p->tick = (struct timer){ .fn = on_tick, .arg = p };
	loop_timer(p->loop, &p->tick, TICK_MS);
	loop_after_turn(p->loop, after_turn, p);
	fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK);
	p->db = async_new(p->loop, conf->database_url,
		conf->database_roles ? DB_ROLE_POLL : DB_ROLE_NONE, &events);
}

/* Everybody is sent to whoever serves the socket next, not all at once. */
static void
stop(struct poller *p)
{
	struct wait *w, *next;
	struct conn *c, *following;

	async_free(p->db);
	DL_FOREACH_SAFE (p->waits, w, next) {
		w->in_batch = false;
		w->once = true;
		if (w->conn && w->waiter.topic && (w->snap || p->swept))
			answer_events(w, NULL, (int)(random() % SPREAD_MS));
		else
			answer_error(w, ERR_UNAVAILABLE, 1);
	}
	DL_FOREACH_SAFE (p->conns, c, following)
		conn_close(c);
	wakes_stop(p);
	topics_free(&p->topics);
	snap_unref(p->swept);
	answer_stop(p);
	buf_free(&p->touched);
	buf_free(&p->touched_keys);
	loop_free(p->loop);
}

static const char help[] =
	"usage: parlor poll [--config FILE]\n\n"
	"Holds waiting long polls: FastCGI on descriptor 0, a listening Unix socket.\n"
	"One process for each host is enough for tens of thousands. SIGTERM ends it.\n";

int
cmd_poll(int argc, char **argv)
{
	struct arena *mem = arena_new();
	struct poller p = { 0 };
	const char *config;
	int status;

	if (!app_options(argc, argv, help, &config, &status))
		goto out;
	status = 1;
	if (!fcgi_is_listener(STDIN_FILENO)) {
		fprintf(stderr, "parlor poll: descriptor 0 must be a listening Unix socket\n");
		goto out;
	}
	mallopt(M_ARENA_MAX, 1);
	p.app = app_open(mem, "poll", config, false);
	if (!p.app)
		goto out;
	p.app->polls_are_held = true;
	start(&p);
	notify_ready();
	log_line(LOG_INFO, "ready");
	loop_run(p.loop);
	log_line(LOG_INFO, "stopping, %zu waiting", p.waiting);
	stop(&p);
	status = 0;
out:
	arena_free(mem);
	return status;
}
