/* Starting a process that answers requests: settings, log, templates. */
#include "web/app.h"

#include "base/log.h"
#include "web/assets.h"

#include <stdio.h>
#include <string.h>

static enum log_level
level_of(const char *name)
{
	static const char *const names[] = { "debug", "info", "warn", "error" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(name, names[i]) == 0)
			return (enum log_level)i;
	return LOG_INFO;
}

struct app *
app_open(struct arena *mem, const char *process, const char *config, bool with_templates)
{
	struct app *app = arena_alloc(mem, sizeof(*app));
	const char *why = NULL;

	log_set_process(process);
	if (conf_load(mem, config, &app->conf, &why)) {
		log_line(LOG_ERROR, "%s", why);
		return NULL;
	}
	log_set_level(level_of(app->conf->log_level));
	if (!with_templates)
		return app;
	app->assets = assets_version(mem, app->conf->static_dir);
	app->templates = tmpl_set_new();
	arena_defer(mem, (void (*)(void *))tmpl_set_free, app->templates);
	if (tmpl_load(app->templates, mem, app->conf->template_dir, &why)) {
		log_line(LOG_ERROR, "%s", why);
		return NULL;
	}
	return app;
}

bool
app_options(int argc, char **argv, const char *help, const char **config, int *status)
{
	*config = NULL;
	*status = 0;
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			fputs(help, stdout);
			return false;
		}
		if (strcmp(argv[i], "--config") == 0 && i + 1 < argc) {
			*config = argv[++i];
			continue;
		}
		fprintf(stderr, "parlor %s: unknown option \"%s\"\n%s", argv[0], argv[i], help);
		*status = 2;
		return false;
	}
	return true;
}
