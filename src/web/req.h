/*
 * One request, from any door: FastCGI, CGI, or a test. Everything a handler needs is in here and
 * nothing is global. It dies with its arena.
 */
#ifndef PARLOR_REQ_H
#define PARLOR_REQ_H

#include "base/arena.h"
#include "base/base.h"
#include "base/buf.h"
#include "db/db.h"

struct json_object;
struct route;
struct app;

enum method {
	METHOD_GET,
	METHOD_POST,
	METHOD_PATCH,
	METHOD_PUT,
	METHOD_DELETE,
	METHOD_OPTIONS,
	METHOD_OTHER
};

enum { ROUTE_ARGS = 3 };

/* Who is asking. One bit each: a route row holds the set of those who may call it. */
enum actor_kind {
	ACTOR_ANYONE = 1,
	ACTOR_VISITOR = 2, /* Authorization: Bearer <visitor token> */
	ACTOR_AGENT = 4,   /* a Better Auth session whose user is a member */
	ACTOR_KEY = 8,	   /* Authorization: Bearer sk_... */
	ACTOR_USER = 16,   /* a Better Auth session whose user is in no organization */
};

/* What the checks of auth.c found out; strings live in the request's arena. */
struct actor {
	enum actor_kind kind;
	const char *organization; /* organizations.id; set for visitors, agents and keys */
	const char *organization_name;
	const char *id;	     /* chat_users.id, members.id or parlor.api_keys.id */
	const char *member;  /* members.id of an agent, or of whom a key acts for; NULL for none */
	const char *user;    /* users.id, for agents and users */
	const char *name;    /* as others see it */
	const char *role;    /* chat_role: admin, supervisor, agent, viewer; NULL for keys */
	unsigned may;	     /* set of enum permission */
	const char *session; /* sessions.token, for agents and users: never logged or sent */
	const char *csrf;    /* what forms of this session must carry */
	bool remember;	     /* the session is not for one day */
	bool online;	     /* an agent who takes conversations */
};

struct param {
	const char *name, *value;
};

struct req {
	struct arena *mem;
	struct app *app; /* configuration, templates: read-only, shared by all requests */
	struct db *db;
	const struct route *route;
	char id[17]; /* also in every log line and answer */

	enum method method;
	const char *path;	     /* canonical: see parse.h */
	const char *query;	     /* raw, "" when none */
	const char *arg[ROUTE_ARGS]; /* the :parts of the path */
	const struct param *params;  /* CGI meta-variables (RFC 3875), ended by a NULL name */
	const struct param *queries; /* the parsed query, once req_query() was asked */
	const char *body;
	size_t body_len;
	bool body_too_large; /* the door stopped reading it */

	struct actor who;
	struct json_object *in;	  /* the parsed JSON body, NULL when there is none */
	const struct param *form; /* the parsed form body, ended by a NULL name */

	/* The answer. */
	int status;
	struct buf headers; /* "Name: value\r\n" lines */
	struct buf out;
	/*
	 * A body too long for out: unless NULL, it is called for one piece after the other, each added
	 * to the emptied piece, until there are stream_len bytes. Any error cuts the answer off.
	 */
	enum err (*stream)(struct req *r, struct buf *piece);
	void *stream_arg;
	size_t stream_len;
	const char
		*in_at; /* a pointer to in, when that is a part of the body; NULL for the whole */
	const char *problem_detail;   /* for a problem+json answer */
	struct json_object *problems; /* errors[] of it, NULL when none */
	const char *frame_ancestors;  /* for a page's CSP; NULL for 'none' */
	int retry_after;	      /* seconds, for 429 and 503; 0: not said with others */
	const char *problem_code;     /* a stable code, when the status alone says too little */
};

/*
 * From the meta-variables (REQUEST_METHOD, REQUEST_URI, ...) and the whole body; both must live as
 * long as mem. Makes the request id and puts it into the log.
 */
struct req *req_new(struct arena *mem, struct app *app, struct db *db, const struct param *params,
	const char *body, size_t len);

/* Whether a header that decides something came twice: whoever reads the other one decides otherwise. */
bool req_is_ambiguous(const struct req *r);
/* A CGI meta-variable such as "HTTP_ORIGIN"; NULL when absent. */
const char *req_param(const struct req *r, const char *name);
/* The User-Agent; NULL when absent, or when it is no UTF-8, which a header need not be. */
const char *req_user_agent(const struct req *r);
/* Whether the query can be read, all of it; and what to tell whose cannot. */
bool req_query_is_good(struct req *r);
#define REQ_QUERY_ADVICE "The query must be at most 200 fields of %-encoded UTF-8 without NUL."
/* Decoded value of a query parameter; NULL when absent. A query that is badly encoded is empty. */
const char *req_query(struct req *r, const char *name);
/* Value of a form field; "" when absent. */
const char *req_field(const struct req *r, const char *name);

#endif
