/* Answers as FastCGI records: events, problems, and what the request's own reply holds. */
#include "poll/poller.h"

#include "base/log.h"
#include "web/cors.h"
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

/* As parlor web says it: what is refused here is refused for one reason, whoever asks. */
static void
say_why(struct req *r, const struct wait *w)
{
	if (w->kind == PROOF_KEY)
		reply_problem(r, ERR_FORBIDDEN, "no_permission",
			"This needs the permission conversations:read.");
	else if (w->kind == PROOF_VISITOR)
		reply_problem(r, ERR_FORBIDDEN, "origin_not_allowed",
			"This site is not among the organization's domains.");
}

void
answer_error(struct wait *w, enum err e, int retry_after)
{
	struct conn *c = w->conn;
	struct arena *mem;
	struct req *r;

	if (c) {
		mem = arena_new();
		r = stand_in(w->p, mem, wait_is_visitor(w), w->request_id);
		r->retry_after = retry_after;
		if (wait_is_visitor(w))
			cors_lines(&r->headers, w->origin);
		if (e == ERR_FORBIDDEN)
			say_why(r, w);
		reply_error(r, e);
		wait_end(w);
		answer_req(c, r);
		arena_free(mem);
		log_set_request("");
	} else {
		wait_end(w);
	}
}

/*
 * How far w has seen. Who is parked has been woken for everything up to the poller's own place, so
 * that place is as good, and moves on while nothing happens.
 */
static struct snap *
place_of(const struct wait *w)
{
	struct snap *swept = w->p->swept;

	if (!w->snap ||
		(w->state == WAIT_PARKED && !w->unread && swept && swept->serial > w->snap->serial))
		return swept;
	return w->snap;
}

static void
add_cursor(const struct wait *w, struct buf *out)
{
	const struct cursor cursor = { .timeline = w->p->timeline,
		.boot = w->p->boot,
		.live = w->p->topics.newest_live,
		.snapshot = w->snap->text };
	struct arena *mem = arena_new();

	buf_printf(out, "{\"cursor\":\"%s\",\"events\":[", cursor_encode(mem, &cursor));
	arena_free(mem);
}

static void
add_headers(const struct wait *w, struct buf *out)
{
	const struct answer_head *head = &w->p->heads[wait_is_visitor(w) ? 0 : 1];

	buf_str(out, head->before);
	buf_str(out, w->request_id);
	buf_str(out, head->after);
	if (wait_is_visitor(w))
		cors_lines(out, w->origin);
}

void
answer_events(struct wait *w, const struct buf *events, int poll_after_ms)
{
	struct buf body = { 0 }, headers = { 0 };
	struct conn *c = w->conn;
	struct snap *place;

	if (reads_is_outdated(w)) {
		answer_error(w, ERR_GONE, 0);
		return;
	}
	place = snap_ref(place_of(w));
	snap_unref(w->snap);
	w->snap = place;
	add_cursor(w, &body);
	if (events)
		buf_add(&body, buf_text(events), events->len);
	buf_str(&body, "],\"live\":[");
	if (w->waiter.topic)
		topic_lives(w->waiter.topic, w->live_seen, w->member, loop_now(w->p->loop), &body);
	buf_printf(&body, "],\"pollAfterMs\":%d}", poll_after_ms);
	add_headers(w, &headers);
	wait_leave(w);
	send_answer(c, 200, &headers, &body);
	buf_free(&body);
	buf_free(&headers);
}
