/* Cross-origin requests: which sites may use an organization's widget. */
#ifndef PARLOR_CORS_H
#define PARLOR_CORS_H

#include "web/req.h"

/*
 * Whether origin ("https://shop.example") fits domains: names separated by commas or blanks, each
 * exact ("shop.example", "localhost:3000") or with its subdomains ("*.shop.example"). NULL or ""
 * fits all. Pure; names compare without case, ports must be equal, schemes are http or https.
 */
bool cors_match(const char *domains, const char *origin);

/* Whether the request has an Origin and it is not this installation's own. */
bool cors_is_foreign(const struct req *r);
/* Whether the request's Origin may be used with an organization of these domains. None is fine. */
bool cors_allows(const struct req *r, const char *domains);

/* Access-Control-Allow-Origin and Vary for a route that takes other origins. */
void cors_headers(struct req *r);
/* The same as header lines, for an Origin (or NULL) of a request that is gone. */
void cors_lines(struct buf *out, const char *origin);

/* The answer to an OPTIONS preflight. */
enum err cors_preflight(struct req *r, const char *methods);

#endif
