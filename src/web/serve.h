/* What the doors that answer one request at a time share. */
#ifndef PARLOR_SERVE_H
#define PARLOR_SERVE_H

#include "web/app.h"
#include "web/req.h"

/* Bytes of a body that are read at all: a form may be longer than the JSON it stands for. */
size_t serve_body_max(const struct app *app);

/*
 * Ends the log of a request: a line when it failed or was slow, or at level debug; never its query.
 * The web server's own log has a line for each.
 */
void serve_log(const struct req *r, int64_t ms);

#endif
