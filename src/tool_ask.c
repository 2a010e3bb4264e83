/* What the operator types: passwords without echo, and a word that says yes. */
#include "tool.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 1024 };

static volatile sig_atomic_t interrupted;

static void
on_signal(int number)
{
	interrupted = number;
}

/* One line without its end. False: none came, or it is too long. Byte by byte: what follows is not ours. */
static bool
read_line(int fd, char *out, size_t size)
{
	size_t len = 0;
	char c = 0;

	while (!interrupted) {
		ssize_t n = read(fd, &c, 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 || c == '\n')
			break;
		if (len + 1 >= size || c == '\0')
			return false;
		out[len++] = c;
	}
	if (len > 0 && out[len - 1] == '\r')
		len--;
	out[len] = '\0';
	return !interrupted && (len > 0 || c == '\n');
}

/* The terminal is as it was before, however this ends. */
static bool
ask_hidden(const char *question, char *out, size_t size)
{
	struct sigaction catch = { .sa_handler = on_signal }, before[3];
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct termios shown, hidden;
	bool good;

	interrupted = 0;
	if (tcgetattr(STDIN_FILENO, &shown) != 0)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		sigaction(signals[i], &catch, &before[i]);
	hidden = shown;
	hidden.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	fputs(question, stderr); /* when nothing is echoed any more */
	good = read_line(STDIN_FILENO, out, size);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
	fputc('\n', stderr);
	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		sigaction(signals[i], &before[i], NULL);
	if (interrupted)
		raise(interrupted);
	return good;
}

static int
ask_twice(const struct tool *t, char *first, char *second)
{
	if (!isatty(STDIN_FILENO))
		return tool_fail(t, ERR_NONE,
			"there is no terminal to ask for the password: give it with "
			"--password-stdin");
	if (!ask_hidden("Password: ", first, LINE_MAX_BYTES) ||
		!ask_hidden("Once more: ", second, LINE_MAX_BYTES))
		return tool_fail(t, ERR_NONE, "no password was given");
	if (strcmp(first, second) != 0)
		return tool_fail(t, ERR_NONE, "the two were not the same; nothing is changed");
	return TOOL_GO_ON;
}

int
tool_password(const struct tool *t, bool from_stdin, const char **password)
{
	char first[LINE_MAX_BYTES], second[LINE_MAX_BYTES];
	int status = TOOL_GO_ON;

	if (!from_stdin)
		status = ask_twice(t, first, second);
	else if (!read_line(STDIN_FILENO, first, sizeof(first)))
		status = tool_fail(t, ERR_NONE, "there is no line on standard input");
	if (status == TOOL_GO_ON && !user_password_is_good(first))
		status = tool_fail(t, ERR_NONE, "a password has %d to %d characters, in UTF-8",
			PASSWORD_MIN, PASSWORD_MAX);
	if (status == TOOL_GO_ON)
		*password = arena_strdup(t->mem, first);
	explicit_bzero(first, sizeof(first));
	explicit_bzero(second, sizeof(second));
	return status;
}

bool
tool_confirm(const struct tool *t, const char *question, const char *word)
{
	char typed[LINE_MAX_BYTES];

	if (!isatty(STDIN_FILENO) || t->json)
		return false;
	interrupted = 0;
	fprintf(stderr, "%s ", question);
	return read_line(STDIN_FILENO, typed, sizeof(typed)) && strcmp(typed, word) == 0;
}
