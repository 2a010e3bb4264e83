/* FastCGI: whatever bytes a web server sends, what passes the look is read without stall or harm. */
#include "fuzz.h"

#include "web/fcgi.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BODY_MAX = 64 };

static void
read_it(int fd)
{
	struct arena *mem = arena_new();
	struct fcgi_request in;

	if (fcgi_read(fd, mem, BODY_MAX, &in) == ERR_NONE) {
		must(in.id > 0 && in.body_len <= BODY_MAX, "an id and a bounded body");
		for (const struct param *p = in.params; p->name; p++)
			must(p->value != NULL && !strchr(p->name, '='), "names and values");
		close(fd);
	}
	arena_free(mem);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int started;
	int fds[2];

	if (!started++)
		fcgi_start();
	if (size > 65536 || socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0)
		return 0;
	must(send(fds[1], data, size, MSG_DONTWAIT) == (ssize_t)size, "the socket takes it");
	shutdown(fds[1], SHUT_WR); /* a read that waited for more would not end by itself */
	if (fcgi_peek(fds[0], true) == FCGI_READY)
		read_it(fds[0]);
	else
		close(fds[0]);
	close(fds[1]);
	return 0;
}
