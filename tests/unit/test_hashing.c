/* Places for hashing, taken by processes as workers do, and given back also by those who die. */
#include "unit.h"

#include "base/hashing.h"
#include "base/log.h"
#include "base/util.h"

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EVERYBODY = HASHING_AT_ONCE + HASHING_WAITING };

static char dir[64];

/* Seen by all processes of a test. */
struct shared {
	atomic_int inside, most, done, refused;
};
static struct shared *shared;

static int
start(void **state)
{
	(void)state;
	log_set_level(LOG_ERROR);
	strcpy(dir, "/tmp/parlor-hashing-XXXXXX");
	shared = mmap(
		NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return mkdtemp(dir) && shared != MAP_FAILED ? 0 : -1;
}

static int
stop(void **state)
{
	char path[96];

	(void)state;
	snprintf(path, sizeof(path), "%s/hashing", dir);
	unlink(path);
	return rmdir(dir);
}

static int
fresh(void **state)
{
	(void)state;
	memset(shared, 0, sizeof(*shared));
	hashing_at(dir);
	return 0;
}

static void
pause_ms(int ms)
{
	usleep((useconds_t)ms * 1000);
}

static bool
within_ms(int ms, bool (*holds)(void))
{
	const int64_t end = time_monotonic_ms() + ms;

	while (time_monotonic_ms() < end) {
		if (holds())
			return true;
		pause_ms(1);
	}
	return false;
}

/* What a worker does, with a pause in the place of scrypt. */
static void
work(void)
{
	int place, now, most;

	if (hashing_enter(&place)) {
		atomic_fetch_add(&shared->refused, 1);
		return;
	}
	now = atomic_fetch_add(&shared->inside, 1) + 1;
	most = atomic_load(&shared->most);
	while (now > most && !atomic_compare_exchange_weak(&shared->most, &most, now))
		;
	pause_ms(10);
	atomic_fetch_sub(&shared->inside, 1);
	hashing_leave(place);
	atomic_fetch_add(&shared->done, 1);
}

static void
fork_workers(pid_t *pids, int n)
{
	for (int i = 0; i < n; i++) {
		pids[i] = fork();
		assert_int_not_equal(pids[i], -1);
		if (pids[i] == 0) {
			work();
			_exit(0);
		}
	}
}

static void
wait_for(const pid_t *pids, int n)
{
	for (int i = 0; i < n; i++)
		assert_int_equal(waitpid(pids[i], NULL, 0), pids[i]);
}

static void
two_at_once_and_all_who_wait_are_served(void **state)
{
	pid_t pids[EVERYBODY];

	(void)state;
	fork_workers(pids, EVERYBODY);
	wait_for(pids, EVERYBODY);
	assert_int_equal(shared->done, EVERYBODY);
	assert_int_equal(shared->refused, 0);
	assert_int_equal(shared->most, HASHING_AT_ONCE);
}

/* How many places somebody holds, seen from outside. */
static int
places_taken(void)
{
	char path[96];
	int fd, n = 0;

	snprintf(path, sizeof(path), "%s/hashing", dir);
	fd = open(path, O_RDWR);
	for (int byte = 0; byte < EVERYBODY; byte++) {
		struct flock lock = {
			.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1
		};

		if (fd >= 0 && fcntl(fd, F_OFD_GETLK, &lock) == 0)
			n += lock.l_type != F_UNLCK;
	}
	close(fd);
	return n;
}

static bool
all_places_are_taken(void)
{
	return places_taken() == EVERYBODY;
}

static void
who_comes_beyond_the_queue_is_refused_at_once(void **state)
{
	pid_t pids[HASHING_WAITING];
	int one, two, beyond;
	int64_t begun;

	(void)state;
	assert_int_equal(hashing_enter(&one), ERR_NONE);
	assert_int_equal(hashing_enter(&two), ERR_NONE);
	fork_workers(pids, HASHING_WAITING);
	assert_true(within_ms(5000, all_places_are_taken));
	begun = time_monotonic_ms();
	assert_int_equal(hashing_enter(&beyond), ERR_UNAVAILABLE);
	assert_true(time_monotonic_ms() - begun < 1000);
	assert_int_equal(shared->done, 0);
	hashing_leave(one);
	hashing_leave(two);
	wait_for(pids, HASHING_WAITING);
	assert_int_equal(shared->done, HASHING_WAITING);
	assert_int_equal(places_taken(), 0);
}

static bool
two_are_inside(void)
{
	return shared->inside == 2;
}

static bool
three_places_are_taken(void)
{
	return places_taken() == 3;
}

/* A worker that is killed while it hashes, or while it waits, leaves its place. */
static void
the_dead_hold_no_place(void **state)
{
	pid_t pids[3];
	int place;

	(void)state;
	for (int i = 0; i < 3; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			if (!hashing_enter(&place))
				atomic_fetch_add(&shared->inside, 1);
			pause();
			_exit(0);
		}
	}
	assert_true(within_ms(5000, two_are_inside));
	assert_true(within_ms(5000, three_places_are_taken));
	for (int i = 0; i < 3; i++)
		kill(pids[i], SIGKILL);
	wait_for(pids, 3);
	assert_int_equal(places_taken(), 0);
	assert_int_equal(hashing_enter(&place), ERR_NONE);
	hashing_leave(place);
}

/* Without the file nobody waits for anybody. */
static void
without_a_directory_there_is_no_bound(void **state)
{
	static const char *const none[] = { "", "/nonexistent/directory" };
	int places[EVERYBODY + 1];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(none); i++) {
		hashing_at(none[i]);
		for (size_t k = 0; k < ARRAY_LEN(places); k++)
			assert_int_equal(hashing_enter(&places[k]), ERR_NONE);
		for (size_t k = 0; k < ARRAY_LEN(places); k++)
			hashing_leave(places[k]);
	}
}

static void
a_link_in_the_place_of_the_file_is_not_followed(void **state)
{
	char path[96], target[96];
	int place;

	(void)state;
	snprintf(path, sizeof(path), "%s/hashing", dir);
	snprintf(target, sizeof(target), "%s/target", dir);
	unlink(path);
	assert_int_equal(symlink(target, path), 0);
	log_set_level(LOG_ERROR);
	assert_int_equal(hashing_enter(&place), ERR_NONE);
	hashing_leave(place);
	assert_int_equal(access(target, F_OK), -1);
	unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(two_at_once_and_all_who_wait_are_served, fresh),
		cmocka_unit_test_setup(who_comes_beyond_the_queue_is_refused_at_once, fresh),
		cmocka_unit_test_setup(the_dead_hold_no_place, fresh),
		cmocka_unit_test_setup(without_a_directory_there_is_no_bound, fresh),
		cmocka_unit_test_setup(a_link_in_the_place_of_the_file_is_not_followed, fresh),
	};

	return cmocka_run_group_tests_name("hashing", tests, start, stop);
}
