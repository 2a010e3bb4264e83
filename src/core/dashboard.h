/*
 * What the pages of the dashboard show, as JSON in the shape of their templates; web/view.c adds
 * what is presentation only. Objects live in as->mem; an absent conversation is ERR_NOT_FOUND.
 */
#ifndef PARLOR_DASHBOARD_H
#define PARLOR_DASHBOARD_H

#include "core/access.h"

struct json_object;

enum { DASHBOARD_ROWS = 40, DASHBOARD_LINES = 60, DASHBOARD_NEW_LINES = 200 };

struct dashboard_query {
	const char *view;   /* "mine", "unassigned", "all", or "search" */
	const char *status; /* NULL: any */
	const char *search; /* how a visitor's name or address begins; for "search" */
	const char *after;  /* the *next of the page before; NULL for the first */
	const char *links; /* "?view=..." put behind every link to a conversation, "" for nothing */
	const char *open;  /* the conversation that is shown beside the list; NULL for none */
};

/*
 * A page of conversations, latest message first. *rows is an array (see templates/partials/row.html),
 * *next NULL on the last page. ERR_INVALID: after is no place of a list.
 */
enum err dashboard_rows(const struct access *as, const struct dashboard_query *query,
	struct json_object **rows, const char **next) MUST_USE;

struct dashboard_counts {
	int64_t mine, unassigned; /* open ones, at most 100 */
	int64_t unread;		  /* of these, with something new */
	bool any;		  /* the organization has a conversation */
	const char *key;	  /* its publishable key, "" for none */
};

enum err dashboard_counts(const struct access *as, struct dashboard_counts *out) MUST_USE;

/*
 * {"first","last","items"}: lines of a thread, and the seqs of its first and last message (0 when
 * there is none). after < 0: the newest page that ends before seq before; else what came after
 * that seq, DASHBOARD_NEW_LINES at most.
 */
enum err dashboard_lines(const struct access *as, const char *conversation, int64_t after,
	int64_t before, struct json_object **out) MUST_USE;

/* Head and details of a conversation; links as in struct dashboard_query. */
enum err dashboard_conversation(const struct access *as, const char *conversation,
	const char *links, struct json_object **out) MUST_USE;

/* A page of visitors, the latest seen first; see templates/dash/visitors.html. */
enum err dashboard_visitors(const struct access *as, const char *after, struct json_object **rows,
	const char **next) MUST_USE;

/* Whether as->member takes conversations. */
enum err dashboard_presence(const struct access *as, bool online) MUST_USE;

#endif
