/* Keyset paging: places in lists. */
#include "core/keyset.h"

#include "base/buf.h"
#include "base/util.h"
#include "db/db.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { ID_MAX = 64, WORD_MAX = 400 }; /* bytes */

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

static int
hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

enum err
keyset_word(struct arena *mem, const char *after, const char **word)
{
	const size_t len = after ? strlen(after) / 2 : 0;
	char *text;

	*word = NULL;
	if (!after)
		return ERR_NONE;
	if (len == 0 || len > WORD_MAX || strlen(after) != 2 * len)
		return ERR_INVALID;
	text = arena_strndup(mem, after, len);
	for (size_t i = 0; i < len; i++) {
		const int high = hex_digit(after[2 * i]), low = hex_digit(after[2 * i + 1]);

		if (high < 0 || low < 0 || high + low == 0)
			return ERR_INVALID;
		text[i] = (char)(high << 4 | low);
	}
	if (!utf8_valid(text, len))
		return ERR_INVALID;
	*word = text;
	return ERR_NONE;
}

/* The first rows; next: the row whose place it is, -1 for the end. */
static const char *
page(struct arena *mem, const struct rows *rows, int shown, int next)
{
	struct buf b = { 0 };
	const char *json;

	buf_str(&b, "{\"data\":[");
	for (int i = 0; i < shown; i++)
		buf_printf(&b, "%s%s", i ? "," : "", rows_str(rows, i, 0));
	buf_str(&b, "],\"next\":");
	if (next >= 0)
		buf_printf(&b, "\"%s\"}", place(mem, rows, next));
	else
		buf_str(&b, "null}");
	json = arena_strdup(mem, buf_text(&b));
	buf_free(&b);
	return json;
}

const char *
keyset_page(struct arena *mem, const struct rows *rows, int64_t limit)
{
	const int n = rows_count(rows);

	return n > limit ? page(mem, rows, (int)limit, (int)limit - 1) : page(mem, rows, n, -1);
}

const char *
keyset_page_walked(struct arena *mem, const struct rows *rows, int64_t limit)
{
	const int n = rows_count(rows);
	const bool stopped = n > 0 && !rows_text(rows, n - 1, 0);
	const int found = stopped ? n - 1 : n;

	if (found > limit)
		return page(mem, rows, (int)limit, (int)limit - 1);
	return page(mem, rows, found, stopped ? n - 1 : -1);
}
