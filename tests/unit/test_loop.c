/* The loop: events, timers, the end by signal, and memory that a batch may still name. */
#include "unit.h"

#include "base/loop.h"

#include <signal.h>
#include <unistd.h>

static struct loop *loop;

static void
stop(void *arg)
{
	(void)arg;
	loop_stop(loop);
}

struct reader {
	struct watch watch;
	struct reader *other;
	int events;
};

/* Whoever comes first ends both; the other's event of the same batch must not be delivered. */
static void
end_both(void *arg, uint32_t events)
{
	struct reader *r = arg, *other = r->other;

	(void)events;
	r->events++;
	loop_unwatch(loop, &other->watch);
	loop_bury(loop, other);
	loop_unwatch(loop, &r->watch);
	loop_stop(loop);
}

static void
a_freed_object_hears_no_more(void **state)
{
	struct reader *a = calloc(1, sizeof(*a)), *b = calloc(1, sizeof(*b));
	int pipes[2][2], events;

	(void)state;
	loop = loop_new();
	assert_int_equal(pipe(pipes[0]), 0);
	assert_int_equal(pipe(pipes[1]), 0);
	*a = (struct reader){ .watch = { .fn = end_both, .arg = a }, .other = b };
	*b = (struct reader){ .watch = { .fn = end_both, .arg = b }, .other = a };
	assert_true(loop_watch(loop, &a->watch, pipes[0][0], EPOLLIN));
	assert_true(loop_watch(loop, &b->watch, pipes[1][0], EPOLLIN));
	assert_int_equal(write(pipes[0][1], "x", 1), 1);
	assert_int_equal(write(pipes[1][1], "x", 1), 1);
	events = 0;
	loop_run(loop);
	events += a->watch.fn == NULL; /* the one that was told is still ours */
	assert_int_equal(events, 1);
	for (int i = 0; i < 4; i++)
		close(pipes[i / 2][i % 2]);
	loop_free(loop);
	free(a);
}

static int turns;

static void
count_turn(void *arg)
{
	(void)arg;
	turns++;
}

static void
timers_run_and_turns_end(void **state)
{
	struct timer timer = { .fn = stop };

	(void)state;
	loop = loop_new();
	turns = 0;
	loop_after_turn(loop, count_turn, NULL);
	loop_timer(loop, &timer, 30);
	loop_run(loop);
	assert_in_range(turns, 1, 10); /* it waited, it did not spin */
	loop_free(loop);
}

static void
a_signal_ends_it(void **state)
{
	const int signals[] = { SIGTERM, SIGINT, SIGQUIT };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
		loop = loop_new();
		raise(signals[i]); /* blocked, so it waits for the loop */
		loop_run(loop);
		loop_free(loop);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_freed_object_hears_no_more),
		cmocka_unit_test(timers_run_and_turns_end),
		cmocka_unit_test(a_signal_ends_it),
	};

	alarm(20); /* a loop that does not end is a failure, not a wait */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
