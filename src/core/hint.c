/*
 * The sender's side. The list of sockets is kept and read again when the directory changed.
 * A socket that refuses belongs to a poller that died without tidying up: it is removed.
 */
#include "core/hint.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/util.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { POLLERS_MAX = 64, SEND_LIMIT_US = 20000, SETTLE_MS = 1000 };

/* One socket a process, like the log: the callers have no place of their own to keep it in. */
static struct {
	int fd;
	char dir[94];
	struct sockaddr_un pollers[POLLERS_MAX];
	int count;
	struct timespec changed; /* of the directory, when the list was read */
	int64_t read_at;
	bool holding;
	struct buf held; /* texts, each ended by a line feed: no field holds one */
} hints = { .fd = -1 };

bool
hint_directory(const char *runtime_dir, char *out, size_t size)
{
	int n = snprintf(out, size, "%s/hints", runtime_dir);

	if (n < 0 || (size_t)n >= size)
		return false;
	return mkdir(out, 0770) == 0 || errno == EEXIST;
}

void
hint_start(const char *runtime_dir)
{
	const struct timeval limit = { .tv_usec = SEND_LIMIT_US };

	if (!runtime_dir || !*runtime_dir || hints.fd >= 0)
		return;
	if (snprintf(hints.dir, sizeof(hints.dir), "%s/hints", runtime_dir) >=
		(int)sizeof(hints.dir)) {
		log_line(LOG_WARN, "runtime_dir is too long for sockets: no hints");
		return;
	}
	hints.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	/* Queues are ten datagrams long (net.unix.max_dgram_qlen), so a short wait is right. */
	if (hints.fd >= 0)
		setsockopt(hints.fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

static bool
is_socket_name(const char *name)
{
	size_t digits = strspn(name, "0123456789");

	return digits > 0 && digits < 12 && strcmp(name + digits, ".sock") == 0;
}

static void
read_directory(void)
{
	DIR *dir = opendir(hints.dir);
	struct dirent *entry;

	hints.count = 0;
	if (!dir)
		return;
	while ((entry = readdir(dir)) && hints.count < POLLERS_MAX) {
		struct sockaddr_un *addr = &hints.pollers[hints.count];

		if (!is_socket_name(entry->d_name))
			continue;
		addr->sun_family = AF_UNIX;
		if (snprintf(addr->sun_path, sizeof(addr->sun_path), "%s/%s", hints.dir,
			    entry->d_name) < (int)sizeof(addr->sun_path))
			hints.count++;
	}
	closedir(dir);
}

static void
refresh(void)
{
	struct stat st;
	int64_t changed_ms;

	if (stat(hints.dir, &st) != 0) {
		hints.count = 0;
		return;
	}
	changed_ms = (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
	/* Times of files are coarse: a list read in the same moment may miss what came after it. */
	if (st.st_mtim.tv_sec == hints.changed.tv_sec &&
		st.st_mtim.tv_nsec == hints.changed.tv_nsec &&
		hints.read_at - changed_ms > SETTLE_MS)
		return;
	hints.changed = st.st_mtim;
	hints.read_at = time_now_ms();
	read_directory();
}

static void
send_all(const char *text, size_t len)
{
	refresh();
	for (int i = 0; i < hints.count; i++) {
		const struct sockaddr_un *addr = &hints.pollers[i];

		if (sendto(hints.fd, text, len, MSG_NOSIGNAL, (const struct sockaddr *)addr,
			    sizeof(*addr)) < 0 &&
			errno == ECONNREFUSED)
			unlink(addr->sun_path);
	}
}

static void
hand_over(const char *text, size_t len)
{
	if (!hints.holding) {
		send_all(text, len);
		return;
	}
	buf_add(&hints.held, text, len);
	buf_str(&hints.held, "\n");
}

void
hint_hold(void)
{
	hints.holding = true;
}

void
hint_release(bool send)
{
	const char *text = buf_text(&hints.held);

	for (size_t len; send && *text; text += len + 1) {
		len = strcspn(text, "\n");
		send_all(text, len);
	}
	buf_clear(&hints.held);
	hints.holding = false;
}

static bool
is_field(const char *s)
{
	return s[strcspn(s, "\t\n")] == '\0';
}

void
hint_event(const char *organization, const char *visitor)
{
	char text[HINT_MAX];
	int n;

	visitor = visitor ? visitor : "";
	if (hints.fd < 0 || !is_field(organization) || !is_field(visitor))
		return;
	n = snprintf(text, sizeof(text), "e\t%s\t%s", organization, visitor);
	if (n > 0 && n < (int)sizeof(text))
		hand_over(text, (size_t)n);
}

void
hint_live(const char *organization, const char *visitor, const char *sender, unsigned audience,
	const char *json)
{
	char text[HINT_MAX];
	int n;

	sender = sender ? sender : "";
	if (hints.fd < 0 || !is_field(organization) || !is_field(visitor) || !is_field(sender))
		return;
	n = snprintf(text, sizeof(text), "l\t%s\t%s\t%s\t%u\t%s", organization, visitor, sender,
		audience, json);
	if (n > 0 && n < (int)sizeof(text))
		hand_over(text, (size_t)n);
}
