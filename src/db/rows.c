/* What goes into a statement, and what it answered; see db.h. */
#include "db/conn.h"

#include <stdlib.h>

const char *
arg_int(struct arena *mem, int64_t value)
{
	return arena_printf(mem, "%lld", (long long)value);
}

int
rows_count(const struct rows *rows)
{
	return PQntuples(rows->result);
}

const char *
rows_text(const struct rows *rows, int row, int column)
{
	return PQgetisnull(rows->result, row, column) ? NULL
						      : PQgetvalue(rows->result, row, column);
}

const char *
rows_str(const struct rows *rows, int row, int column)
{
	return PQgetvalue(rows->result, row, column); /* "" for NULL */
}

int64_t
rows_int(const struct rows *rows, int row, int column)
{
	return strtoll(PQgetvalue(rows->result, row, column), NULL, 10);
}

bool
rows_bool(const struct rows *rows, int row, int column)
{
	return PQgetvalue(rows->result, row, column)[0] == 't';
}
