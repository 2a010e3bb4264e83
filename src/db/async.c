/*
 * libpq without blocking. What was sent and not answered yet stands in a queue; each entry is
 * answered by a result, perhaps one of a Prepare before it, and a Sync behind it.
 */
#include "db/async.h"

#include "base/log.h"
#include "db/conn.h"
#include "db/db.sql.h"
#include "db/schema_number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PREPARED_MAX = 32, BACKOFF_MIN_MS = 100, BACKOFF_MAX_MS = 2000, CONNECT_LIMIT_MS = 5000 };
/* Longer than statement_timeout: a server that is silent for so long is not there. */
enum { SILENCE_LIMIT_MS = 8000 };

struct pending {
	struct pending *next;
	const struct stmt *stmt;
	async_fn *fn;
	void *arg;
	bool prepares; /* the answer to its Prepare comes first */
	enum err err;
	PGresult *result;
};

struct async {
	struct loop *loop;
	const char *url, *role;
	struct async_events events;
	PGconn *conn;
	struct watch *watch; /* NULL while there is no descriptor */
	uint32_t watched;    /* its epoll events */
	int schema;	     /* the last migration, as the connection found it */
	bool up;
	struct timer timer; /* next attempt, or the limit of this one, or of silence */
	int64_t backoff;
	struct pending *first, **last;
	const struct stmt *prepared[PREPARED_MAX];
	int prepared_count;
};

static void connect_start(void *arg);
static void on_connecting(void *arg, uint32_t events);
static void on_ready(void *arg, uint32_t events);

static void
unwatch(struct async *a)
{
	if (!a->watch)
		return;
	loop_unwatch(a->loop, a->watch);
	loop_bury(a->loop, a->watch);
	a->watch = NULL;
}

/* libpq may change its descriptor while it connects, and epoll knows descriptors, not numbers. */
static bool
watch(struct async *a, void (*fn)(void *arg, uint32_t events), uint32_t events)
{
	unwatch(a);
	a->watch = calloc(1, sizeof(*a->watch));
	if (!a->watch)
		abort();
	*a->watch = (struct watch){ .fn = fn, .arg = a };
	a->watched = events;
	return loop_watch(a->loop, a->watch, PQsocket(a->conn), events);
}

static void
retry_later(struct async *a)
{
	a->timer.fn = connect_start;
	loop_timer(a->loop, &a->timer, a->backoff);
	a->backoff = a->backoff * 2 < BACKOFF_MAX_MS ? a->backoff * 2 : BACKOFF_MAX_MS;
}

/* Takes the first of the queue off it. */
static struct pending *
shift(struct async *a)
{
	struct pending *p = a->first;

	a->first = p->next;
	if (!a->first)
		a->last = &a->first;
	return p;
}

static void
tell(struct pending *p, enum err e)
{
	struct rows rows = { .result = p->result };

	if (e)
		p->fn(p->arg, NULL, e);
	else
		p->fn(p->arg, &rows, ERR_NONE);
	PQclear(p->result);
	free(p);
}

/* The functions that are told may send again: to a connection that is down by then. */
static void
lost(struct async *a, const char *why)
{
	bool was_up = a->up;

	log_line(LOG_WARN, "PostgreSQL: %.*s", (int)strcspn(why, "\n"), why);
	unwatch(a);
	a->up = false;
	a->prepared_count = 0;
	while (a->first)
		tell(shift(a), ERR_UNAVAILABLE);
	PQfinish(a->conn);
	a->conn = NULL;
	retry_later(a);
	if (was_up)
		a->events.down(a->events.arg);
}

static void
on_silence(void *arg)
{
	struct async *a = arg;

	lost(a, a->up ? "no answer" : "no connection in time");
}

static void
ignore_notice(void *arg, const PGresult *result)
{
	(void)arg;
	(void)result;
}

static void
connect_start(void *arg)
{
	struct async *a = arg;
	struct conn_params p;

	conn_params(&p, a->url, a->role);
	a->conn = PQconnectStartParams(p.keywords, p.values, 1);
	if (!a->conn)
		abort();
	PQsetNoticeReceiver(a->conn, ignore_notice, NULL);
	a->timer.fn = on_silence;
	loop_timer(a->loop, &a->timer, CONNECT_LIMIT_MS);
	if (PQstatus(a->conn) == CONNECTION_BAD || !watch(a, on_connecting, EPOLLOUT))
		lost(a, PQerrorMessage(a->conn));
}

static void
connected(struct async *a)
{
	timers_clear(&a->timer);
	if (PQsetnonblocking(a->conn, 1) != 0 || !PQenterPipelineMode(a->conn) ||
		!watch(a, on_ready, EPOLLIN)) {
		lost(a, PQerrorMessage(a->conn));
		return;
	}
	a->backoff = BACKOFF_MIN_MS;
	a->up = true;
	a->timer.fn = on_silence;
	a->events.up(a->events.arg);
}

/* An older schema may lack what statements name, or mean something else by it. */
static void
checked(struct async *a)
{
	char why[128];

	if (PQstatus(a->conn) != CONNECTION_OK) {
		lost(a, PQerrorMessage(a->conn));
	} else if (a->schema < SCHEMA_NUMBER) {
		snprintf(why, sizeof(why), CONN_OLD_SCHEMA, a->schema, SCHEMA_NUMBER);
		lost(a, why);
	} else {
		connected(a);
	}
}

static void
on_checking(void *arg, uint32_t events)
{
	struct async *a = arg;

	(void)events;
	if (!PQconsumeInput(a->conn)) {
		lost(a, PQerrorMessage(a->conn));
		return;
	}
	while (!PQisBusy(a->conn)) {
		PGresult *result = PQgetResult(a->conn);

		if (!result) {
			checked(a);
			return;
		}
		if (PQresultStatus(result) == PGRES_TUPLES_OK)
			a->schema = atoi(PQgetvalue(result, 0, 0));
		PQclear(result);
	}
}

static void
check_schema(struct async *a)
{
	a->schema = 0;
	if (!PQsendQuery(a->conn, SQL_db_schema_number.text) || !watch(a, on_checking, EPOLLIN))
		lost(a, PQerrorMessage(a->conn));
}

static void
on_connecting(void *arg, uint32_t events)
{
	struct async *a = arg;

	(void)events;
	switch (PQconnectPoll(a->conn)) {
	case PGRES_POLLING_OK:
		check_schema(a);
		break;
	case PGRES_POLLING_READING:
		if (!watch(a, on_connecting, EPOLLIN))
			lost(a, "no descriptor");
		break;
	case PGRES_POLLING_WRITING:
		if (!watch(a, on_connecting, EPOLLOUT))
			lost(a, "no descriptor");
		break;
	default:
		lost(a, PQerrorMessage(a->conn));
	}
}

struct async *
async_new(struct loop *loop, const char *url, const char *role, const struct async_events *events)
{
	struct async *a = calloc(1, sizeof(*a));

	if (!a)
		abort();
	*a = (struct async){ .loop = loop,
		.url = url,
		.role = role,
		.events = *events,
		.backoff = BACKOFF_MIN_MS,
		.last = &a->first };
	a->timer.arg = a;
	connect_start(a);
	return a;
}

void
async_free(struct async *a)
{
	if (!a)
		return;
	unwatch(a);
	timers_clear(&a->timer);
	while (a->first) {
		struct pending *p = shift(a);

		PQclear(p->result);
		free(p);
	}
	PQfinish(a->conn);
	free(a);
}

bool
async_is_up(const struct async *a)
{
	return a->up;
}

/* Sends what libpq holds; what the socket does not take now goes when it is writable. */
static bool
flush(struct async *a)
{
	int rest = PQflush(a->conn);
	uint32_t events = rest == 1 ? EPOLLIN | EPOLLOUT : EPOLLIN;

	if (rest < 0)
		return false;
	if (events != a->watched) {
		a->watched = events;
		loop_change(a->loop, a->watch, events);
	}
	return true;
}

static bool
is_prepared(const struct async *a, const struct stmt *stmt)
{
	for (int i = 0; i < a->prepared_count; i++)
		if (a->prepared[i] == stmt)
			return true;
	return false;
}

static void
forget_prepared(struct async *a, const struct stmt *stmt)
{
	for (int i = 0; i < a->prepared_count; i++)
		if (a->prepared[i] == stmt)
			a->prepared[i] = a->prepared[--a->prepared_count];
}

/* Preparing travels in front of the first use; a statement behind it may count on it. */
static bool
send_prepare(struct async *a, struct pending *p)
{
	if (is_prepared(a, p->stmt))
		return true;
	if (a->prepared_count == PREPARED_MAX)
		abort();
	a->prepared[a->prepared_count++] = p->stmt;
	p->prepares = true;
	return PQsendPrepare(a->conn, p->stmt->name, p->stmt->text, p->stmt->nparams, NULL);
}

void
async_run(struct async *a, const struct stmt *stmt, struct args args, async_fn *fn, void *arg)
{
	struct pending *p;

	stmt_check(stmt, args);
	if (!a->up) {
		fn(arg, NULL, ERR_UNAVAILABLE);
		return;
	}
	p = calloc(1, sizeof(*p));
	if (!p)
		abort();
	*p = (struct pending){ .stmt = stmt, .fn = fn, .arg = arg };
	if (!a->first)
		loop_timer(a->loop, &a->timer, SILENCE_LIMIT_MS);
	*a->last = p;
	a->last = &p->next;
	if (!send_prepare(a, p) ||
		!PQsendQueryPrepared(
			a->conn, stmt->name, stmt->nparams, args.values, NULL, NULL, 0) ||
		!PQpipelineSync(a->conn) || !flush(a))
		lost(a, PQerrorMessage(a->conn));
}

static void
note_error(struct async *a, struct pending *p, const PGresult *result)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *message = PQresultErrorMessage(result);

	if (p->err)
		return;
	p->err = state ? conn_err(state) : ERR_UNAVAILABLE;
	log_line(LOG_ERROR, "%s: SQLSTATE %s: %.*s", p->stmt->name, state ? state : "none",
		(int)strcspn(message, "\n"), message);
	if (p->prepares)
		forget_prepared(a, p->stmt);
}

/* One result of the first of the queue. */
static void
take_result(struct async *a, PGresult *result)
{
	struct pending *p = a->first;

	switch (PQresultStatus(result)) {
	case PGRES_PIPELINE_SYNC:
		PQclear(result);
		shift(a);
		if (a->first)
			loop_timer(a->loop, &a->timer, SILENCE_LIMIT_MS);
		else
			timers_clear(&a->timer);
		tell(p, p->err);
		break;
	case PGRES_TUPLES_OK:
	case PGRES_COMMAND_OK:
		if (p->prepares) {
			p->prepares = false;
			PQclear(result);
		} else {
			PQclear(p->result);
			p->result = result;
		}
		break;
	case PGRES_PIPELINE_ABORTED:
		PQclear(result);
		break;
	default:
		note_error(a, p, result);
		PQclear(result);
	}
}

static void
take_notifications(struct async *a)
{
	PGnotify *n;

	while (a->up && (n = PQnotifies(a->conn))) {
		a->events.notified(a->events.arg, n->extra);
		PQfreemem(n);
	}
}

static void
on_ready(void *arg, uint32_t events)
{
	struct async *a = arg;

	if (!PQconsumeInput(a->conn) || ((events & EPOLLOUT) && !flush(a))) {
		lost(a, PQerrorMessage(a->conn));
		return;
	}
	/* NULL only parts the results of one statement from those of the next. */
	while (a->up && a->first && !PQisBusy(a->conn)) {
		PGresult *result = PQgetResult(a->conn);

		if (PQstatus(a->conn) == CONNECTION_BAD) {
			PQclear(result);
			lost(a, PQerrorMessage(a->conn));
			return;
		}
		if (result)
			take_result(a, result);
	}
	if (a->up)
		take_notifications(a);
}
