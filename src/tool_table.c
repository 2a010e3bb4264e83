/* Tables of rows that are JSON objects. */
#include "tool.h"

#include "base/buf.h"
#include "base/json.h"

#include <stdio.h>
#include <string.h>
#include <uniwidth.h>

enum { COLUMNS_MAX = 10, COLUMN_GAP = 2 };

static int
width(const char *text)
{
	return u8_strwidth((const uint8_t *)text, "UTF-8");
}

static void
write_value(struct buf *out, struct json_object *value)
{
	if (json_object_is_type(value, json_type_boolean)) {
		buf_str(out, json_object_get_boolean(value) ? "yes" : "no");
	} else if (json_object_is_type(value, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(value); i++) {
			buf_str(out, i ? " " : "");
			write_value(out, json_object_array_get_idx(value, i));
		}
	} else if (value) {
		const char *text = json_object_get_string(value);

		buf_terminal(out, text, strlen(text));
	}
}

/* yes or no, a number, words with blanks between; "-" for nothing. */
static const char *
cell(struct arena *mem, struct json_object *row, const char *member)
{
	struct buf b = { 0 };
	const char *text;

	write_value(&b, json_member(row, member));
	text = arena_strdup(mem, b.len ? buf_text(&b) : "-");
	buf_free(&b);
	return text;
}

static void
print_row(const char *const *cells, const int *widths, size_t n)
{
	for (size_t i = 0; i < n; i++)
		printf("%s%*s", cells[i], i + 1 < n ? widths[i] - width(cells[i]) + COLUMN_GAP : 0,
			"");
	putchar('\n');
}

static void
print_json(const struct rows *rows)
{
	puts("[");
	for (int i = 0; i < rows_count(rows); i++) {
		if (i)
			puts(",");
		tool_line(rows_str(rows, i, 0));
	}
	puts("]");
}

static void
print_table(struct arena *mem, const struct tool_column *columns, size_t n, const struct rows *rows)
{
	const size_t lines = (size_t)rows_count(rows) + 1;
	const char *(*cells)[COLUMNS_MAX] = arena_alloc(mem, lines * sizeof(*cells));
	int widths[COLUMNS_MAX] = { 0 };

	for (size_t line = 0; line < lines; line++) {
		struct json_object *row =
			line ? json_trusted(mem, rows_str(rows, (int)line - 1, 0)) : NULL;

		for (size_t i = 0; i < n; i++) {
			const char *text =
				line ? cell(mem, row, columns[i].member) : columns[i].title;

			cells[line][i] = text;
			widths[i] = width(text) > widths[i] ? width(text) : widths[i];
		}
	}
	for (size_t line = 0; line < lines; line++)
		print_row(cells[line], widths, n);
}

void
tool_table(const struct tool *t, const struct tool_column *columns, const struct rows *rows,
	const char *nothing)
{
	size_t n = 0;

	while (n < COLUMNS_MAX && columns[n].title)
		n++;
	if (t->json)
		print_json(rows);
	else if (rows_count(rows) == 0)
		puts(nothing);
	else
		print_table(t->mem, columns, n, rows);
}
