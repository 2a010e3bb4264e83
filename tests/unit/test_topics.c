/* Topics: who is found, what is remembered for how long, and that nothing is left behind. */
#include "unit.h"

#include "poll/topics.h"

static void
waiters_are_found_and_leave_nothing(void **state)
{
	struct topics t = { 0 };
	struct waiter a = { 0 }, b = { 0 }, agent = { 0 };

	(void)state;
	topics_join(&t, &a, "org", "v");
	topics_join(&t, &b, "org", "v");
	topics_join(&t, &agent, "org", NULL);
	assert_ptr_equal(topics_find(&t, "org", "v"), a.topic);
	assert_ptr_equal(a.topic, b.topic);
	assert_ptr_not_equal(a.topic, agent.topic);
	assert_int_equal(a.topic->count, 2);
	assert_string_equal(a.topic->organization, "org");
	assert_string_equal(a.topic->visitor, "v");
	assert_null(agent.topic->visitor);
	topics_leave(&t, &a);
	topics_leave(&t, &a);
	assert_non_null(topics_find(&t, "org", "v"));
	topics_leave(&t, &b);
	assert_null(topics_find(&t, "org", "v"));
	topics_leave(&t, &agent);
	assert_null(t.table);
}

static void
names_do_not_run_together(void **state)
{
	struct topics t = { 0 };
	struct waiter a = { 0 }, b = { 0 };

	(void)state;
	topics_join(&t, &a, "ab", "c");
	topics_join(&t, &b, "a", "bc");
	assert_ptr_not_equal(a.topic, b.topic);
	assert_null(topics_find(&t, "abc", NULL));
	assert_null(topics_find(&t, "ab", ""));
	topics_leave(&t, &a);
	topics_leave(&t, &b);
	assert_null(t.table);
}

static void
live_news_go_to_those_who_have_not_had_them(void **state)
{
	struct topics t = { 0 };
	struct waiter w = { 0 };
	struct buf b = { 0 };
	struct topic *topic;

	(void)state;
	topics_join(&t, &w, "org", NULL);
	topic = topics_live(&t, "org", NULL, "v1", "v1", "{\"a\":1}", 0);
	assert_ptr_equal(topic, w.topic);
	topics_live(&t, "org", NULL, "v2", "v2", "{\"b\":1}", 0);
	assert_int_equal(topic_lives(topic, 0, NULL, 10, &b), 2);
	assert_string_equal(b.data, "{\"a\":1},{\"b\":1}");
	buf_clear(&b);
	assert_int_equal(topic_lives(topic, 1, NULL, 10, &b), 1);
	assert_string_equal(b.data, "{\"b\":1}");
	assert_int_equal(topic_lives(topic, t.newest_live, NULL, 10, NULL), 0);
	assert_int_equal(topic_lives(topic, 0, "v1", 10, NULL), 1); /* not to the sender */
	assert_int_equal(topic_lives(topic, 0, NULL, LIVE_MS + 1, NULL), 0);
	buf_free(&b);
	topics_leave(&t, &w);
	topics_free(&t);
	assert_null(t.table);
}

static void
a_later_word_replaces_the_earlier(void **state)
{
	struct topics t = { 0 };
	struct buf b = { 0 };
	struct topic *topic;

	(void)state;
	topics_live(&t, "org", "v", "m", "v", "{\"typing\":true}", 0);
	topic = topics_live(&t, "org", "v", "m", "v", "{\"typing\":false}", 100);
	assert_int_equal(topic_lives(topic, 0, NULL, 100, &b), 1);
	assert_string_equal(b.data, "{\"typing\":false}");
	buf_free(&b);
	topics_free(&t);
	assert_null(t.table);
}

static void
memory_is_short_and_bounded(void **state)
{
	struct topics t = { 0 };
	struct topic *topic = NULL;
	char name[32];

	(void)state;
	for (int i = 0; i < 3 * LIVE_PER_TOPIC; i++) {
		snprintf(name, sizeof(name), "v%d", i);
		topic = topics_live(&t, "org", NULL, name, name, "{}", i);
	}
	assert_int_equal(topic_lives(topic, 0, NULL, 0, NULL), LIVE_PER_TOPIC);
	for (int i = 0; i < LIVE_TOPICS_MAX + 10; i++) {
		snprintf(name, sizeof(name), "v%d", i);
		topics_live(&t, "org", name, "m", name, "{}", 0);
	}
	assert_int_equal(t.with_lives_count, LIVE_TOPICS_MAX);
	topics_expire(&t, LIVE_MS + 3 * LIVE_PER_TOPIC + 1);
	assert_int_equal(t.with_lives_count, 0);
	assert_null(t.table);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waiters_are_found_and_leave_nothing),
		cmocka_unit_test(names_do_not_run_together),
		cmocka_unit_test(live_news_go_to_those_who_have_not_had_them),
		cmocka_unit_test(a_later_word_replaces_the_earlier),
		cmocka_unit_test(memory_is_short_and_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
