/*
 * The blocking connection. Each statement goes out as one pipeline: the tenant's name, the
 * statement, one Sync, and so one round trip and one implicit transaction.
 */
#include "db/db.h"

#include "base/log.h"
#include "base/util.h"
#include "db/conn.h"
#include "db/db.sql.h"
#include "db/schema_number.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { PREPARED_MAX = 512, COMMANDS_MAX = 4, FRESH_MS = 5 };

/* A transaction around others; BROKEN: its connection is gone, and nothing is run until it is ended. */
enum span { SPAN_NONE, SPAN_OPEN, SPAN_BROKEN };

struct db {
	char *url;
	const char *role;
	char *scope; /* organization id, NULL for none */
	PGconn *conn;
	const struct stmt *prepared[PREPARED_MAX]; /* on this connection */
	int prepared_count;
	int64_t used_at; /* monotonic ms */
	bool in_transaction;
	enum span span;
	char constraint[64];
	bool timed_out; /* the last statement was cancelled: SQLSTATE 57014 */
	char message[256];
};

/* What is under way in one pipeline: for each result to come, the statement it prepares or NULL. */
struct pipeline {
	const struct stmt *prepares[2 * COMMANDS_MAX];
	int count;
};

struct command {
	const struct stmt *stmt;
	struct args args;
};

static const struct stmt SQL_scope = { "db_scope", "SELECT set_config('parlor.org', $1, true)", 1 };
static const struct stmt SQL_begin = { "db_begin", "BEGIN", 0 };
static const struct stmt SQL_commit = { "db_commit", "COMMIT", 0 };
static const struct stmt SQL_rollback = { "db_rollback", "ROLLBACK", 0 };
/* In a span. They may stand in each other: the newest of a name counts. */
static const struct stmt SQL_savepoint = { "db_savepoint", "SAVEPOINT act", 0 };
static const struct stmt SQL_release = { "db_release", "RELEASE SAVEPOINT act", 0 };
static const struct stmt SQL_back = { "db_back", "ROLLBACK TO SAVEPOINT act", 0 };

struct db *
db_new(const char *url, const char *role)
{
	struct db *db = calloc(1, sizeof(*db));

	if (!db)
		abort();
	db->url = strdup(url);
	db->role = role;
	return db;
}

static void
disconnect(struct db *db)
{
	PQfinish(db->conn);
	db->conn = NULL;
	db->prepared_count = 0;
	db->in_transaction = false;
	if (db->span == SPAN_OPEN)
		db->span = SPAN_BROKEN;
}

void
db_free(struct db *db)
{
	if (!db)
		return;
	disconnect(db);
	free(db->scope);
	free(db->url);
	free(db);
}

void
db_scope(struct db *db, const char *organization_id)
{
	free(db->scope);
	db->scope = organization_id ? strdup(organization_id) : NULL;
}

const char *
db_constraint(const struct db *db)
{
	return db->constraint;
}

bool
db_timed_out(const struct db *db)
{
	return db->timed_out;
}

const char *
db_message(const struct db *db)
{
	return db->message;
}

static void
keep_message(struct db *db, const char *message)
{
	size_t len = strcspn(message, "\n");

	if (len >= sizeof(db->message))
		len = sizeof(db->message) - 1;
	memcpy(db->message, message, len);
	db->message[len] = '\0';
}

static enum err
lost(struct db *db, const char *what)
{
	keep_message(db, PQerrorMessage(db->conn));
	log_line(LOG_ERROR, "%s: connection lost: %s", what, db->message);
	disconnect(db);
	return ERR_UNAVAILABLE;
}

/*
 * Whether the server went away while we were idle: found before anything is sent, so that a
 * restart of PostgreSQL costs no request and leaves no outcome unknown.
 */
static bool
is_stale(const struct db *db)
{
	char byte;
	ssize_t n = recv(PQsocket(db->conn), &byte, 1, MSG_PEEK | MSG_DONTWAIT);

	/* Bytes without a question are a FATAL notice or the end of a TLS session. */
	return n >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

/*
 * Whether the schema is as new as this program, for whoever has a role: who has none migrates, or looks into
 * what is wrong. A schema that is newer is made to serve older programs, too.
 */
static enum err
check_schema(struct db *db)
{
	PGresult *result = db->role ? PQexec(db->conn, SQL_db_schema_number.text) : NULL;
	bool read = PQresultStatus(result) == PGRES_TUPLES_OK;
	int number = read ? atoi(PQgetvalue(result, 0, 0)) : 0;

	PQclear(result);
	if (!db->role || number >= SCHEMA_NUMBER)
		return ERR_NONE;
	if (PQstatus(db->conn) != CONNECTION_OK)
		return lost(db, "connecting to PostgreSQL");
	snprintf(db->message, sizeof(db->message), CONN_OLD_SCHEMA, number, SCHEMA_NUMBER);
	log_line(LOG_ERROR, "%s", db->message);
	disconnect(db);
	return ERR_UNAVAILABLE;
}

static enum err
ensure_connection(struct db *db)
{
	enum err e;

	if (db->span)
		return db->span == SPAN_OPEN ? ERR_NONE : ERR_UNAVAILABLE;
	if (db->conn && PQstatus(db->conn) == CONNECTION_OK &&
		(time_monotonic_ms() - db->used_at < FRESH_MS || !is_stale(db)))
		return ERR_NONE;
	if (db->conn)
		disconnect(db);
	db->conn = conn_open(db->url, db->role);
	if (PQstatus(db->conn) != CONNECTION_OK)
		return lost(db, "connecting to PostgreSQL");
	if ((e = check_schema(db)))
		return e;
	return PQenterPipelineMode(db->conn) ? ERR_NONE : lost(db, "connecting to PostgreSQL");
}

static bool
is_prepared(const struct db *db, const struct stmt *stmt)
{
	for (int i = 0; i < db->prepared_count; i++)
		if (db->prepared[i] == stmt)
			return true;
	return false;
}

/* Preparing goes in the same pipeline, so it costs no round trip of its own. */
static bool
send_statement(struct db *db, struct pipeline *p, const struct stmt *stmt, struct args args)
{
	stmt_check(stmt, args);
	if (!is_prepared(db, stmt)) {
		if (!PQsendPrepare(db->conn, stmt->name, stmt->text, stmt->nparams, NULL))
			return false;
		p->prepares[p->count++] = stmt;
	}
	p->prepares[p->count++] = NULL;
	return PQsendQueryPrepared(db->conn, stmt->name, stmt->nparams, args.values, NULL, NULL, 0);
}

/* A prepared statement outlives the transaction that failed around it. */
static void
note_prepared(struct db *db, const struct stmt *stmt)
{
	if (db->prepared_count == PREPARED_MAX) {
		log_line(LOG_ERROR, "more than %d statements on a connection", PREPARED_MAX);
		abort();
	}
	db->prepared[db->prepared_count++] = stmt;
}

/* What a failed result means; logs what is a defect or an outage. */
static enum err
result_err(struct db *db, const char *what, const PGresult *result)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
	enum err e = state ? conn_err(state) : ERR_UNAVAILABLE;

	keep_message(db, PQresultErrorMessage(result));
	db->timed_out = state && strcmp(state, "57014") == 0;
	if (constraint && strlen(constraint) < sizeof(db->constraint))
		strcpy(db->constraint, constraint);
	if (e == ERR_INTERNAL || e == ERR_UNAVAILABLE || strcmp(state, "42501") == 0)
		log_line(LOG_ERROR, "%s: SQLSTATE %s: %s", what, state ? state : "none",
			db->message);
	return e;
}

/* Reads every answer and the Sync behind them; *last is that of the last command that succeeded. */
static enum err
read_results(struct db *db, const char *what, const struct pipeline *p, PGresult **last)
{
	enum err e = ERR_NONE;

	for (int i = 0; i <= p->count; i++) {
		PGresult *result = PQgetResult(db->conn);
		ExecStatusType status = PQresultStatus(result);

		if (status == PGRES_PIPELINE_SYNC) {
			PQclear(result);
			break;
		}
		if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
			if (i < p->count && p->prepares[i])
				note_prepared(db, p->prepares[i]);
			PQclear(*last);
			*last = result;
		} else if (!result || PQstatus(db->conn) == CONNECTION_BAD) {
			PQclear(result);
			return lost(db, what);
		} else {
			if (!e && status != PGRES_PIPELINE_ABORTED)
				e = result_err(db, what, result);
			PQclear(result);
		}
		while ((result = PQgetResult(db->conn)))
			PQclear(result);
	}
	return e;
}

/* Sends the commands with one Sync; *last is the result of the last of them. */
static enum err
exchange(struct db *db, const struct command *commands, int count, PGresult **last)
{
	const char *what = commands[count - 1].stmt->name;
	struct pipeline p = { .count = 0 };
	enum err e;

	*last = NULL;
	db->constraint[0] = '\0';
	db->timed_out = false;
	for (int i = 0; i < count; i++)
		if (!send_statement(db, &p, commands[i].stmt, commands[i].args))
			return lost(db, what);
	if (!PQpipelineSync(db->conn))
		return lost(db, what);
	e = read_results(db, what, &p, last);
	db->used_at = time_monotonic_ms();
	if (e) {
		PQclear(*last);
		*last = NULL;
	}
	return e;
}

/* A statement that answers nothing. */
static enum err
tell(struct db *db, const struct stmt *stmt)
{
	PGresult *result;
	enum err e = exchange(db, &(struct command){ stmt, NO_ARGS }, 1, &result);

	PQclear(result);
	return e;
}

/*
 * One statement, with what it needs before it. By itself: the scope, which ends with its transaction, so
 * that without one there is nothing to take back. In a span: a savepoint, so that it fails alone, as it
 * would by itself, and the scope, which may have been changed since the span began.
 */
static enum err
run(struct db *db, const struct stmt *stmt, struct args args, PGresult **result)
{
	const bool alone = db->span && !db->in_transaction;
	const struct args scope = ARGS(db->scope ? db->scope : "");
	struct command commands[3];
	int n = 0;
	enum err e;

	if (alone)
		commands[n++] = (struct command){ &SQL_savepoint, NO_ARGS };
	if (alone || (db->scope && !db->in_transaction))
		commands[n++] = (struct command){ &SQL_scope, scope };
	commands[n++] = (struct command){ stmt, args };
	e = exchange(db, commands, n, result);
	if (e && alone && db->span == SPAN_OPEN && tell(db, &SQL_back) && db->conn)
		disconnect(db);
	return e;
}

static void
clear_result(void *result)
{
	PQclear(result);
}

enum err
db_run(struct db *db, struct arena *mem, const struct stmt *stmt, struct args args,
	struct rows **rows)
{
	PGresult *result;
	enum err e;

	if (!db->in_transaction && (e = ensure_connection(db)))
		return e;
	if ((e = run(db, stmt, args, &result)))
		return e;
	arena_defer(mem, clear_result, result);
	if (rows) {
		*rows = arena_alloc(mem, sizeof(**rows));
		(*rows)->result = result;
	}
	return ERR_NONE;
}

enum err
db_one(struct db *db, struct arena *mem, const struct stmt *stmt, struct args args,
	struct rows **rows)
{
	enum err e = db_run(db, mem, stmt, args, rows);

	if (!e && rows_count(*rows) == 0)
		return ERR_NOT_FOUND;
	return e;
}

/* how: BEGIN, or a savepoint in a span. */
static enum err
begin(struct db *db, const struct stmt *how)
{
	const struct command commands[] = { { how, NO_ARGS },
		{ &SQL_scope, ARGS(db->scope ? db->scope : "") } };
	PGresult *result;
	enum err e = ensure_connection(db);

	if (e)
		return e;
	e = exchange(db, commands, ARRAY_LEN(commands), &result);
	PQclear(result);
	return e;
}

static enum err
commit(struct db *db)
{
	PGresult *result;
	enum err e = exchange(db, &(struct command){ &SQL_commit, NO_ARGS }, 1, &result);

	/* COMMIT of a failed transaction answers ROLLBACK, without an error. */
	if (!e && strcmp(PQcmdStatus(result), "COMMIT") != 0)
		e = ERR_INTERNAL;
	PQclear(result);
	return e;
}

enum err
db_begin(struct db *db)
{
	enum err e = begin(db, db->span ? &SQL_savepoint : &SQL_begin);

	db->in_transaction = !e;
	return e;
}

enum err
db_commit(struct db *db)
{
	enum err e;

	if (!db->in_transaction)
		return ERR_UNAVAILABLE; /* the connection broke in between */
	e = db->span ? tell(db, &SQL_release) : commit(db);
	if (e && db->span)
		db_rollback(db);
	db->in_transaction = false;
	return e;
}

void
db_rollback(struct db *db)
{
	const struct stmt *how = db->span ? &SQL_back : &SQL_rollback;

	if (!db->in_transaction)
		return;
	db->in_transaction = false;
	if (tell(db, how) && db->conn)
		disconnect(db);
}

enum err
db_end(struct db *db, enum err e)
{
	if (!e)
		return db_commit(db);
	db_rollback(db);
	return e;
}

enum err
db_span_begin(struct db *db)
{
	enum err e = begin(db, &SQL_begin);

	db->span = e ? SPAN_NONE : SPAN_OPEN;
	return e;
}

enum err
db_span_commit(struct db *db)
{
	const bool open = db->span == SPAN_OPEN;

	db_rollback(db);
	if (db->span == SPAN_BROKEN || !open) {
		db->span = SPAN_NONE;
		return ERR_UNAVAILABLE;
	}
	db->span = SPAN_NONE;
	return commit(db);
}

void
db_span_rollback(struct db *db)
{
	const bool open = db->span == SPAN_OPEN;

	db->span = SPAN_NONE;
	db->in_transaction = false;
	if (open && tell(db, &SQL_rollback) && db->conn)
		disconnect(db);
}

enum err
db_script(struct db *db, const char *sql)
{
	enum err e = ensure_connection(db);
	PGresult *result;

	if (e)
		return e;
	PQexitPipelineMode(db->conn);
	result = PQexec(db->conn, sql);
	if (PQresultStatus(result) != PGRES_TUPLES_OK && PQresultStatus(result) != PGRES_COMMAND_OK)
		e = result_err(db, "script", result);
	PQclear(result);
	if (!PQenterPipelineMode(db->conn))
		return lost(db, "script");
	return e;
}
