/*
 * What the operator's commands share: a command is a table of subcommands, each with options, help, one
 * JSON object on request, and a connection as the owner of the tables.
 */
#ifndef PARLOR_TOOL_H
#define PARLOR_TOOL_H

#include "core/operator.h"

enum { TOOL_ARGS = 32 };

/* Exit statuses, as parlor(1) has them. */
enum { TOOL_DONE = 0, TOOL_FAILED = 1, TOOL_USAGE = 2, TOOL_GO_ON = -1 };

struct tool;

struct tool_command {
	const char *name; /* "create" */
	int (*run)(struct tool *t, int argc, char **argv);
	const char *usage; /* "NAME [--slug S] [--owner EMAIL]" */
	const char *help;  /* what it does, and its options; lines */
};

/* --name VALUE, or --name alone where flag is set. The table ends with a NULL name. */
struct tool_option {
	const char *name; /* "--slug" */
	const char **value;
	bool *flag;
};

struct tool {
	struct arena *mem;
	struct db *db;
	const char *group; /* "org" */
	const struct tool_command *command;
	bool json;
	const char *by; /* the system's user, for the audit log */
	const char *args[TOOL_ARGS];
	int count;
};

/* The whole of a command: finds the subcommand of argv[1]. commands ends with a NULL name. */
int tool_main(const char *group, const struct tool_command *commands, int argc, char **argv);

/*
 * Takes options (and --json, --config, --help) and from min to max words into t->args, reads the
 * configuration and opens t->db. TOOL_GO_ON, or the exit status.
 */
int tool_read(
	struct tool *t, int argc, char **argv, const struct tool_option *options, int min, int max);

/* "parlor org create: ..." on standard error; e adds what the database said where that helps. */
int tool_fail(const struct tool *t, enum err e, const char *fmt, ...) PRINTF(3, 4);
/* The same for a wrong command line, with the usage. */
int tool_usage(const struct tool *t, const char *fmt, ...) PRINTF(2, 3);
/* A line for people: on standard output, or nowhere with --json. */
void tool_say(const struct tool *t, const char *fmt, ...) PRINTF(2, 3);
/* JSON, or any text, as a line on standard output; nothing in it reaches the terminal as a command. */
void tool_line(const char *text);

struct tool_column {
	const char *title, *member;
};

/*
 * Rows of one JSON object each: with --json as one array, else as a table with these columns (ended by a
 * NULL title). nothing: said in place of an empty table.
 */
void tool_table(const struct tool *t, const struct tool_column *columns, const struct rows *rows,
	const char *nothing);

/* t->args[0] as an organization; says so when it is none. */
int tool_organization(const struct tool *t, const char *ref, struct operator_organization *out);
/* The id of a user by address; says so when there is none. */
int tool_user(const struct tool *t, const char *email, const char **id);

/* "90d", "24h", "30m", "0": seconds. False: it is none, or more than max. */
bool tool_seconds(const char *text, int64_t max, int64_t *seconds);

/*
 * A password: a line of standard input (from_stdin), or asked for twice on the terminal without echo.
 * *password lives in mem. TOOL_GO_ON, or the exit status after saying what is wrong.
 */
int tool_password(const struct tool *t, bool from_stdin, const char **password);
/* Asks for the word on the terminal. False: another one was typed, or there is no terminal. */
bool tool_confirm(const struct tool *t, const char *question, const char *word);

#endif
