/*
 * parlor web: FastCGI on descriptor 0, one request at a time, one PostgreSQL connection. And the
 * binary without a command: the same for a web server that starts it, else CGI.
 *
 * Connections are not kept: one that idles would hold the whole worker.
 */
#include "web/serve.h"

#include "base/log.h"
#include "base/loop.h"
#include "base/util.h"
#include "cmd.h"
#include "core/hint.h"
#include "db/db.h"
#include "web/cgi.h"
#include "web/fcgi.h"
#include "web/route.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	READ_LIMIT_MS = 2000,
	BODY_LIMIT_MS = 200,
	IO_LIMIT_S = 10,
	BODY_FACTOR = 4,
	SLOW_MS = 1000
};

struct server {
	struct app *app;
	struct db *db;
	struct loop *loop;
	struct watch listener;
};

static const char *
value_of(const struct param *params, const char *name)
{
	for (; params->name; params++)
		if (strcmp(params->name, name) == 0)
			return params->value;
	return "";
}

size_t
serve_body_max(const struct param *params, const void *arg)
{
	const struct conf *conf = ((const struct app *)arg)->conf;

	if (route_takes_file(value_of(params, "REQUEST_METHOD"), value_of(params, "REQUEST_URI")))
		return (size_t)conf->upload_max;
	return (size_t)conf->body_max * BODY_FACTOR;
}

bool
serve_stream(struct req *r, bool (*write)(const char *data, size_t len, void *arg), void *arg)
{
	struct buf piece = { 0 };
	bool good = true;

	for (size_t sent = 0; good && sent < r->stream_len; sent += piece.len) {
		buf_clear(&piece);
		good = r->stream(r, &piece) == ERR_NONE && piece.len > 0 &&
		       piece.len <= r->stream_len - sent && write(buf_text(&piece), piece.len, arg);
	}
	buf_free(&piece);
	return good;
}

/* The web server logs every request under the same id; here stand those that need a look. */
void
serve_log(const struct req *r, int64_t ms)
{
	static const char *const methods[] = { "GET", "POST", "PATCH", "PUT", "DELETE", "OPTIONS",
		"OTHER" };
	enum log_level level = r->status >= 500 || ms >= SLOW_MS ? LOG_WARN : LOG_DEBUG;
	struct buf b = { 0 };

	if (log_is_on(level)) {
		buf_printf(&b, "\"method\":\"%s\",\"path\":", methods[r->method]);
		buf_json(&b, r->path, utf8_valid_prefix(r->path, strlen(r->path)));
		buf_printf(&b, ",\"status\":%d,\"ms\":%lld,\"bytes\":%zu", r->status, (long long)ms,
			r->stream ? r->stream_len : r->out.len);
		log_members(level, "request", b.data);
		buf_free(&b);
	}
	log_set_request("");
}

/*
 * Until the request may be read without stalling on it. A body that does not come whole at once, since
 * it is longer than the socket's buffer, is read as it comes.
 */
static bool
wait_ready(int fd)
{
	int64_t now = time_monotonic_ms(), deadline = now + READ_LIMIT_MS, body_since = 0;
	enum fcgi_state state = FCGI_WAIT;
	struct pollfd p = { .fd = fd, .events = POLLIN };

	for (bool first = true; now < deadline; now = time_monotonic_ms(), first = false) {
		state = fcgi_peek(fd, false);
		if (state == FCGI_BODY && body_since == 0)
			body_since = now;
		if (state != FCGI_WAIT && !(state == FCGI_BODY && now - body_since < BODY_LIMIT_MS))
			break;
		/* What lies there half would wake poll() at once, over and over. */
		if (!first)
			poll(NULL, 0, 1);
		if (poll(&p, 1, (int)(deadline - now)) <= 0)
			break;
	}
	if (state == FCGI_BAD || state == FCGI_WAIT)
		log_line(LOG_WARN, "a connection was closed: %s",
			state == FCGI_BAD ? "no request we take" : "no whole request in time");
	return state == FCGI_READY || state == FCGI_BODY;
}

static bool
send_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

struct channel {
	int fd;
	unsigned id;
};

static bool
send_piece(const char *data, size_t len, void *arg)
{
	const struct channel *c = arg;
	struct buf out = { 0 };
	bool good;

	fcgi_body(&out, c->id, data, len);
	good = send_all(c->fd, out.data, out.len);
	buf_free(&out);
	return good;
}

/* Cut off, the answer has no end: the web server breaks off, too, and the client sees that. */
static void
answer_stream(struct req *r, const struct fcgi_request *in, int fd)
{
	const char *method = req_param(r, "REQUEST_METHOD");
	struct channel c = { fd, in->id };
	struct buf out = { 0 };
	bool good;

	fcgi_head(&out, in->id, r->status, buf_text(&r->headers), r->headers.len, r->stream_len);
	good = send_all(fd, out.data, out.len) &&
	       ((method && strcmp(method, "HEAD") == 0) || serve_stream(r, send_piece, &c));
	buf_clear(&out);
	fcgi_end(&out, in->id);
	if (!good || !send_all(fd, out.data, out.len))
		log_line(LOG_WARN, "an answer was cut off");
	buf_free(&out);
}

static void
answer(const struct req *r, const struct fcgi_request *in, int fd)
{
	struct buf out = { 0 };

	fcgi_answer(&out, in->id, r->status, buf_text(&r->headers), r->headers.len,
		buf_text(&r->out), r->out.len);
	if (!send_all(fd, out.data, out.len))
		log_line(LOG_WARN, "the web server did not take the answer");
	buf_free(&out);
}

/* Takes over fd. */
static void
serve(struct server *s, int fd)
{
	struct arena *mem = arena_new();
	int64_t start = time_monotonic_ms();
	struct fcgi_request in;
	struct req *r;

	if (fcgi_read_limited(fd, mem, serve_body_max, s->app, &in) == ERR_NONE) {
		r = req_new(mem, s->app, s->db, in.params, in.body, in.body_len);
		r->body_too_large = in.body_too_large;
		route_dispatch(r);
		if (r->stream)
			answer_stream(r, &in, fd);
		else
			answer(r, &in, fd);
		close(fd);
		serve_log(r, time_monotonic_ms() - start);
	}
	arena_free(mem);
}

static void
on_listener(void *arg, uint32_t events)
{
	struct server *s = arg;
	int fd = fcgi_accept(s->listener.fd, IO_LIMIT_S);

	(void)events;
	if (fd >= 0 && wait_ready(fd))
		serve(s, fd);
	else if (fd >= 0)
		close(fd);
	else if (errno != EAGAIN && errno != ECONNABORTED)
		log_line(LOG_ERROR, "accept: %s", strerror(errno));
}

/* Until SIGTERM or SIGINT; the request at hand is finished first. */
static int
serve_socket(struct app *app)
{
	struct server s = { .app = app };
	bool good;

	fcgi_start();
	hint_start(app->conf->runtime_dir);
	s.loop = loop_new();
	s.db = db_new(
		app->conf->database_url, app->conf->database_roles ? DB_ROLE_APP : DB_ROLE_NONE);
	s.listener = (struct watch){ .fn = on_listener, .arg = &s };
	fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK);
	/* Several workers share the socket: a connection wakes one of them. */
	good = loop_watch(s.loop, &s.listener, STDIN_FILENO, EPOLLIN | EPOLLEXCLUSIVE);
	if (good) {
		notify_ready();
		log_line(LOG_INFO, "ready");
		loop_run(s.loop);
		log_line(LOG_INFO, "stopped");
	}
	db_free(s.db);
	loop_free(s.loop);
	return good ? 0 : 1;
}

static int
refuse(const char *command)
{
	fprintf(stderr,
		"parlor %s: descriptor 0 must be a listening Unix socket (systemd: "
		"StandardInput=socket; or spawn-fcgi -s PATH -M 0660); TCP is refused, because "
		"whoever reaches it could forge requests\n",
		command);
	return 1;
}

int
cmd_web(int argc, char **argv)
{
	static const char help[] =
		"usage: parlor web [--config FILE]\n\n"
		"Answers FastCGI requests on descriptor 0, a listening Unix socket.\n"
		"Run several; the socket is shared. SIGTERM ends it.\n";
	struct arena *mem = arena_new();
	const char *config;
	struct app *app;
	int status;

	if (!app_options(argc, argv, help, &config, &status))
		goto out;
	status = 1;
	if (!fcgi_is_listener(STDIN_FILENO)) {
		status = refuse(argv[0]);
		goto out;
	}
	app = app_open(mem, "web", config, true);
	if (app) {
		app->polls_are_held = true;
		status = serve_socket(app);
	}
out:
	arena_free(mem);
	return status;
}

int
cmd_cgi(int argc, char **argv)
{
	struct arena *mem = arena_new();
	bool socket = fcgi_is_socket(STDIN_FILENO);
	struct app *app;
	int status = 1;

	(void)argc;
	if (socket && !fcgi_is_listener(STDIN_FILENO)) {
		status = refuse(argv[0]);
	} else if ((app = app_open(mem, "cgi", NULL, true))) {
		app->polls_are_held = false;
		status = socket ? serve_socket(app) : cgi_serve(app);
	}
	arena_free(mem);
	return status;
}
