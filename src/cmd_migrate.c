/* parlor migrate: brings the database up to this version, or says how far it is. */
#include "cmd.h"

#include "base/buf.h"
#include "base/conf.h"
#include "base/log.h"
#include "db/migrate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
	"usage: parlor migrate [--status] [--json] [--config FILE]\n\n"
	"Applies the migrations that the database lacks, also to one that Better Auth uses, and\n"
	"makes the roles that the workers run as. Safe to run again, and by several at once.\n\n"
	"  --status  changes nothing; exit status 3 when a migration is missing\n"
	"  --json    prints one JSON object\n\n"
	"$PARLOR_MIGRATIONS names the directory of the files, " PKGDATADIR
	"/migrations without it.\n";

struct options {
	bool status, json;
	const char *config;
};

/* -1: go on; else the exit status. */
static int
read_options(int argc, char **argv, struct options *o)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--status") == 0)
			o->status = true;
		else if (strcmp(argv[i], "--json") == 0)
			o->json = true;
		else if (strcmp(argv[i], "--config") == 0 && i + 1 < argc)
			o->config = argv[++i];
		else {
			bool asked = strcmp(argv[i], "--help") == 0;

			fputs(help, asked ? stdout : stderr);
			return asked ? 0 : 2;
		}
	}
	return -1;
}

static int
count_missing(const struct migrate_report *report)
{
	int n = 0;

	for (int i = 0; i < report->count; i++)
		n += !report->list[i].applied;
	return n;
}

static void
print_lines(const struct migrate_report *report, const struct options *o)
{
	int done = 0;

	for (int i = 0; i < report->count; i++) {
		const struct migration *m = &report->list[i];

		done += m->now;
		if (o->status)
			printf("%s %s\n", m->applied ? "applied" : "missing", m->name);
		else if (m->now)
			printf("applied %s\n", m->name);
	}
	for (int i = 0; i < report->warning_count; i++)
		printf("warning: %s\n", report->warnings[i]);
	fflush(stdout);
	if (report->why)
		fprintf(stderr, "parlor migrate: %s\n", report->why);
	else if (!o->status && done == 0)
		puts("the database is up to date");
}

static void
json_string(struct buf *out, const char *s)
{
	buf_json(out, s, strlen(s));
}

static void
print_json(const struct migrate_report *report)
{
	struct buf out = { 0 };

	buf_str(&out, "{\"migrations\":[");
	for (int i = 0; i < report->count; i++) {
		const struct migration *m = &report->list[i];

		buf_str(&out, i ? ",{\"name\":" : "{\"name\":");
		json_string(&out, m->name);
		buf_printf(&out, ",\"hash\":\"%s\",\"applied\":%s,\"now\":%s}", m->hash,
			m->applied ? "true" : "false", m->now ? "true" : "false");
	}
	buf_str(&out, "],\"warnings\":[");
	for (int i = 0; i < report->warning_count; i++) {
		buf_str(&out, i ? "," : "");
		json_string(&out, report->warnings[i]);
	}
	buf_str(&out, "],\"error\":");
	if (report->why)
		json_string(&out, report->why);
	else
		buf_str(&out, "null");
	buf_char(&out, '}');
	puts(buf_text(&out));
	buf_free(&out);
}

static int
migrate(struct arena *mem, const struct conf *conf, const struct options *o)
{
	const char *dir = getenv("PARLOR_MIGRATIONS");
	struct db *db = db_new(conf->database_url, NULL);
	struct migrate_report report;
	enum err e;

	e = migrate_run(db, mem, dir && *dir ? dir : PKGDATADIR "/migrations", !o->status, &report);
	if (o->json)
		print_json(&report);
	else
		print_lines(&report, o);
	db_free(db);
	if (e)
		return 1;
	return o->status && count_missing(&report) > 0 ? 3 : 0;
}

int
cmd_migrate(int argc, char **argv)
{
	struct arena *mem = arena_new();
	struct options o = { 0 };
	const struct conf *conf;
	const char *why;
	int status = read_options(argc, argv, &o);

	log_set_process("migrate");
	if (status >= 0) {
		arena_free(mem);
		return status;
	}
	if (conf_load(mem, o.config, &conf, &why)) {
		fprintf(stderr, "parlor migrate: %s\n", why);
		status = 1;
	} else {
		status = migrate(mem, conf, &o);
	}
	arena_free(mem);
	return status;
}
