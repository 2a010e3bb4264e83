/* From a request to its row, through the checks the row asks for, to a complete answer. */
#include "web/route.h"

#include "base/json.h"
#include "base/log.h"
#include "web/app.h"
#include "web/auth.h"
#include "web/cors.h"
#include "web/idempotency.h"
#include "web/limit.h"
#include "web/parse.h"
#include "web/reply.h"

#include <string.h>
#include <strings.h>

static const char *const method_names[] = { "GET", "POST", "PATCH", "PUT", "DELETE" };

/* The number of :parts of a row that path fits, or -1. */
static int
match(const char *pattern, const char *path)
{
	int n = 0;

	while (*pattern && *path) {
		size_t len;

		if (*pattern != ':') {
			if (*pattern++ != *path++)
				return -1;
			continue;
		}
		len = strcspn(path, "/");
		if (len == 0 || len > 64)
			return -1;
		n++;
		path += len;
		pattern += strcspn(pattern, "/");
	}
	return *pattern || *path ? -1 : n;
}

static void
take_parts(struct arena *mem, const char *pattern, const char *path, const char **args)
{
	while (*pattern) {
		size_t len;

		if (*pattern++ != ':') {
			path++;
			continue;
		}
		len = strcspn(path, "/");
		*args++ = arena_strndup(mem, path, len);
		path += len;
		pattern += strcspn(pattern, "/");
	}
}

/*
 * Sets r->route and r->arg. A fixed word goes before a :part ("/inbox/list" before
 * "/inbox/:conversation"). Returns a row with this path, whatever its method, and all *methods.
 */
static const struct route *
find(struct req *r, const char **methods)
{
	const struct route *any = NULL;
	int fewest = ROUTE_ARGS + 1;

	*methods = "";
	for (const struct route *row = routes; row < routes + routes_count; row++) {
		int n = match(row->path, r->path);

		if (n < 0 || n > fewest)
			continue;
		if (n < fewest) {
			fewest = n;
			*methods = "";
			r->route = NULL;
		}
		any = row;
		*methods = arena_printf(r->mem, "%s%s%s", *methods, **methods ? ", " : "",
			method_names[row->method]);
		if (row->method == r->method)
			r->route = row;
	}
	if (any)
		take_parts(r->mem, any->path, r->path, r->arg);
	return any;
}

static bool
is_unsafe(const struct req *r)
{
	return r->method != METHOD_GET && r->method != METHOD_OPTIONS;
}

static bool
has_type(const struct req *r, const char *type)
{
	const char *value = req_param(r, "CONTENT_TYPE");
	size_t len = strlen(type);

	return value && strncasecmp(value, type, len) == 0 &&
	       (!value[len] || strchr("; \t", value[len]));
}

static enum err
read_json(struct req *r)
{
	struct json_fault fault = { "", 0 };
	const char *place;
	enum err e;

	if (!has_type(r, "application/json"))
		return ERR_MEDIA_TYPE;
	e = json_parse(r->mem, r->body, r->body_len, &r->in, &fault);
	if (!e)
		return ERR_NONE;
	if (e == ERR_INVALID && *(place = json_place(r->mem, r->body, r->body_len, fault.at)))
		e = reply_invalid(r, place, "ambiguous", fault.reason);
	return reply_problem(
		r, e, NULL, arena_printf(r->mem, "%s (at byte %zu)", fault.reason, fault.at));
}

static enum err
read_form(struct req *r)
{
	if (!has_type(r, "application/x-www-form-urlencoded"))
		return reply_problem(
			r, ERR_MEDIA_TYPE, NULL, "Send application/x-www-form-urlencoded.");
	return parse_form(r->mem, r->body, r->body_len, &r->form);
}

static enum err
read_file(struct req *r)
{
	const int64_t max = r->app->conf->upload_max;

	if (r->body_too_large || r->body_len > (size_t)max)
		return reply_problem(r, ERR_TOO_LARGE, NULL,
			arena_printf(r->mem, "A file may have %lld bytes.", (long long)max));
	if (r->body_len == 0)
		return reply_problem(r, ERR_INVALID, "empty_file", "The file is empty.");
	return ERR_NONE;
}

static enum err
read_body(struct req *r)
{
	if (!is_unsafe(r))
		return ERR_NONE;
	if (r->route->flags & R_UPLOAD)
		return read_file(r);
	if (r->body_too_large || r->body_len > (size_t)r->app->conf->body_max)
		return ERR_TOO_LARGE;
	if (r->route->flags & R_FORM)
		return read_form(r);
	return r->body_len ? read_json(r) : ERR_NONE;
}

bool
route_takes_file(const char *method, const char *uri)
{
	size_t len = strcspn(uri, "?");

	for (const struct route *row = routes; row < routes + routes_count; row++)
		if (row->flags & R_UPLOAD && strcmp(method_names[row->method], method) == 0 &&
			strlen(row->path) == len && strncmp(row->path, uri, len) == 0)
			return true;
	return false;
}

static enum err
check_permission(struct req *r)
{
	const unsigned needs = r->route->needs;

	if (!(r->who.kind & (ACTOR_AGENT | ACTOR_KEY)) || (r->who.may & needs) == needs)
		return ERR_NONE;
	return reply_problem(r, ERR_FORBIDDEN, "no_permission",
		arena_printf(r->mem, "This needs the permission %s.", permission_name(needs)));
}

/* The API's limit. Waiting polls are held by the poller, which has limits of its own. */
static enum err
count_request(struct req *r)
{
	if (!(r->who.kind & (ACTOR_AGENT | ACTOR_KEY)) || (r->route->flags & R_POLL) ||
		strncmp(r->path, "/api/", 5) != 0)
		return ERR_NONE;
	return request_limit_api(r);
}

/* And from there back to what was asked for. */
static enum err
to_sign_in(struct req *r)
{
	struct buf b = { 0 };
	const char *target;

	if (r->method != METHOD_GET)
		return reply_redirect(r, "/sign-in");
	target = arena_printf(r->mem, "%s%s%s", r->path, *r->query ? "?" : "", r->query);
	buf_str(&b, "/sign-in?next=");
	buf_url(&b, target, strlen(target));
	target = arena_strdup(r->mem, buf_text(&b));
	buf_free(&b);
	return reply_redirect(r, target);
}

static enum err
handle(struct req *r)
{
	const struct route *row = r->route;
	enum err e;

	if (req_is_ambiguous(r))
		return reply_problem(
			r, ERR_SYNTAX, NULL, "A header that may come once came twice.");
	/* A page opens whatever somebody hung on its address; a program that filters must not get all. */
	if (!(row->flags & R_PAGE) && !req_query_is_good(r))
		return reply_problem(r, ERR_SYNTAX, NULL, REQ_QUERY_ADVICE);
	if (!(row->actors & ACTOR_ANYONE) && (e = auth_request(r, row->actors))) {
		if (e == ERR_AUTH && (row->flags & R_PAGE))
			return to_sign_in(r);
		if (r->who.kind == ACTOR_USER && (row->flags & R_PAGE))
			return reply_redirect(r, "/organizations");
		return e;
	}
	if ((e = count_request(r)) || (e = check_permission(r)) || (e = read_body(r)))
		return e;
	if (is_unsafe(r) && ((r->who.kind & (ACTOR_AGENT | ACTOR_USER)) || (row->flags & R_FORM)) &&
		(e = auth_same_site(r, row->flags & R_OPEN)))
		return e;
	return idempotency_handle(r);
}

static enum err
dispatch(struct req *r)
{
	const char *methods;
	const struct route *row;

	if (!parse_path_is_canonical(r->path, strlen(r->path)) || !(row = find(r, &methods)))
		return ERR_NOT_FOUND;
	if (row->flags & R_CORS) {
		if (r->method == METHOD_OPTIONS)
			return cors_preflight(r, methods);
		cors_headers(r);
	}
	if (!r->route) {
		reply_header(r, "Allow", methods);
		return ERR_METHOD;
	}
	return handle(r);
}

void
route_dispatch(struct req *r)
{
	enum err e = dispatch(r);

	db_rollback(r->db);
	if (e)
		reply_error(r, e);
	db_scope(r->db, NULL);
}
