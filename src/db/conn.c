/* Opening connections, and the one table of what SQLSTATEs mean. */
#include "db/conn.h"

#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Every statement of ours reads what it needs from an index. A plan that was made while a table was small
 * or not yet analyzed would go on reading all of it; what cannot do without would then look so dear that
 * it was compiled. tests/sql/plans.test holds the plans.
 */
#define PLANNER "-c enable_seqscan=off -c enable_bitmapscan=off -c jit=off"

void
conn_params(struct conn_params *p, const char *url, const char *role)
{
	/* A database host that vanishes is given up after some 10 s, not when TCP does. */
	static const char *const fixed[][2] = { { "connect_timeout", "5" },
		{ "client_encoding", "UTF8" }, { "application_name", "parlor" },
		{ "target_session_attrs", "read-write" }, { "tcp_user_timeout", "10000" },
		{ "keepalives_idle", "5" }, { "keepalives_interval", "2" },
		{ "keepalives_count", "3" } };
	size_t n = 0;

	snprintf(p->options, sizeof(p->options),
		"-c TimeZone=UTC -c DateStyle=ISO -c search_path=parlor,public%s%s%s",
		role ? " -c role=" : "", role ? role : "",
		role ? " -c statement_timeout=5000 -c lock_timeout=2000"
		       " -c idle_in_transaction_session_timeout=5000 " PLANNER
		     : "");
	p->keywords[n] = "dbname";
	p->values[n++] = url;
	p->keywords[n] = "options";
	p->values[n++] = p->options;
	for (size_t i = 0; i < ARRAY_LEN(fixed); i++) {
		p->keywords[n] = fixed[i][0];
		p->values[n++] = fixed[i][1];
	}
	p->keywords[n] = p->values[n] = NULL;
}

static void
ignore_notice(void *arg, const PGresult *result)
{
	(void)arg;
	(void)result;
}

PGconn *
conn_open(const char *url, const char *role)
{
	struct conn_params p;
	PGconn *conn;

	conn_params(&p, url, role);
	conn = PQconnectdbParams(p.keywords, p.values, 1);
	PQsetNoticeReceiver(conn, ignore_notice, NULL);
	return conn;
}

/* A code of two characters stands for its whole class. */
static const struct {
	const char *sqlstate;
	enum err err;
} codes[] = {
	{ "23505", ERR_CONFLICT },
	{ "23P01", ERR_CONFLICT },
	{ "23503", ERR_NOT_FOUND },
	{ "23502", ERR_NOT_FOUND }, /* a trigger found no conversation to fill the row from */
	{ "23514", ERR_INVALID },
	{ "42501", ERR_NOT_FOUND }, /* the wall between tenants: as if absent */
	{ "PL403", ERR_FORBIDDEN },
	{ "PL404", ERR_NOT_FOUND },
	{ "PL409", ERR_CONFLICT },
	{ "08", ERR_UNAVAILABLE },
	{ "25006", ERR_UNAVAILABLE }, /* read-only: a standby not yet promoted */
	{ "40", ERR_UNAVAILABLE },
	{ "53", ERR_UNAVAILABLE },
	{ "55P03", ERR_UNAVAILABLE },
	{ "57", ERR_UNAVAILABLE },
};

enum err
conn_err(const char *sqlstate)
{
	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		if (strncmp(sqlstate, codes[i].sqlstate, strlen(codes[i].sqlstate)) == 0)
			return codes[i].err;
	return ERR_INTERNAL;
}

void
stmt_check(const struct stmt *stmt, struct args args)
{
	if (args.count == (size_t)stmt->nparams)
		return;
	log_line(LOG_ERROR, "statement %s takes %d parameters, not %zu", stmt->name, stmt->nparams,
		args.count);
	abort();
}
