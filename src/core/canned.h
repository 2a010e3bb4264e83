/*
 * Canned responses: text that agents send often, found by a shortcut; the organization's. Each function
 * that changes is a transaction with its line in the audit log.
 */
#ifndef PARLOR_CANNED_H
#define PARLOR_CANNED_H

#include "core/access.h"

enum { CANNED_SHORTCUT_MAX = 64, CANNED_TITLE_MAX = 100, CANNED_MAX = 1000 };

struct canned_fields {
	const char *shortcut, *title, *content; /* of a change: NULL leaves it */
	const char *versions;			/* of a change, as of a conversation's patch */
};

/*
 * {"data":[...],"next":...}, by shortcut; q: only those that begin with it, NULL for all. ERR_INVALID: a bad
 * after.
 */
enum err canned_list(const struct access *as, const char *q, const char *after, int64_t limit,
	const char **json) MUST_USE;

/* parlor.canned_response_json(), and the version of what can be changed. */
enum err canned_get(
	const struct access *as, const char *id, const char **json, const char **version) MUST_USE;

/* ERR_CONFLICT: the shortcut is taken. ERR_FULL: there are CANNED_MAX. */
enum err canned_create(
	const struct access *as, const struct canned_fields *fields, const char **json) MUST_USE;

/* ERR_CHANGED: it is none of the versions. ERR_CONFLICT: the shortcut is taken. */
enum err canned_change(const struct access *as, const char *id, const struct canned_fields *fields,
	const char **json, const char **version) MUST_USE;

enum err canned_delete(const struct access *as, const char *id) MUST_USE;

#endif
