/* Every element is quoted, so that nothing in it is read as syntax. */
#include "db/array.h"

#include <string.h>

void
array_open(struct buf *out)
{
	buf_char(out, '{');
}

void
array_add(struct buf *out, const char *s)
{
	if (out->data[out->len - 1] != '{')
		buf_char(out, ',');
	if (!s) {
		buf_str(out, "NULL");
		return;
	}
	buf_char(out, '"');
	for (size_t plain; *s; s += plain) {
		plain = strcspn(s, "\"\\");
		buf_add(out, s, plain);
		if (s[plain]) {
			buf_char(out, '\\');
			buf_char(out, s[plain++]);
		}
	}
	buf_char(out, '"');
}

void
array_close(struct buf *out)
{
	buf_char(out, '}');
}
