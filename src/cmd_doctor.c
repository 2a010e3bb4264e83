/* parlor doctor: says what is wrong with an installation, and the mend. */
#include "cmd.h"

#include "doctor.h"

#include "base/buf.h"
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
static const char help[] =
	"usage: parlor doctor [--json] [--config FILE]\n\n"
	"Examines the configuration, the directories, the mail server and the database, and says how to\n"
	"mend what is wrong. Changes nothing. The exit status is 1 when Parlor should not be run like this; warnings\n"
	"leave it 0.\n";
/* clang-format on */

static const char *const health_words[] = {
	[HEALTH_GOOD] = "good",
	[HEALTH_WARNING] = "warning",
	[HEALTH_BAD] = "bad",
};

void
doctor_note(struct doctor *d, enum health health, const char *name, const char *detail,
	const char *mend)
{
	if (d->count == FINDINGS_MAX)
		return;
	d->findings[d->count++] = (struct finding){
		.health = health, .name = name, .detail = detail, .mend = mend ? mend : ""
	};
}

static bool
is_bad(const struct doctor *d)
{
	for (int i = 0; i < d->count; i++)
		if (d->findings[i].health == HEALTH_BAD)
			return true;
	return false;
}

static void
print_lines(const struct doctor *d)
{
	static const char *const marks[] = { "  ok   ", "  WARN ", "  BAD  " };

	for (int i = 0; i < d->count; i++) {
		const struct finding *f = &d->findings[i];

		printf("%s %-14s %s\n", marks[f->health], f->name, f->detail);
		if (*f->mend)
			printf("                       %s\n", f->mend);
	}
	puts(is_bad(d) ? "\nThis installation needs mending." : "\nThis installation is sound.");
}

static void
json_member(struct buf *out, const char *name, const char *value)
{
	buf_printf(out, "\"%s\":", name);
	buf_json(out, value, strlen(value));
}

static void
print_json(const struct doctor *d)
{
	struct buf out = { 0 };

	buf_printf(&out, "{\"sound\":%s,\"findings\":[", is_bad(d) ? "false" : "true");
	for (int i = 0; i < d->count; i++) {
		const struct finding *f = &d->findings[i];

		buf_str(&out, i ? ",{" : "{");
		json_member(&out, "name", f->name);
		buf_char(&out, ',');
		json_member(&out, "health", health_words[f->health]);
		buf_char(&out, ',');
		json_member(&out, "detail", f->detail);
		buf_char(&out, ',');
		json_member(&out, "mend", f->mend);
		buf_char(&out, '}');
	}
	buf_str(&out, "]}");
	puts(buf_text(&out));
	buf_free(&out);
}

int
cmd_doctor(int argc, char **argv)
{
	const char *migrations = getenv("PARLOR_MIGRATIONS");
	struct doctor d = {
		.migrations_dir = migrations && *migrations ? migrations : PKGDATADIR "/migrations"
	};
	bool json = false, asked, bad;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0) {
			json = true;
		} else if (strcmp(argv[i], "--config") == 0 && i + 1 < argc) {
			d.config_path = argv[++i];
		} else {
			asked = strcmp(argv[i], "--help") == 0;
			fputs(help, asked ? stdout : stderr);
			return asked ? 0 : 2;
		}
	}
	log_set_process("doctor");
	log_set_level(LOG_ERROR);
	d.mem = arena_new();
	doctor_host(&d);
	if (d.conf) {
		doctor_mail(&d);
		doctor_database(&d);
	}
	if (json)
		print_json(&d);
	else
		print_lines(&d);
	bad = is_bad(&d);
	arena_free(d.mem);
	return bad ? 1 : 0;
}
