/* Answers as FastCGI records: events, problems, and what the request's own reply holds. */
#include "poll/poller.h"

#include "base/log.h"
#include "web/fcgi.h"
#include "web/reply.h"
#include "web/route.h"

#include <stdlib.h>
#include <string.h>

static const struct param no_params[] = { { NULL, NULL } };

static const struct route *
route_of(bool visitor)
{
	for (const struct route *row = routes; row < routes + routes_count; row++)
		if ((row->flags & R_POLL) && !(row->flags & R_CORS) == !visitor)
			return row;
	abort();
}

/* A request to let reply.c work on, long after the real one is gone. */
static struct req *
stand_in(struct poller *p, struct arena *mem, bool visitor, const char *request_id)
{
	struct req *r = req_new(mem, p->app, NULL, no_params, "", 0);

	r->route = route_of(visitor);
	r->path = r->route->path;
	if (request_id)
		memcpy(r->id, request_id, sizeof(r->id));
	return r;
}

/* The headers of a good answer are the same but for the request id: made once. */
static void
make_head(struct poller *p, struct answer_head *head, bool visitor)
{
	struct arena *mem = arena_new();
	struct req *r = stand_in(p, mem, visitor, NULL);
	const char *text, *id;

	reply_type(r, 200, "application/json");
	text = buf_text(&r->headers);
	id = strstr(text, r->id);
	if (!id)
		abort();
	head->before = strndup(text, (size_t)(id - text));
	head->after = strdup(id + strlen(r->id));
	arena_free(mem);
	log_set_request("");
}

void
answer_start(struct poller *p)
{
	make_head(p, &p->heads[0], true);
	make_head(p, &p->heads[1], false);
}

void
answer_stop(struct poller *p)
{
	for (size_t i = 0; i < ARRAY_LEN(p->heads); i++) {
		free(p->heads[i].before);
		free(p->heads[i].after);
	}
}

static void
send_answer(struct conn *c, int status, const struct buf *headers, const struct buf *body)
{
	struct buf out = { 0 };

	fcgi_answer(
		&out, c->id, status, buf_text(headers), headers->len, buf_text(body), body->len);
	conn_send(c, out.data, out.len);
	buf_free(&out);
}

void
answer_req(struct conn *c, const struct req *r)
{
	log_line(LOG_DEBUG, "poll answered with %d", r->status);
	send_answer(c, r->status, &r->headers, &r->out);
}

void
answer_error(struct conn *c, enum err e, int retry_after)
{
	struct arena *mem = arena_new();
	struct req *r = stand_in(c->p, mem, ask_is_visitor(c->ask), c->ask->request_id);

	r->retry_after = retry_after;
	buf_str(&r->headers, c->ask->cors);
	reply_error(r, e);
	answer_req(c, r);
	arena_free(mem);
	log_set_request("");
}

/*
 * How far c has seen. Who is parked has been woken for everything up to the poller's own place, so
 * that place is as good, and moves on while nothing happens.
 */
static const struct snap *
place_of(const struct conn *c)
{
	const struct snap *swept = c->p->swept;

	if (!c->snap ||
		(c->state == CONN_PARKED && !c->unread && swept && swept->serial > c->snap->serial))
		return swept;
	return c->snap;
}

static void
add_cursor(struct conn *c, struct buf *out)
{
	const struct cursor cursor = { .timeline = c->p->timeline,
		.boot = c->p->boot,
		.live = c->p->topics.newest_live,
		.snapshot = place_of(c)->text };
	struct arena *mem = arena_new();

	buf_printf(out, "{\"cursor\":\"%s\",\"events\":[", cursor_encode(mem, &cursor));
	arena_free(mem);
}

static void
add_headers(const struct conn *c, struct buf *out)
{
	const struct answer_head *head = &c->p->heads[ask_is_visitor(c->ask) ? 0 : 1];

	buf_str(out, head->before);
	buf_str(out, c->ask->request_id);
	buf_str(out, head->after);
	buf_str(out, c->ask->cors);
}

void
answer_events(struct conn *c, const struct buf *events, int poll_after_ms)
{
	struct buf body = { 0 }, headers = { 0 };

	if (reads_is_outdated(c)) {
		answer_error(c, ERR_GONE, 0);
		return;
	}
	add_cursor(c, &body);
	if (events)
		buf_add(&body, buf_text(events), events->len);
	buf_str(&body, "],\"live\":[");
	if (c->waiter.topic)
		topic_lives(
			c->waiter.topic, c->live_seen, c->ask->member, loop_now(c->p->loop), &body);
	buf_printf(&body, "],\"pollAfterMs\":%d}", poll_after_ms);
	add_headers(c, &headers);
	send_answer(c, 200, &headers, &body);
	buf_free(&body);
	buf_free(&headers);
}
