/* One connection from the web server, from its first byte to its last. */
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
	loop_timer(p->loop, &c->timer, FIRST_BYTES_MS);
}

void
conn_close(struct conn *c)
{
	struct poller *p = c->p;

	if (c->wait)
		wait_end(c->wait);
	timers_clear(&c->timer);
	loop_unwatch(p->loop, &c->watch);
	close(c->watch.fd);
	free(c->rest);
	DL_DELETE(p->conns, c);
	c->state = CONN_CLOSED;
	loop_bury(p->loop, c);
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
	conn_close(arg);
}

void
conn_send(struct conn *c, const char *records, size_t len)
{
	ssize_t n = send(c->watch.fd, records, len, MSG_DONTWAIT | MSG_NOSIGNAL);

	c->wait = NULL;
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
