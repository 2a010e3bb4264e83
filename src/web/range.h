/* Parts of a file (RFC 9110, 14). Pure. */
#ifndef PARLOR_RANGE_H
#define PARLOR_RANGE_H

#include "base/base.h"

enum range {
	RANGE_ALL,    /* none asked for, or one that we do not serve: the whole file */
	RANGE_PART,   /* a part of it */
	RANGE_BEYOND, /* there are no such bytes: 416 */
};

/*
 * header: the value of Range, or NULL. One range of bytes is served; size is at least 1. *from and *to,
 * both included, are what is to be sent: unless it is RANGE_PART, all.
 */
enum range range_parse(const char *header, int64_t size, int64_t *from, int64_t *to);

#endif
