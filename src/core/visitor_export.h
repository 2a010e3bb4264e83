/* Everything that is kept of a visitor, as a list. */
#ifndef PARLOR_VISITOR_EXPORT_H
#define PARLOR_VISITOR_EXPORT_H

#include "core/access.h"

/*
 * {"data":[{"type":"message","data":{...}},...],"next":...}, one kind after the other, at most limit of them
 * however much there is. ERR_NOT_FOUND: no such visitor. ERR_INVALID: a bad after.
 */
enum err visitor_export(const struct access *as, const char *id, const char *after, int64_t limit,
	const char **json) MUST_USE;

#endif
