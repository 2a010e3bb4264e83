/* The header Range. */
#include "web/range.h"

#include <string.h>
#include <strings.h>

/* Digits from *s on; a number that is too large is the largest. False: there are none. */
static bool
take_number(const char **s, int64_t *out)
{
	const char *from = *s;

	*out = 0;
	for (; **s >= '0' && **s <= '9'; ++*s)
		*out = *out > (INT64_MAX - 9) / 10 ? INT64_MAX : *out * 10 + (**s - '0');
	return *s > from;
}

/* "-500": the last 500 bytes. */
static enum range
suffix(const char *s, int64_t size, int64_t *from, int64_t *to)
{
	int64_t len;

	if (!take_number(&s, &len) || *s)
		return RANGE_ALL;
	if (len == 0)
		return RANGE_BEYOND;
	*from = len < size ? size - len : 0;
	*to = size - 1;
	return RANGE_PART;
}

/* "2-5" and "2-". */
static enum range
from_to(const char *s, int64_t size, int64_t *from, int64_t *to)
{
	if (!take_number(&s, from) || *s++ != '-')
		return RANGE_ALL;
	*to = INT64_MAX;
	if ((*s && !take_number(&s, to)) || *s || *to < *from)
		return RANGE_ALL;
	if (*from >= size)
		return RANGE_BEYOND;
	if (*to >= size)
		*to = size - 1;
	return RANGE_PART;
}

enum range
range_parse(const char *header, int64_t size, int64_t *from, int64_t *to)
{
	enum range range = RANGE_ALL;

	if (header && strncasecmp(header, "bytes=", 6) == 0) {
		const char *s = header + 6 + strspn(header + 6, " \t");

		range = *s == '-' ? suffix(s + 1, size, from, to) : from_to(s, size, from, to);
	}
	if (range != RANGE_PART) {
		*from = 0;
		*to = size - 1;
	}
	return range;
}
