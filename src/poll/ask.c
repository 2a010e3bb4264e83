/*
 * A complete FastCGI request becomes a wait: path, form of the credential, cursor and time are checked
 * here, the credential itself by the next batch. libfcgi's buffers and the arena are gone after it.
 */
#include "poll/poller.h"

#include "base/crypt.h"
#include "base/log.h"
#include "base/util.h"
#include "web/auth.h"
#include "web/cors.h"
#include "web/fcgi.h"
#include "web/parse.h"
#include "web/query.h"
#include "web/reply.h"
#include "web/route.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { WAIT_MAX = 3600, BUSY_RETRY_S = 2 };

/* What a request says of itself; strings live in its arena. */
struct asked {
	enum proof_kind kind;
	const char *proof; /* NULL mark: it is the mark as well */
	const char *mark;
	struct cursor cursor;
	bool has_cursor;
	int64_t wait_ms;
};

static const struct route *
find_route(const char *path)
{
	for (const struct route *row = routes; row < routes + routes_count; row++)
		if ((row->flags & R_POLL) && strcmp(row->path, path) == 0)
			return row;
	return NULL;
}

static const char *
sha256_hex(struct arena *mem, const char *text)
{
	unsigned char hash[crypto_hash_sha256_BYTES];
	char *hex = arena_alloc(mem, sizeof(hash) * 2 + 1);

	crypto_hash_sha256(hash, (const unsigned char *)text, strlen(text));
	return sodium_bin2hex(hex, sizeof(hash) * 2 + 1, hash, sizeof(hash));
}

static enum err
take_hashed(struct req *r, struct asked *a, enum proof_kind kind, const char *token)
{
	char hash[HASH_HEX_LEN + 1];

	crypt_hash(token, hash);
	a->kind = kind;
	a->proof = arena_strdup(r->mem, hash);
	return ERR_NONE;
}

static enum err
take_cookie(struct req *r, struct asked *a)
{
	const char *header = req_param(r, "HTTP_COOKIE");
	const char *value = header ? parse_cookie(r->mem, header, auth_cookie_name(r)) : NULL;

	a->kind = PROOF_SESSION;
	a->proof = value ? crypt_cookie_token(r->mem, r->app->conf->auth_secret, value) : NULL;
	if (!a->proof)
		return ERR_AUTH;
	a->mark = sha256_hex(r->mem, a->proof);
	return ERR_NONE;
}

static enum err
take_credential(struct req *r, struct asked *a)
{
	static const char scheme[] = "Bearer ";
	const char *header = req_param(r, "HTTP_AUTHORIZATION"), *token;

	if (!header)
		return r->route->actors & ACTOR_AGENT ? take_cookie(r, a) : ERR_AUTH;
	token = header + sizeof(scheme) - 1;
	if (strncasecmp(header, scheme, sizeof(scheme) - 1) != 0)
		return ERR_AUTH;
	if (strncmp(token, "sk_", 3) == 0)
		return r->route->actors & ACTOR_KEY ? take_hashed(r, a, PROOF_KEY, token)
						    : ERR_AUTH;
	if (!(r->route->actors & ACTOR_VISITOR) || strlen(token) != CREDENTIAL_LEN)
		return ERR_AUTH;
	return take_hashed(r, a, PROOF_VISITOR, token);
}

static enum err
take_wait(struct req *r, struct asked *a)
{
	int64_t hold = r->app->conf->poll_hold_seconds, seconds = hold;
	enum err e;

	if ((e = query_int(r, "wait", 0, WAIT_MAX, &seconds)))
		return e;
	a->wait_ms = (seconds < hold ? seconds : hold) * 1000;
	return ERR_NONE;
}

static enum err
take_cursor(struct req *r, const struct poller *p, struct asked *a)
{
	const char *text = req_query(r, "cursor");

	a->has_cursor = text && *text;
	return a->has_cursor ? cursor_decode(r->mem, text, p->timeline, &a->cursor) : ERR_NONE;
}

static enum err
check(struct req *r)
{
	if (!(r->route = find_route(r->path)))
		return ERR_NOT_FOUND;
	if (r->route->flags & R_CORS)
		cors_headers(r);
	if (r->method != METHOD_GET) {
		reply_header(r, "Allow", "GET");
		return ERR_METHOD;
	}
	if (req_is_ambiguous(r))
		return reply_problem(
			r, ERR_SYNTAX, NULL, "A header that may come once came twice.");
	if (!req_query_is_good(r))
		return reply_problem(r, ERR_SYNTAX, NULL, REQ_QUERY_ADVICE);
	return ERR_NONE;
}

static enum err
take(struct req *r, const struct poller *p, struct asked *a)
{
	enum err e;

	if (!p->ready || p->waiting >= (size_t)r->app->conf->poll_max_waiting) {
		r->retry_after = BUSY_RETRY_S;
		return ERR_UNAVAILABLE;
	}
	if ((e = take_credential(r, a)) || (e = take_wait(r, a)))
		return e;
	return take_cursor(r, p, a);
}

static bool
is_preflight(const struct req *r)
{
	const struct route *row = find_route(r->path);

	return r->method == METHOD_OPTIONS && row && (row->flags & R_CORS);
}

static void
begin(struct conn *c, const struct req *r, const struct asked *a)
{
	const char *origin = req_param(r, "HTTP_ORIGIN");
	struct wait *w = wait_new(c);

	w->kind = a->kind;
	w->proof = strdup(a->proof);
	w->mark = a->mark ? strdup(a->mark) : w->proof;
	w->origin = origin ? strdup(origin) : NULL;
	w->foreign = cors_is_foreign(r);
	w->snap = a->has_cursor ? snap_new(c->p, a->cursor.snapshot, 0) : NULL;
	if (a->has_cursor && strcmp(a->cursor.boot, c->p->boot) == 0)
		w->live_seen = a->cursor.live;
	memcpy(w->request_id, r->id, sizeof(w->request_id));
	wait_for(w, a->wait_ms);
	wait_queue(w, &c->p->asking[w->kind], WAIT_ASKING);
}

/* Its last answer ended where it goes on now: it is still who it was, and has missed nothing. */
static bool
go_on(struct conn *c, const struct req *r, const struct asked *a)
{
	struct wait *w;

	if (!a->has_cursor || a->wait_ms == 0 || strcmp(a->cursor.boot, c->p->boot) != 0)
		return false;
	w = wait_find_left(
		c->p, a->kind, a->proof, req_param(r, "HTTP_ORIGIN"), a->cursor.snapshot);
	if (!w)
		return false;
	wait_return(w, c);
	w->foreign = cors_is_foreign(r);
	w->live_seen = a->cursor.live;
	memcpy(w->request_id, r->id, sizeof(w->request_id));
	wait_for(w, a->wait_ms);
	reads_note(w);
	if (topic_lives(w->waiter.topic, w->live_seen, w->member, loop_now(w->p->loop), NULL))
		w->again = true;
	wait_park(w);
	return true;
}

static void
enter(struct conn *c, struct req *r)
{
	struct asked a = { 0 };
	enum err e;

	c->state = CONN_BUSY;
	if (is_preflight(r)) {
		(void)cors_preflight(r, "GET");
		answer_req(c, r);
	} else if ((e = check(r)) || (e = take(r, c->p, &a))) {
		reply_error(r, e);
		answer_req(c, r);
	} else if (!go_on(c, r, &a)) {
		begin(c, r, &a);
	}
}

void
ask_read(struct conn *c)
{
	struct arena *mem = arena_new();
	struct fcgi_request in;
	struct req *r;

	if (fcgi_read(c->watch.fd, mem, FCGI_PARAMS_MAX, &in)) {
		/* It passed the look and was refused all the same; the descriptor is closed. */
		log_line(LOG_WARN, "a request could not be read");
		c->watch.fd = -1;
		conn_close(c);
	} else {
		c->id = (uint16_t)in.id;
		c->keep = in.keep;
		r = req_new(mem, c->p->app, NULL, in.params, in.body, in.body_len);
		enter(c, r);
		log_set_request("");
	}
	arena_free(mem);
}
