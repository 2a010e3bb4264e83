/*
 * Files: taken as the body of a request, and given in place only when they are pictures by their
 * content. All else is for saving, as bytes of no type, in a sandbox, whatever somebody called it.
 */
#include "web/api.h"

#include "base/file.h"
#include "core/attachment.h"
#include "web/app.h"
#include "web/auth.h"
#include "web/limit.h"
#include "web/range.h"
#include "web/reply.h"

#include <string.h>

enum { HOUR = 3600, NETWORK_FACTOR = 10, STAFF_HOURLY = 300 };

/* A visitor is counted, and the network, since whoever wants to can be a new visitor each time. */
static enum err
take_limits(struct req *r)
{
	const int64_t hourly = r->app->conf->upload_visitor_hourly;
	const struct limit visitor = { "upload", hourly, HOUR };
	const struct limit network = { "upload_network", hourly * NETWORK_FACTOR, HOUR };
	static const struct limit staff = { "upload_staff", STAFF_HOURLY, HOUR };

	if (r->who.kind != ACTOR_VISITOR)
		return request_limit(r, &staff, r->who.id);
	return request_limit_both(r, &visitor, r->who.id, &network, auth_network(r));
}

static enum err
refuse_full(struct req *r, const char *quota)
{
	if (strcmp(quota, "visitor") == 0)
		return reply_problem(
			r, ERR_FULL, "visitor_quota", "Your files take all the room they may.");
	return reply_problem(r, ERR_FULL, "organization_quota",
		"The organization's files take all the room they may.");
}

enum err
api_attachment_post(struct req *r)
{
	const struct access as = auth_access(r);
	const struct conf *conf = r->app->conf;
	const char *name = req_query(r, "name"), *json, *quota;
	const struct attachment_new new = { .name = name ? name : "",
		.data = r->body,
		.len = r->body_len,
		.organization_bytes = conf->upload_organization_bytes,
		.visitor_bytes = conf->upload_visitor_bytes,
		.scan = *conf->clamd_socket != '\0' };
	enum err e;

	if ((e = take_limits(r)))
		return e;
	e = attachment_store(&as, &new, &json, &quota);
	if (e == ERR_FULL)
		return refuse_full(r, quota);
	if (e)
		return e;
	return reply_json(r, 201, arena_printf(r->mem, "{\"attachment\":%s}", json));
}

/* The bytes of an answer that are still to come. */
struct rest {
	struct attachment file;
	const char *organization;
	int64_t at, end;
};

/* After the dispatcher is done: the scope is set anew, and memory lives for one piece only. */
static enum err
next_piece(struct req *r, struct buf *piece)
{
	struct rest *rest = r->stream_arg;
	const int64_t number = rest->at / rest->file.chunk_size;
	const int64_t skip = rest->at % rest->file.chunk_size, left = rest->end - rest->at;
	struct arena *mem = arena_new();
	struct buf chunk = { 0 };
	enum err e;

	db_scope(r->db, rest->organization);
	e = attachment_chunk(r->db, mem, rest->organization, rest->file.id, number, &chunk);
	db_scope(r->db, NULL);
	if (!e && (int64_t)chunk.len > skip) {
		int64_t len = (int64_t)chunk.len - skip;

		len = len < left ? len : left;
		buf_add(piece, chunk.data + skip, (size_t)len);
		rest->at += len;
	}
	buf_free(&chunk);
	arena_free(mem);
	return e;
}

static void
file_headers(struct req *r, const struct attachment *file, const char *tag)
{
	struct buf b = { 0 };

	file_disposition(&b, file->picture ? "inline" : "attachment", file->name);
	reply_header(r, "Content-Disposition", buf_text(&b));
	buf_free(&b);
	reply_header(r, "Content-Security-Policy",
		"sandbox; default-src 'none'; frame-ancestors 'none'");
	reply_header(r, "Cross-Origin-Resource-Policy", "same-origin");
	reply_header(r, "Cache-Control", "private, max-age=31536000, immutable");
	reply_header(r, "Vary", "Authorization, Cookie");
	reply_header(r, "Accept-Ranges", "bytes");
	reply_header(r, "ETag", tag);
}

/* What the client has is the file, which never changes, or what it has is not (RFC 9110, 13.1.2). */
static bool
client_has(struct req *r, const char *tag)
{
	const char *seen = req_param(r, "HTTP_IF_NONE_MATCH");

	return seen && (strcmp(seen, "*") == 0 || strstr(seen, tag));
}

/* A range of another file is no range (13.1.5); a date says nothing, since we send none. */
static const char *
range_of(struct req *r, const char *tag)
{
	const char *condition = req_param(r, "HTTP_IF_RANGE");

	return !condition || strcmp(condition, tag) == 0 ? req_param(r, "HTTP_RANGE") : NULL;
}

static enum err
send_file(struct req *r, const struct attachment *file)
{
	const char *tag = arena_printf(r->mem, "\"%s\"", file->hash);
	const char *type = file->picture ? file->type : "application/octet-stream";
	struct rest *rest = arena_alloc(r->mem, sizeof(*rest));
	int64_t from, to;
	enum range range = range_parse(range_of(r, tag), file->size, &from, &to);
	bool has = client_has(r, tag);

	if (range == RANGE_BEYOND && !has) {
		reply_header(r, "Content-Range",
			arena_printf(r->mem, "bytes */%lld", (long long)file->size));
		return ERR_RANGE;
	}
	file_headers(r, file, tag);
	if (has) {
		reply_type(r, 304, type);
		return ERR_NONE;
	}
	if (range == RANGE_PART)
		reply_header(r, "Content-Range",
			arena_printf(r->mem, "bytes %lld-%lld/%lld", (long long)from, (long long)to,
				(long long)file->size));
	reply_type(r, range == RANGE_PART ? 206 : 200, type);
	*rest = (struct rest){ *file, r->who.organization, from, to + 1 };
	r->stream = next_piece;
	r->stream_arg = rest;
	r->stream_len = (size_t)(to + 1 - from);
	return ERR_NONE;
}

enum err
attachment_get(struct req *r)
{
	const struct access as = auth_access(r);
	struct attachment file;
	enum err e = attachment_open(&as, r->arg[0], &file);

	if (e)
		return e;
	if (file.infected)
		return reply_problem(r, ERR_FORBIDDEN, "infected",
			"The scanner found something harmful in this file.");
	if (file.pending)
		return reply_problem(r, ERR_CONFLICT, "scan_pending",
			"This file is still being checked. Try again in a moment.");
	return send_file(r, &file);
}
