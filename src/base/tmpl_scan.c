/*
 * Tags of a Mustache text: where they start and end, their sign and content, the delimiters in
 * force, and whether they stand alone on their line.
 */
#include "base/tmpl_internal.h"
#include "base/util.h"

#include <stdio.h>
#include <string.h>

bool
tmpl_wrong(struct tmpl_scan *s, int line, const char *what, const char *tag)
{
	s->why = arena_printf(s->mem, "%s:%d: %s%s", s->name, line, what, tag);
	return false;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool
is_space(char c)
{
	return is_blank(c) || c == '\n' || c == '\r';
}

static size_t
skip_blanks(const struct tmpl_scan *s, size_t at)
{
	while (at < s->len && is_blank(s->text[at]))
		at++;
	return at;
}

static size_t
skip_spaces(const struct tmpl_scan *s, size_t at)
{
	while (at < s->len && is_space(s->text[at]))
		at++;
	return at;
}

const char *
tmpl_copy(struct tmpl_scan *s, size_t from, size_t to)
{
	return arena_strndup(s->mem, s->text + from, to - from);
}

const char *
tmpl_blanks_at(struct tmpl_scan *s, size_t from)
{
	return tmpl_copy(s, from, skip_blanks(s, from));
}

bool
tmpl_is_line_start(const struct tmpl_scan *s, size_t at)
{
	return at == 0 || s->text[at - 1] == '\n';
}

bool
tmpl_closes_at(const struct tmpl_scan *s, size_t at)
{
	const size_t open_len = strlen(s->open);

	at = skip_blanks(s, at);
	if (s->len - at < open_len || memcmp(s->text + at, s->open, open_len) != 0)
		return false;
	at = skip_spaces(s, at + open_len);
	return at < s->len && s->text[at] == '/';
}

/* The number of the line that byte at is on; at never goes back. */
static int
line_of(struct tmpl_scan *s, size_t at)
{
	for (; s->counted < at; s->counted++)
		s->line += s->text[s->counted] == '\n';
	return s->line;
}

/* Where needle starts at or after from; s->len when nowhere. */
static size_t
find(const struct tmpl_scan *s, size_t from, const char *needle)
{
	const char *found = memmem(s->text + from, s->len - from, needle, strlen(needle));

	return found ? (size_t)(found - s->text) : s->len;
}

static void
measure_line(const struct tmpl_scan *s, struct tmpl_tag *tag)
{
	size_t at = tag->start;

	while (at > 0 && is_blank(s->text[at - 1]))
		at--;
	tag->left_blank = tmpl_is_line_start(s, at);
	tag->line_start = at;
	at = skip_blanks(s, tag->end);
	if (at + 1 < s->len && s->text[at] == '\r' && s->text[at + 1] == '\n')
		at++;
	tag->right_blank = at == s->len || s->text[at] == '\n';
	tag->line_end = at + (at < s->len);
	tag->alone = tag->left_blank && tag->right_blank;
}

/* The content lies between from and the closing delimiter, which takes in "}" or "=" for some. */
static bool
find_content(struct tmpl_scan *s, size_t from, struct tmpl_tag *tag)
{
	char close[sizeof(s->close) + 1];
	size_t to;

	snprintf(close, sizeof(close), "%s%s",
		tag->sign == '{'   ? "}"
		: tag->sign == '=' ? "="
				   : "",
		s->close);
	to = find(s, from, close);
	if (to == s->len)
		return tmpl_wrong(s, tag->line, "a tag is not closed", "");
	tag->end = to + strlen(close);
	from = skip_spaces(s, from);
	while (to > from && is_space(s->text[to - 1]))
		to--;
	tag->content = tmpl_copy(s, from < to ? from : to, to);
	return true;
}

/* "<% %>": for the tags that follow. */
static bool
set_delimiters(struct tmpl_scan *s, const struct tmpl_tag *tag)
{
	const char *first = tag->content, *second = first + strcspn(first, " \t\r\n");
	const size_t first_len = (size_t)(second - first);
	size_t second_len;

	second += strspn(second, " \t\r\n");
	second_len = strcspn(second, " \t\r\n");
	if (first_len == 0 || second_len == 0 || second[second_len] || strchr(first, '='))
		return tmpl_wrong(
			s, tag->line, "delimiters must be two, without = and blanks: ", first);
	if (first_len >= sizeof(s->open) || second_len >= sizeof(s->close))
		return tmpl_wrong(s, tag->line, "a delimiter is too long: ", first);
	snprintf(s->open, sizeof(s->open), "%.*s", (int)first_len, first);
	snprintf(s->close, sizeof(s->close), "%s", second);
	return true;
}

/* A star before the name of a partial or parent says that the context holds the name. */
static void
take_star(struct tmpl_tag *tag)
{
	if (!strchr("></", tag->sign) || tag->content[0] != '*')
		return;
	tag->dynamic = true;
	for (tag->content++; is_space(*tag->content);)
		tag->content++;
}

static bool
check_content(struct tmpl_scan *s, struct tmpl_tag *tag)
{
	if (tag->sign == '!')
		return true;
	if (tag->sign == '=')
		return set_delimiters(s, tag);
	if (tag->sign)
		take_star(tag);
	if (!*tag->content)
		return tmpl_wrong(s, tag->line, "a tag without a name", "");
	if (strpbrk(tag->content, " \t\r\n"))
		return tmpl_wrong(s, tag->line, "a name with a blank: ", tag->content);
	return true;
}

bool
tmpl_scan_start(struct tmpl_scan *s)
{
	strcpy(s->open, "{{");
	strcpy(s->close, "}}");
	s->line = 1;
	if (memchr(s->text, '\0', s->len) || !utf8_valid(s->text, s->len))
		return tmpl_wrong(s, 1, "the template is not UTF-8 text", "");
	return true;
}

bool
tmpl_scan_tag(struct tmpl_scan *s, size_t from, struct tmpl_tag *tag)
{
	*tag = (struct tmpl_tag){ .start = find(s, from, s->open) };
	if (tag->start == s->len)
		return false;
	tag->line = line_of(s, tag->start);
	from = skip_spaces(s, tag->start + strlen(s->open));
	if (from < s->len && strchr("#^/>&!<${=", s->text[from]))
		tag->sign = s->text[from++];
	if (!find_content(s, from, tag) || !check_content(s, tag))
		return false;
	measure_line(s, tag);
	return true;
}
