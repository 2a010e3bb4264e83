/* Paths, queries, forms and cookies. */
#include "web/parse.h"

#include "base/util.h"

#include <string.h>

enum { PATH_MAX_LEN = 512, FIELDS_MAX = 200 };

static bool
is_path_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '.' || c == '_' || c == '~' || c == '-';
}

/* Not empty, and neither "." nor "..". */
static bool
is_segment(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!is_path_char(s[i]))
			return false;
	return len > 0 && !(len <= 2 && s[0] == '.' && s[len - 1] == '.');
}

bool
parse_path_is_canonical(const char *path, size_t len)
{
	size_t from = 1;

	if (len == 0 || len > PATH_MAX_LEN || path[0] != '/')
		return false;
	if (len == 1)
		return true;
	for (size_t i = 1; i <= len; i++) {
		if (i < len && path[i] != '/')
			continue;
		if (!is_segment(path + from, i - from))
			return false;
		from = i + 1;
	}
	return true;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* A decoded copy of a name or value; NULL when it is not acceptable. */
static const char *
decode(struct arena *mem, const char *s, size_t len)
{
	char *text = arena_alloc(mem, len + 1), *out = text;

	for (size_t i = 0; i < len; i++) {
		int high, low;

		if (s[i] != '%') {
			*out++ = (char)(s[i] == '+' ? ' ' : s[i]);
			continue;
		}
		if (len - i < 3 || (high = hex_digit(s[i + 1])) < 0 ||
			(low = hex_digit(s[i + 2])) < 0)
			return NULL;
		*out++ = (char)(high << 4 | low);
		i += 2;
	}
	if (memchr(text, '\0', (size_t)(out - text)) || !utf8_valid(text, (size_t)(out - text)))
		return NULL;
	return text;
}

/* One "name=value"; a name alone has the value "". */
static bool
decode_field(struct arena *mem, const char *s, size_t len, struct param *field)
{
	const char *equals = memchr(s, '=', len);
	const size_t name_len = equals ? (size_t)(equals - s) : len;

	field->name = decode(mem, s, name_len);
	field->value = equals ? decode(mem, equals + 1, len - name_len - 1) : "";
	return field->name && field->value;
}

/* The number of fields: of pieces between "&" that are not empty. */
static size_t
count_fields(const char *text, size_t len)
{
	size_t count = 0;

	for (size_t i = 0; i < len; i++)
		count += text[i] != '&' && (i + 1 == len || text[i + 1] == '&');
	return count;
}

enum err
parse_form(struct arena *mem, const char *text, size_t len, const struct param **out)
{
	const size_t count = count_fields(text, len);
	struct param *fields;
	size_t used = 0, from = 0;

	if (count > FIELDS_MAX)
		return ERR_TOO_LARGE;
	fields = arena_alloc(mem, (count + 1) * sizeof(*fields));
	for (size_t i = 0; i <= len; i++) {
		if (i < len && text[i] != '&')
			continue;
		if (i > from && !decode_field(mem, text + from, i - from, &fields[used++]))
			return ERR_SYNTAX;
		from = i + 1;
	}
	*out = fields;
	return ERR_NONE;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

const char *
parse_cookie(struct arena *mem, const char *header, const char *name)
{
	const size_t name_len = strlen(name);

	while (header && *header) {
		const char *s = header, *end = header + strcspn(header, ";");

		header = *end ? end + 1 : end;
		while (is_blank(*s))
			s++;
		if ((size_t)(end - s) <= name_len || memcmp(s, name, name_len) != 0 ||
			s[name_len] != '=')
			continue;
		s += name_len + 1;
		while (end > s && is_blank(end[-1]))
			end--;
		return arena_strndup(mem, s, (size_t)(end - s));
	}
	return NULL;
}
