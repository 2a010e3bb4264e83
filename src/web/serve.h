/* What the doors that answer one request at a time share. */
#ifndef PARLOR_SERVE_H
#define PARLOR_SERVE_H

#include "web/app.h"
#include "web/req.h"

/*
 * Bytes of a body that are read at all: a form may be longer than the JSON it stands for, a file
 * longer still. arg: the struct app.
 */
size_t serve_body_max(const struct param *params, const void *arg);

/* Gives a body that the handler streams to write, piece by piece. False: it was cut off. */
bool serve_stream(struct req *r, bool (*write)(const char *data, size_t len, void *arg), void *arg);

/*
 * Ends the log of a request: a line when it failed or was slow, or at level debug; never its query.
 * The web server's own log has a line for each.
 */
void serve_log(const struct req *r, int64_t ms);

#endif
