/* Growing text and the escapers. */
#include "base/buf.h"

#include "base/util.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
reserve(struct buf *b, size_t more)
{
	size_t cap = b->cap ? b->cap : 256;

	if (more > SIZE_MAX / 4 || b->len > SIZE_MAX / 4) {
		fputs("impossible buffer\n", stderr);
		abort();
	}
	while (cap - b->len <= more)
		cap *= 2;
	if (cap == b->cap)
		return;
	b->data = realloc(b->data, cap);
	if (!b->data) {
		fputs("out of memory\n", stderr);
		abort();
	}
	b->cap = cap;
}

void
buf_free(struct buf *b)
{
	free(b->data);
	*b = (struct buf){ 0 };
}

void
buf_clear(struct buf *b)
{
	b->len = 0;
	if (b->data)
		b->data[0] = '\0';
}

const char *
buf_text(const struct buf *b)
{
	return b->data ? b->data : "";
}

void
buf_add(struct buf *b, const void *data, size_t len)
{
	reserve(b, len);
	if (len)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void
buf_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void
buf_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

/* Most often there is room already, and one pass is enough. */
void
buf_printf(struct buf *b, const char *fmt, ...)
{
	size_t room;
	va_list ap;
	int len;

	reserve(b, 0);
	room = b->cap - b->len;
	va_start(ap, fmt);
	len = vsnprintf(b->data + b->len, room, fmt, ap);
	va_end(ap);
	if (len < 0) {
		b->data[b->len] = '\0';
		return;
	}
	if ((size_t)len >= room) {
		reserve(b, (size_t)len);
		va_start(ap, fmt);
		vsnprintf(b->data + b->len, (size_t)len + 1, fmt, ap);
		va_end(ap);
	}
	b->len += (size_t)len;
}

static const char *
html_entity(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void
buf_html(struct buf *b, const char *s, size_t len)
{
	size_t plain = 0;

	for (size_t i = 0; i < len; i++) {
		const char *entity = html_entity(s[i]);

		if (!entity)
			continue;
		buf_add(b, s + plain, i - plain);
		buf_str(b, entity);
		plain = i + 1;
	}
	buf_add(b, s + plain, len - plain);
}

void
buf_plain(struct buf *b, const char *s, size_t len)
{
	size_t from = 0, at = 0, control;

	while (at < len) {
		control = utf8_control(s + at, len - at);
		if (control) {
			buf_add(b, s + from, at - from);
			buf_char(b, ' ');
			from = at + control;
		}
		at += control ? control : 1;
	}
	buf_add(b, s + from, len - from);
}

static bool
unreserved(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '.' || c == '_' || c == '~';
}

void
buf_url(struct buf *b, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (unreserved(c))
			buf_char(b, (char)c);
		else
			buf_printf(b, "%%%02X", c);
	}
}

/* The escape of the character at s, with its length in *used; NULL when it may stand as it is. */
static const char *
json_escape(const char *s, size_t left, char tmp[8], size_t *used)
{
	unsigned char c = (unsigned char)*s;

	*used = 1;
	switch (c) {
	case '"':
		return "\\\"";
	case '\\':
		return "\\\\";
	case '\n':
		return "\\n";
	case '\r':
		return "\\r";
	case '\t':
		return "\\t";
	default:
		break;
	}
	if (c < 0x20 || c == 0x7f || c == '<' || c == '>' || c == '&') {
		snprintf(tmp, 8, "\\u%04x", c);
		return tmp;
	}
	/* U+0080 to U+009F: some terminals obey them as they do ESC. */
	if (c == 0xc2 && left >= 2 && (unsigned char)s[1] < 0xa0) {
		*used = 2;
		snprintf(tmp, 8, "\\u%04x", (unsigned char)s[1]);
		return tmp;
	}
	if (c == 0xe2 && left >= 3 && (unsigned char)s[1] == 0x80 &&
		((unsigned char)s[2] & 0xfe) == 0xa8) {
		*used = 3;
		return (unsigned char)s[2] == 0xa8 ? "\\u2028" : "\\u2029";
	}
	return NULL;
}

void
buf_json(struct buf *b, const char *s, size_t len)
{
	size_t plain = 0, used;
	char tmp[8];

	buf_char(b, '"');
	for (size_t i = 0; i < len; i += used) {
		const char *escape = json_escape(s + i, len - i, tmp, &used);

		if (!escape)
			continue;
		buf_add(b, s + plain, i - plain);
		buf_str(b, escape);
		plain = i + used;
	}
	buf_add(b, s + plain, len - plain);
	buf_char(b, '"');
}

/* The length of the character at s, of which left bytes are there; 0: it is none. */
static size_t
character(const char *s, size_t left)
{
	const size_t most = left < 4 ? left : 4;

	for (size_t n = 1; n <= most; n++)
		if (utf8_valid(s, n))
			return n;
	return 0;
}

/* Controls (also U+0080 to U+009F), marks of direction, and separators of lines. */
static bool
terminal_obeys(const unsigned char *c, size_t n)
{
	if (n == 1)
		return *c < 0x20 || *c == 0x7f;
	if (n == 2)
		return (c[0] == 0xc2 && c[1] < 0xa0) || (c[0] == 0xd8 && c[1] == 0x9c);
	if (n != 3 || c[0] != 0xe2)
		return false;
	if (c[1] == 0x80)
		return c[2] == 0x8e || c[2] == 0x8f || (c[2] >= 0xa8 && c[2] <= 0xae);
	return c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9;
}

static unsigned
code_point(const unsigned char *c, size_t n)
{
	if (n == 1)
		return c[0];
	if (n == 2)
		return (c[0] & 0x1fu) << 6 | (c[1] & 0x3fu);
	return (c[0] & 0x0fu) << 12 | (c[1] & 0x3fu) << 6 | (c[2] & 0x3fu);
}

void
buf_terminal(struct buf *b, const char *s, size_t len)
{
	for (size_t i = 0; i < len;) {
		const unsigned char *c = (const unsigned char *)s + i;
		const size_t n = character(s + i, len - i);

		if (n == 0)
			buf_printf(b, "\\x%02x", *c);
		else if (terminal_obeys(c, n))
			buf_printf(b, "\\u%04x", code_point(c, n));
		else
			buf_add(b, c, n);
		i += n ? n : 1;
	}
}
