/* bytea as hex. A buffer is filled in pieces, so that no byte costs a call. */
#include "db/bytes.h"

#include <string.h>

enum { PIECE = 2048 };

void
bytes_write(struct buf *out, const void *data, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *p = data;
	char piece[2 * PIECE];

	buf_str(out, "\\x");
	while (len > 0) {
		size_t n = len < PIECE ? len : PIECE;

		for (size_t i = 0; i < n; i++) {
			piece[2 * i] = digits[p[i] >> 4];
			piece[2 * i + 1] = digits[p[i] & 15];
		}
		buf_add(out, piece, 2 * n);
		p += n;
		len -= n;
	}
}

/* 16 for what is no digit. PostgreSQL writes small letters. */
static unsigned
value_of(char c)
{
	return c >= '0' && c <= '9'   ? (unsigned)(c - '0')
	       : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
				      : 16;
}

bool
bytes_read(struct buf *out, const char *text)
{
	size_t len = strlen(text), used = 0;
	char piece[PIECE];

	if (len < 2 || len % 2 || text[0] != '\\' || text[1] != 'x')
		return false;
	for (size_t i = 2; i < len; i += 2) {
		unsigned high = value_of(text[i]), low = value_of(text[i + 1]);

		if (high > 15 || low > 15)
			return false;
		piece[used++] = (char)(high << 4 | low);
		if (used == PIECE) {
			buf_add(out, piece, used);
			used = 0;
		}
	}
	buf_add(out, piece, used);
	return true;
}
