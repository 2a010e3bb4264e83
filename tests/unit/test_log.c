/* The log: one line of JSON for a call, whatever text comes in. */
#include "unit.h"

#include "base/log.h"

#include <json-c/json.h>
#include <unistd.h>

static int captured; /* what stands in for standard error */

static int
capture(void **state)
{
	char path[] = "/tmp/parlor-test-XXXXXX";

	(void)state;
	captured = mkstemp(path);
	return captured < 0 || unlink(path) != 0;
}

/* What the log wrote while fn ran; standard error is ours again after it. */
static const char *
written(void (*fn)(const char *), const char *arg)
{
	static char text[65536];
	const int saved = dup(STDERR_FILENO);
	ssize_t n;

	assert_int_equal(ftruncate(captured, 0), 0);
	lseek(captured, 0, SEEK_SET);
	dup2(captured, STDERR_FILENO);
	fn(arg);
	dup2(saved, STDERR_FILENO);
	close(saved);
	n = pread(captured, text, sizeof(text) - 1, 0);
	assert_true(n >= 0);
	text[n] = '\0';
	return text;
}

static void
warn(const char *text)
{
	log_line(LOG_WARN, "%s", text);
}

static const char *
member(struct json_object *o, const char *name)
{
	struct json_object *value = NULL;

	return json_object_object_get_ex(o, name, &value) ? json_object_get_string(value) : NULL;
}

static void
a_line_has_its_members(void **state)
{
	struct json_object *o;

	(void)state;
	log_set_process("poll");
	log_set_request("0123456789abcdef");
	o = json_tokener_parse(written(warn, "hello"));
	assert_string_equal(member(o, "level"), "warn");
	assert_string_equal(member(o, "proc"), "poll");
	assert_string_equal(member(o, "request"), "0123456789abcdef");
	assert_string_equal(member(o, "message"), "hello");
	assert_int_equal(atoi(member(o, "pid")), getpid());
	assert_int_equal(strlen(member(o, "time")), 24);
	json_object_put(o);
	log_set_request("");
	assert_null(strstr(written(warn, "x"), "\"request\""));
}

static void
with_members(const char *text)
{
	log_members(LOG_ERROR, text, "\"status\":200,\"path\":\"/x\"");
}

static void
further_members_join(void **state)
{
	struct json_object *o = json_tokener_parse(written(with_members, "m"));

	(void)state;
	assert_string_equal(member(o, "status"), "200");
	assert_string_equal(member(o, "path"), "/x");
	json_object_put(o);
}

static void
one_of_each(const char *text)
{
	log_line(LOG_DEBUG, "%s", text);
	log_line(LOG_INFO, "%s", text);
	log_line(LOG_ERROR, "%s", text);
}

static size_t
count_lines(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static void
levels_are_dropped_below(void **state)
{
	(void)state;
	assert_int_equal(count_lines(written(one_of_each, "x")), 2);
	log_set_level(LOG_DEBUG);
	assert_int_equal(count_lines(written(one_of_each, "x")), 3);
	log_set_level(LOG_ERROR);
	assert_int_equal(count_lines(written(one_of_each, "x")), 1);
	log_set_level(LOG_INFO);
}

static bool
is_one_safe_line(const char *line)
{
	struct json_object *o;
	const size_t len = strlen(line);

	if (len == 0 || strchr(line, '\n') != line + len - 1)
		return false;
	for (const char *s = line; s < line + len - 1; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f ||
			((unsigned char)*s == 0xc2 && (unsigned char)s[1] < 0xa0))
			return false;
	o = json_tokener_parse(line);
	json_object_put(o);
	return o != NULL;
}

/* Random bytes, UTF-8 or not, with many controls and quotes. */
static void
hostile_text_stays_one_line(void **state)
{
	static const char favourites[] = "\n\r\x1b\"\\{}[]\x9b\xc2\x7f\b";
	uint64_t random = 5;
	char text[201];

	(void)state;
	for (int i = 0; i < 10000; i++) {
		const size_t len = unit_random(&random) % 200;

		for (size_t j = 0; j < len; j++)
			text[j] = unit_random(&random) % 2 ? favourites[unit_random(&random) %
									(sizeof(favourites) - 1)]
							   : (char)(1 + unit_random(&random) % 255);
		text[len] = '\0';
		assert_true(is_one_safe_line(written(warn, text)));
		unit_random_text(&random, text, 200);
		assert_true(is_one_safe_line(written(warn, text)));
	}
}

static void
bad_bytes_do_not_hide_the_rest(void **state)
{
	struct json_object *o = json_tokener_parse(written(warn, "a\xff\xc3+b\xe2\x82"));

	(void)state;
	assert_string_equal(member(o, "message"), "a??+b??");
	json_object_put(o);
}

static void
long_text_is_cut(void **state)
{
	char text[5001];

	(void)state;
	memset(text, 'x', 5000);
	text[5000] = '\0';
	assert_true(is_one_safe_line(written(warn, text)));
	log_set_request(text);
	assert_true(is_one_safe_line(written(warn, "x")));
	log_set_request("");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_has_its_members),
		cmocka_unit_test(further_members_join),
		cmocka_unit_test(levels_are_dropped_below),
		cmocka_unit_test(hostile_text_stays_one_line),
		cmocka_unit_test(bad_bytes_do_not_hide_the_rest),
		cmocka_unit_test(long_text_is_cut),
	};

	return cmocka_run_group_tests_name("log", tests, capture, NULL);
}
