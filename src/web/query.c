/* Reads and checks parameters of a query. */
#include "web/query.h"

#include "base/json.h"
#include "base/util.h"
#include "db/array.h"
#include "web/input.h"
#include "web/reply.h"

#include <string.h>

enum err
query_int(struct req *r, const char *name, int64_t min, int64_t max, int64_t *out)
{
	const char *text = req_query(r, name);

	if (!text || parse_int(text, min, max, out))
		return ERR_NONE;
	return reply_invalid_query(r, name, "out_of_range",
		arena_printf(r->mem, "must be a number from %lld to %lld.", (long long)min,
			(long long)max));
}

enum err
query_limit(struct req *r, int64_t *limit)
{
	*limit = 50;
	return query_int(r, "limit", 1, 100, limit);
}

enum err
query_text(struct req *r, const char *name, size_t min, size_t max, const char **out)
{
	const char *text = req_query(r, name);
	const size_t count = text ? utf8_count(text, strlen(text)) : 0;

	if (text && (count < min || count > max))
		return reply_invalid_query(r, name, count < min ? "too_short" : "too_long",
			arena_printf(r->mem, "must have %zu to %zu characters.", min, max));
	if (text)
		*out = text;
	return ERR_NONE;
}

enum err
query_choice(struct req *r, const char *name, const char *choices, const char **out)
{
	const char *word = req_query(r, name);

	if (word && !input_is_choice(choices, word, strlen(word)))
		return reply_invalid_query(r, name, "not_a_choice",
			arena_printf(r->mem, "must be one of %s.", choices));
	if (word)
		*out = word;
	return ERR_NONE;
}

enum err
query_choices(struct req *r, const char *name, const char *choices, const char **out)
{
	const char *p = req_query(r, name);
	struct buf b = { 0 };
	bool good = true;

	if (!p)
		return ERR_NONE;
	array_open(&b);
	for (;; p++) {
		const size_t len = strcspn(p, ",");

		good = good && input_is_choice(choices, p, len);
		array_add(&b, arena_strndup(r->mem, p, len));
		p += len;
		if (!*p)
			break;
	}
	array_close(&b);
	*out = arena_strdup(r->mem, buf_text(&b));
	buf_free(&b);
	if (good)
		return ERR_NONE;
	return reply_invalid_query(r, name, "not_a_choice",
		arena_printf(r->mem, "must be one or more of %s, separated by commas.", choices));
}

enum err
query_time(struct req *r, const char *name, bool whole_day, const char **out)
{
	const char *text = req_query(r, name);
	char *read = arena_alloc(r->mem, TIME_TEXT_LEN + 1);

	if (!text)
		return ERR_NONE;
	if (strlen(text) == strlen("2026-11-25"))
		text = arena_printf(
			r->mem, "%sT%sZ", text, whole_day ? "23:59:59.999999" : "00:00:00");
	*out = read;
	if (time_parse(text, read))
		return ERR_NONE;
	return reply_invalid_query(
		r, name, "not_a_time", "must be a date, or a time as RFC 3339 has it.");
}

enum err
query_attributes(struct req *r, const char *prefix, const char **json)
{
	enum { ATTRIBUTES_MAX = 5, NAME_MAX = 64, VALUE_MAX = 200 };
	const size_t skip = strlen(prefix);
	struct json_object *wanted = NULL;

	(void)req_query(r, prefix); /* they are parsed now */
	for (const struct param *p = r->queries; p && p->name; p++) {
		const char *name = p->name + skip;

		if (strncmp(p->name, prefix, skip) != 0)
			continue;
		wanted = wanted ? wanted : json_new(r->mem);
		if (!*name || utf8_count(name, strlen(name)) > NAME_MAX ||
			utf8_count(p->value, strlen(p->value)) > VALUE_MAX ||
			json_object_object_get_ex(wanted, name, NULL) ||
			json_object_object_length(wanted) == ATTRIBUTES_MAX)
			return reply_invalid_query(r, arena_printf(r->mem, "%sNAME", prefix),
				"not_valid",
				arena_printf(r->mem,
					"may be there %d times at most, each name once, with 1 to "
					"%d characters and at most %d of its value.",
					ATTRIBUTES_MAX, NAME_MAX, VALUE_MAX));
		json_set(wanted, name, p->value);
	}
	*json = wanted ? json_write(wanted) : NULL;
	return ERR_NONE;
}
