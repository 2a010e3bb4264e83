/*
 * Parameters of a query, checked. Each of these leaves *out as it is where the parameter is absent, and
 * answers a fault with ERR_SYNTAX and, in errors[], the name of the parameter.
 */
#ifndef PARLOR_QUERY_H
#define PARLOR_QUERY_H

#include "web/req.h"

enum err query_int(
	struct req *r, const char *name, int64_t min, int64_t max, int64_t *out) MUST_USE;
/* "limit" of a list: 1 to 100, 50 when absent. */
enum err query_limit(struct req *r, int64_t *limit) MUST_USE;
/* min to max characters. */
enum err query_text(
	struct req *r, const char *name, size_t min, size_t max, const char **out) MUST_USE;
/* One of the choices, which are separated by '|'. */
enum err query_choice(
	struct req *r, const char *name, const char *choices, const char **out) MUST_USE;
/* Some of the choices, with commas between them, as a text[]. */
enum err query_choices(
	struct req *r, const char *name, const char *choices, const char **out) MUST_USE;
/*
 * A date (UTC) or a time as RFC 3339 has it; *out is UTC, as PostgreSQL reads it. whole_day: of a date,
 * its end.
 */
enum err query_time(struct req *r, const char *name, bool whole_day, const char **out) MUST_USE;
/*
 * All whose names begin with prefix: "visitor.plan=gold", with the prefix "visitor.", asks for
 * {"plan":"gold"}, which is *json; NULL without any.
 */
enum err query_attributes(struct req *r, const char *prefix, const char **json) MUST_USE;

#endif
