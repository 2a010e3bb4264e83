/*
 * The strict gate before json-c: one pass over the bytes by the grammar of RFC 8259, building
 * nothing but the decoded keys of the objects that are still open.
 *
 * What is well formed by that grammar but does not mean the same to every reader (json-c,
 * PostgreSQL, the browser that gets it back) is refused as well, as RFC 7493 does it and further:
 * repeated keys, lone surrogates, NUL, numbers that would change by being read. Such a finding is
 * only noted, and scanning goes on, because a later fault of the grammar weighs more.
 */
#include "base/json.h"

#include "base/buf.h"
#include "base/util.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct json_limits json_limits_default = { .bytes = 65536, .depth = 16, .nodes = 2000 };

/* Scanning recurses once a level: deeper limits than this are cut to it. */
enum { DEPTH_MAX = 512 };

/* A key of an open object. */
struct key {
	size_t text, len; /* where its decoded text stands in gate.text */
	size_t at;	  /* where it stands in the input, for the fault */
	const char *s;	  /* its decoded text, once that cannot move any more */
};

struct gate {
	const char *s;
	size_t at, len;
	struct json_limits limits;
	size_t nodes;
	struct buf text;
	struct key *keys;
	size_t keys_len, keys_cap;
	enum err code;
	struct json_fault fault; /* why scanning ended */
	struct json_fault noted; /* the first thing that is well formed but not accepted */
};

static bool scan_value(struct gate *g, size_t depth);

static bool
fail(struct gate *g, enum err code, const char *reason)
{
	g->code = code;
	g->fault = (struct json_fault){ .reason = reason, .at = g->at };
	return false;
}

static bool
wrong(struct gate *g, const char *reason)
{
	return fail(g, ERR_SYNTAX, reason);
}

static void
note(struct gate *g, const char *reason, size_t at)
{
	if (!g->noted.reason)
		g->noted = (struct json_fault){ .reason = reason, .at = at };
}

/* The next byte, or -1 at the end. */
static int
peek(const struct gate *g)
{
	return g->at < g->len ? (unsigned char)g->s[g->at] : -1;
}

static bool
accept(struct gate *g, char c)
{
	if (peek(g) != c)
		return false;
	g->at++;
	return true;
}

static void
skip_space(struct gate *g)
{
	for (int c = peek(g); c == ' ' || c == '\t' || c == '\n' || c == '\r'; c = peek(g))
		g->at++;
}

static bool
is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static size_t
skip_digits(struct gate *g)
{
	const size_t from = g->at;

	while (is_digit(peek(g)))
		g->at++;
	return g->at - from;
}

static int
hex_value(int c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The four digits after \u. */
static bool
scan_hex4(struct gate *g, uint32_t *out)
{
	*out = 0;
	for (int i = 0; i < 4; i++, g->at++) {
		const int digit = hex_value(peek(g));

		if (digit < 0)
			return wrong(g, "A \\u escape needs four hexadecimal digits.");
		*out = *out << 4 | (uint32_t)digit;
	}
	return true;
}

static void
add_utf8(struct buf *out, uint32_t c)
{
	if (c < 0x80) {
		buf_char(out, (char)c);
		return;
	}
	if (c < 0x800) {
		buf_char(out, (char)(0xc0 | c >> 6));
	} else {
		if (c < 0x10000) {
			buf_char(out, (char)(0xe0 | c >> 12));
		} else {
			buf_char(out, (char)(0xf0 | c >> 18));
			buf_char(out, (char)(0x80 | (c >> 12 & 0x3f)));
		}
		buf_char(out, (char)(0x80 | (c >> 6 & 0x3f)));
	}
	buf_char(out, (char)(0x80 | (c & 0x3f)));
}

/*
 * After "\u": one code unit, or two that are a surrogate pair. Half of a pair is noted and stands
 * for U+FFFD.
 */
static bool
scan_unicode(struct gate *g, struct buf *out)
{
	const size_t from = g->at - 2;
	uint32_t c, low = 0;

	if (!scan_hex4(g, &c))
		return false;
	if (c >= 0xd800 && c <= 0xdbff && g->len - g->at >= 2 && g->s[g->at] == '\\' &&
		g->s[g->at + 1] == 'u') {
		g->at += 2;
		if (!scan_hex4(g, &low))
			return false;
	}
	if (low >= 0xdc00 && low <= 0xdfff) {
		c = 0x10000 + ((c & 0x3ff) << 10) + (low & 0x3ff);
	} else if (c >= 0xd800 && c <= 0xdfff) {
		note(g, "A string holds half of a surrogate pair.", from);
		c = 0xfffd;
	}
	if (c == 0)
		note(g, "A string holds the character U+0000.", from);
	if (out)
		add_utf8(out, c);
	return true;
}

/* After a backslash. */
static bool
scan_escape(struct gate *g, struct buf *out)
{
	static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
	const int c = peek(g);
	const char *found = c > 0 ? strchr(names, c) : NULL;

	if (c == 'u') {
		g->at++;
		return scan_unicode(g, out);
	}
	if (!found)
		return wrong(g, "A backslash is followed by a character that is no escape.");
	g->at++;
	if (out)
		buf_char(out, values[found - names]);
	return true;
}

/* A string; its decoded text goes to out, if there is one. Its UTF-8 was checked before. */
static bool
scan_string(struct gate *g, struct buf *out)
{
	if (!accept(g, '"'))
		return wrong(g, "A string in double quotes is expected.");
	for (;;) {
		const size_t from = g->at;
		int c;

		for (c = peek(g); c >= 0x20 && c != '"' && c != '\\'; c = peek(g))
			g->at++;
		if (out)
			buf_add(out, g->s + from, g->at - from);
		if (accept(g, '"'))
			return true;
		if (c < 0)
			return wrong(g, "A string is not closed.");
		if (!accept(g, '\\'))
			return wrong(g, "A string holds a control character that is not escaped.");
		if (!scan_escape(g, out))
			return false;
	}
}

/*
 * Whether the number of this spelling can be kept: an integer within 64 bits (json-c keeps
 * INT64_MIN to UINT64_MAX and cuts the rest off in silence), or a double that is neither
 * infinite nor rounded to nothing.
 */
static bool
number_fits(const char *text, bool is_integer)
{
	double d;

	errno = 0;
	if (is_integer) {
		if (text[0] == '-')
			(void)strtoll(text, NULL, 10);
		else
			(void)strtoull(text, NULL, 10);
		return errno == 0;
	}
	d = strtod(text, NULL);
	return isfinite(d) && (d != 0 || strcspn(text, "123456789") >= strcspn(text, "eE"));
}

static bool
scan_number(struct gate *g)
{
	const size_t from = g->at, text = g->text.len;
	bool is_integer = true;

	accept(g, '-');
	if (!accept(g, '0') && skip_digits(g) == 0)
		return wrong(g, "A value is expected.");
	if (is_digit(peek(g)))
		return wrong(g, "A number starts with a superfluous zero.");
	if (accept(g, '.')) {
		is_integer = false;
		if (skip_digits(g) == 0)
			return wrong(g, "A digit is expected after the decimal point.");
	}
	if (accept(g, 'e') || accept(g, 'E')) {
		is_integer = false;
		if (!accept(g, '+'))
			accept(g, '-');
		if (skip_digits(g) == 0)
			return wrong(g, "A digit is expected in the exponent.");
	}
	buf_add(&g->text, g->s + from, g->at - from);
	if (!number_fits(g->text.data + text, is_integer))
		note(g, "A number is too large or too small to be kept in 64 bits.", from);
	g->text.len = text;
	return true;
}

static bool
scan_word(struct gate *g, const char *word)
{
	const size_t len = strlen(word);

	if (g->len - g->at < len || memcmp(g->s + g->at, word, len) != 0)
		return wrong(g, "A value is expected.");
	g->at += len;
	return true;
}

static bool
scan_array(struct gate *g, size_t depth)
{
	g->at++;
	skip_space(g);
	if (accept(g, ']'))
		return true;
	do {
		if (!scan_value(g, depth))
			return false;
	} while (accept(g, ','));
	return accept(g, ']') || wrong(g, "A comma or ] is expected.");
}

static bool
scan_key(struct gate *g)
{
	struct key *k;

	if (g->keys_len == g->keys_cap) {
		g->keys_cap = g->keys_cap ? 2 * g->keys_cap : 16;
		g->keys = realloc(g->keys, g->keys_cap * sizeof(*g->keys));
		if (!g->keys)
			abort();
	}
	k = &g->keys[g->keys_len];
	*k = (struct key){ .text = g->text.len, .at = g->at };
	if (!scan_string(g, &g->text))
		return false;
	k->len = g->text.len - k->text;
	g->keys_len++;
	return true;
}

static int
key_order(const void *a, const void *b)
{
	const struct key *x = a, *y = b;

	if (x->len != y->len)
		return x->len < y->len ? -1 : 1;
	return memcmp(x->s, y->s, x->len);
}

/* Sorts the keys from first on, so that equal ones stand side by side, and forgets them. */
static void
check_keys(struct gate *g, size_t first)
{
	struct key *keys = g->keys + first;
	const size_t count = g->keys_len - first;

	for (size_t i = 0; i < count; i++)
		keys[i].s = buf_text(&g->text) + keys[i].text;
	qsort(keys, count, sizeof(*keys), key_order);
	for (size_t i = 1; i < count; i++)
		if (key_order(&keys[i - 1], &keys[i]) == 0)
			note(g, "An object names a member twice.",
				keys[i - 1].at > keys[i].at ? keys[i - 1].at : keys[i].at);
	g->keys_len = first;
}

static bool
scan_object(struct gate *g, size_t depth)
{
	const size_t first = g->keys_len, text = g->text.len;

	g->at++;
	skip_space(g);
	if (accept(g, '}'))
		return true;
	do {
		skip_space(g);
		if (!scan_key(g))
			return false;
		skip_space(g);
		if (!accept(g, ':'))
			return wrong(g, "A colon is expected.");
		if (!scan_value(g, depth))
			return false;
	} while (accept(g, ','));
	if (!accept(g, '}'))
		return wrong(g, "A comma or } is expected.");
	check_keys(g, first);
	g->text.len = text;
	return true;
}

static bool
scan_one(struct gate *g, size_t depth)
{
	switch (peek(g)) {
	case '{':
		return scan_object(g, depth);
	case '[':
		return scan_array(g, depth);
	case '"':
		return scan_string(g, NULL);
	case 't':
		return scan_word(g, "true");
	case 'f':
		return scan_word(g, "false");
	case 'n':
		return scan_word(g, "null");
	default:
		return scan_number(g);
	}
}

/* A value with the blanks around it. depth counts the arrays and objects it stands in. */
static bool
scan_value(struct gate *g, size_t depth)
{
	skip_space(g);
	if (++g->nodes > g->limits.nodes)
		return fail(g, ERR_TOO_LARGE, "There are too many values.");
	if ((peek(g) == '{' || peek(g) == '[') && ++depth > g->limits.depth)
		return fail(g, ERR_TOO_LARGE, "Arrays and objects are nested too deeply.");
	if (!scan_one(g, depth))
		return false;
	skip_space(g);
	return true;
}

static bool
scan_text(struct gate *g)
{
	if (g->len > g->limits.bytes) {
		g->at = g->limits.bytes;
		return fail(g, ERR_TOO_LARGE, "The text is too long.");
	}
	g->at = utf8_valid_prefix(g->s, g->len);
	if (g->at < g->len)
		return wrong(g, "The text is not UTF-8.");
	g->at = 0;
	if (!scan_value(g, 0))
		return false;
	return g->at == g->len || wrong(g, "There is text after the value.");
}

enum err
json_gate(const char *text, size_t len, const struct json_limits *limits, struct json_fault *fault)
{
	struct gate g = { .s = text, .len = len, .limits = *limits };

	if (g.limits.depth > DEPTH_MAX)
		g.limits.depth = DEPTH_MAX;
	if (scan_text(&g) && g.noted.reason) {
		g.code = ERR_INVALID;
		g.fault = g.noted;
	}
	buf_free(&g.text);
	free(g.keys);
	if (g.code && fault)
		*fault = g.fault;
	return g.code;
}
