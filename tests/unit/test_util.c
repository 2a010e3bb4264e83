/* UTF-8 against a reference made of the table in RFC 3629, times, numbers, the ready message. */
#include "unit.h"

#include "base/util.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* RFC 3629, section 4: the ranges of the bytes of a sequence. */
static const struct row {
	size_t len;
	unsigned char range[4][2];
} rows[] = {
	{ 1, { { 0x00, 0x7f } } },
	{ 2, { { 0xc2, 0xdf }, { 0x80, 0xbf } } },
	{ 3, { { 0xe0, 0xe0 }, { 0xa0, 0xbf }, { 0x80, 0xbf } } },
	{ 3, { { 0xe1, 0xec }, { 0x80, 0xbf }, { 0x80, 0xbf } } },
	{ 3, { { 0xed, 0xed }, { 0x80, 0x9f }, { 0x80, 0xbf } } },
	{ 3, { { 0xee, 0xef }, { 0x80, 0xbf }, { 0x80, 0xbf } } },
	{ 4, { { 0xf0, 0xf0 }, { 0x90, 0xbf }, { 0x80, 0xbf }, { 0x80, 0xbf } } },
	{ 4, { { 0xf1, 0xf3 }, { 0x80, 0xbf }, { 0x80, 0xbf }, { 0x80, 0xbf } } },
	{ 4, { { 0xf4, 0xf4 }, { 0x80, 0x8f }, { 0x80, 0xbf }, { 0x80, 0xbf } } },
};
static const struct row *row_of[256];

static void
index_rows(void)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (int c = rows[i].range[0][0]; c <= rows[i].range[0][1]; c++)
			row_of[c] = &rows[i];
}

static size_t
reference_prefix(const unsigned char *s, size_t len)
{
	size_t at = 0;

	while (at < len) {
		const struct row *row = row_of[s[at]];

		if (!row || row->len > len - at)
			return at;
		for (size_t i = 1; i < row->len; i++)
			if (s[at + i] < row->range[i][0] || s[at + i] > row->range[i][1])
				return at;
		at += row->len;
	}
	return at;
}

static size_t
differences(const unsigned char *s, size_t len)
{
	const size_t want = reference_prefix(s, len);

	return (utf8_valid_prefix((const char *)s, len) != want) +
	       (utf8_valid((const char *)s, len) != (want == len));
}

static void
utf8_of_all_short_sequences(void **state)
{
	size_t wrong = 0;

	(void)state;
	index_rows();
	for (unsigned n = 0; n < 1u << 24; n++) {
		const unsigned char s[] = { (unsigned char)n, (unsigned char)(n >> 8),
			(unsigned char)(n >> 16) };

		wrong += differences(s, 3);
		if (n < 1u << 16)
			wrong += differences(s, 2);
		if (n < 1u << 8)
			wrong += differences(s, 1);
	}
	assert_int_equal(wrong, 0);
	assert_true(utf8_valid("", 0));
}

static void
utf8_of_boundary_sequences(void **state)
{
	static const unsigned char edge[] = { 0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0,
		0xc2, 0xe0, 0xf4, 0xff };
	const size_t n = ARRAY_LEN(edge);
	size_t wrong = 0;

	(void)state;
	index_rows();
	for (unsigned first = 0; first < 256; first++)
		for (size_t i = 0; i < n * n * n; i++) {
			const unsigned char s[] = { (unsigned char)first, edge[i % n],
				edge[i / n % n], edge[i / n / n] };

			wrong += differences(s, 4);
		}
	assert_int_equal(wrong, 0);
}

static void
utf8_counts_code_points(void **state)
{
	(void)state;
	assert_int_equal(utf8_count("", 0), 0);
	assert_int_equal(utf8_count("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 10), 4);
}

static void
times_are_rfc3339(void **state)
{
	static const struct {
		int64_t ms;
		const char *text;
	} cases[] = {
		{ 0, "1970-01-01T00:00:00.000Z" },
		{ 1, "1970-01-01T00:00:00.001Z" },
		{ 951782399999, "2000-02-28T23:59:59.999Z" },
		{ 951782400000, "2000-02-29T00:00:00.000Z" },
		{ 4102444800123, "2100-01-01T00:00:00.123Z" },
		{ 253402300799999, "9999-12-31T23:59:59.999Z" },
		{ -1, "1969-12-31T23:59:59.999Z" },
		{ -1500, "1969-12-31T23:59:58.500Z" },
	};
	char text[25];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		time_rfc3339(cases[i].ms, text);
		assert_string_equal(text, cases[i].text);
	}
}

static void
clocks_run(void **state)
{
	const int64_t before = time_monotonic_ms();

	(void)state;
	assert_true(time_now_ms() > 1700000000000);
	while (time_monotonic_ms() == before)
		;
	assert_true(time_monotonic_ms() > before);
}

static void
numbers_are_strict(void **state)
{
	static const char *const bad[] = { "", " ", "1 ", " 1", "+1", "-1", "01", "00", "1a", "a",
		"0x1", "1.0", "1e3", "99999999999999999999", "9223372036854775808",
		"18446744073709551617", "\xd9\xa1" };
	int64_t n = -5;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(parse_int(bad[i], INT64_MIN, INT64_MAX, &n));
	assert_int_equal(n, -5);
	assert_true(parse_int("0", 0, 10, &n) && n == 0);
	assert_true(parse_int("10", 0, 10, &n) && n == 10);
	assert_false(parse_int("11", 0, 10, &n));
	assert_false(parse_int("4", 5, 10, &n));
	assert_true(parse_int("9223372036854775807", 0, INT64_MAX, &n) && n == INT64_MAX);
}

/* Binds a datagram socket to a fresh name in dir. */
static int
listen_at(const char *dir, struct sockaddr_un *addr)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	*addr = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(addr->sun_path, sizeof(addr->sun_path), "%s/notify", dir);
	assert_int_equal(bind(fd, (struct sockaddr *)addr, sizeof(*addr)), 0);
	return fd;
}

static void
ready_is_told(void **state)
{
	char dir[] = "/tmp/parlor-test-XXXXXX", text[32];
	struct sockaddr_un addr;
	int fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	fd = listen_at(dir, &addr);
	unsetenv("NOTIFY_SOCKET");
	notify_ready();
	assert_int_equal(recv(fd, text, sizeof(text), 0), -1);
	setenv("NOTIFY_SOCKET", addr.sun_path, 1);
	notify_ready();
	assert_int_equal(recv(fd, text, sizeof(text), 0), 7);
	assert_memory_equal(text, "READY=1", 7);
	close(fd);
	unlink(addr.sun_path);
	rmdir(dir);
}

static void
controls_are_known(void **state)
{
	static const char *const controls[] = { "\x01", "\t", "\n", "\r", "\x1b", "\x1f", "\x7f",
		"\xc2\x80", "\xc2\x85", "\xc2\x9f", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaa",
		"\xe2\x80\xae", "\xe2\x81\xa6", "\xe2\x81\xa9" };
	static const char *const others[] = { " ", "~", "\xc2\xa0", "\xc3\x80", "\xc3\x85",
		"\xe2\x80\x8d", "\xe2\x80\x8f", "\xe2\x80\xa7", "\xe2\x80\xaf", "\xe2\x81\xa5",
		"\xe2\x81\xaa", "\xe2\x82\xac", "\xf0\x9f\x98\x80" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(controls); i++)
		assert_int_equal(
			utf8_control(controls[i], strlen(controls[i])), strlen(controls[i]));
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		assert_int_equal(utf8_control(others[i], strlen(others[i])), 0);
	assert_int_equal(utf8_control("", 1), 1);
}

static void
times_are_read(void **state)
{
	static const char *const good[][2] = {
		{ "2026-03-01T12:00:00Z", "2026-03-01 12:00:00.000000" },
		{ "2026-03-01t12:00:00z", "2026-03-01 12:00:00.000000" },
		{ "2026-03-01T12:00:00.5Z", "2026-03-01 12:00:00.500000" },
		{ "2026-03-01T12:00:00.1234567Z", "2026-03-01 12:00:00.123456" },
		{ "2026-03-01T00:30:00+01:00", "2026-02-28 23:30:00.000000" },
		{ "2024-02-29T23:59:59-00:01", "2024-03-01 00:00:59.000000" },
		{ "9999-12-31T23:59:59Z", "9999-12-31 23:59:59.000000" },
		{ "1000-01-01T00:00:00Z", "1000-01-01 00:00:00.000000" },
	};
	static const char *const bad[] = { "", "2026-03-01", "2026-03-01T12:00:00",
		"2026-03-01 12:00:00Z", "2026-03-01T12:00Z", "2026-02-29T12:00:00Z",
		"2026-13-01T12:00:00Z", "2026-00-01T12:00:00Z", "2026-03-00T12:00:00Z",
		"2026-03-01T24:00:00Z", "2026-03-01T12:60:00Z", "2026-03-01T12:00:60Z",
		"2026-03-01T12:00:00.Z", "2026-03-01T12:00:00+0100", "2026-03-01T12:00:00+24:00",
		"2026-03-01T12:00:00+01:60", "2026-03-01T12:00:00Zx", "0999-12-31T00:00:00Z",
		"9999-12-31T23:59:59-00:01", "-026-03-01T12:00:00Z", "2026-03-01T12:00:00 01:00" };
	char out[TIME_TEXT_LEN + 1];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		assert_true(time_parse(good[i][0], out));
		assert_string_equal(out, good[i][1]);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(time_parse(bad[i], out));
}

static void
this_machine_is_known(void **state)
{
	static const char *const here[] = { "localhost", "localhost:25", "127.0.0.1",
		"127.1.2.3:80", "[::1]", "[::1]:25", "a.localhost", "a.b.localhost:8080" };
	static const char *const elsewhere[] = { "", "example.org", "127.example.org",
		"127.0.0.1.nip", "128.0.0.1", "localhost.example.org", "localhos", ".localhost",
		"xlocalhost", "[::2]", "[::1]x", "[::1", "0.0.0.0", "10.0.0.1", "127.1" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(here); i++)
		assert_true(host_is_local(here[i], strlen(here[i])));
	for (size_t i = 0; i < ARRAY_LEN(elsewhere); i++)
		assert_false(host_is_local(elsewhere[i], strlen(elsewhere[i])));
	assert_true(host_is_local("localhost/name", 9));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(utf8_of_all_short_sequences),
		cmocka_unit_test(utf8_of_boundary_sequences),
		cmocka_unit_test(utf8_counts_code_points),
		cmocka_unit_test(times_are_rfc3339),
		cmocka_unit_test(clocks_run),
		cmocka_unit_test(numbers_are_strict),
		cmocka_unit_test(ready_is_told),
		cmocka_unit_test(controls_are_known),
		cmocka_unit_test(times_are_read),
		cmocka_unit_test(this_machine_is_known),
	};

	return cmocka_run_group_tests_name("util", tests, NULL, NULL);
}
