/* Addresses of pages, as they may be kept. */
#ifndef PARLOR_URL_H
#define PARLOR_URL_H

#include "base/arena.h"
#include "base/base.h"

/*
 * The address of a page without what could let somebody in: the name and password before the host, the
 * fragment, and parameters of the query that look like a secret, by their name (token, code, password
 * and the like) or because their value has 32 bytes or more. NULL: none, or not http or https. In mem.
 */
const char *url_for_keeping(struct arena *mem, const char *url);

#endif
