/* How a connection to PostgreSQL is opened; only for src/db, which alone knows libpq. */
#ifndef PARLOR_CONN_H
#define PARLOR_CONN_H

#include "base/base.h"
#include "db/db.h"

#include <libpq-fe.h>

/*
 * What is said of a schema that is older than the program, with its last migration and the program's; a
 * newer one is made to serve older programs, too.
 */
#define CONN_OLD_SCHEMA                                                                            \
	"the database is older than this program: run parlor migrate (migration %d of %d)"

/* Behind the rows of db.h. */
struct rows {
	PGresult *result;
};

/* Parameters of PQconnectdbParams (with expand_dbname), pointing into this struct and at url. */
struct conn_params {
	const char *keywords[12];
	const char *values[12];
	char options[512];
};

/*
 * UTC, ISO dates, UTF-8, search_path "parlor, public", and the role (NULL: as it logs in). With a
 * role come the limits of request work: statements 5 s, locks 2 s, idle in transaction 5 s.
 */
void conn_params(struct conn_params *p, const char *url, const char *role);

/* Connects, blocking, at most 5 s. Look at PQstatus(). */
PGconn *conn_open(const char *url, const char *role);

/* Ends the process when a statement is given another number of parameters than it has. */
void stmt_check(const struct stmt *stmt, struct args args);

/* What an SQLSTATE means to a caller (https://www.postgresql.org/docs/15/errcodes-appendix.html). */
enum err conn_err(const char *sqlstate);

#endif
