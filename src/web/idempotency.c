/*
 * A request with a key runs in one transaction with the record of its answer: whatever breaks, both are
 * there or neither, and the sender may repeat it until there is an answer.
 *
 * Only answers of success are kept. After a refusal (4xx) what the handler left is committed, as without
 * the key, above all the tokens it took of rate limits; the same key may then come with a mended request.
 * After a failure (5xx) nothing stays.
 */
#include "web/idempotency.h"

#include "base/crypt.h"
#include "core/hint.h"
#include "core/idempotency.h"
#include "web/app.h"
#include "web/auth.h"
#include "web/reply.h"
#include "web/route.h"

#include <string.h>

enum { KEY_MAX = 255, BUSY_RETRY_S = 1 };

static bool
key_is_good(const char *key)
{
	const size_t len = strlen(key);

	if (len < 1 || len > KEY_MAX)
		return false;
	for (const char *p = key; *p; p++)
		if (*p < 0x21 || *p > 0x7e)
			return false;
	return true;
}

static struct idempotency
request_of(const struct req *r, const char *key)
{
	/* What leads into organizations: by its end the caller may be in another one than before. */
	const bool users = r->route->actors & ACTOR_USER;
	char body[HASH_HEX_LEN + 1];

	crypt_hash_bytes(r->body_len ? r->body : "", r->body_len, body);
	return (struct idempotency){ .secret = r->app->conf->auth_secret,
		.key = key,
		.user = users ? r->who.user : NULL,
		.caller = users ? "user"
				: arena_printf(r->mem, "%u %s", (unsigned)r->who.kind, r->who.id),
		.request = arena_printf(r->mem, "POST %s?%s %s", r->path, r->query, body) };
}

/* The headers that belong to the answer and not to its transport, an empty line, the body. */
static const char *
answer_text(struct req *r)
{
	static const char *const kept[] = { "Content-Type:", "Location:", "ETag:" };
	const char *text = "";

	for (const char *line = buf_text(&r->headers); *line;) {
		const int len = (int)(strstr(line, "\r\n") + 2 - line);

		for (size_t i = 0; i < ARRAY_LEN(kept); i++)
			if (strncmp(line, kept[i], strlen(kept[i])) == 0)
				text = arena_printf(r->mem, "%s%.*s", text, len, line);
		line += len;
	}
	return arena_printf(r->mem, "%s\r\n%s", text, buf_text(&r->out));
}

static enum err
replay(struct req *r, int status, const char *answer)
{
	const char *type = "application/json";

	while (strncmp(answer, "\r\n", 2) != 0) {
		char *line = arena_strndup(r->mem, answer, strcspn(answer, "\r"));
		char *value = strchr(line, ':');

		answer += strlen(line) + 2;
		*value = '\0';
		value += 2;
		if (strcmp(line, "Content-Type") == 0)
			type = value;
		else
			reply_header(r, line, value);
	}
	reply_header(r, "Idempotency-Replayed", "true");
	reply_type(r, status, type);
	buf_str(&r->out, answer + 2);
	return ERR_NONE;
}

static enum err
answer_known(struct req *r, enum idempotency_state state, int status, const char *answer)
{
	if (state == IDEMPOTENCY_BUSY) {
		r->retry_after = BUSY_RETRY_S;
		return reply_problem(r, ERR_CONFLICT, "idempotency_in_flight",
			"The first request with this Idempotency-Key is still under way.");
	}
	if (state == IDEMPOTENCY_OTHER)
		return reply_problem(r, ERR_INVALID, "idempotency_key_reused",
			"This Idempotency-Key was used for another request; take a new one.");
	if (!answer)
		return reply_problem(r, ERR_CONFLICT, "idempotency_unreadable",
			"The request was carried out, but its answer cannot be read any more.");
	return replay(r, status, answer);
}

/* In the span. Returns what the handler came to; *keep: what it did is to stay. */
static enum err
carry_out(struct req *r, const struct access *as, const struct idempotency *i, bool *keep)
{
	enum err e = r->route->handler(r);

	db_rollback(r->db);
	*keep = e != ERR_INTERNAL && e != ERR_UNAVAILABLE;
	if (e || r->status < 200 || r->status > 299)
		return e;
	e = idempotency_keep(as, i, r->status, answer_text(r));
	*keep = !e;
	return e;
}

static enum err
once(struct req *r, const struct access *as, const struct idempotency *i)
{
	enum idempotency_state state;
	const char *answer = NULL;
	bool keep = false;
	int status = 0;
	enum err e = idempotency_claim(as, i, &state, &status, &answer), ended;

	if (e)
		return e;
	if (state != IDEMPOTENCY_NEW)
		return answer_known(r, state, status, answer);
	hint_hold();
	e = carry_out(r, as, i, &keep);
	ended = keep ? db_span_commit(r->db) : ERR_NONE;
	hint_release(keep && !ended);
	return ended ? ended : e;
}

enum err
idempotency_handle(struct req *r)
{
	const char *key = req_param(r, "HTTP_IDEMPOTENCY_KEY");
	const struct access as = auth_access(r);
	struct idempotency i;
	enum err e;

	if (!key || r->method != METHOD_POST || strncmp(r->path, "/api/", 5) != 0)
		return r->route->handler(r);
	if (!key_is_good(key))
		return reply_problem(r, ERR_SYNTAX, "idempotency_key_invalid",
			"An Idempotency-Key is 1 to 255 visible characters of ASCII.");
	i = request_of(r, key);
	/* Who is nobody yet cannot be told from another, who must not get their answer. */
	if (!i.user && !r->who.organization)
		return r->route->handler(r);
	if ((e = db_span_begin(r->db)))
		return e;
	e = once(r, &as, &i);
	db_span_rollback(r->db);
	return e;
}
