/* Who may wait: credentials checked in batches, and checked again when access was touched. */
#include "poll/poller.h"

#include "base/json.h"
#include "base/log.h"
#include "db/array.h"
#include "poll/poll.sql.h"
#include "web/cors.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

enum { REVOKED_MAX = 64, RETRY_S = 1, TOO_MANY_RETRY_S = 5 };
enum { AUTH_N, AUTH_ORGANIZATION, AUTH_ID, AUTH_DOMAINS };

struct batch {
	struct poller *p;
	struct queue *queue;
	unsigned n;
	struct wait *waits[BATCH_MAX];
};

static const struct stmt *const stmts[PROOF_KINDS] = {
	[PROOF_VISITOR] = &SQL_poll_auth_visitors,
	[PROOF_SESSION] = &SQL_poll_auth_sessions,
	[PROOF_KEY] = &SQL_poll_auth_keys,
};

static bool
is_same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool
may_use(const struct wait *w, const char *domains)
{
	return !w->foreign || !wait_is_visitor(w) || cors_match(domains, w->origin);
}

static unsigned
clients_of(const struct topic *topic)
{
	const struct waiter *waiter;
	unsigned n = 0;

	DL_FOREACH (topic->waiters, waiter)
		n += ((const struct wait *)waiter)->conn != NULL;
	return n;
}

/* Joins the topic, then looks. */
static void
admit(struct wait *w, const struct rows *rows, int row)
{
	const char *organization = rows_text(rows, row, AUTH_ORGANIZATION);
	const char *id = rows_text(rows, row, AUTH_ID);
	const char *visitor = wait_is_visitor(w) ? id : NULL;
	const struct topic *topic;

	if (!organization || !may_use(w, rows_text(rows, row, AUTH_DOMAINS))) {
		answer_error(w, ERR_FORBIDDEN, 0);
		return;
	}
	topic = topics_find(&w->p->topics, organization, visitor);
	if (visitor && topic && clients_of(topic) >= WAITS_PER_VISITOR) {
		answer_error(w, ERR_LIMIT, TOO_MANY_RETRY_S);
		return;
	}
	topics_join(&w->p->topics, &w->waiter, organization, visitor);
	reads_note(w);
	if (!visitor && id)
		w->member = strdup(id);
	wait_read(w);
}

bool
entry_is_same(struct wait *w, const char *organization, const char *id, const char *domains)
{
	const struct topic *topic = w->waiter.topic;
	const char *own = wait_is_visitor(w) ? topic->visitor : w->member;

	if (!organization) {
		answer_error(w, ERR_AUTH, 0);
		return false;
	}
	if (!may_use(w, domains)) {
		answer_error(w, ERR_FORBIDDEN, 0);
		return false;
	}
	if (strcmp(topic->organization, organization) != 0 || !is_same(own, id)) {
		w->once = true;
		answer_events(w, NULL, 0);
		return false;
	}
	w->asked_at = loop_now(w->p->loop);
	return true;
}

static void
on_auth(void *arg, const struct rows *rows, enum err e)
{
	struct batch *b = arg;
	int count = e ? 0 : rows_count(rows);
	int found[BATCH_MAX];

	b->queue->busy = false;
	memset(found, -1, sizeof(found));
	for (int row = 0; row < count; row++)
		found[rows_int(rows, row, AUTH_N) - 1] = row;
	for (unsigned i = 0; i < b->n; i++) {
		struct wait *w = b->waits[i];

		if (!wait_leave_batch(w))
			continue;
		if (e)
			answer_error(w, e == ERR_INTERNAL ? e : ERR_UNAVAILABLE, RETRY_S);
		else if (found[i] < 0)
			answer_error(w, ERR_AUTH, 0);
		else
			admit(w, rows, found[i]);
	}
	free(b);
}

static void
send_batch(struct poller *p, enum proof_kind kind)
{
	struct queue *q = &p->asking[kind];
	struct batch *b = malloc(sizeof(*b));
	struct buf proofs = { 0 };

	if (!b)
		abort();
	*b = (struct batch){ .p = p, .queue = q };
	array_open(&proofs);
	while (q->first && b->n < BATCH_MAX) {
		struct wait *w = q->first;

		wait_unqueue(w);
		w->in_batch = true;
		b->waits[b->n++] = w;
		array_add(&proofs, w->proof);
	}
	array_close(&proofs);
	q->busy = true;
	async_run(p->db, stmts[kind], ARGS(proofs.data), on_auth, b);
	buf_free(&proofs);
}

void
entry_flush(struct poller *p)
{
	for (int kind = 0; kind < PROOF_KINDS; kind++)
		if (p->asking[kind].first && !p->asking[kind].busy)
			send_batch(p, (enum proof_kind)kind);
}

struct revoked {
	const char *session, *token, *key, *member, *organization;
};

static bool
is_hit(const struct wait *w, const struct revoked *r)
{
	return (w->kind == PROOF_VISITOR && r->token && strcmp(r->token, w->mark) == 0) ||
	       (w->kind == PROOF_SESSION && r->session && strcmp(r->session, w->mark) == 0) ||
	       (w->kind == PROOF_KEY && r->key && strcmp(r->key, w->mark) == 0) ||
	       (r->member && w->member && strcmp(r->member, w->member) == 0) ||
	       (r->organization && strcmp(r->organization, w->waiter.topic->organization) == 0);
}

static size_t
read_revoked(struct arena *mem, const struct rows *rows, int column, struct revoked *list)
{
	size_t n = 0;

	for (int row = 0; row < rows_count(rows); row++) {
		const char *text = rows_text(rows, row, column);
		struct json_object *o = text ? json_trusted(mem, text) : NULL;

		if (!o)
			continue;
		if (n < REVOKED_MAX)
			list[n] = (struct revoked){ json_text(o, "session"), json_text(o, "token"),
				json_text(o, "key"), json_text(o, "member"),
				json_text(o, "organization") };
		n++;
	}
	return n;
}

/*
 * A read asks who it is for, so reading is all there is to do. Who has no topic yet is being asked for
 * the first time, and was sent after the sweep that brought this.
 */
void
entry_revoke(struct poller *p, const struct rows *rows, int column)
{
	struct revoked list[REVOKED_MAX];
	struct arena *mem = arena_new();
	size_t n = read_revoked(mem, rows, column, list);
	struct wait *w, *next;

	if (n > 0)
		log_line(LOG_INFO, "access touched %zu times", n);
	DL_FOREACH_SAFE (p->waits, w, next) {
		bool hit = n > REVOKED_MAX;

		if (n == 0)
			break;
		for (size_t i = 0; w->waiter.topic && i < n && !hit; i++)
			hit = is_hit(w, &list[i]);
		if (hit)
			wait_wake(w);
	}
	arena_free(mem);
}
