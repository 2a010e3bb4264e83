/* Options, connections and words of the operator's commands. */
#include "tool.h"

#include "base/buf.h"
#include "base/conf.h"
#include "base/log.h"
#include "base/util.h"

#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
put(FILE *to, const char *text)
{
	struct buf b = { 0 };

	buf_terminal(&b, text, strlen(text));
	fputs(buf_text(&b), to);
	buf_free(&b);
}

static const char *
format(struct arena *mem, const char *fmt, va_list ap)
{
	char *text = NULL;
	const char *kept;

	if (vasprintf(&text, fmt, ap) < 0)
		abort();
	kept = arena_strdup(mem, text);
	free(text);
	return kept;
}

static void
complain(const struct tool *t, const char *text)
{
	fflush(stdout);
	fprintf(stderr, "parlor %s%s%s: ", t->group, t->command ? " " : "",
		t->command ? t->command->name : "");
	put(stderr, text);
	fputc('\n', stderr);
}

int
tool_fail(const struct tool *t, enum err e, const char *fmt, ...)
{
	const char *text;
	va_list ap;

	va_start(ap, fmt);
	text = format(t->mem, fmt, ap);
	va_end(ap);
	if (e == ERR_INTERNAL || e == ERR_UNAVAILABLE)
		text = arena_printf(t->mem, "%s: %s", text, db_message(t->db));
	complain(t, text);
	return TOOL_FAILED;
}

static void
print_usage(FILE *to, const char *group, const struct tool_command *c)
{
	fprintf(to, "usage: parlor %s %s %s\n", group, c->name, c->usage);
}

int
tool_usage(const struct tool *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain(t, format(t->mem, fmt, ap));
	va_end(ap);
	print_usage(stderr, t->group, t->command);
	return TOOL_USAGE;
}

void
tool_say(const struct tool *t, const char *fmt, ...)
{
	va_list ap;

	if (t->json)
		return;
	va_start(ap, fmt);
	put(stdout, format(t->mem, fmt, ap));
	va_end(ap);
	putchar('\n');
}

void
tool_line(const char *text)
{
	put(stdout, text);
	putchar('\n');
}

static void
help_one(const struct tool *t)
{
	print_usage(stdout, t->group, t->command);
	printf("\n%s\n  --json         prints JSON\n  --config FILE  reads this parlor.ini\n",
		t->command->help);
}

static int
help_all(FILE *to, const char *group, const struct tool_command *commands)
{
	for (const struct tool_command *c = commands; c->name; c++)
		fprintf(to, "%s parlor %s %s %s\n", c == commands ? "usage:" : "      ", group,
			c->name, c->usage);
	fprintf(to, "\nEach has --help, and takes --json and --config FILE. See parlor(1).\n");
	return to == stdout ? TOOL_DONE : TOOL_USAGE;
}

int
tool_main(const char *group, const struct tool_command *commands, int argc, char **argv)
{
	struct tool t = { .group = group };
	int status;

	log_set_process(group);
	if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)
		return help_all(argc < 2 ? stderr : stdout, group, commands);
	for (const struct tool_command *c = commands; c->name; c++)
		if (strcmp(c->name, argv[1]) == 0)
			t.command = c;
	t.mem = arena_new();
	if (!t.command) {
		complain(&t, arena_printf(t.mem, "there is no \"%s\"", argv[1]));
		status = help_all(stderr, group, commands);
	} else {
		status = t.command->run(&t, argc - 1, argv + 1);
	}
	if (t.db)
		db_free(t.db);
	arena_free(t.mem);
	return status;
}

static const char *
system_user(struct arena *mem)
{
	const struct passwd *who = getpwuid(getuid());

	return who ? arena_strdup(mem, who->pw_name)
		   : arena_printf(mem, "uid %u", (unsigned)getuid());
}

static int
connect_to(struct tool *t, const char *config)
{
	const struct conf *conf;
	const char *why;

	if (conf_load(t->mem, config, &conf, &why))
		return tool_fail(t, ERR_NONE, "%s", why);
	t->by = system_user(t->mem);
	t->db = db_new(conf->database_url, NULL);
	return TOOL_GO_ON;
}

/* -1: argv[*i] is no option that is known. */
static int
take_option(const struct tool_option *options, int argc, char **argv, int *i)
{
	for (; options->name; options++) {
		const size_t len = strlen(options->name);

		if (strncmp(argv[*i], options->name, len) != 0)
			continue;
		if (options->value && argv[*i][len] == '=') {
			*options->value = argv[*i] + len + 1;
			return 0;
		}
		if (argv[*i][len])
			continue;
		if (options->flag)
			*options->flag = true;
		else if (*i + 1 < argc)
			*options->value = argv[++*i];
		else
			return -1;
		return 0;
	}
	return -1;
}

static int
check_count(struct tool *t, int min, int max)
{
	if (t->count < min)
		return tool_usage(t, "something is missing");
	if (t->count > max)
		return tool_usage(t, "\"%s\" is too much", t->args[max]);
	return TOOL_GO_ON;
}

int
tool_read(
	struct tool *t, int argc, char **argv, const struct tool_option *options, int min, int max)
{
	const char *config = NULL;
	bool help = false, words_only = false;
	const struct tool_option common[] = { { "--json", .flag = &t->json },
		{ "--config", .value = &config }, { "--help", .flag = &help }, { 0 } };
	int status;

	for (int i = 1; i < argc; i++) {
		if (!words_only && strcmp(argv[i], "--") == 0) {
			words_only = true;
		} else if (!words_only && argv[i][0] == '-' && argv[i][1]) {
			if (take_option(options, argc, argv, &i) &&
				take_option(common, argc, argv, &i))
				return tool_usage(
					t, "\"%s\" is no option, or lacks its value", argv[i]);
		} else if (t->count < TOOL_ARGS) {
			t->args[t->count++] = argv[i];
		}
	}
	if (help) {
		help_one(t);
		return TOOL_DONE;
	}
	status = check_count(t, min, max < TOOL_ARGS ? max : TOOL_ARGS - 1);
	return status == TOOL_GO_ON ? connect_to(t, config) : status;
}

int
tool_organization(const struct tool *t, const char *ref, struct operator_organization *out)
{
	enum err e = operator_organization(t->db, t->mem, ref, out);

	if (e == ERR_NOT_FOUND)
		return tool_fail(t, e,
			"there is no organization with the id or slug \"%s\"; parlor org list "
			"names all",
			ref);
	return e ? tool_fail(t, e, "the organization cannot be looked up") : TOOL_GO_ON;
}

int
tool_user(const struct tool *t, const char *email, const char **id)
{
	enum err e = user_by_address(t->db, t->mem, email, id);

	if (e == ERR_NOT_FOUND)
		return tool_fail(t, e,
			"there is no user with the address \"%s\"; parlor user list names all, "
			"parlor "
			"user add makes one",
			email);
	return e ? tool_fail(t, e, "the user cannot be looked up") : TOOL_GO_ON;
}

bool
tool_seconds(const char *text, int64_t max, int64_t *seconds)
{
	static const struct {
		char unit;
		int64_t seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	char digits[12];
	size_t len = strspn(text, "0123456789");
	int64_t n;

	if (strcmp(text, "0") == 0) {
		*seconds = 0;
		return true;
	}
	if (len == 0 || len >= sizeof(digits) || !text[len] || text[len + 1])
		return false;
	memcpy(digits, text, len);
	digits[len] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		if (units[i].unit == text[len] && parse_int(digits, 0, max, &n)) {
			*seconds = n * units[i].seconds;
			return *seconds <= max;
		}
	return false;
}
