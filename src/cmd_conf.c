/* parlor conf: the settings in force, with secrets hidden. */
#include "cmd.h"

#include "base/buf.h"
#include "base/conf.h"

#include <stdio.h>
#include <string.h>

static const char help[] =
	"usage: parlor conf [--config FILE]\n\n"
	"Prints the settings in force as an INI file, with secrets hidden. See parlor.ini(5).\n";

int
cmd_conf(int argc, char **argv)
{
	struct arena *mem = arena_new();
	const char *path = NULL, *why = NULL;
	const struct conf *conf;
	struct buf out = { 0 };
	enum err e;

	if (argc == 3 && strcmp(argv[1], "--config") == 0)
		path = argv[2];
	else if (argc > 1) {
		fputs(help, strcmp(argv[1], "--help") == 0 ? stdout : stderr);
		arena_free(mem);
		return strcmp(argv[1], "--help") == 0 ? 0 : 2;
	}
	e = conf_load(mem, path, &conf, &why);
	if (e) {
		fprintf(stderr, "parlor: %s\n", why);
	} else {
		conf_dump(conf, &out);
		fputs(buf_text(&out), stdout);
	}
	buf_free(&out);
	arena_free(mem);
	return e ? 1 : 0;
}
