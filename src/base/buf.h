/*
 * Growing text, and the only escapers of the program: one function for each context that text is
 * written into. The data is always NUL-terminated.
 */
#ifndef PARLOR_BUF_H
#define PARLOR_BUF_H

#include "base/base.h"

struct buf {
	char *data; /* never NULL once something was added; use buf_text() for "" when empty */
	size_t len;
	size_t cap;
};

/* A zeroed struct buf is an empty one. */
void buf_free(struct buf *b);
/* Forgets the text, keeps the memory. */
void buf_clear(struct buf *b);
const char *buf_text(const struct buf *b);

void buf_add(struct buf *b, const void *data, size_t len);
void buf_str(struct buf *b, const char *s);
void buf_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF(2, 3);

/* Text of an HTML element or of a quoted attribute: & < > " ' become entities. */
void buf_html(struct buf *b, const char *s, size_t len);
/*
 * A value within a line of plain text: each character that does more than be seen (utf8_control(),
 * so line breaks, too) becomes a blank. s must be UTF-8.
 */
void buf_plain(struct buf *b, const char *s, size_t len);
/* One component of a URL (RFC 3986): everything but unreserved characters is %-encoded. */
void buf_url(struct buf *b, const char *s, size_t len);
/*
 * A JSON string with its quotes (RFC 8259). Also escapes < > & U+2028 U+2029, so that the result
 * may stand inside HTML. s must be UTF-8.
 */
void buf_json(struct buf *b, const char *s, size_t len);
/*
 * Text on a terminal: what the terminal would obey, or what turns its line around, is written as
 * \u001b or \u202e, so that JSON stays the same JSON. What is no UTF-8 is written byte by byte, \xff.
 */
void buf_terminal(struct buf *b, const char *s, size_t len);

#endif
