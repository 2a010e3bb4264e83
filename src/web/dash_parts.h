/* What the files of the inbox share. */
#ifndef PARLOR_DASH_PARTS_H
#define PARLOR_DASH_PARTS_H

#include "web/req.h"

struct json_object;

/* Which conversations the list shows, from the query of the address. */
struct list_filter {
	const char *view;   /* "mine", "unassigned", "all" */
	const char *status; /* "open", ..., "any" */
	const char *search; /* NULL: none */
	const char *after;  /* NULL: the first page; set by who shows the list */
	const char *links;  /* "?view=..." or "": what keeps the filter in a link; without after */
};

/* Never fails: what is not known is as if it were not there. */
struct list_filter list_filter(struct req *r);

/* Adds what templates/partials/list.html wants. open: the conversation beside it, or NULL. */
enum err list_context(struct req *r, const struct list_filter *filter, const char *open,
	struct json_object *context) MUST_USE;

/*
 * Answers with the page of the inbox. conversation: NULL for none; error and draft: for its
 * composer, NULL and "" when nothing is wrong.
 */
enum err inbox_page(struct req *r, int status, const char *conversation, const char *error,
	const char *draft) MUST_USE;

/* Whether the agent's role may answer and change things. */
bool may_write(const struct req *r);

#endif
