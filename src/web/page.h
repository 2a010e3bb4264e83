/* Pages: a template, its own context, and what every page of the dashboard has. */
#ifndef PARLOR_PAGE_H
#define PARLOR_PAGE_H

#include "web/req.h"

/*
 * Renders templates/<name>.html with context (which this takes over) and status 200. Adds the
 * members "page": { "me": {id, name, role, initials, online}, "organization": {id, name}, "csrf",
 * "can": {keys, audit}, "path", "base" (URL of this installation), "assets" (version of the static files) }.
 * A template without the layout gives a fragment, for the scripts.
 */
enum err reply_page(struct req *r, const char *name, struct json_object *context);
enum err reply_page_status(
	struct req *r, int status, const char *name, struct json_object *context);

#endif
