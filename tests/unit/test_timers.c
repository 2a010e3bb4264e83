/* The timer wheel: never early, at most a tick late, whatever is set and cleared meanwhile. */
#include "unit.h"

#include "base/timers.h"

enum { COUNT = 3000 };

struct note {
	struct timer timer;
	int64_t want, fired; /* fired: 0 when not */
	int times;
	int64_t *now;
};

static void
fire(void *arg)
{
	struct note *n = arg;

	n->fired = *n->now;
	n->times++;
}

static void
each_fires_once_and_in_time(void **state)
{
	static struct timers t;
	static struct note notes[COUNT];
	int64_t now = 123456;
	uint64_t seed = 7;

	(void)state;
	timers_init(&t, now);
	memset(notes, 0, sizeof(notes));
	for (int i = 0; i < COUNT; i++) {
		notes[i].timer.fn = fire;
		notes[i].timer.arg = &notes[i];
		notes[i].now = &now;
		/* Up to twice round the wheel. */
		notes[i].want =
			now + (int64_t)(unit_random(&seed) % (2 * TIMER_TICK * TIMER_SLOTS));
		timers_set(&t, &notes[i].timer, notes[i].want);
	}
	for (int i = 0; i < COUNT; i += 5)
		timers_clear(&notes[i].timer);
	for (int64_t end = now + 3 * TIMER_TICK * TIMER_SLOTS; now < end; now += 3)
		timers_run(&t, now);
	for (int i = 0; i < COUNT; i++) {
		assert_int_equal(notes[i].times, i % 5 ? 1 : 0);
		if (i % 5)
			assert_in_range(notes[i].fired - notes[i].want, 0, 2 * TIMER_TICK + 3);
	}
	assert_int_equal(timers_wait(&t, now), -1);
}

static void
the_wait_ends_at_the_next_one(void **state)
{
	static struct timers t;
	int64_t now = 1000, fired_at = 0;
	struct note n = { .timer = { .fn = fire }, .now = &now };

	(void)state;
	n.timer.arg = &n;
	timers_init(&t, now);
	assert_int_equal(timers_wait(&t, now), -1);
	timers_set(&t, &n.timer, now + 500);
	while (!n.times) {
		int wait = timers_wait(&t, now);

		assert_in_range(wait, 1, 500 + 2 * TIMER_TICK); /* never a busy loop */
		now += wait;
		timers_run(&t, now);
		fired_at = now;
	}
	assert_in_range(fired_at, 1500, 1500 + 2 * TIMER_TICK);
}

static void
a_timer_that_is_set_again_moves(void **state)
{
	static struct timers t;
	int64_t now = 0;
	struct note n = { .timer = { .fn = fire }, .now = &now };

	(void)state;
	n.timer.arg = &n;
	timers_init(&t, now);
	timers_set(&t, &n.timer, 100);
	timers_set(&t, &n.timer, 5000);
	now = 1000;
	timers_run(&t, now);
	assert_int_equal(n.times, 0);
	now = 6000;
	timers_run(&t, now);
	assert_int_equal(n.times, 1);
}

static void
a_long_stop_loses_nothing(void **state)
{
	static struct timers t;
	static struct note notes[COUNT];
	int64_t now = 50;

	(void)state;
	timers_init(&t, now);
	memset(notes, 0, sizeof(notes));
	for (int i = 0; i < COUNT; i++) {
		notes[i] = (struct note){ .timer = { .fn = fire, .arg = &notes[i] }, .now = &now };
		timers_set(&t, &notes[i].timer, now + 1 + i * 20);
	}
	now += INT64_C(10) * TIMER_TICK * TIMER_SLOTS;
	timers_run(&t, now);
	for (int i = 0; i < COUNT; i++)
		assert_int_equal(notes[i].times, 1);
}

/* A function may clear another timer of the same moment, and set its own again. */
static struct timers shared;
static struct timer victim, again;
static int again_times, victim_times;

static void
clear_victim(void *arg)
{
	(void)arg;
	timers_clear(&victim);
}

static void
count_victim(void *arg)
{
	(void)arg;
	victim_times++;
	timers_clear(&victim);
}

static void
set_again(void *arg)
{
	(void)arg;
	if (++again_times < 3)
		timers_set(&shared, &again, shared.done * TIMER_TICK + 10);
}

static void
functions_may_set_and_clear(void **state)
{
	struct timer killer = { .fn = clear_victim };

	(void)state;
	timers_init(&shared, 0);
	victim.fn = count_victim;
	again.fn = set_again;
	timers_set(&shared, &victim, 80);
	timers_set(&shared, &again, 80);
	timers_set(&shared, &killer, 80); /* set last, so that it runs first */
	for (int64_t now = 0; now < 1000; now += 4)
		timers_run(&shared, now);
	assert_int_equal(victim_times, 0);
	assert_int_equal(again_times, 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_fires_once_and_in_time),
		cmocka_unit_test(the_wait_ends_at_the_next_one),
		cmocka_unit_test(a_timer_that_is_set_again_moves),
		cmocka_unit_test(a_long_stop_loses_nothing),
		cmocka_unit_test(functions_may_set_and_clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
