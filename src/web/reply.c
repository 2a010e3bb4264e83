/* Answers and their headers, and the one table from error codes to HTTP. */
#include "web/reply.h"

#include "base/crypt.h"
#include "base/json.h"
#include "base/log.h"
#include "web/app.h"
#include "web/page.h"
#include "web/route.h"

#include <stdio.h>
#include <string.h>

static const struct {
	int status;
	const char *code, *title, *advice;
} answers[ERR_COUNT] = {
	[ERR_SYNTAX] = { 400, "malformed", "Malformed request", "The request could not be read." },
	[ERR_INVALID] = { 422, "invalid", "Invalid input", "Some fields are not acceptable." },
	[ERR_AUTH] = { 401, "unauthenticated", "Not signed in", "Sign in, or send a valid token." },
	[ERR_FORBIDDEN] = { 403, "forbidden", "Not allowed", "Your role does not allow this." },
	[ERR_NOT_FOUND] = { 404, "not_found", "Not found", "There is nothing here." },
	[ERR_METHOD] = { 405, "method_not_allowed", "Method not allowed",
		"This address does not take this method." },
	[ERR_CONFLICT] = { 409, "conflict", "Conflict", "Somebody else was faster." },
	[ERR_GONE] = { 410, "resync", "Start again",
		"The cursor is from another time; load the state anew." },
	[ERR_CHANGED] = { 412, "precondition_failed", "Changed meanwhile",
		"Somebody changed it since you read it; read it again." },
	[ERR_TOO_LARGE] = { 413, "too_large", "Too large", "The request is too large." },
	[ERR_MEDIA_TYPE] = { 415, "unsupported_media_type", "Unsupported media type",
		"Send application/json." },
	[ERR_RANGE] = { 416, "range", "Range not satisfiable",
		"The file is shorter than the range that was asked for." },
	[ERR_LIMIT] = { 429, "rate_limited", "Too many requests", "Wait a little and try again." },
	[ERR_INTERNAL] = { 500, "internal", "Something broke", "It was logged; try again later." },
	[ERR_UNAVAILABLE] = { 503, "unavailable", "Not available right now",
		"Try again in a moment." },
	[ERR_FULL] = { 507, "storage_full", "No room", "There is no room left to store this." },
};

void
reply_header(struct req *r, const char *name, const char *value)
{
	for (const char *p = value; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f) {
			log_line(LOG_WARN, "header %s held a control character and was dropped",
				name);
			return;
		}
	buf_printf(&r->headers, "%s: %s\r\n", name, value);
}

/* What goes with every answer; private data is never stored by anything between. */
static void
standard_headers(struct req *r, const char *type)
{
	reply_header(r, "Content-Type", type);
	reply_header(r, "X-Request-Id", r->id);
	reply_header(r, "X-Content-Type-Options", "nosniff");
	reply_header(r, "Referrer-Policy", "no-referrer");
	reply_header(r, "Permissions-Policy",
		"camera=(), geolocation=(), microphone=(), payment=(), usb=()");
	if (strncmp(r->app->conf->base_url, "https:", 6) == 0)
		reply_header(r, "Strict-Transport-Security", "max-age=31536000");
	if (!strstr(buf_text(&r->headers), "Cache-Control:"))
		reply_header(r, "Cache-Control", "no-store");
}

void
reply_type(struct req *r, int status, const char *type)
{
	r->status = status;
	standard_headers(r, type);
	if (!r->route || !(r->route->flags & (R_CORS | R_PAGE)))
		reply_header(r, "Cross-Origin-Resource-Policy", "same-origin");
}

enum err
reply_json(struct req *r, int status, const char *json)
{
	reply_type(r, status, "application/json");
	buf_str(&r->out, json);
	return ERR_NONE;
}

enum err
reply_cached(struct req *r, const char *json)
{
	const char *seen = req_param(r, "HTTP_IF_NONE_MATCH");
	char hash[HASH_HEX_LEN + 1], tag[24];

	crypt_hash(json, hash);
	snprintf(tag, sizeof(tag), "\"%.16s\"", hash);
	reply_header(r, "ETag", tag);
	reply_header(r, "Cache-Control", "private, max-age=300");
	/* A proxy that compresses makes the tag weak: W/"...". */
	if (!seen || !strstr(seen, tag))
		return reply_json(r, 200, json);
	reply_type(r, 304, "application/json");
	return ERR_NONE;
}

enum err
reply_object(struct req *r, int status, struct json_object *object)
{
	return reply_json(r, status, json_write(object));
}

enum err
reply_redirect(struct req *r, const char *path)
{
	reply_header(r, "Location", path);
	reply_type(r, 303, "text/plain; charset=utf-8");
	return ERR_NONE;
}

enum err
reply_empty(struct req *r)
{
	reply_type(r, 204, "application/json");
	return ERR_NONE;
}

static void
add_fault(struct req *r, const char *kind, const char *place, const char *code, const char *detail)
{
	struct json_object *fault = json_object_new_object();

	json_set(fault, kind, place);
	json_set(fault, "code", code);
	json_set(fault, "detail", detail);
	if (!r->problems)
		r->problems = json_keep(r->mem, json_object_new_array());
	json_object_array_add(r->problems, fault);
}

enum err
reply_invalid(struct req *r, const char *pointer, const char *code, const char *detail)
{
	add_fault(r, "pointer", pointer, code, detail);
	return ERR_INVALID;
}

enum err
reply_invalid_query(struct req *r, const char *name, const char *code, const char *detail)
{
	detail = arena_printf(r->mem, "%s %s", name, detail);
	add_fault(r, "parameter", name, code, detail);
	return reply_problem(r, ERR_SYNTAX, NULL, detail);
}

enum err
reply_list(struct req *r, enum err e, const char *json)
{
	if (e == ERR_INVALID)
		return reply_invalid_query(
			r, "after", "not_a_cursor", "is not a cursor of this list.");
	return e ? e : reply_json(r, 200, json);
}

enum err
reply_problem(struct req *r, enum err e, const char *code, const char *detail)
{
	r->problem_detail = detail;
	if (code)
		r->problem_code = code;
	return e;
}

/* Keeps what the error needs of the headers so far: CORS and cookies. */
static void
keep_headers(struct req *r)
{
	static const char *const kept[] = { "Access-Control-",
		"Vary:", "Set-Cookie:", "Allow:", "Content-Range:", "RateLimit" };
	struct buf all = r->headers;

	r->headers = (struct buf){ 0 };
	for (char *line = all.data; line && *line;) {
		char *end = strstr(line, "\r\n") + 2;

		for (size_t i = 0; i < ARRAY_LEN(kept); i++)
			if (strncmp(line, kept[i], strlen(kept[i])) == 0)
				buf_add(&r->headers, line, (size_t)(end - line));
		line = end;
	}
	buf_free(&all);
}

static struct json_object *
problem_object(struct req *r, enum err e)
{
	struct json_object *problem = json_new(r->mem);
	const char *code = r->problem_code ? r->problem_code : answers[e].code;

	json_set(problem, "type", arena_printf(r->mem, "urn:parlor:problem:%s", code));
	json_set(problem, "title", answers[e].title);
	json_set_int(problem, "status", answers[e].status);
	json_set(problem, "detail", r->problem_detail ? r->problem_detail : answers[e].advice);
	json_set(problem, "code", code);
	if (r->problems)
		json_set_object(problem, "errors", json_object_get(r->problems));
	json_set(problem, "requestId", r->id);
	return problem;
}

static void
error_page(struct req *r, enum err e)
{
	struct json_object *context = json_object_new_object();

	json_set_int(context, "status", answers[e].status);
	json_set(context, "title", answers[e].title);
	json_set(context, "detail", r->problem_detail ? r->problem_detail : answers[e].advice);
	json_set(context, "requestId", r->id);
	json_set_bool(context, "signedIn", r->who.kind == ACTOR_AGENT);
	if (reply_page_status(r, answers[e].status, "error", context))
		reply_json(r, answers[e].status, answers[e].title);
}

/* Files are asked for by programs, too. */
static bool
is_for_programs(const char *path)
{
	return strncmp(path, "/api/", 5) == 0 || strncmp(path, "/attachments/", 13) == 0;
}

/* A process without templates, such as the poller, has no pages: it meets odd spellings of its paths. */
static bool
wants_page(const struct req *r)
{
	if (!r->app->templates)
		return false;
	return r->route ? r->route->flags & R_PAGE : !is_for_programs(r->path);
}

void
reply_error(struct req *r, enum err e)
{
	keep_headers(r);
	buf_clear(&r->out);
	r->stream = NULL;
	if (answers[e].status == 429 || answers[e].status == 503 || r->retry_after > 0)
		reply_header(r, "Retry-After",
			arena_printf(r->mem, "%d", r->retry_after ? r->retry_after : 1));
	if (wants_page(r)) {
		error_page(r, e);
		return;
	}
	reply_type(r, answers[e].status, "application/problem+json");
	buf_str(&r->out, json_write(problem_object(r, e)));
}
