/* Array parameters: the text form of a one-dimensional text[] (PostgreSQL 15, 8.15.6). */
#ifndef PARLOR_ARRAY_H
#define PARLOR_ARRAY_H

#include "base/buf.h"

/* "{" before the first element, "}" after the last; s NULL is an SQL NULL. */
void array_open(struct buf *out);
void array_add(struct buf *out, const char *s);
void array_close(struct buf *out);

#endif
