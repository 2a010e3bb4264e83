/* The request from environ and standard input, the answer to standard output. */
#include "web/cgi.h"

#include "base/log.h"
#include "base/util.h"
#include "db/db.h"
#include "web/fcgi.h"
#include "web/reply.h"
#include "web/route.h"
#include "web/serve.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

static const char *
text_of(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "";
}

/* RFC 3875 has no REQUEST_URI; servers that leave it out give its two parts. */
static const char *
made_uri(struct arena *mem)
{
	const char *query = text_of("QUERY_STRING");

	return arena_printf(mem, "%s%s%s", text_of("PATH_INFO"), *query ? "?" : "", query);
}

static const struct param *
environment(struct arena *mem)
{
	struct param *params;
	size_t n = 0, used = 0;

	while (environ[n])
		n++;
	params = arena_alloc(mem, (n + 2) * sizeof(*params));
	for (size_t i = 0; i < n; i++) {
		const char *mark = strchr(environ[i], '=');

		if (!mark)
			continue;
		params[used].name = arena_strndup(mem, environ[i], (size_t)(mark - environ[i]));
		params[used++].value = mark + 1;
	}
	if (!getenv("REQUEST_URI"))
		params[used] = (struct param){ "REQUEST_URI", made_uri(mem) };
	return params;
}

/* CONTENT_LENGTH bytes; the server may leave the pipe open behind them. False: they never came. */
static bool
read_body(struct arena *mem, size_t max, const char **body, size_t *len, bool *too_large)
{
	const char *text = text_of("CONTENT_LENGTH");
	int64_t announced = 0;
	char *data;

	*body = "";
	*len = 0;
	if (*text && !parse_int(text, 0, INT64_MAX, &announced))
		return false;
	*too_large = announced > (int64_t)max;
	if (*too_large || announced == 0)
		return true;
	data = arena_alloc(mem, (size_t)announced + 1);
	while (*len < (size_t)announced) {
		ssize_t n = read(STDIN_FILENO, data + *len, (size_t)announced - *len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		*len += (size_t)n;
	}
	*body = data;
	return true;
}

static bool
write_all(const char *data, size_t len, void *unused)
{
	(void)unused;
	while (len > 0) {
		ssize_t n = write(STDOUT_FILENO, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

/* The server drops nothing for us here: an answer to HEAD has no body. */
static bool
write_answer(struct req *r)
{
	bool head = strcmp(text_of("REQUEST_METHOD"), "HEAD") == 0;
	struct buf out = { 0 };
	bool good;

	buf_printf(&out, "Status: %d %s\r\n", r->status, fcgi_reason(r->status));
	buf_add(&out, buf_text(&r->headers), r->headers.len);
	if (r->stream)
		buf_printf(&out, "Content-Length: %zu\r\n", r->stream_len);
	buf_str(&out, "\r\n");
	if (!head && !r->stream)
		buf_add(&out, buf_text(&r->out), r->out.len);
	good = write_all(out.data, out.len, NULL);
	buf_free(&out);
	if (good && r->stream && !head)
		good = serve_stream(r, write_all, NULL);
	return good;
}

int
cgi_serve(struct app *app)
{
	struct arena *mem = arena_new();
	struct db *db = db_new(
		app->conf->database_url, app->conf->database_roles ? DB_ROLE_APP : DB_ROLE_NONE);
	int64_t start = time_monotonic_ms();
	const struct param *params;
	const char *body = "";
	bool too_large = false, whole, written;
	size_t len = 0;
	struct req *r;

	params = environment(mem);
	whole = read_body(mem, serve_body_max(params, app), &body, &len, &too_large);
	r = req_new(mem, app, db, params, body, len);
	r->body_too_large = too_large;
	if (whole)
		route_dispatch(r);
	else
		reply_error(r, ERR_SYNTAX);
	written = write_answer(r);
	serve_log(r, time_monotonic_ms() - start);
	arena_free(mem);
	db_free(db);
	return written ? 0 : 1;
}
