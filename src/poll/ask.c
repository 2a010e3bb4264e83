/*
 * A complete FastCGI request becomes a parked one: path, credential, cursor and time are checked
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
#include "web/reply.h"
#include "web/route.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { WAIT_MAX = 3600, BUSY_RETRY_S = 2 };

bool
ask_is_visitor(const struct ask *a)
{
	return a->kind == PROOF_VISITOR;
}

void
ask_free(struct ask *a)
{
	if (a->proof)
		sodium_memzero(a->proof, strlen(a->proof));
	free(a->proof);
	free(a->mark);
	free(a->member);
	free(a->origin);
	free(a->cors);
	free(a);
}

static const struct route *
find_route(const char *path)
{
	for (const struct route *row = routes; row < routes + routes_count; row++)
		if ((row->flags & R_POLL) && strcmp(row->path, path) == 0)
			return row;
	return NULL;
}

static char *
sha256_hex(const char *text)
{
	unsigned char hash[crypto_hash_sha256_BYTES];
	char *hex = malloc(sizeof(hash) * 2 + 1);

	if (!hex)
		abort();
	crypto_hash_sha256(hash, (const unsigned char *)text, strlen(text));
	return sodium_bin2hex(hex, sizeof(hash) * 2 + 1, hash, sizeof(hash));
}

static enum err
take_hashed(struct ask *a, enum proof_kind kind, const char *token)
{
	char hash[HASH_HEX_LEN + 1];

	crypt_hash(token, hash);
	a->kind = kind;
	a->proof = strdup(hash);
	a->mark = strdup(hash);
	return ERR_NONE;
}

static enum err
take_cookie(struct req *r, struct ask *a)
{
	const char *header = req_param(r, "HTTP_COOKIE");
	const char *value = header ? parse_cookie(r->mem, header, auth_cookie_name(r)) : NULL;
	const char *token =
		value ? crypt_cookie_token(r->mem, r->app->conf->auth_secret, value) : NULL;

	if (!token)
		return ERR_AUTH;
	a->kind = PROOF_SESSION;
	a->proof = strdup(token);
	a->mark = sha256_hex(token);
	return ERR_NONE;
}

static enum err
take_credential(struct req *r, struct ask *a)
{
	static const char scheme[] = "Bearer ";
	const char *header = req_param(r, "HTTP_AUTHORIZATION"), *token;

	if (!header)
		return r->route->actors & ACTOR_AGENT ? take_cookie(r, a) : ERR_AUTH;
	token = header + sizeof(scheme) - 1;
	if (strncasecmp(header, scheme, sizeof(scheme) - 1) != 0)
		return ERR_AUTH;
	if (strncmp(token, "sk_", 3) == 0)
		return r->route->actors & ACTOR_KEY ? take_hashed(a, PROOF_KEY, token) : ERR_AUTH;
	if (!(r->route->actors & ACTOR_VISITOR) || strlen(token) != CREDENTIAL_LEN)
		return ERR_AUTH;
	return take_hashed(a, PROOF_VISITOR, token);
}

/* An Origin that is not this installation's own. */
static const char *
foreign_origin(const struct req *r)
{
	const char *origin = req_param(r, "HTTP_ORIGIN"),
		   *site = req_param(r, "HTTP_SEC_FETCH_SITE");

	if (!origin || strcmp(origin, r->app->conf->base_url) == 0 ||
		(site && strcmp(site, "same-origin") == 0))
		return NULL;
	return origin;
}

/* Milliseconds to wait at most: a little less than asked, so that not all come back at once. */
static enum err
take_wait(struct req *r, int64_t *ms)
{
	const char *text = req_query(r, "wait");
	int64_t hold = r->app->conf->poll_hold_seconds, seconds = hold;

	if (text && !parse_int(text, 0, WAIT_MAX, &seconds))
		return reply_problem(r, ERR_SYNTAX, NULL, "wait is a number of seconds.");
	seconds = seconds < hold ? seconds : hold;
	*ms = seconds * 1000 - random() % (seconds * 100 + 1);
	return ERR_NONE;
}

static enum err
take_cursor(struct req *r, struct conn *c)
{
	const char *text = req_query(r, "cursor");
	struct cursor cursor;
	enum err e;

	if (!text || !*text)
		return ERR_NONE;
	if ((e = cursor_decode(r->mem, text, c->p->timeline, &cursor)))
		return e;
	c->snap = snap_new(cursor.snapshot, 0);
	if (strcmp(cursor.boot, c->p->boot) == 0)
		c->live_seen = cursor.live;
	return ERR_NONE;
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
	return ERR_NONE;
}

/* Fills in c; on an error what was filled in is freed with the request. */
static enum err
take(struct req *r, struct conn *c, int64_t *wait_ms)
{
	const char *origin;
	enum err e;

	if (!c->p->ready || c->p->asks_count > (size_t)r->app->conf->poll_max_waiting) {
		r->retry_after = BUSY_RETRY_S;
		return ERR_UNAVAILABLE;
	}
	if ((e = take_credential(r, c->ask)) || (e = take_wait(r, wait_ms)) ||
		(e = take_cursor(r, c)))
		return e;
	origin = foreign_origin(r);
	c->ask->origin = origin ? strdup(origin) : NULL;
	c->ask->cors = strdup(buf_text(&r->headers));
	memcpy(c->ask->request_id, r->id, sizeof(r->id));
	return ERR_NONE;
}

static bool
is_preflight(const struct req *r)
{
	const struct route *row = find_route(r->path);

	return r->method == METHOD_OPTIONS && row && (row->flags & R_CORS);
}

static void
enter(struct conn *c, struct req *r)
{
	int64_t wait_ms = 0;
	enum err e;

	c->ask = calloc(1, sizeof(*c->ask));
	if (!c->ask)
		abort();
	c->p->asks_count++;
	if (is_preflight(r)) {
		(void)cors_preflight(r, "GET");
		answer_req(c, r);
	} else if ((e = check(r)) || (e = take(r, c, &wait_ms))) {
		reply_error(r, e);
		answer_req(c, r);
	} else {
		c->overdue = wait_ms == 0;
		if (wait_ms)
			loop_timer(c->p->loop, &c->timer, wait_ms);
		conn_queue(c, &c->p->asking[c->ask->kind], CONN_ASKING);
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
