/* Answers: JSON, pages' redirects, problems (RFC 9457), and the headers that go with all of them. */
#ifndef PARLOR_REPLY_H
#define PARLOR_REPLY_H

#include "web/req.h"

/* Adds one header line. Values with control characters are dropped and logged. */
void reply_header(struct req *r, const char *name, const char *value);

/* Status, type, and the headers that go with every answer; the body is added to r->out. */
void reply_type(struct req *r, int status, const char *type);

/* Text that is JSON already, as PostgreSQL made it. Always ERR_NONE, so a handler can return it. */
enum err reply_json(struct req *r, int status, const char *json);
/* Ends the handler of a list: 200, or the answer for e, of which ERR_INVALID means that after is no cursor of it. */
enum err reply_list(struct req *r, enum err e, const char *json);
/* 200 with an ETag and five minutes of cache, or 304 when the client has it (RFC 9110, 13.1.2). */
enum err reply_cached(struct req *r, const char *json);
enum err reply_object(struct req *r, int status, struct json_object *object);
/* 303 to a path of this site. */
enum err reply_redirect(struct req *r, const char *path);
/* 204. */
enum err reply_empty(struct req *r);

/*
 * Notes what is wrong with a field, for errors[] of the problem, and returns ERR_INVALID.
 * pointer: RFC 6901, "/content".
 */
enum err reply_invalid(struct req *r, const char *pointer, const char *code, const char *detail);
/* The same for a parameter of the query, with the answer's detail: "limit" and "must be ..."; returns ERR_SYNTAX. */
enum err reply_invalid_query(struct req *r, const char *name, const char *code, const char *detail);
/* Notes the detail (and, unless NULL, the code) of the problem to come and returns e. */
enum err reply_problem(struct req *r, enum err e, const char *code, const char *detail);

/* The answer for e, replacing what was written so far. Called by the dispatcher. */
void reply_error(struct req *r, enum err e);

#endif
