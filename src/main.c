/* parlor: one binary, a table of commands. */
#include "config.h"

#include "cmd.h"

#include "base/base.h"
#include "base/crypt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
} commands[] = {
	{ "web", cmd_web, "FastCGI worker on descriptor 0: API, dashboard, public pages" },
	{ "poll", cmd_poll, "FastCGI worker on descriptor 0: holds all waiting long polls" },
	{ "jobs", cmd_jobs, "runs queued work" },
	{ "migrate", cmd_migrate, "brings the database up to this version" },
	{ "doctor", cmd_doctor, "says what is wrong with an installation, and the mend" },
	{ "demo", cmd_demo, "fills in a demo organization, or visitors for load tests" },
	{ "routes", cmd_routes, "prints the route table" },
	{ "conf", cmd_conf, "prints the settings in force" },
	{ "org", cmd_org, "organizations: create, list, set, delete" },
	{ "user", cmd_user, "users: add, list, password, disable, enable" },
	{ "key", cmd_key, "secret keys: create, list, rotate, revoke" },
};

static int
help(FILE *out)
{
	fprintf(out, "usage: parlor COMMAND [options]\n\n");
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		fprintf(out, "  %-8s  %s\n", commands[i].name, commands[i].help);
	fprintf(out, "\nEach command has --help. Started without a command by a web server, parlor "
		     "serves\n"
		     "everything as CGI or FastCGI. See parlor(1).\n");
	return out == stdout ? 0 : 2;
}

int
main(int argc, char **argv)
{
	crypt_start();
	if (argc < 2)
		return getenv("GATEWAY_INTERFACE") || getenv("FCGI_ROLE") || !isatty(0)
			       ? cmd_cgi(argc, argv)
			       : help(stderr);
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "version") == 0) {
		puts("parlor " PACKAGE_VERSION);
		return 0;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)
		return help(stdout);
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	fprintf(stderr, "parlor: no command \"%s\"\n\n", argv[1]);
	return help(stderr);
}
