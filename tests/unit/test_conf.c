/* Configuration: file, environment, defaults, and complaints that say what to change. */
#include "unit.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/conf.h"

#include <unistd.h>

#define SECRET "0123456789abcdef0123456789abcdef"
#define REQUIRED                                                                                   \
	"[server]\nbase_url = https://chat.example.org\n[database]\ndatabase_url = "               \
	"postgresql:///x\n"                                                                        \
	"[auth]\nauth_secret = " SECRET "\n"

static char path[64];
static struct arena *mem;
static const struct conf *conf;
static const char *why;

static int
set_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < conf_options_count; i++) {
		unsetenv(conf_options[i].env);
		if (conf_options[i].env_also)
			unsetenv(conf_options[i].env_also);
	}
	unsetenv("PARLOR_CONFIG");
	mem = arena_new();
	conf = NULL;
	why = NULL;
	strcpy(path, "/tmp/parlor-test-XXXXXX");
	close(mkstemp(path));
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	unlink(path);
	arena_free(mem);
	return 0;
}

static enum err
load(const char *text)
{
	FILE *f = fopen(path, "w");

	fputs(text, f);
	fclose(f);
	return conf_load(mem, path, &conf, &why);
}

/* The file is refused with a line that holds this text. */
static void
refused(const char *text, const char *want)
{
	assert_int_equal(load(text), ERR_INVALID);
	assert_non_null(why);
	if (!strstr(why, want))
		fail_msg("\"%s\" does not hold \"%s\"", why, want);
	assert_null(strchr(why, '\n'));
}

static void
defaults_fill_the_rest(void **state)
{
	(void)state;
	assert_int_equal(load(REQUIRED), ERR_NONE);
	assert_string_equal(conf->base_url, "https://chat.example.org");
	assert_string_equal(conf->database_url, "postgresql:///x");
	assert_string_equal(conf->auth_secret, SECRET);
	assert_true(conf->database_roles);
	assert_string_equal(conf->cookie_prefix, "better-auth");
	assert_string_equal(conf->log_level, "info");
	assert_false(conf->visitor_sign_in);
	assert_string_equal(conf->demo_key, "");
	assert_int_equal(conf->poll_hold_seconds, 25);
	assert_int_equal(conf->poll_max_waiting, 20000);
	assert_true(conf->poll_notify);
	assert_false(conf->limits_off);
	assert_int_equal(conf->body_max, 65536);
	assert_non_null(strstr(conf->template_dir, "/templates"));
	assert_non_null(strstr(conf->static_dir, "/static"));
}

static void
file_is_read(void **state)
{
	(void)state;
	assert_int_equal(
		load("\xef\xbb\xbf; a comment\n# another\n\n" REQUIRED
		     "cookie_prefix=chat\n[poll]\n  poll_hold_seconds : 5 ; short\n"
		     "poll_notify = off\n[server]\nruntime_dir =\n[limits]\nlimits_off = yes\n"),
		ERR_NONE);
	assert_string_equal(conf->cookie_prefix, "chat");
	assert_int_equal(conf->poll_hold_seconds, 5);
	assert_false(conf->poll_notify);
	assert_string_equal(conf->runtime_dir, "");
	assert_true(conf->limits_off);
}

static void
environment_wins(void **state)
{
	(void)state;
	setenv("PARLOR_COOKIE_PREFIX", "env", 1);
	setenv("PARLOR_POLL_HOLD_SECONDS", "7", 1);
	setenv("PARLOR_LIMITS_OFF", "1", 1);
	setenv("PARLOR_RUNTIME_DIR", "", 1);
	assert_int_equal(load(REQUIRED "cookie_prefix = file\n"), ERR_NONE);
	assert_string_equal(conf->cookie_prefix, "env");
	assert_int_equal(conf->poll_hold_seconds, 7);
	assert_true(conf->limits_off);
	assert_string_equal(conf->runtime_dir, "");
}

static void
names_of_others_are_honoured(void **state)
{
	(void)state;
	setenv("DATABASE_URL", "postgresql:///theirs", 1);
	setenv("BETTER_AUTH_SECRET", "theirs-theirs-theirs-theirs-theirs", 1);
	setenv("BETTER_AUTH_URL", "http://localhost:8080", 1);
	assert_int_equal(load(""), ERR_NONE);
	assert_string_equal(conf->database_url, "postgresql:///theirs");
	assert_string_equal(conf->auth_secret, "theirs-theirs-theirs-theirs-theirs");
	assert_string_equal(conf->base_url, "http://localhost:8080");
	setenv("PARLOR_DATABASE_URL", "postgresql:///ours", 1);
	assert_int_equal(load(REQUIRED), ERR_NONE);
	assert_string_equal(conf->database_url, "postgresql:///ours");
}

static void
file_is_found(void **state)
{
	(void)state;
	assert_int_equal(load(REQUIRED "cookie_prefix = found\n"), ERR_NONE);
	setenv("PARLOR_CONFIG", path, 1);
	assert_int_equal(conf_load(mem, NULL, &conf, &why), ERR_NONE);
	assert_string_equal(conf->cookie_prefix, "found");
	setenv("PARLOR_CONFIG", "/nowhere/parlor.ini", 1);
	assert_int_equal(conf_load(mem, NULL, &conf, &why), ERR_INVALID);
	assert_non_null(strstr(why, "/nowhere/parlor.ini"));
}

static void
names_are_checked(void **state)
{
	char line[96];

	(void)state;
	refused(REQUIRED "[poll]\nhold_seconds = 5\n", "did you mean poll_hold_seconds?");
	snprintf(line, sizeof(line), "%s:8: ", path);
	refused(REQUIRED "[poll]\nhold_seconds = 5\n", line);
	refused(REQUIRED "cookie_prefx = x\n", "did you mean cookie_prefix?");
	refused(REQUIRED "[sever]\nlog_level = info\n", "belongs in [server], not in [sever]");
	refused(REQUIRED "[sever]\nlevel = info\n", "no section [sever]; did you mean [server]?");
	refused(REQUIRED "log_level = info\n", "log_level belongs in [server], not in [auth]");
	refused("log_level = info\n", "before the first [section]");
	refused(REQUIRED "auth_secret = " SECRET "\n", "auth_secret is given a second time");
	refused(REQUIRED "foo = 1\n[bar]\nbaz = 1\n", ":7: there is no option foo in [auth]");
	refused(REQUIRED "nonsense\n", ":7: neither a [section] nor");
}

static void
values_are_checked(void **state)
{
	static const struct {
		const char *line, *want;
	} cases[] = {
		{ "[poll]\npoll_hold_seconds = 51\n",
			"poll_hold_seconds must be a whole number from 1 to 50" },
		{ "[poll]\npoll_hold_seconds = 0\n", "from 1 to 50" },
		{ "[poll]\npoll_hold_seconds = -5\n", "from 1 to 50" },
		{ "[poll]\npoll_hold_seconds = 5s\n", "from 1 to 50" },
		{ "[poll]\npoll_hold_seconds =\n", "from 1 to 50" },
		{ "[poll]\npoll_max_waiting = 1000001\n", "from 1 to 1000000" },
		{ "[poll]\npoll_notify = maybe\n", "must be yes or no" },
		{ "[limits]\nbody_max = 65537\n", "from 1024 to 65536" },
		{ "[server]\nlog_level = loud\n", "must be debug, info, warn or error" },
		{ "[server]\ntemplate_dir =\n", "template_dir must not be empty" },
		{ "[database]\ndatabase_roles = parlor_app\n", "database_roles must be yes or no" },
		{ "cookie_prefix = a b\n", "cookie_prefix must be letters" },
		{ "cookie_prefix =\n", "cookie_prefix must be letters" },
	};
	char text[1024];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		snprintf(text, sizeof(text), "%s%s", REQUIRED, cases[i].line);
		refused(text, cases[i].want);
	}
}

static void
urls_are_checked(void **state)
{
	static const char *const bad[] = { "", "chat.example.org", "ftp://x", "https://",
		"https://x/", "https://x/chat", "https://x?y", "https://u@x", "HTTPS://x",
		"https://x y" };
	static const char *const good[] = { "http://x", "https://x:8443", "http://[::1]:8080",
		"https://Chat.example.org" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		setenv("PARLOR_BASE_URL", bad[i], 1);
		refused(REQUIRED, "environment variable PARLOR_BASE_URL: base_url must be http://");
	}
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		setenv("PARLOR_BASE_URL", good[i], 1);
		assert_int_equal(load(REQUIRED), ERR_NONE);
	}
}

/* A secret that is refused is not shown either. */
static void
secrets_are_long(void **state)
{
	(void)state;
	setenv("BETTER_AUTH_SECRET", "0123456789abcdef0123456789abcde", 1);
	refused(REQUIRED,
		"environment variable BETTER_AUTH_SECRET: auth_secret must be at least 32");
	assert_null(strstr(why, "0123456789"));
}

static void
required_options_are_asked_for(void **state)
{
	(void)state;
	refused("", "base_url is not set: give it in [server]");
	setenv("PARLOR_BASE_URL", "http://x", 1);
	refused("", "database_url is not set: give it in [database]");
	setenv("DATABASE_URL", "postgresql:///x", 1);
	refused("", "auth_secret is not set: give it in [auth]");
	assert_non_null(strstr(why, "PARLOR_AUTH_SECRET"));
}

static void
long_lines_are_not_cut(void **state)
{
	char *text = arena_printf(mem, "%scookie_prefix = %0*d\n", REQUIRED, 4000, 0);

	(void)state;
	assert_int_equal(load(text), ERR_NONE);
	assert_int_equal(strlen(conf->cookie_prefix), 4000);
	refused(arena_printf(mem, "%scookie_prefix = %0*d\n", REQUIRED, 4100, 0),
		"a line is longer than");
}

/* What is dumped can be read, and says the same, but for the secrets. */
static void
dump_can_be_read(void **state)
{
	struct buf first = { 0 }, second = { 0 };

	(void)state;
	assert_int_equal(
		load(REQUIRED "[poll]\npoll_hold_seconds = 9\npoll_notify = no\n"), ERR_NONE);
	conf_dump(conf, &first);
	assert_null(strstr(first.data, SECRET));
	assert_null(strstr(first.data, "postgresql"));
	assert_non_null(strstr(first.data, "[poll]\npoll_hold_seconds = 9\n"));
	setenv("PARLOR_AUTH_SECRET", SECRET, 1);
	assert_int_equal(load(first.data), ERR_INVALID); /* "***" is no secret */
	*strstr(first.data, "auth_secret = ***") = ';';
	assert_int_equal(load(first.data), ERR_NONE);
	conf_dump(conf, &second);
	*strstr(second.data, "auth_secret = ***") = ';';
	assert_string_equal(first.data, second.data);
	buf_free(&first);
	buf_free(&second);
}

/* The rules of the names, so that one who knows an option knows its variable. */
static void
table_is_regular(void **state)
{
	char env[80];

	(void)state;
	for (size_t i = 0; i < conf_options_count; i++) {
		const struct conf_option *o = &conf_options[i];
		size_t n = (size_t)snprintf(env, sizeof(env), "PARLOR_%s", o->name);

		for (size_t j = 0; j < n; j++)
			if (env[j] >= 'a' && env[j] <= 'z')
				env[j] = (char)(env[j] - 'a' + 'A');
		assert_string_equal(o->env, env);
		assert_true(strlen(o->help) > 10);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(o->name, conf_options[j].name);
	}
}

#define MAIL                                                                                       \
	"[mail]\nsmtp_url = smtp://mail.example.org:587\nmail_from = Parlor <chat@example.org>\n"

static void
mail_is_checked(void **state)
{
	static const char *const urls[] = { "mail.example.org", "http://x", "smtp://", "smtp:///x",
		"smtp://user@x", "smtp://user:word@x", "smtp://x/y/z", "smtp://x?y", "smtp://x y",
		"smtp://x/", "imap://x" };
	static const char *const senders[] = { "Parlor", "Parlor <>", "<a@b>, <c@d>", "a b@c" };

	(void)state;
	assert_int_equal(load(REQUIRED), ERR_NONE);
	assert_false(conf_has_mail(conf));
	assert_string_equal(conf->smtp_tls, "required");
	assert_int_equal(load(REQUIRED MAIL), ERR_NONE);
	assert_true(conf_has_mail(conf));
	assert_string_equal(conf->mail_from, "Parlor <chat@example.org>");
	for (size_t i = 0; i < ARRAY_LEN(urls); i++)
		refused(arena_printf(mem, REQUIRED "[mail]\nsmtp_url = %s\n", urls[i]),
			"smtp_url must be");
	for (size_t i = 0; i < ARRAY_LEN(senders); i++)
		refused(arena_printf(mem, REQUIRED "[mail]\nmail_from = %s\n", senders[i]),
			"mail_from must be");
	refused(REQUIRED "[mail]\nsmtp_tls = yes\n", "smtp_tls must be required, offered or no");
	refused(REQUIRED "[mail]\nsmtp_url = smtps://x\n", "mail_from is not set");
	assert_int_equal(load(REQUIRED "[mail]\nmail_from = a@b\n"), ERR_NONE);
}

static void
passwords_of_mail_are_not_sent_for_all_to_read(void **state)
{
	static const char login[] = "smtp_user = x\nsmtp_password = y\nmail_from = a@b\n";

	(void)state;
	refused(REQUIRED MAIL "smtp_user = x\n", "together");
	refused(REQUIRED MAIL "smtp_password = x\n", "together");
	assert_int_equal(load(REQUIRED MAIL "smtp_user = x\nsmtp_password = y\n"), ERR_NONE);
	refused(REQUIRED MAIL "smtp_user = x\nsmtp_password = y\nsmtp_tls = no\n",
		"smtp_tls must be required");
	refused(REQUIRED MAIL "smtp_user = x\nsmtp_password = y\nsmtp_tls = offered\n",
		"smtp_tls must be required");
	refused(arena_printf(mem,
			REQUIRED "[mail]\nsmtp_url = smtp://127.example.org\nsmtp_tls = no\n%s",
			login),
		"smtp_tls must be required");
	assert_int_equal(load(REQUIRED MAIL "smtp_tls = no\n"), ERR_NONE);
	assert_int_equal(
		load(arena_printf(mem,
			REQUIRED "[mail]\nsmtp_url = smtp://localhost:25/me\nsmtp_tls = no\n%s",
			login)),
		ERR_NONE);
	assert_int_equal(
		load(arena_printf(mem,
			REQUIRED "[mail]\nsmtp_url = smtps://mail.example.org\nsmtp_tls = no\n%s",
			login)),
		ERR_NONE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(defaults_fill_the_rest, set_up, tear_down),
		cmocka_unit_test_setup_teardown(file_is_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(environment_wins, set_up, tear_down),
		cmocka_unit_test_setup_teardown(names_of_others_are_honoured, set_up, tear_down),
		cmocka_unit_test_setup_teardown(file_is_found, set_up, tear_down),
		cmocka_unit_test_setup_teardown(names_are_checked, set_up, tear_down),
		cmocka_unit_test_setup_teardown(values_are_checked, set_up, tear_down),
		cmocka_unit_test_setup_teardown(urls_are_checked, set_up, tear_down),
		cmocka_unit_test_setup_teardown(secrets_are_long, set_up, tear_down),
		cmocka_unit_test_setup_teardown(required_options_are_asked_for, set_up, tear_down),
		cmocka_unit_test_setup_teardown(long_lines_are_not_cut, set_up, tear_down),
		cmocka_unit_test_setup_teardown(mail_is_checked, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			passwords_of_mail_are_not_sent_for_all_to_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(dump_can_be_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(table_is_regular, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("conf", tests, NULL, NULL);
}
