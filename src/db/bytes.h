/* bytea parameters and results: their text form in hex (PostgreSQL 15, 8.4.1). */
#ifndef PARLOR_BYTES_H
#define PARLOR_BYTES_H

#include "base/buf.h"

/* "\x..." of data. */
void bytes_write(struct buf *out, const void *data, size_t len);
/* Adds what text stands for. False: it is not hex. */
bool bytes_read(struct buf *out, const char *text) MUST_USE;

#endif
