/* Time, UTF-8, numbers and the ready message. */
#include "base/util.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static int64_t
clock_ms(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t
time_now_ms(void)
{
	return clock_ms(CLOCK_REALTIME);
}

int64_t
time_monotonic_ms(void)
{
	return clock_ms(CLOCK_MONOTONIC);
}

void
time_rfc3339(int64_t ms, char *out)
{
	const int64_t rest = (ms % 1000 + 1000) % 1000; /* also before 1970 */
	const time_t seconds = (time_t)((ms - rest) / 1000);
	struct tm tm;
	size_t n;

	gmtime_r(&seconds, &tm);
	n = strftime(out, 25, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out + n, 25 - n, ".%03dZ", (int)rest);
}

/* Two digits and what they may be at most; -1 when they are not there. */
static int
two_digits(const char *s, int most)
{
	int value;

	if (s[0] < '0' || s[0] > '9' || s[1] < '0' || s[1] > '9')
		return -1;
	value = (s[0] - '0') * 10 + s[1] - '0';
	return value <= most ? value : -1;
}

/* "Z" or "+02:00" at the end of the text, in seconds. */
static bool
read_offset(const char *s, int *seconds)
{
	int hours, minutes;

	*seconds = 0;
	if ((*s == 'Z' || *s == 'z') && !s[1])
		return true;
	if ((*s != '+' && *s != '-') || strlen(s) != 6 || s[3] != ':')
		return false;
	hours = two_digits(s + 1, 23);
	minutes = two_digits(s + 4, 59);
	*seconds = (hours * 60 + minutes) * (*s == '-' ? -60 : 60);
	return hours >= 0 && minutes >= 0;
}

/* Its form is known. */
static bool
read_date(const char *s, struct tm *tm)
{
	const int century = two_digits(s, 99), year = two_digits(s + 2, 99);
	struct tm same;

	*tm = (struct tm){ .tm_year = century * 100 + year - 1900,
		.tm_mon = two_digits(s + 5, 12) - 1,
		.tm_mday = two_digits(s + 8, 31),
		.tm_hour = two_digits(s + 11, 23),
		.tm_min = two_digits(s + 14, 59),
		.tm_sec = two_digits(s + 17, 59) };
	if (century < 0 || year < 0 || tm->tm_mon < 0 || tm->tm_mday < 1 || tm->tm_hour < 0 ||
		tm->tm_min < 0 || tm->tm_sec < 0)
		return false;
	same = *tm;
	timegm(&same);
	return same.tm_mday == tm->tm_mday && same.tm_mon == tm->tm_mon;
}

bool
time_parse(const char *s, char *out)
{
	char fraction[] = "000000";
	size_t digits = 0;
	struct tm tm, utc;
	time_t at;
	int offset;

	if (strlen(s) < 20 || s[4] != '-' || s[7] != '-' || (s[10] != 'T' && s[10] != 't') ||
		s[13] != ':' || s[16] != ':' || !read_date(s, &tm))
		return false;
	s += 19;
	if (*s == '.') {
		digits = strspn(++s, "0123456789");
		memcpy(fraction, s, digits < 6 ? digits : 6);
		s += digits;
		if (digits == 0)
			return false;
	}
	if (!read_offset(s, &offset))
		return false;
	at = timegm(&tm) - offset;
	gmtime_r(&at, &utc);
	if (utc.tm_year < 1000 - 1900 || utc.tm_year > 9999 - 1900)
		return false;
	digits = strftime(out, TIME_TEXT_LEN + 1, "%Y-%m-%d %H:%M:%S", &utc);
	snprintf(out + digits, TIME_TEXT_LEN + 1 - digits, ".%s", fraction);
	return true;
}

/* The length of the sequence at s, 0 when it is not valid (RFC 3629, section 4). */
static size_t
utf8_sequence(const unsigned char *s, size_t left)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t len;

	if (s[0] < 0x80)
		return 1;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	len = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	if (left < len)
		return 0;
	if (s[0] == 0xe0)
		low = 0xa0; /* overlong */
	else if (s[0] == 0xed)
		high = 0x9f; /* surrogates */
	else if (s[0] == 0xf0)
		low = 0x90; /* overlong */
	else if (s[0] == 0xf4)
		high = 0x8f; /* beyond U+10FFFF */
	if (s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

size_t
utf8_valid_prefix(const char *s, size_t len)
{
	size_t at = 0, n;

	while (at < len && (n = utf8_sequence((const unsigned char *)s + at, len - at)) > 0)
		at += n;
	return at;
}

bool
utf8_valid(const char *s, size_t len)
{
	return utf8_valid_prefix(s, len) == len;
}

size_t
utf8_count(const char *s, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)s[i] & 0xc0) != 0x80;
	return n;
}

size_t
utf8_control(const char *s, size_t left)
{
	const unsigned char *u = (const unsigned char *)s;

	if (u[0] < 0x20 || u[0] == 0x7f)
		return 1;
	if (u[0] == 0xc2 && left >= 2 && u[1] < 0xa0) /* U+0080 to U+009F */
		return 2;
	if (u[0] != 0xe2 || left < 3)
		return 0;
	if (u[1] == 0x80 && u[2] >= 0xa8 && u[2] <= 0xae) /* U+2028 to U+202E */
		return 3;
	return u[1] == 0x81 && u[2] >= 0xa6 && u[2] <= 0xa9 ? 3 : 0; /* U+2066 to U+2069 */
}

bool
host_is_local(const char *host, size_t len)
{
	static const char v6[] = "[::1]", suffix[] = ".localhost";
	const size_t v6_len = sizeof(v6) - 1, suffix_len = sizeof(suffix) - 1;
	const char *port = memchr(host, ':', len);
	char name[INET_ADDRSTRLEN] = "";
	struct in_addr v4;

	if (len >= v6_len && memcmp(host, v6, v6_len) == 0)
		return len == v6_len || host[v6_len] == ':';
	len = port ? (size_t)(port - host) : len;
	if (len > suffix_len && memcmp(host + len - suffix_len, suffix, suffix_len) == 0)
		return true;
	if (len >= sizeof(name))
		return false;
	memcpy(name, host, len);
	return strcmp(name, "localhost") == 0 ||
	       (inet_pton(AF_INET, name, &v4) == 1 && ntohl(v4.s_addr) >> 24 == 127);
}

bool
parse_int(const char *s, int64_t min, int64_t max, int64_t *out)
{
	int64_t value = 0;
	size_t len = strlen(s);

	if (len == 0 || (s[0] == '0' && len > 1))
		return false;
	for (; *s; s++)
		if (*s < '0' || *s > '9' || __builtin_mul_overflow(value, 10, &value) ||
			__builtin_add_overflow(value, *s - '0', &value))
			return false;
	if (value < min || value > max)
		return false;
	*out = value;
	return true;
}

bool
is_one_word_of(struct arena *mem, const char *words, const char *word)
{
	return strstr(arena_printf(mem, " %s ", words), arena_printf(mem, " %s ", word)) != NULL;
}

void
notify_ready(void)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd;

	if (!path || strlen(path) >= sizeof(addr.sun_path))
		return;
	memcpy(addr.sun_path, path, strlen(path));
	if (addr.sun_path[0] == '@')
		addr.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	(void)sendto(fd, "READY=1", 7, MSG_NOSIGNAL, (struct sockaddr *)&addr,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path)));
	close(fd);
}
