/*
 * The route table: the map of the product. The dispatcher does authentication, CSRF, limits and
 * body parsing from the row, so that a handler holds only its own matter.
 */
#ifndef PARLOR_ROUTE_H
#define PARLOR_ROUTE_H

#include "core/permission.h"
#include "web/req.h"

enum route_flag {
	R_PAGE = 1,  /* HTML for a browser: errors are pages, no actor means off to the sign-in */
	R_CORS = 2,  /* called by the widget's pages from other origins */
	R_POLL = 4,  /* answered by parlor poll; parlor web answers it at once */
	R_FORM = 8,  /* the body is a form, not JSON */
	R_OPEN = 16, /* a write that needs no CSRF token of a session, only a same-origin request */
	R_UPLOAD = 32, /* the body is a file: as it comes, and longer than others may be */
};

struct route {
	enum method method;
	const char *path; /* "/api/v1/conversations/:conversation/messages" */
	enum err (*handler)(struct req *r);
	unsigned actors;       /* enum actor_kind */
	enum permission needs; /* what an agent or a key must have; PERM_NONE where neither calls */
	unsigned flags;	       /* enum route_flag */
	/*
	 * Where ids stand besides the :parts of the path, and of what: "?after=cursor" in the query,
	 * "/agentId=member" in a JSON body, "agent=member" in a form. Words separated by blanks; ""
	 * for none. Tests put foreign ids there.
	 */
	const char *ids;
};

extern const struct route routes[];
extern const size_t routes_count;

/* Whether a file is the body of such a request. The door asks, before it reads the body. */
bool route_takes_file(const char *method, const char *uri);

/*
 * Finds the row, checks who is asking, runs the handler, makes the error answer: after this
 * r->status, r->headers and r->out are complete.
 */
void route_dispatch(struct req *r);

/* The contract of the API, docs/openapi.yaml as JSON, as it was when this was built. */
const char *route_contract(void);

/* The table with its actors, permissions and ids, for parlor routes --json. */
void routes_json(struct buf *out);

#endif
