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

enum { REVOKED_MAX = 64, RETRY_S = 1 };
enum { AUTH_N, AUTH_ORGANIZATION, AUTH_ID, AUTH_DOMAINS };

struct batch {
	struct poller *p;
	struct queue *queue;
	unsigned n;
	struct conn *conns[BATCH_MAX];
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

/* A wait that was checked again: it goes on where it was, or the client is to ask anew. */
static void
go_on(struct conn *c, const char *organization, const char *visitor, const char *member)
{
	const struct topic *topic = c->waiter.topic;

	if (is_same(topic->organization, organization) && is_same(topic->visitor, visitor) &&
		is_same(c->ask->member, member))
		conn_queue(c, &c->p->reading[visitor ? 0 : 1], CONN_READING);
	else
		answer_events(c, NULL, 0);
}

static void
admit(struct conn *c, const struct rows *rows, int row)
{
	const char *organization = rows_text(rows, row, AUTH_ORGANIZATION);
	const char *id = rows_text(rows, row, AUTH_ID);
	const char *visitor = ask_is_visitor(c->ask) ? id : NULL;
	const char *member = ask_is_visitor(c->ask) ? NULL : id;

	if (!organization ||
		(c->ask->origin && visitor &&
			!cors_match(rows_text(rows, row, AUTH_DOMAINS), c->ask->origin))) {
		answer_error(c, ERR_FORBIDDEN, 0);
		return;
	}
	if (c->waiter.topic) {
		go_on(c, organization, visitor, member);
		return;
	}
	c->ask->member = member ? strdup(member) : NULL;
	reads_enter(c, organization, visitor);
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
		struct conn *c = b->conns[i];

		if (!conn_leave_batch(c))
			continue;
		if (e)
			answer_error(c, e == ERR_INTERNAL ? e : ERR_UNAVAILABLE, RETRY_S);
		else if (found[i] < 0)
			answer_error(c, ERR_AUTH, 0);
		else
			admit(c, rows, found[i]);
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
		struct conn *c = q->first;

		conn_unqueue(c);
		c->in_batch = true;
		b->conns[b->n++] = c;
		array_add(&proofs, c->ask->proof);
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
is_hit(const struct conn *c, const struct revoked *r)
{
	const char *mark = c->ask->mark;

	return (c->ask->kind == PROOF_VISITOR && r->token && strcmp(r->token, mark) == 0) ||
	       (c->ask->kind == PROOF_SESSION && r->session && strcmp(r->session, mark) == 0) ||
	       (c->ask->kind == PROOF_KEY && r->key && strcmp(r->key, mark) == 0) ||
	       (r->member && c->ask->member && strcmp(r->member, c->ask->member) == 0) ||
	       (r->organization && strcmp(r->organization, c->waiter.topic->organization) == 0);
}

/*
 * A wait that is being read for is checked when that is done. One that is being checked for the
 * first time needs nothing: its check was sent after the sweep that brought this.
 */
static void
recheck(struct conn *c)
{
	if (c->in_batch)
		c->recheck = true;
	else
		conn_queue(c, &c->p->asking[c->ask->kind], CONN_ASKING);
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

void
entry_revoke(struct poller *p, const struct rows *rows, int column)
{
	struct revoked list[REVOKED_MAX];
	struct arena *mem = arena_new();
	size_t n = read_revoked(mem, rows, column, list);
	struct conn *c;

	if (n > 0)
		log_line(LOG_INFO, "access touched %zu times", n);
	DL_FOREACH (p->conns, c) {
		bool hit = n > REVOKED_MAX;

		if (n == 0)
			break;
		if (!c->ask || !c->waiter.topic ||
			(c->state != CONN_PARKED && c->state != CONN_READING))
			continue;
		for (size_t i = 0; i < n && !hit; i++)
			hit = is_hit(c, &list[i]);
		if (hit)
			recheck(c);
	}
	arena_free(mem);
}
