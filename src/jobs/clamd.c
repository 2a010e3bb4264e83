/* Talking to clamd. */
#include "jobs/clamd.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { IO_SECONDS = 60 };

static bool
send_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

enum err
clamd_open(struct clamd *c, const char *path)
{
	static const char command[] = "zINSTREAM"; /* with its NUL */
	const struct timeval limit = { .tv_sec = IO_SECONDS };
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	c->fd = -1;
	if (strlen(path) >= sizeof(address.sun_path))
		return ERR_UNAVAILABLE;
	strcpy(address.sun_path, path);
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return ERR_UNAVAILABLE;
	setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(c->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(c->fd, (const struct sockaddr *)&address, sizeof(address)) ||
		!send_all(c->fd, command, sizeof(command)))
		return ERR_UNAVAILABLE;
	return ERR_NONE;
}

enum err
clamd_send(struct clamd *c, const void *data, size_t len)
{
	const uint32_t size = htonl((uint32_t)len);

	return send_all(c->fd, &size, sizeof(size)) && send_all(c->fd, data, len) ? ERR_NONE
										  : ERR_UNAVAILABLE;
}

/* "stream: OK", "stream: NAME FOUND"; anything else is an error of clamd. */
static enum err
judge(struct arena *mem, const char *line, const char **finding, const char **why)
{
	static const char start[] = "stream: ", end[] = " FOUND";
	const size_t len = strlen(line), head = sizeof(start) - 1, tail = sizeof(end) - 1;

	*finding = NULL;
	if (strcmp(line, "stream: OK") == 0)
		return ERR_NONE;
	if (strncmp(line, start, head) == 0 && len > head + tail &&
		strcmp(line + len - tail, end) == 0) {
		*finding = arena_strndup(mem, line + head, len - head - tail);
		return ERR_NONE;
	}
	*why = arena_printf(mem, "clamd said: %.200s", line);
	return ERR_UNAVAILABLE;
}

enum err
clamd_verdict(struct clamd *c, struct arena *mem, const char **finding, const char **why)
{
	const uint32_t none = 0;
	char line[512] = { 0 };
	size_t len = 0;

	*why = "clamd gave no verdict";
	if (!send_all(c->fd, &none, sizeof(none)))
		return ERR_UNAVAILABLE;
	while (len < sizeof(line) - 1 && !memchr(line, '\0', len)) {
		ssize_t n = recv(c->fd, line + len, sizeof(line) - 1 - len, 0);

		if (n <= 0)
			break;
		len += (size_t)n;
	}
	if (len == 0)
		return ERR_UNAVAILABLE;
	line[len] = '\0';
	line[strcspn(line, "\n")] = '\0';
	return judge(mem, line, finding, why);
}

void
clamd_close(struct clamd *c)
{
	if (c->fd >= 0)
		close(c->fd);
}
