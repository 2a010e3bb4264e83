/* What all requests of a process share: read-only after start. */
#ifndef PARLOR_APP_H
#define PARLOR_APP_H

#include "base/conf.h"
#include "base/tmpl.h"

struct app {
	const struct conf *conf;
	struct tmpl_set *templates;
	const char *assets;  /* version of the static files, for ?v= in their addresses */
	bool polls_are_held; /* whether a parlor poll answers the events routes; false under CGI */
};

/*
 * Settings, log level and, when asked for, templates, for a process of this name. config: path of
 * the INI file or NULL. NULL when something is wrong; the reason is in the log.
 */
struct app *app_open(
	struct arena *mem, const char *process, const char *config, bool with_templates);

/*
 * The options every worker takes: --config FILE, --help. False: the command is over, with *status.
 */
bool app_options(int argc, char **argv, const char *help, const char **config, int *status);

#endif
