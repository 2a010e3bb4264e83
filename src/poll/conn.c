/*
 * One connection from the web server, from its first byte to its last, and what becomes of its
 * request: asked, read for, parked, answered. Subscribe, then look, then park: no event can fall
 * between.
 */
#include "poll/poller.h"

#include "base/log.h"
#include "web/fcgi.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utlist.h>

enum { FIRST_BYTES_MS = 10000, HALF_REQUEST_MS = 2000, WRITE_MS = 10000 };
enum { EVENTS = EPOLLIN | EPOLLRDHUP | EPOLLET };

static void on_event(void *arg, uint32_t events);
static void on_timer(void *arg);

void
conn_accept(struct poller *p, int fd)
{
	struct conn *c = calloc(1, sizeof(*c));

	if (!c)
		abort();
	c->p = p;
	c->watch = (struct watch){ .fn = on_event, .arg = c };
	c->timer = (struct timer){ .fn = on_timer, .arg = c };
	if (!loop_watch(p->loop, &c->watch, fd, EVENTS)) {
		log_line(LOG_ERROR, "a connection cannot be watched: %s", strerror(errno));
		close(fd);
		free(c);
		return;
	}
	DL_APPEND(p->conns, c);
	p->conns_count++;
	loop_timer(p->loop, &c->timer, FIRST_BYTES_MS);
}

void
conn_queue(struct conn *c, struct queue *q, enum conn_state state)
{
	conn_unqueue(c);
	c->state = state;
	c->queue = q;
	DL_APPEND2(q->first, c, queue_prev, queue_next);
	q->count++;
}

void
conn_unqueue(struct conn *c)
{
	if (!c->queue)
		return;
	DL_DELETE2(c->queue->first, c, queue_prev, queue_next);
	c->queue->count--;
	c->queue = NULL;
}

/* Forgets the request; the connection stays. */
static void
end_request(struct conn *c)
{
	conn_unqueue(c);
	topics_leave(&c->p->topics, &c->waiter);
	timers_clear(&c->timer);
	snap_unref(c->snap);
	c->snap = NULL;
	if (c->ask) {
		ask_free(c->ask);
		c->ask = NULL;
		c->p->asks_count--;
	}
	c->again = c->overdue = c->unread = c->recheck = false;
	c->live_seen = 0;
}

void
conn_close(struct conn *c)
{
	struct poller *p = c->p;

	end_request(c);
	loop_unwatch(p->loop, &c->watch);
	close(c->watch.fd);
	free(c->rest);
	c->rest = NULL;
	DL_DELETE(p->conns, c);
	p->conns_count--;
	c->state = CONN_CLOSED;
	if (!c->in_batch)
		loop_bury(p->loop, c);
}

bool
conn_leave_batch(struct conn *c)
{
	c->in_batch = false;
	if (c->state != CONN_CLOSED)
		return true;
	loop_bury(c->p->loop, c);
	return false;
}

static void
look(struct conn *c)
{
	switch (fcgi_peek(c->watch.fd, true)) {
	case FCGI_READY:
		timers_clear(&c->timer);
		c->half = false;
		ask_read(c);
		break;
	case FCGI_WAIT:
		/* One limit for the whole request, not one for each of its bytes. */
		if (!c->half)
			loop_timer(c->p->loop, &c->timer, HALF_REQUEST_MS);
		c->half = true;
		break;
	case FCGI_BAD:
		log_line(LOG_WARN, "a connection was closed: no request we take");
		conn_close(c);
		break;
	case FCGI_GONE:
	case FCGI_BODY: /* not of a request that is asked for whole */
		conn_close(c);
	}
}

static void
write_rest(struct conn *c)
{
	ssize_t n = send(c->watch.fd, c->rest, c->rest_len, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		conn_close(c);
		return;
	}
	if (n > 0) {
		c->rest_len -= (size_t)n;
		memmove(c->rest, c->rest + n, c->rest_len);
	}
	if (c->rest_len > 0)
		return;
	if (!c->keep) {
		conn_close(c);
		return;
	}
	free(c->rest);
	c->rest = NULL;
	c->state = CONN_IDLE;
	timers_clear(&c->timer);
	loop_change(c->p->loop, &c->watch, EVENTS);
}

static void
on_event(void *arg, uint32_t events)
{
	struct conn *c = arg;

	/* While a request waits, anything from the web server means that its client has left. */
	if (events & (EPOLLHUP | EPOLLRDHUP | EPOLLERR))
		conn_close(c);
	else if (c->state == CONN_WRITING)
		write_rest(c);
	else if (c->state == CONN_IDLE)
		look(c);
	else
		conn_close(c);
}

static void
on_timer(void *arg)
{
	struct conn *c = arg;

	if (c->state == CONN_IDLE || c->state == CONN_WRITING)
		conn_close(c);
	else if (c->state == CONN_PARKED)
		answer_events(c, NULL, 0);
	else
		c->overdue = true;
}

void
conn_send(struct conn *c, const char *records, size_t len)
{
	ssize_t n = send(c->watch.fd, records, len, MSG_DONTWAIT | MSG_NOSIGNAL);

	end_request(c);
	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		conn_close(c);
		return;
	}
	n = n < 0 ? 0 : n;
	c->state = CONN_IDLE;
	if ((size_t)n == len && !c->keep) {
		conn_close(c);
	} else if ((size_t)n < len) {
		c->rest_len = len - (size_t)n;
		c->rest = malloc(c->rest_len);
		if (!c->rest)
			abort();
		memcpy(c->rest, records + n, c->rest_len);
		c->state = CONN_WRITING;
		loop_timer(c->p->loop, &c->timer, WRITE_MS);
		loop_change(c->p->loop, &c->watch, EVENTS | EPOLLOUT);
	}
}

static struct queue *
reading_queue(struct conn *c)
{
	return &c->p->reading[ask_is_visitor(c->ask) ? 0 : 1];
}

void
conn_wake(struct conn *c)
{
	if (c->state == CONN_PARKED)
		conn_queue(c, reading_queue(c), CONN_READING);
	else if (c->state == CONN_READING && !c->queue)
		c->again = true;
}

void
conn_park(struct conn *c)
{
	c->state = CONN_PARKED;
	if (c->overdue) {
		answer_events(c, NULL, 0);
	} else if (c->again) {
		c->again = false;
		conn_wake(c);
	}
}
