/* Building a request from CGI meta-variables, and looking things up in it. */
#include "web/req.h"

#include "base/crypt.h"
#include "base/log.h"
#include "base/util.h"
#include "web/parse.h"

#include <string.h>

static enum method
method_of(const char *name)
{
	static const char *const names[] = { "GET", "POST", "PATCH", "PUT", "DELETE", "OPTIONS" };

	if (strcmp(name, "HEAD") == 0)
		return METHOD_GET; /* the web server drops the body */
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(name, names[i]) == 0)
			return (enum method)i;
	return METHOD_OTHER;
}

static const char *
find(const struct param *params, const char *name)
{
	for (; params && params->name; params++)
		if (strcmp(params->name, name) == 0)
			return params->value;
	return NULL;
}

struct req *
req_new(struct arena *mem, struct app *app, struct db *db, const struct param *params,
	const char *body, size_t len)
{
	struct req *r = arena_alloc(mem, sizeof(*r));
	const char *uri = find(params, "REQUEST_URI"), *method = find(params, "REQUEST_METHOD");
	const char *mark;
	char id[ID_LEN + 1];

	r->mem = mem;
	r->app = app;
	r->db = db;
	r->params = params;
	r->body = body;
	r->body_len = len;
	r->method = method_of(method ? method : "");
	uri = uri ? uri : "";
	mark = uri + strcspn(uri, "?");
	r->path = arena_strndup(mem, uri, (size_t)(mark - uri));
	r->query = *mark ? mark + 1 : "";
	crypt_id(id);
	memcpy(r->id, id, sizeof(r->id) - 1);
	log_set_request(r->id);
	arena_defer(mem, (void (*)(void *))buf_free, &r->headers);
	arena_defer(mem, (void (*)(void *))buf_free, &r->out);
	return r;
}

bool
req_is_ambiguous(const struct req *r)
{
	static const char *const names[] = { "HTTP_AUTHORIZATION", "HTTP_COOKIE", "HTTP_ORIGIN",
		"HTTP_CONTENT_TYPE", "HTTP_IDEMPOTENCY_KEY", "HTTP_IF_MATCH" };
	unsigned seen[ARRAY_LEN(names)] = { 0 };

	for (const struct param *p = r->params; p && p->name; p++)
		for (size_t i = 0; i < ARRAY_LEN(names); i++)
			if (strcmp(p->name, names[i]) == 0 && ++seen[i] > 1)
				return true;
	return false;
}

const char *
req_param(const struct req *r, const char *name)
{
	return find(r->params, name);
}

const char *
req_user_agent(const struct req *r)
{
	const char *text = req_param(r, "HTTP_USER_AGENT");

	return text && utf8_valid(text, strlen(text)) ? text : NULL;
}

bool
req_query_is_good(struct req *r)
{
	return r->queries || !parse_form(r->mem, r->query, strlen(r->query), &r->queries);
}

const char *
req_query(struct req *r, const char *name)
{
	if (!req_query_is_good(r))
		r->queries = arena_alloc(r->mem, sizeof(*r->queries));
	return find(r->queries, name);
}

const char *
req_field(const struct req *r, const char *name)
{
	const char *value = find(r->form, name);

	return value ? value : "";
}
