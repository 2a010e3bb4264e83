/* Places for hashing. Byte n of the file, locked: the n-th place is taken. */
#include "base/hashing.h"

#include "base/log.h"
#include "base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { NO_BOUND = -1, POLL_MS = 4 };

static char path[512];

void
hashing_at(const char *dir)
{
	int len = *dir ? snprintf(path, sizeof(path), "%s/hashing", dir) : 0;

	if (len <= 0 || (size_t)len >= sizeof(path))
		path[0] = '\0';
}

/* The lock belongs to the open file, not to the process: it goes with the last descriptor. */
static bool
try_byte(int fd, int byte)
{
	struct flock lock = {
		.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1
	};

	return fcntl(fd, F_OFD_SETLK, &lock) == 0;
}

static void
release_byte(int fd, int byte)
{
	struct flock lock = {
		.l_type = F_UNLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1
	};

	(void)fcntl(fd, F_OFD_SETLK, &lock);
}

/* The first of n bytes that nobody holds, or -1. */
static int
try_bytes(int fd, int first, int n)
{
	for (int byte = first; byte < first + n; byte++)
		if (try_byte(fd, byte))
			return byte;
	return -1;
}

/* A command that root runs must not leave a file that the workers' user cannot open. */
static void
give_to_owner_of_dir(int fd)
{
	const char *slash = strrchr(path, '/');
	char dir[sizeof(path)];
	struct stat st;

	if (geteuid() != 0)
		return;
	snprintf(dir, sizeof(dir), "%.*s", (int)(slash - path), path);
	if (stat(dir, &st) == 0 && fchown(fd, st.st_uid, st.st_gid) != 0)
		log_line(LOG_WARN, "%s cannot be given to its directory's owner: %s", path,
			strerror(errno));
}

static int
open_places(void)
{
	static bool warned;
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0 && errno == ENOENT) {
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0660);
		if (fd >= 0)
			give_to_owner_of_dir(fd);
	}
	if (fd < 0 && !warned) {
		log_line(LOG_WARN, "%s: %s; passwords are hashed without a bound", path,
			strerror(errno));
		warned = true;
	}
	return fd;
}

/* All who wait look again every few milliseconds: ten processes at most, and nothing to go wrong. */
static bool
wait_for_place(int fd)
{
	const struct timespec pause = { .tv_nsec = POLL_MS * 1000000 };
	const int64_t end = time_monotonic_ms() + HASHING_WAIT_MS;

	while (time_monotonic_ms() < end) {
		nanosleep(&pause, NULL);
		if (try_bytes(fd, 0, HASHING_AT_ONCE) >= 0)
			return true;
	}
	return false;
}

enum err
hashing_enter(int *place)
{
	int fd, waiting;

	*place = NO_BOUND;
	if (!path[0] || (fd = open_places()) < 0)
		return ERR_NONE;
	if (try_bytes(fd, 0, HASHING_AT_ONCE) < 0) {
		waiting = try_bytes(fd, HASHING_AT_ONCE, HASHING_WAITING);
		if (waiting < 0 || !wait_for_place(fd)) {
			close(fd);
			return ERR_UNAVAILABLE;
		}
		release_byte(fd, waiting);
	}
	*place = fd;
	return ERR_NONE;
}

void
hashing_leave(int place)
{
	if (place == NO_BOUND)
		return;
	for (int byte = 0; byte < HASHING_AT_ONCE; byte++)
		release_byte(place, byte); /* closing alone would not, were the process forked */
	close(place);
}
