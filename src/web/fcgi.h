/*
 * FastCGI, the application's side (Open Market's FastCGI Specification 1.0). The only file that
 * knows libfcgi.
 *
 * libfcgi reads blocking and trusts the lengths it is told: a silent connection stalls it, and a
 * name of 2 GB ends the process. So a connection is accepted here, looked at with MSG_PEEK until
 * its request is there and its lengths fit, and only then handed to libfcgi. Answers are records
 * written by hand, because libfcgi's writes block and lose the rest on EAGAIN or EINTR.
 */
#ifndef PARLOR_FCGI_H
#define PARLOR_FCGI_H

#include "base/arena.h"
#include "base/base.h"
#include "base/buf.h"
#include "web/req.h"

/* The parameters of one request, with their framing, may take this many bytes. */
enum { FCGI_PARAMS_MAX = 96 * 1024 };

enum fcgi_state {
	FCGI_WAIT,  /* more has to come */
	FCGI_BODY,  /* all of PARAMS is there, and the body so far is sound */
	FCGI_READY, /* hand it to fcgi_read() */
	FCGI_GONE,  /* the peer closed, or the descriptor is broken */
	FCGI_BAD,   /* not a request we take: close it */
};

struct fcgi_request {
	unsigned id;
	bool keep;		    /* the web server wants to use the connection again */
	const struct param *params; /* ended by a NULL name */
	const char *body;
	size_t body_len;
	bool body_too_large; /* it was longer than allowed; body holds none of it */
};

/* Once, before anything else here. Also makes the process ignore SIGPIPE. */
void fcgi_start(void);

/* Whether fd is a listening Unix stream socket. A TCP socket is not: anybody could forge requests. */
bool fcgi_is_listener(int fd);
/* Whether fd is a listening socket of any kind: then this process is no CGI program. */
bool fcgi_is_socket(int fd);

/*
 * The next connection of a non-blocking listener, or -1 with errno. It is in blocking mode;
 * seconds bounds each read and write on it (0: unbounded).
 */
int fcgi_accept(int listener, int seconds);

/*
 * Looks, without reading or waiting, whether a request is there: BEGIN_REQUEST, all of PARAMS, all of
 * STDIN. whole: nothing may be behind it, and it is never FCGI_BODY. Otherwise a body longer than
 * FCGI_PARAMS_MAX is READY when as much of it as can be looked at is sound.
 */
enum fcgi_state fcgi_peek(int fd, bool whole);

/*
 * Reads the request of a connection that is FCGI_READY or FCGI_BODY, its body included (blocking,
 * unless it was seen whole). On an error the descriptor is closed: ERR_SYNTAX for what was no request,
 * ERR_UNAVAILABLE for one that the web server gave up.
 */
enum err fcgi_read(int fd, struct arena *mem, size_t body_max, struct fcgi_request *in) MUST_USE;

/* The same; how long the body may be is told by the parameters. */
enum err fcgi_read_limited(int fd, struct arena *mem,
	size_t (*body_max)(const struct param *params, const void *arg), const void *arg,
	struct fcgi_request *in) MUST_USE;

/*
 * Adds the records of a whole answer. headers: "Name: value\r\n" lines, without Status and
 * Content-Length.
 */
void fcgi_answer(struct buf *out, unsigned id, int status, const char *headers, size_t headers_len,
	const char *body, size_t body_len);

/* The same in parts: the head of an answer with body_len bytes, a piece of its body, its end. */
void fcgi_head(struct buf *out, unsigned id, int status, const char *headers, size_t headers_len,
	size_t body_len);
void fcgi_body(struct buf *out, unsigned id, const char *data, size_t len);
void fcgi_end(struct buf *out, unsigned id);

/* The words of a status line (RFC 9110, 15). */
const char *fcgi_reason(int status);

#endif
