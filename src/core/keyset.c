/* Keyset paging: places in lists. */
#include "core/keyset.h"

#include "base/buf.h"
#include "db/db.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { ID_MAX = 64 };

/* "2026-01-31 12:00:00.123456", and a date that there is, so that a cast of it never fails. */
static bool
is_timestamp(const char *s, size_t len)
{
	static const char shape[] = "dddd-dd-dd dd:dd:dd.dddddd";
	struct tm tm = { 0 }, same;

	if (len < 19 || len == 20 || len > sizeof(shape) - 1)
		return false;
	for (size_t i = 0; i < len; i++)
		if (shape[i] == 'd' ? s[i] < '0' || s[i] > '9' : s[i] != shape[i])
			return false;
	if (sscanf(s, "%4d-%2d-%2d %2d:%2d:%2d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
		    &tm.tm_min, &tm.tm_sec) != 6 ||
		tm.tm_year == 0)
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	same = tm;
	return timegm(&same) != (time_t)-1 && same.tm_mday == tm.tm_mday &&
	       same.tm_mon == tm.tm_mon && same.tm_hour == tm.tm_hour && same.tm_min == tm.tm_min &&
	       same.tm_sec == tm.tm_sec;
}

const char *
keyset_join(struct arena *mem, const char *at, const char *id)
{
	return arena_printf(mem, "%s~%s", at, id);
}

enum err
keyset_split(struct arena *mem, const char *after, const char **at, const char **id)
{
	const char *mark = after ? strchr(after, '~') : NULL;

	*at = *id = NULL;
	if (!after)
		return ERR_NONE;
	if (!mark || !is_timestamp(after, (size_t)(mark - after)) || strlen(mark + 1) > ID_MAX)
		return ERR_INVALID;
	*at = arena_strndup(mem, after, (size_t)(mark - after));
	*id = mark + 1;
	return ERR_NONE;
}

static const char *
place(struct arena *mem, const struct rows *rows, int row)
{
	const char *at = rows_text(rows, row, 1), *id = rows_str(rows, row, 2);

	return at ? keyset_join(mem, at, id) : id;
}

const char *
keyset_page(struct arena *mem, const struct rows *rows, int64_t limit)
{
	int n = rows_count(rows), shown = n > limit ? (int)limit : n;
	struct buf b = { 0 };
	const char *json;

	buf_str(&b, "{\"data\":[");
	for (int i = 0; i < shown; i++)
		buf_printf(&b, "%s%s", i ? "," : "", rows_str(rows, i, 0));
	buf_str(&b, "],\"next\":");
	if (n > shown)
		buf_printf(&b, "\"%s\"}", place(mem, rows, shown - 1));
	else
		buf_str(&b, "null}");
	json = arena_strdup(mem, buf_text(&b));
	buf_free(&b);
	return json;
}
