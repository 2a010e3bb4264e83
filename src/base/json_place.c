/* From a byte of a JSON text to the member that it belongs to, as a JSON pointer (RFC 6901). */
#include "base/json.h"

#include "base/buf.h"

enum { DEPTH_MAX = 32 }; /* above json_limits_default.depth */

/* An open array or object, and where in it we are. */
struct level {
	bool is_array, at_key;
	size_t number;	 /* of the entry */
	const char *key; /* its text with the quotes, NULL before the first */
	size_t key_len;
};

/* Behind the closing quote of the string that opens at from. */
static size_t
string_end(const char *text, size_t len, size_t from)
{
	size_t at = from + 1;

	while (at < len && text[at] != '"')
		at += text[at] == '\\' ? 2 : 1;
	return at < len ? at + 1 : len;
}

/* The levels around a byte; the text was found well formed, and not deeper than the gate takes. */
static size_t
walk(const char *text, size_t len, size_t until, struct level levels[DEPTH_MAX])
{
	size_t depth = 0;

	for (size_t at = 0; at < len && at <= until;) {
		struct level *top = depth ? &levels[depth - 1] : NULL;
		const char c = text[at];
		size_t next = at + 1;

		if (c == '"') {
			next = string_end(text, len, at);
			if (top && top->at_key) {
				top->at_key = false;
				top->key = text + at;
				top->key_len = next - at;
			}
		} else if ((c == '{' || c == '[') && depth < DEPTH_MAX) {
			levels[depth++] =
				(struct level){ .is_array = c == '[', .at_key = c == '{' };
		} else if ((c == '}' || c == ']') && depth > 0) {
			depth--;
		} else if (c == ',' && top) {
			top->number++;
			top->at_key = !top->is_array;
		}
		at = next;
	}
	return depth;
}

/* A decoded name, escaped as a pointer wants it. NUL, which no text of ours holds, is U+FFFD. */
static void
add_name(struct buf *out, const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++)
		switch (name[i]) {
		case '~':
			buf_str(out, "~0");
			break;
		case '/':
			buf_str(out, "~1");
			break;
		case '\0':
			buf_str(out, "\xef\xbf\xbd");
			break;
		default:
			buf_char(out, name[i]);
		}
}

static void
add_level(struct arena *mem, struct buf *out, const struct level *level)
{
	struct json_object *name;

	if (level->is_array)
		buf_printf(out, "/%zu", level->number);
	if (!level->key)
		return;
	name = json_trusted(mem, arena_strndup(mem, level->key, level->key_len));
	buf_char(out, '/');
	if (json_object_is_type(name, json_type_string))
		add_name(out, json_object_get_string(name),
			(size_t)json_object_get_string_len(name));
}

const char *
json_place(struct arena *mem, const char *text, size_t len, size_t at)
{
	struct level levels[DEPTH_MAX];
	const size_t depth = walk(text, len, at, levels);
	struct buf out = { 0 };
	const char *pointer;

	for (size_t i = 0; i < depth; i++)
		add_level(mem, &out, &levels[i]);
	pointer = arena_strdup(mem, buf_text(&out));
	buf_free(&out);
	return pointer;
}
