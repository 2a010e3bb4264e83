/* parlor demo: a demo organization, or visitors for load tests. */
#include "cmd.h"

#include "base/conf.h"
#include "base/log.h"
#include "base/util.h"
#include "core/demo.h"

#include <stdio.h>
#include <string.h>

static const char help[] =
	"usage: parlor demo --seed [--renew] [--config FILE]\n"
	"       parlor demo --load N [--config FILE]\n\n"
	"  --seed    makes the demo organization unless it is there: an owner, three agents,\n"
	"            conversations. Prints ids, keys and passwords as JSON; secrets are known\n"
	"            only to the run that makes them, and null later\n"
	"  --renew   makes new passwords and a new secret key for the demo that is there\n"
	"  --load N  makes N visitors of the demo organization with a conversation each; prints\n"
	"            a line for each: token, conversation, cursor\n";

enum { LOAD_MAX = 1000000 };

struct options {
	bool seed, renew;
	int64_t load;
	const char *config;
};

/* -1: go on; else the exit status. */
static int
read_options(int argc, char **argv, struct options *o)
{
	bool asked = false, bad = false;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--seed") == 0)
			o->seed = true;
		else if (strcmp(argv[i], "--renew") == 0)
			o->renew = true;
		else if (strcmp(argv[i], "--config") == 0 && i + 1 < argc)
			o->config = argv[++i];
		else if (strcmp(argv[i], "--load") == 0 && i + 1 < argc)
			bad |= !parse_int(argv[++i], 1, LOAD_MAX, &o->load);
		else if (strcmp(argv[i], "--help") == 0)
			asked = true;
		else if (strcmp(argv[i], "--json") != 0) /* it is always JSON */
			bad = true;
	}
	if (!asked && !bad && (o->seed ? !o->load : o->load > 0))
		return -1;
	fputs(help, asked ? stdout : stderr);
	return asked ? 0 : 2;
}

static int
run(struct arena *mem, struct db *db, const struct options *o)
{
	const char *json, *why = NULL;
	enum err e;

	if (o->seed)
		e = demo_seed(db, mem, o->renew, &json, &why);
	else
		e = demo_load(db, mem, (int)o->load, stdout);
	if (!e && o->seed)
		puts(json);
	else if (e == ERR_NOT_FOUND && !o->seed)
		fprintf(stderr,
			"parlor demo: there is no demo organization; run parlor demo --seed\n");
	else if (e)
		fprintf(stderr, "parlor demo: %s\n", why ? why : db_message(db));
	return e ? 1 : 0;
}

int
cmd_demo(int argc, char **argv)
{
	struct arena *mem = arena_new();
	struct options o = { 0 };
	const struct conf *conf;
	const char *why;
	int status = read_options(argc, argv, &o);

	log_set_process("demo");
	if (status < 0 && conf_load(mem, o.config, &conf, &why)) {
		fprintf(stderr, "parlor demo: %s\n", why);
		status = 1;
	}
	if (status < 0) {
		struct db *db = db_new(conf->database_url, NULL);

		status = run(mem, db, &o);
		db_free(db);
	}
	arena_free(mem);
	return status;
}
