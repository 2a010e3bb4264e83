/* What is kept of visitors, as the organization's programs find, write and erase it. */
#ifndef PARLOR_VISITOR_RECORD_H
#define PARLOR_VISITOR_RECORD_H

#include "core/access.h"

/* Texts are NULL when they are not asked. Times as PostgreSQL reads them: from on, and before. */
struct visitor_filter {
	const char *email;    /* in any case */
	const char *person;   /* the organization's id of the person */
	const char *verified; /* "true" or "false" */
	const char *created_from, *created_until, *seen_from, *seen_until;
	const char *attributes; /* JSON object of texts: top level of metadata */
	const char *after;	/* the next of the page before, NULL for the first */
	int64_t limit;
};

/*
 * {"data":[...],"next":...}, the latest seen first. ERR_INVALID: a bad after. ERR_UNAVAILABLE with
 * *timed_out: there are too many to look through for attributes.
 */
enum err visitor_list(const struct access *as, const struct visitor_filter *filter,
	const char **json, bool *timed_out) MUST_USE;

enum { VISITOR_METADATA_MAX = 65536 }; /* bytes */

/* What the organization knows of somebody; what is NULL is not said. */
struct visitor_facts {
	const char *person; /* the organization's id; NULL: nobody it knows, always a new visitor */
	const char *name, *email;
	const char *metadata; /* JSON object */
};

/*
 * A new visitor, or the one that the person has already, who is told what is new. *made tells which. Each
 * of these functions is a transaction with its line in the audit log. ERR_INVALID: more metadata than may be.
 */
enum err visitor_put(const struct access *as, const struct visitor_facts *facts, const char **id,
	bool *made) MUST_USE;

struct visitor_patch {
	const char *name, *email;
	bool has_name, has_email; /* then NULL clears it */
	const char
		*metadata; /* JSON object, merged; a null takes its member away. NULL leaves it */
	const char *versions; /* as of a conversation's patch */
};

/* ERR_CHANGED: it is another version. ERR_INVALID: as above. */
enum err visitor_change(const struct access *as, const char *id, const struct visitor_patch *patch,
	const char **json, const char **version) MUST_USE;

/*
 * Erases a visitor with all that hangs on them. What is too much for one request goes on in a job
 * (job_visitor.c); until it is done the visitor is one without a name.
 */
enum err visitor_erase(const struct access *as, const char *id) MUST_USE;
/* A step of it; *done: nothing is left. */
enum err visitor_erase_step(const struct access *as, const char *id, bool *done) MUST_USE;

#endif
