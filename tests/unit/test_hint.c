/* Hints from the sender's side: who gets them, and what happens to sockets of the dead. */
#include "unit.h"

#include "core/hint.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static char dir[64], hints_dir[96];

static int
listen_as(const char *name, char *path, size_t size)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	snprintf(path, size, "%s/%s", hints_dir, name);
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	return fd;
}

/* The datagram that is there, or "". */
static const char *
heard(int fd)
{
	static char text[HINT_MAX + 1];
	ssize_t n = recv(fd, text, HINT_MAX, MSG_DONTWAIT);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static int
start(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/parlor-test-XXXXXX");
	if (!mkdtemp(dir) || !hint_directory(dir, hints_dir, sizeof(hints_dir)))
		return -1;
	hint_start(dir);
	return 0;
}

static int
finish(void **state)
{
	(void)state;
	return rmdir(hints_dir) || rmdir(dir);
}

static void
every_poller_hears(void **state)
{
	char a_path[128], b_path[128];
	int a, b;

	(void)state;
	hint_event("org", "visitor"); /* nobody is there: nothing happens */
	a = listen_as("101.sock", a_path, sizeof(a_path));
	hint_event("org", "visitor");
	assert_string_equal(heard(a), "e\torg\tvisitor");
	/* The second comes in the same moment as the list was read, and is found all the same. */
	b = listen_as("102.sock", b_path, sizeof(b_path));
	hint_event("org", NULL);
	assert_string_equal(heard(a), "e\torg\t");
	assert_string_equal(heard(b), "e\torg\t");
	hint_live("org", "v", "m", HINT_AGENTS | HINT_VISITOR, "{\"typing\":true}");
	assert_string_equal(heard(a), "l\torg\tv\tm\t3\t{\"typing\":true}");
	close(a);
	close(b);
	unlink(a_path);
	unlink(b_path);
}

static void
sockets_of_the_dead_are_removed(void **state)
{
	char path[128];
	int fd = listen_as("103.sock", path, sizeof(path));

	(void)state;
	close(fd);
	assert_int_equal(access(path, F_OK), 0);
	hint_event("org", "v");
	assert_int_not_equal(access(path, F_OK), 0);
}

static void
other_files_are_left_alone(void **state)
{
	char path[128];
	int fd = listen_as("x.sock", path, sizeof(path));

	(void)state;
	hint_event("org", "v");
	assert_string_equal(heard(fd), "");
	close(fd);
	hint_event("org", "v");
	assert_int_equal(access(path, F_OK), 0);
	unlink(path);
}

static void
text_that_would_be_misread_is_not_sent(void **state)
{
	char path[128], *big = calloc(1, HINT_MAX + 1);
	int fd = listen_as("104.sock", path, sizeof(path));

	(void)state;
	memset(big, 'x', HINT_MAX);
	hint_event("or\tg", "v");
	hint_event("org", "v\nw");
	hint_event(big, "v");
	hint_live("org", "v", "a\tb", HINT_AGENTS, "{}");
	assert_string_equal(heard(fd), "");
	hint_event("org", "v");
	assert_string_equal(heard(fd), "e\torg\tv");
	close(fd);
	unlink(path);
	free(big);
}

/* A poller that has stopped costs a sender no more than some milliseconds a hint. */
static void
a_full_queue_does_not_block(void **state)
{
	char path[128];
	int fd = listen_as("105.sock", path, sizeof(path));

	(void)state;
	for (int i = 0; i < 40; i++)
		hint_event("org", "v");
	close(fd);
	unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_poller_hears),
		cmocka_unit_test(sockets_of_the_dead_are_removed),
		cmocka_unit_test(other_files_are_left_alone),
		cmocka_unit_test(text_that_would_be_misread_is_not_sent),
		cmocka_unit_test(a_full_queue_does_not_block),
	};

	alarm(20);
	return cmocka_run_group_tests(tests, start, finish);
}
