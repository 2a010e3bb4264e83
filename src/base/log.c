/* One line, one write: lines of several processes never mix. */
#include "base/log.h"

#include "base/buf.h"
#include "base/util.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static enum log_level min_level = LOG_INFO;
static char process[16] = "parlor";
static char request[33];

void
log_set_level(enum log_level level)
{
	min_level = level;
}

bool
log_is_on(enum log_level level)
{
	return level >= min_level;
}

void
log_set_process(const char *name)
{
	snprintf(process, sizeof(process), "%s", name);
}

void
log_set_request(const char *id)
{
	snprintf(request, sizeof(request), "%s", id);
}

/* Text from anywhere as a JSON string: bytes that are not UTF-8 become question marks. */
static void
add_text(struct buf *b, const char *text)
{
	struct buf clean = { 0 };
	size_t len = strlen(text);

	buf_add(&clean, text, len);
	for (size_t at = 0; (at += utf8_valid_prefix(clean.data + at, len - at)) < len;)
		clean.data[at] = '?';
	buf_json(b, clean.data, len);
	buf_free(&clean);
}

void
log_members(enum log_level level, const char *message, const char *members)
{
	static const char *const names[] = { "debug", "info", "warn", "error" };
	struct buf b = { 0 };
	char now[32];
	ssize_t n;

	if (level < min_level)
		return;
	time_rfc3339(time_now_ms(), now);
	buf_printf(&b,
		"{\"time\":\"%s\",\"level\":\"%s\",\"proc\":\"%s\",\"pid\":%d,\"message\":", now,
		names[level], process, (int)getpid());
	add_text(&b, message);
	if (request[0]) {
		buf_str(&b, ",\"request\":");
		add_text(&b, request);
	}
	if (members && *members) {
		buf_char(&b, ',');
		buf_str(&b, members);
	}
	buf_str(&b, "}\n");
	n = write(STDERR_FILENO, b.data, b.len);
	(void)n; /* nowhere left to complain */
	buf_free(&b);
}

void
log_line(enum log_level level, const char *fmt, ...)
{
	char message[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	log_members(level, message, NULL);
}
