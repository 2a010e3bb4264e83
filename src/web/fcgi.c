#include "web/fcgi.h"

#include <errno.h>
#include <fcgiapp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { HEADER_LEN = 8, RECORD_MAX = 65528, DRAIN_MAX = 32 * 1024 * 1024 };
enum { BEGIN_REQUEST = 1, END_REQUEST = 3, PARAMS = 4, STDIN = 5, STDOUT = 6 }; /* 8 */
enum { RESPONDER = 1, KEEP_CONN = 1 };

void
fcgi_start(void)
{
	signal(SIGPIPE, SIG_IGN);
	/* Closing a bad connection must not wait for its peer. */
	setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", "0", 1);
	if (FCGX_Init() != 0)
		abort();
}

static bool
listens(int fd, int *family)
{
	struct sockaddr_storage addr;
	socklen_t addr_len = sizeof(addr), flag_len = sizeof(int);
	int listening = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &flag_len) || !listening ||
		getsockname(fd, (struct sockaddr *)&addr, &addr_len))
		return false;
	*family = addr.ss_family;
	return true;
}

bool
fcgi_is_listener(int fd)
{
	int family;

	return listens(fd, &family) && family == AF_UNIX;
}

bool
fcgi_is_socket(int fd)
{
	int family;

	return listens(fd, &family);
}

int
fcgi_accept(int listener, int seconds)
{
	const struct timeval limit = { .tv_sec = seconds };
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd >= 0 && seconds) {
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	}
	return fd;
}

/* A record's header (3.3). */
struct record {
	unsigned version, type, id, len, padding;
	const unsigned char *content;
};

/* The record at *at, and *at behind it. False when it is not all there. */
static bool
next_record(const unsigned char *bytes, size_t len, size_t *at, struct record *rec)
{
	const unsigned char *h = bytes + *at;

	if (len - *at < HEADER_LEN)
		return false;
	rec->version = h[0];
	rec->type = h[1];
	rec->id = (unsigned)h[2] << 8 | h[3];
	rec->len = (unsigned)h[4] << 8 | h[5];
	rec->padding = h[6];
	rec->content = h + HEADER_LEN;
	if (len - *at - HEADER_LEN < rec->len + rec->padding)
		return false;
	*at += HEADER_LEN + rec->len + rec->padding;
	return true;
}

/* One length of a name-value pair (3.4): 1 byte, or 4 with the high bit set. */
static bool
next_length(const unsigned char *bytes, size_t len, size_t *at, size_t *out)
{
	if (*at >= len)
		return false;
	if (!(bytes[*at] & 0x80)) {
		*out = bytes[(*at)++];
		return true;
	}
	if (len - *at < 4)
		return false;
	*out = (size_t)(bytes[*at] & 0x7f) << 24 | (size_t)bytes[*at + 1] << 16 |
	       (size_t)bytes[*at + 2] << 8 | bytes[*at + 3];
	*at += 4;
	return true;
}

/* Whether names and values fill the stream exactly, and none holds a NUL. */
static bool
pairs_fit(const unsigned char *bytes, size_t len)
{
	size_t at = 0, name, value;

	while (at < len) {
		if (!next_length(bytes, len, &at, &name) || !next_length(bytes, len, &at, &value) ||
			name > len - at || value > len - at - name)
			return false;
		if (memchr(bytes + at, '\0', name + value) || memchr(bytes + at, '=', name))
			return false;
		at += name + value;
	}
	return true;
}

/* libfcgi takes the padding of an empty record, and of BEGIN_REQUEST, for the next one. */
static bool
is_of(const struct record *rec, unsigned type, unsigned id)
{
	return rec->version == 1 && rec->type == type && rec->id == id &&
	       (rec->len > 0 || rec->padding == 0);
}

/* PARAMS up to its empty record, collected into pairs. */
static enum fcgi_state
look_at_params(const unsigned char *bytes, size_t len, size_t *at, unsigned id)
{
	static unsigned char pairs[FCGI_PARAMS_MAX];
	struct record rec;
	size_t used = 0;

	while (next_record(bytes, len, at, &rec)) {
		if (!is_of(&rec, PARAMS, id))
			return FCGI_BAD;
		if (rec.len == 0)
			return pairs_fit(pairs, used) ? FCGI_READY : FCGI_BAD;
		memcpy(pairs + used, rec.content, rec.len); /* no longer than bytes */
		used += rec.len;
	}
	return len == FCGI_PARAMS_MAX ? FCGI_BAD : FCGI_WAIT;
}

static enum fcgi_state
look_at_stdin(const unsigned char *bytes, size_t len, size_t *at, unsigned id)
{
	struct record rec;

	while (next_record(bytes, len, at, &rec)) {
		if (!is_of(&rec, STDIN, id))
			return FCGI_BAD;
		if (rec.len == 0)
			return FCGI_READY;
	}
	/* Of a record that is not all there the beginning of its header is looked at. */
	if ((len > *at && bytes[*at] != 1) || (len > *at + 1 && bytes[*at + 1] != STDIN))
		return FCGI_BAD;
	return len == FCGI_PARAMS_MAX ? FCGI_READY : FCGI_BODY;
}

static enum fcgi_state
look_at(const unsigned char *bytes, size_t len, bool whole)
{
	enum fcgi_state state;
	struct record rec;
	size_t at = 0;

	/* What can be no request is told by its first bytes: nobody waits for the rest. */
	if (bytes[0] != 1 || (len > 1 && bytes[1] != BEGIN_REQUEST) || (len > 5 && bytes[4] != 0) ||
		(len > 5 && bytes[5] != 8) || (len > 6 && bytes[6] != 0))
		return FCGI_BAD;
	if (!next_record(bytes, len, &at, &rec))
		return FCGI_WAIT;
	if (rec.id == 0 || rec.content[0] != 0 || rec.content[1] != RESPONDER)
		return FCGI_BAD;
	state = look_at_params(bytes, len, &at, rec.id);
	if (state == FCGI_READY)
		state = look_at_stdin(bytes, len, &at, rec.id);
	if (whole && state == FCGI_BODY)
		state = FCGI_WAIT;
	return whole && state == FCGI_READY && at != len ? FCGI_BAD : state;
}

enum fcgi_state
fcgi_peek(int fd, bool whole)
{
	static unsigned char bytes[FCGI_PARAMS_MAX];
	ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_PEEK | MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? FCGI_WAIT : FCGI_GONE;
	return n == 0 ? FCGI_GONE : look_at(bytes, (size_t)n, whole);
}

/* libfcgi keeps "NAME=value" strings. */
static const struct param *
copy_params(struct arena *mem, char *const *envp)
{
	struct param *params;
	size_t n = 0;

	while (envp[n])
		n++;
	params = arena_alloc(mem, (n + 1) * sizeof(*params));
	for (size_t i = 0; i < n; i++) {
		const char *mark = strchr(envp[i], '=');

		params[i].name = arena_strndup(mem, envp[i], (size_t)(mark - envp[i]));
		params[i].value = arena_strdup(mem, mark + 1);
	}
	return params;
}

/* STDIN to its end, whatever CONTENT_LENGTH says. What is too long is read and dropped. */
static enum err
read_body(FCGX_Stream *stream, struct arena *mem, size_t body_max, struct fcgi_request *in)
{
	struct buf *body = arena_alloc(mem, sizeof(*body));
	const size_t drain_max = body_max + DRAIN_MAX;
	size_t total = 0;
	char chunk[8192];
	int n;

	arena_defer(mem, (void (*)(void *))buf_free, body);
	while ((n = FCGX_GetStr(chunk, sizeof(chunk), stream)) > 0 && total <= drain_max) {
		total += (size_t)n;
		if (total <= body_max)
			buf_add(body, chunk, (size_t)n);
	}
	in->body_too_large = total > body_max;
	in->body_len = in->body_too_large ? 0 : body->len;
	in->body = in->body_too_large ? "" : buf_text(body);
	return FCGX_GetError(stream) || total > drain_max ? ERR_UNAVAILABLE : ERR_NONE;
}

static size_t
constant(const struct param *params, const void *body_max)
{
	(void)params;
	return *(const size_t *)body_max;
}

enum err
fcgi_read(int fd, struct arena *mem, size_t body_max, struct fcgi_request *in)
{
	return fcgi_read_limited(fd, mem, constant, &body_max, in);
}

enum err
fcgi_read_limited(int fd, struct arena *mem,
	size_t (*body_max)(const struct param *params, const void *arg), const void *arg,
	struct fcgi_request *in)
{
	FCGX_Request r;
	enum err e;

	/* No listening socket: libfcgi must not accept another connection when this one fails. */
	FCGX_InitRequest(&r, -1, FCGI_FAIL_ACCEPT_ON_INTR);
	r.ipcFd = fd;
	r.keepConnection = 1;
	if (FCGX_Accept_r(&r) != 0) {
		if (r.ipcFd >= 0)
			close(r.ipcFd);
		return ERR_SYNTAX;
	}
	*in = (struct fcgi_request){ .id = (unsigned)r.requestId, .keep = r.keepConnection };
	in->params = copy_params(mem, r.envp);
	e = read_body(r.in, mem, body_max(in->params, arg), in);
	FCGX_Free(&r, 0); /* its buffers; the descriptor stays */
	if (e)
		close(fd);
	return e;
}

static void
add_record(struct buf *out, unsigned type, unsigned id, const char *content, size_t len)
{
	const char header[HEADER_LEN] = { 1, (char)type, (char)(id >> 8), (char)id,
		(char)(len >> 8), (char)len, 0, 0 };

	buf_add(out, header, sizeof(header));
	buf_add(out, content, len);
}

void
fcgi_body(struct buf *out, unsigned id, const char *data, size_t len)
{
	for (size_t at = 0; at < len; at += RECORD_MAX)
		add_record(
			out, STDOUT, id, data + at, len - at < RECORD_MAX ? len - at : RECORD_MAX);
}

const char *
fcgi_reason(int status)
{
	static const struct {
		int status;
		const char *reason;
	} reasons[] = { { 200, "OK" }, { 201, "Created" }, { 202, "Accepted" },
		{ 204, "No Content" }, { 206, "Partial Content" }, { 303, "See Other" },
		{ 304, "Not Modified" }, { 400, "Bad Request" }, { 401, "Unauthorized" },
		{ 403, "Forbidden" }, { 404, "Not Found" }, { 405, "Method Not Allowed" },
		{ 409, "Conflict" }, { 410, "Gone" }, { 413, "Content Too Large" },
		{ 415, "Unsupported Media Type" }, { 416, "Range Not Satisfiable" },
		{ 422, "Unprocessable Content" }, { 429, "Too Many Requests" },
		{ 500, "Internal Server Error" }, { 503, "Service Unavailable" },
		{ 507, "Insufficient Storage" } };

	for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Other";
}

void
fcgi_head(struct buf *out, unsigned id, int status, const char *headers, size_t headers_len,
	size_t body_len)
{
	struct buf head = { 0 };

	buf_printf(&head, "Status: %d %s\r\n", status, fcgi_reason(status));
	buf_add(&head, headers, headers_len);
	if (status != 204 && status != 304)
		buf_printf(&head, "Content-Length: %zu\r\n", body_len);
	buf_str(&head, "\r\n");
	fcgi_body(out, id, head.data, head.len);
	buf_free(&head);
}

void
fcgi_end(struct buf *out, unsigned id)
{
	static const char request_complete[8] = {
		0
	}; /* appStatus 0, FCGI_REQUEST_COMPLETE (5.5) */

	add_record(out, STDOUT, id, "", 0);
	add_record(out, END_REQUEST, id, request_complete, sizeof(request_complete));
}

void
fcgi_answer(struct buf *out, unsigned id, int status, const char *headers, size_t headers_len,
	const char *body, size_t body_len)
{
	fcgi_head(out, id, status, headers, headers_len, body_len);
	fcgi_body(out, id, body, body_len);
	fcgi_end(out, id);
}
