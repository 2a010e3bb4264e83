/*
 * Search over messages and notes, conversations, and visitors of an organization, for staff. What is
 * found was written a second or two ago or earlier; what was deleted is not found.
 */
#ifndef PARLOR_SEARCH_H
#define PARLOR_SEARCH_H

#include "core/access.h"

enum search_kind { SEARCH_MESSAGES, SEARCH_CONVERSATIONS, SEARCH_VISITORS };

/* A statement of a search runs so long at most. */
enum { SEARCH_TIMEOUT_MS = 1000, SEARCH_EACH = 5 };
/* Characters of a language's name at most. */
enum { SEARCH_LANGUAGE_MAX = 20 };

struct search_filter {
	const char *q;
	const char *status;   /* these six: NULL for any */
	const char *assignee; /* members.id or "none" */
	const char *tag;
	const char *visitor; /* chat_users.id */
	const char *from,
		*until;	   /* timestamps as PostgreSQL reads them; until is the first outside */
	const char *after; /* the next of the page before, NULL for the first */
	int64_t limit;
};

/*
 * {"data":[...],"next":...}, the newest first; no syntax of q is an error. ERR_INVALID: a bad after.
 * ERR_UNAVAILABLE with *timed_out: it took longer than SEARCH_TIMEOUT_MS.
 */
enum err search_list(const struct access *as, enum search_kind kind,
	const struct search_filter *filter, const char **json, bool *timed_out) MUST_USE;

/* The newest SEARCH_EACH of each kind, visitors first, messages last; "next" is null. */
enum err search_all(const struct access *as, bool visitors, const struct search_filter *filter,
	const char **json, bool *timed_out) MUST_USE;

/* {"language","indexing"}: in what language words are compared, and whether entries are still made. */
enum err search_settings(const struct access *as, const char **json) MUST_USE;
/* {"languages":[{"name","label","current"}],"indexing"}: those that PostgreSQL knows. */
enum err search_languages(const struct access *as, const char **json) MUST_USE;
/* ERR_INVALID: not a language that PostgreSQL knows. */
enum err search_set_language(const struct access *as, const char *language) MUST_USE;

#endif
