/*
 * The pages that a visitor looked at: the newest 200 of each, for 30 days (core/retention.h). Addresses
 * are kept as base/url.h says, without what could be a secret.
 */
#ifndef PARLOR_PAGE_VIEW_H
#define PARLOR_PAGE_VIEW_H

#include "core/access.h"
#include "core/limit.h"

struct page_view {
	const char *url;	      /* of url_for_keeping() */
	const char *title, *referrer; /* NULL when unknown */
};

/*
 * Of as->visitor, who is seen by it. A token of limit (NULL for none) is taken in the same statement;
 * ERR_LIMIT: there was none, see left.
 */
enum err page_view_add(const struct access *as, const struct page_view *view,
	const struct limit *limit, struct limit_left *left) MUST_USE;

/* {"data":[...],"next":...}, newest first. ERR_NOT_FOUND: no such visitor. ERR_INVALID: a bad after. */
enum err page_view_list(const struct access *as, const char *visitor, const char *after,
	int64_t limit, const char **json) MUST_USE;

#endif
