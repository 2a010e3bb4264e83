/*
 * One blocking PostgreSQL connection: named statements in, rows out.
 *
 * SQL is written in .sql files beside the C that uses it and compiled in as struct stmt (see
 * sql2h.awk). A statement is prepared on its first use on a connection. Parameters and results
 * are text. Only src/db includes libpq-fe.h.
 *
 * Tenancy: db_scope() names the organization; the name travels in the same pipeline, and so in the
 * same implicit transaction, as the statement itself (set_config(..., true)), and row-level
 * security reads it. Without a scope the application role sees no tenant's rows.
 */
#ifndef PARLOR_DB_H
#define PARLOR_DB_H

#include "base/arena.h"
#include "base/base.h"

struct db;
struct rows;

struct stmt {
	const char *name;
	const char *text;
	int nparams;
};

/* As many as the statement has parameters, or the program ends: a defect that no test may pass. */
struct args {
	const char *const *values;
	size_t count;
};

/* Text parameters; NULL is SQL NULL. ARGS() with no argument is not allowed: use NO_ARGS. */
#define ARGS(...)                                                                                  \
	((struct args){ (const char *const[]){ __VA_ARGS__ },                                      \
		sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *) })
#define NO_ARGS ((struct args){ NULL, 0 })
/* A number as one of them, in mem. */
const char *arg_int(struct arena *mem, int64_t value);

/* PostgreSQL role a connection works as; see docs/operations.md. NULL role: as it logged in. */
#define DB_ROLE_APP "parlor_app"
#define DB_ROLE_POLL "parlor_poll"
#define DB_ROLE_JOBS "parlor_jobs"
/* Limits as with a role, but none is taken: where the database's user may not make roles. */
#define DB_ROLE_NONE "none"

/*
 * Never fails: the connection is made on first use, and made again when it was lost.
 * url: a libpq connection string or URI.
 */
struct db *db_new(const char *url, const char *role);
void db_free(struct db *db);

/* The organization of the statements that follow, until changed; NULL for none. Copied. */
void db_scope(struct db *db, const char *organization_id);

/*
 * Runs one statement. rows may be NULL when nothing is asked back; the rows live in mem.
 * ERR_UNAVAILABLE: no connection, or it broke; for a write the outcome is unknown.
 * ERR_CONFLICT: a unique or exclusion constraint. ERR_INVALID: a check constraint.
 * ERR_NOT_FOUND: a foreign key, or SQLSTATE PL404. ERR_FORBIDDEN: SQLSTATE PL403.
 * ERR_INTERNAL: anything else; logged with its SQLSTATE.
 */
enum err db_run(struct db *db, struct arena *mem, const struct stmt *stmt, struct args args,
	struct rows **rows) MUST_USE;
/* As db_run, but no row is ERR_NOT_FOUND. */
enum err db_one(struct db *db, struct arena *mem, const struct stmt *stmt, struct args args,
	struct rows **rows) MUST_USE;

/* A transaction over several statements, with the scope in force when it began. */
enum err db_begin(struct db *db) MUST_USE;
enum err db_commit(struct db *db) MUST_USE;
void db_rollback(struct db *db); /* does nothing outside a transaction */
/* Ends the transaction of an act that came to e: all of it, or nothing. Returns e, or why it could not be committed. */
enum err db_end(struct db *db, enum err e) MUST_USE;

/*
 * One transaction around whatever follows, for who does not know what that is: in it db_begin() makes a
 * savepoint, db_commit() and db_rollback() end that, and a single statement that fails leaves the others
 * as they are. So the callees behave as without it, but all they did stays or goes together. Once the
 * connection is lost every statement is ERR_UNAVAILABLE until the span is ended.
 */
enum err db_span_begin(struct db *db) MUST_USE;
enum err db_span_commit(struct db *db) MUST_USE; /* ERR_UNAVAILABLE: the outcome may be unknown */
void db_span_rollback(struct db *db);		 /* does nothing outside a span */

/* The constraint that the last ERR_CONFLICT or ERR_INVALID named; "" when unknown. */
const char *db_constraint(const struct db *db);

/* Whether the last statement that failed did so because it ran into the time limit of statements. */
bool db_timed_out(const struct db *db);

/* Several statements in one string, for migrations only. */
enum err db_script(struct db *db, const char *sql) MUST_USE;
/* PostgreSQL's message for the last error. */
const char *db_message(const struct db *db);

/* Rows. A column is named by its place in the SELECT list. */
int rows_count(const struct rows *rows);
/* NULL for SQL NULL. */
const char *rows_text(const struct rows *rows, int row, int column);
/* "" for SQL NULL. */
const char *rows_str(const struct rows *rows, int row, int column);
int64_t rows_int(const struct rows *rows, int row, int column);
bool rows_bool(const struct rows *rows, int row, int column);

#endif
