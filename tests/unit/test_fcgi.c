/* FastCGI: only whole and honest requests reach libfcgi, and hostile records end nothing. */
#include "unit.h"

#include "base/arena.h"
#include "web/fcgi.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BEGIN = 1, ABORT = 2, END = 3, PARAMS = 4, STDIN = 5, STDOUT = 6, GET_VALUES = 9 };

static void
record(struct buf *b, int type, int id, const void *content, size_t len)
{
	const char header[8] = { 1, (char)type, (char)(id >> 8), (char)id, (char)(len >> 8),
		(char)len };

	buf_add(b, header, 8);
	buf_add(b, content, len);
}

static void
begin(struct buf *b, int id, int role, int flags)
{
	const char body[8] = { 0, (char)role, (char)flags };

	record(b, BEGIN, id, body, 8);
}

static void
pair(struct buf *b, const char *name, const char *value)
{
	size_t len = strlen(value);

	buf_char(b, (char)strlen(name));
	if (len > 127) {
		const char long_len[4] = { (char)(0x80 | len >> 24), (char)(len >> 16),
			(char)(len >> 8), (char)len };

		buf_add(b, long_len, 4);
	} else {
		buf_char(b, (char)len);
	}
	buf_str(b, name);
	buf_str(b, value);
}

static void
good_request(struct buf *b, const char *body)
{
	struct buf pairs = { 0 };
	char *value = malloc(301);

	memset(value, 'v', 300);
	value[300] = '\0';
	pair(&pairs, "REQUEST_METHOD", "POST");
	pair(&pairs, "REQUEST_URI", "/a?b=c=d");
	pair(&pairs, "HTTP_X", value);
	pair(&pairs, "EMPTY", "");
	begin(b, 259, 1, 1);
	record(b, PARAMS, 259, pairs.data, 10); /* a pair may be cut anywhere */
	record(b, PARAMS, 259, pairs.data + 10, pairs.len - 10);
	record(b, PARAMS, 259, "", 0);
	if (*body)
		record(b, STDIN, 259, body, strlen(body));
	record(b, STDIN, 259, "", 0);
	buf_free(&pairs);
	free(value);
}

/* A connection on which these bytes have come. */
static int
connection(const struct buf *b, int *peer)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_int_equal(send(fds[1], buf_text(b), b->len, MSG_DONTWAIT), b->len);
	*peer = fds[1];
	return fds[0];
}

static enum fcgi_state
state_of(const struct buf *b, bool whole)
{
	int peer, fd = connection(b, &peer);
	enum fcgi_state state = fcgi_peek(fd, whole);

	close(fd);
	close(peer);
	return state;
}

static void
a_request_is_read_as_it_was_sent(void **state)
{
	struct arena *mem = arena_new();
	struct fcgi_request in;
	struct buf b = { 0 };
	int peer, fd;

	(void)state;
	good_request(&b, "{\"x\":1}");
	fd = connection(&b, &peer);
	assert_int_equal(fcgi_peek(fd, true), FCGI_READY);
	assert_int_equal(fcgi_read(fd, mem, 1000, &in), ERR_NONE);
	assert_int_equal(in.id, 259);
	assert_true(in.keep);
	assert_string_equal(in.body, "{\"x\":1}");
	assert_int_equal(in.body_len, 7);
	for (const struct param *p = in.params; p->name; p++) {
		if (strcmp(p->name, "REQUEST_URI") == 0)
			assert_string_equal(p->value, "/a?b=c=d");
		if (strcmp(p->name, "HTTP_X") == 0)
			assert_int_equal(strlen(p->value), 300);
		if (strcmp(p->name, "EMPTY") == 0)
			assert_string_equal(p->value, "");
	}
	assert_int_not_equal(fcntl(fd, F_GETFD), -1); /* the descriptor is ours again */
	close(fd);
	close(peer);
	buf_free(&b);
	arena_free(mem);
}

static void
a_body_over_the_limit_is_dropped_and_marked(void **state)
{
	struct arena *mem = arena_new();
	struct fcgi_request in;
	struct buf b = { 0 };
	int peer, fd;

	(void)state;
	good_request(&b, "0123456789");
	fd = connection(&b, &peer);
	assert_int_equal(fcgi_read(fd, mem, 9, &in), ERR_NONE);
	assert_true(in.body_too_large);
	assert_int_equal(in.body_len, 0);
	close(fd);
	close(peer);
	fd = connection(&b, &peer);
	assert_int_equal(fcgi_read(fd, mem, 10, &in), ERR_NONE);
	assert_false(in.body_too_large);
	assert_int_equal(in.body_len, 10);
	close(fd);
	close(peer);
	buf_free(&b);
	arena_free(mem);
}

static void
a_part_of_a_request_waits(void **state)
{
	struct buf b = { 0 }, part;

	(void)state;
	good_request(&b, "body");
	for (size_t len = 1; len < b.len; len++) {
		part = (struct buf){ .data = b.data, .len = len };
		assert_int_equal(state_of(&part, true), FCGI_WAIT);
	}
	assert_int_equal(state_of(&b, true), FCGI_READY);
	buf_char(&b, 1); /* a web server waits for the answer before it says more */
	assert_int_equal(state_of(&b, true), FCGI_BAD);
	buf_free(&b);
}

/* Params whose bytes are given as they are. */
static void
with_params(struct buf *b, const void *bytes, size_t len)
{
	begin(b, 1, 1, 0);
	if (len)
		record(b, PARAMS, 1, bytes, len);
	record(b, PARAMS, 1, "", 0);
	record(b, STDIN, 1, "", 0);
}

/* A blocking worker may begin to read a body that is not all there, when what is there is sound. */
static void
a_body_is_looked_at_as_far_as_it_is_there(void **state)
{
	char *big = calloc(1, 60000);
	struct buf b = { 0 };

	(void)state;
	with_params(&b, "", 0);
	b.len -= 8; /* without the end of STDIN */
	assert_int_equal(state_of(&b, false), FCGI_BODY);
	assert_int_equal(state_of(&b, true), FCGI_WAIT);
	record(&b, STDIN, 1, big, 60000);
	assert_int_equal(state_of(&b, false), FCGI_BODY);
	record(&b, STDIN, 1, big, 60000);
	assert_int_equal(state_of(&b, false), FCGI_READY);
	assert_int_equal(state_of(&b, true), FCGI_BAD);
	buf_clear(&b);
	with_params(&b, "", 0);
	b.len -= 8;
	record(&b, GET_VALUES, 0,
		"\x01\x00"
		"A\x01\x00"
		"B\x01\x00"
		"C\x01\x00"
		"D",
		12);
	assert_int_equal(state_of(&b, false), FCGI_BAD);
	buf_free(&b);
	free(big);
}

static void
a_closed_connection_is_gone(void **state)
{
	struct buf b = { 0 };
	int peer, fd;

	(void)state;
	fd = connection(&b, &peer);
	assert_int_equal(fcgi_peek(fd, true), FCGI_WAIT);
	close(peer);
	assert_int_equal(fcgi_peek(fd, true), FCGI_GONE);
	close(fd);
}

static void
lengths_that_do_not_fit_are_bad(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		enum fcgi_state want;
	} cases[] = {
		{ "", 0, FCGI_READY },
		{ "\x01\x01"
		  "ab",
			4, FCGI_READY },
		{ "\x01\x02"
		  "ab",
			4, FCGI_BAD },
		{ "\x05\x01"
		  "ab",
			4, FCGI_BAD },
		{ "\x01", 1, FCGI_BAD },
		{ "\xff\xff\xff\xff\xff\xff\xff\xff", 8, FCGI_BAD },
		{ "\x80\x00\x00\x01\x80\x00\x00\x01"
		  "ab",
			10, FCGI_READY },
		{ "\x80\x00\x00\x01\xff\xff\xff\xff"
		  "ab",
			10, FCGI_BAD },
		{ "\xff\xff\xff\xff\x80\x00\x00\x00"
		  "ab",
			10, FCGI_BAD },
		{ "\x80\x00\x00", 3, FCGI_BAD },
		{ "\x02\x01"
		  "a\0b",
			5, FCGI_BAD },
		{ "\x01\x02"
		  "ab\0",
			5, FCGI_BAD },
		{ "\x02\x01"
		  "a=b",
			5, FCGI_BAD },
		{ "\x01\x01"
		  "ab"
		  "\x01",
			5, FCGI_BAD },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf b = { 0 };

		with_params(&b, cases[i].bytes, cases[i].len);
		if (state_of(&b, true) != cases[i].want)
			fail_msg("case %zu", i);
		buf_free(&b);
	}
}

static void
check_bad(void (*build)(struct buf *b), const char *what)
{
	struct buf b = { 0 };

	build(&b);
	if (state_of(&b, true) != FCGI_BAD)
		fail_msg("taken: %s", what);
	buf_free(&b);
}

static void
http(struct buf *b)
{
	buf_str(b, "GET / HTTP/1.1\r\n\r\n");
}

static void
get_values(struct buf *b)
{
	record(b, GET_VALUES, 0,
		"\x01\x00"
		"A\x01\x00"
		"B\x01\x00"
		"C\x01\x00"
		"D",
		12);
}

static void
params_first(struct buf *b)
{
	record(b, PARAMS, 1, "", 0);
}

static void
authorizer(struct buf *b)
{
	begin(b, 1, 2, 0);
	record(b, PARAMS, 1, "", 0);
	record(b, STDIN, 1, "", 0);
}

static void
request_zero(struct buf *b)
{
	begin(b, 0, 1, 0);
	record(b, PARAMS, 0, "", 0);
}

static void
two_at_once(struct buf *b)
{
	begin(b, 1, 1, 0);
	begin(b, 2, 1, 0);
}

static void
params_of_another(struct buf *b)
{
	begin(b, 1, 1, 0);
	record(b, PARAMS, 2, "", 0);
}

static void
abort_in_the_middle(struct buf *b)
{
	begin(b, 1, 1, 0);
	record(b, ABORT, 1, "", 0);
}

static void
params_without_end(struct buf *b)
{
	static char big[60000];

	begin(b, 1, 1, 0);
	record(b, PARAMS, 1, big, sizeof(big));
	record(b, PARAMS, 1, big, sizeof(big));
}

static void
wrong_version(struct buf *b)
{
	buf_add(b, "\x02\x01\x00\x01\x00\x08\x00\x00", 8);
}

static void
padding_of_nothing(struct buf *b)
{
	begin(b, 1, 1, 0);
	buf_add(b, "\x01\x04\x00\x01\x00\x00\x01\x00\x00", 9);
	record(b, STDIN, 1, "", 0);
}

static void
padding_of_begin(struct buf *b)
{
	buf_add(b,
		"\x01\x01\x00\x01\x00\x08\x08\x00"
		"\x00\x01\x00\x00\x00\x00\x00\x00"
		"paddings",
		24);
	record(b, PARAMS, 1, "", 0);
	record(b, STDIN, 1, "", 0);
}

static void
what_is_no_request_is_bad(void **state)
{
	(void)state;
	check_bad(http, "HTTP");
	check_bad(get_values, "GET_VALUES");
	check_bad(params_first, "PARAMS first");
	check_bad(authorizer, "another role");
	check_bad(request_zero, "request 0");
	check_bad(two_at_once, "two requests at once");
	check_bad(params_of_another, "PARAMS of another request");
	check_bad(abort_in_the_middle, "ABORT");
	check_bad(params_without_end, "PARAMS without end");
	check_bad(wrong_version, "another version");
	check_bad(padding_of_begin, "padding of BEGIN_REQUEST");
	check_bad(padding_of_nothing, "padding of an empty record");
}

/* Bytes of a good request, some changed: whatever is READY must be read without harm or stall. */
static void
damaged_requests_end_nothing(void **state)
{
	uint64_t seed = 3;
	struct buf b = { 0 };
	int ready = 0;

	(void)state;
	good_request(&b, "body");
	for (int round = 0; round < 20000; round++) {
		struct arena *mem = arena_new();
		struct buf copy = { .data = arena_memdup(mem, b.data, b.len), .len = b.len };
		struct fcgi_request in;
		int peer, fd;

		for (uint64_t n = 1 + unit_random(&seed) % 4; n > 0; n--)
			copy.data[unit_random(&seed) % copy.len] = (char)unit_random(&seed);
		fd = connection(&copy, &peer);
		if (fcgi_peek(fd, true) == FCGI_READY) {
			ready++;
			if (fcgi_read(fd, mem, 100, &in) == ERR_NONE)
				close(fd);
		} else {
			close(fd);
		}
		close(peer);
		arena_free(mem);
	}
	assert_true(ready > 1000);
	buf_free(&b);
}

static void
an_answer_is_well_formed_records(void **state)
{
	char *body = malloc(200000);
	struct buf b = { 0 };
	size_t at = 0, total = 0;
	int last = 0;

	(void)state;
	memset(body, 'x', 200000);
	fcgi_answer(&b, 259, 200, "A: b\r\n", 6, body, 200000);
	assert_non_null(
		strstr(b.data + 8, "Status: 200 OK\r\nA: b\r\nContent-Length: 200000\r\n\r\n"));
	while (at < b.len) {
		const unsigned char *h = (const unsigned char *)b.data + at;
		size_t len = (size_t)h[4] << 8 | h[5];

		assert_int_equal(h[0], 1);
		assert_int_equal(h[2] << 8 | h[3], 259);
		last = h[1];
		if (last == STDOUT)
			total += len;
		at += 8 + len + h[6];
	}
	assert_int_equal(at, b.len);
	assert_int_equal(last, END);
	assert_int_equal(
		total, 200000 + strlen("Status: 200 OK\r\nA: b\r\nContent-Length: 200000\r\n\r\n"));
	buf_free(&b);
	free(body);
}

static void
only_unix_listeners_are_taken(void **state)
{
	int tcp = socket(AF_INET, SOCK_STREAM, 0), fds[2];

	(void)state;
	assert_int_equal(listen(tcp, 1), 0);
	assert_true(fcgi_is_socket(tcp));
	assert_false(fcgi_is_listener(tcp));
	close(tcp);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_false(fcgi_is_socket(fds[0]));
	close(fds[0]);
	close(fds[1]);
	assert_false(fcgi_is_socket(-1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_read_as_it_was_sent),
		cmocka_unit_test(a_body_over_the_limit_is_dropped_and_marked),
		cmocka_unit_test(a_part_of_a_request_waits),
		cmocka_unit_test(a_body_is_looked_at_as_far_as_it_is_there),
		cmocka_unit_test(a_closed_connection_is_gone),
		cmocka_unit_test(lengths_that_do_not_fit_are_bad),
		cmocka_unit_test(what_is_no_request_is_bad),
		cmocka_unit_test(damaged_requests_end_nothing),
		cmocka_unit_test(an_answer_is_well_formed_records),
		cmocka_unit_test(only_unix_listeners_are_taken),
	};

	fcgi_start();
	alarm(60);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
