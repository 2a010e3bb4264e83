/*
 * Reading, checking and dumping the configuration, all by walking the table in conf_options.c. A
 * value is checked where it is read, so that a complaint can name the line of the file or the
 * environment variable.
 */
#include "base/conf.h"

#include "base/buf.h"
#include "base/hashing.h"
#include "base/mailbox.h"
#include "base/util.h"

#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef SYSCONFDIR
#define SYSCONFDIR "/etc"
#endif

/* The longest line of the file, with its end; inih cuts what is longer without a word. */
enum { LINE_MAX_BYTES = 4096 };

struct load {
	struct arena *mem;
	struct conf *conf;
	bool *given; /* in the file; one for each option */
	bool line_too_long;
	const char *why; /* without the place */
};

static const char *
range_text(struct arena *mem, const struct conf_option *o)
{
	switch (o->kind) {
	case CONF_URL:
		return "must be http:// or https:// and a host, without a path or a closing slash";
	case CONF_TOKEN:
		return "must be letters, digits and any of . _ -";
	case CONF_LEVEL:
		return "must be debug, info, warn or error";
	case CONF_SIGN_UP:
		return "must be open or invited";
	case CONF_BOOL:
		return "must be yes or no";
	case CONF_SMTP:
		return "must be smtp:// or smtps:// and a host, without a user or password";
	case CONF_TLS:
		return "must be required, offered or no";
	case CONF_MAILBOX:
		return "must be an address, as chat@example.org or Parlor <chat@example.org>";
	case CONF_NUMBER:
		return arena_printf(mem, "must be a whole number from %lld to %lld",
			(long long)o->min, (long long)o->max);
	case CONF_TEXT:
		break;
	}
	if (o->min == 1)
		return "must not be empty";
	return arena_printf(mem, "must be at least %lld characters long", (long long)o->min);
}

static bool
all_of(const char *s, const char *allowed)
{
	return *s && s[strspn(s, allowed)] == '\0';
}

static bool
is_word(const char *s, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(s, words[i]) == 0)
			return true;
	return false;
}

static bool
is_base_url(const char *s)
{
	const char *host = strstr(s, "://");

	if (strncmp(s, "http://", 7) != 0 && strncmp(s, "https://", 8) != 0)
		return false;
	return all_of(
		host + 3, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-:[]");
}

/* What follows the host and its port is the name that EHLO says. */
static bool
is_smtp_url(const char *s)
{
	static const char name[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-:[]";
	const char *host = strstr(s, "://");
	size_t len;

	if (!*s)
		return true;
	if (strncmp(s, "smtp://", 7) != 0 && strncmp(s, "smtps://", 8) != 0)
		return false;
	host += 3;
	len = strspn(host, name);
	return len > 0 && (!host[len] || (host[len] == '/' && all_of(host + len + 1, name)));
}

static bool
is_mailbox(struct arena *mem, const char *s)
{
	struct mailbox ignored;

	return !*s || mailbox_parse(mem, s, &ignored);
}

static bool
set_bool(bool *field, const char *value)
{
	static const char *const yes[] = { "yes", "on", "true", "1" };
	static const char *const no[] = { "no", "off", "false", "0" };

	*field = is_word(value, yes, ARRAY_LEN(yes));
	return *field || is_word(value, no, ARRAY_LEN(no));
}

static bool
text_fits(struct arena *mem, const struct conf_option *o, const char *value)
{
	static const char *const levels[] = { "debug", "info", "warn", "error" };
	static const char *const tls[] = { "required", "offered", "no" };

	switch (o->kind) {
	case CONF_URL:
		return is_base_url(value);
	case CONF_TOKEN:
		return all_of(
			value, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");
	case CONF_LEVEL:
		return is_word(value, levels, ARRAY_LEN(levels));
	case CONF_SIGN_UP:
		return strcmp(value, "open") == 0 || strcmp(value, "invited") == 0;
	case CONF_SMTP:
		return is_smtp_url(value);
	case CONF_TLS:
		return is_word(value, tls, ARRAY_LEN(tls));
	case CONF_MAILBOX:
		return is_mailbox(mem, value);
	default:
		return utf8_count(value, strlen(value)) >= (size_t)o->min;
	}
}

static bool
set_option(struct load *l, const struct conf_option *o, const char *value)
{
	void *field = (char *)l->conf + o->offset;
	bool fits;

	if (o->kind == CONF_NUMBER) {
		fits = parse_int(value, o->min, o->max, field);
	} else if (o->kind == CONF_BOOL) {
		fits = set_bool(field, value);
	} else {
		fits = text_fits(l->mem, o, value);
		*(const char **)field = arena_strdup(l->mem, value);
	}
	if (!fits)
		l->why = arena_printf(l->mem, "%s %s", o->name, range_text(l->mem, o));
	return fits;
}

/* The number of single-character edits that make b of a (Levenshtein). */
static size_t
distance(const char *a, const char *b)
{
	size_t row[64], len = strlen(b);

	if (len >= ARRAY_LEN(row))
		return SIZE_MAX;
	for (size_t j = 0; j <= len; j++)
		row[j] = j;
	for (size_t i = 1; *a; a++, i++) {
		size_t corner = row[0];

		row[0] = i;
		for (size_t j = 1; j <= len; j++) {
			size_t least = corner + (*a != b[j - 1]);

			corner = row[j];
			if (corner + 1 < least)
				least = corner + 1;
			if (row[j - 1] + 1 < least)
				least = row[j - 1] + 1;
			row[j] = least;
		}
	}
	return row[len];
}

static const struct conf_option *
nearest(const char *word, bool by_section)
{
	const struct conf_option *best = NULL;
	size_t least = SIZE_MAX;

	for (size_t i = 0; i < conf_options_count; i++) {
		const struct conf_option *o = &conf_options[i];
		size_t d = distance(word, by_section ? o->section : o->name);

		if (!best || d < least) {
			best = o;
			least = d;
		}
	}
	return best;
}

/* What is wrong with an option of the file that is not in the table. */
static const char *
unknown_text(struct arena *mem, const char *section, const char *name)
{
	if (!*section)
		return arena_printf(mem, "%s stands before the first [section]", name);
	for (size_t i = 0; i < conf_options_count; i++)
		if (strcmp(conf_options[i].name, name) == 0)
			return arena_printf(mem, "%s belongs in [%s], not in [%s]", name,
				conf_options[i].section, section);
	for (size_t i = 0; i < conf_options_count; i++)
		if (strcmp(conf_options[i].section, section) == 0)
			return arena_printf(mem, "there is no option %s in [%s]; did you mean %s?",
				name, section, nearest(name, false)->name);
	return arena_printf(mem, "there is no section [%s]; did you mean [%s]?", section,
		nearest(section, true)->section);
}

/* inih calls this for each "name = value"; 0 stops it. */
static int
take_line(void *user, const char *section, const char *name, const char *value)
{
	struct load *l = user;

	for (size_t i = 0; i < conf_options_count; i++) {
		const struct conf_option *o = &conf_options[i];

		if (strcmp(o->section, section) != 0 || strcmp(o->name, name) != 0)
			continue;
		if (l->given[i]) {
			l->why = arena_printf(l->mem, "%s is given a second time", name);
			return 0;
		}
		l->given[i] = true;
		return set_option(l, o, value);
	}
	l->why = unknown_text(l->mem, section, name);
	return 0;
}

struct lines {
	FILE *file;
	struct load *load;
};

/* fgets(3) for inih, which stops at a line that would be cut. */
static char *
next_line(char *line, int size, void *stream)
{
	struct lines *lines = stream;
	size_t len;

	if (!fgets(line, size, lines->file))
		return NULL;
	len = strlen(line);
	if (len + 1 < (size_t)size || line[len - 1] == '\n')
		return line;
	lines->load->line_too_long = true;
	return NULL;
}

static bool
read_file(struct load *l, const char *path)
{
	struct lines lines = { .file = fopen(path, "re"), .load = l };
	int line;

	if (!lines.file) {
		l->why = arena_printf(l->mem, "cannot read %s: %s", path, strerror(errno));
		return false;
	}
	ini_use_stack = false;
	ini_initial_alloc = ini_max_line = LINE_MAX_BYTES;
	ini_allow_multiline = false;
	ini_stop_on_first_error = true;
	line = ini_parse_stream(next_line, &lines, take_line, l);
	fclose(lines.file);
	if (line > 0)
		l->why = arena_printf(l->mem, "%s:%d: %s", path, line,
			l->why ? l->why : "neither a [section] nor a comment nor name = value");
	else if (l->line_too_long)
		l->why = arena_printf(l->mem, "%s: a line is longer than %d characters", path,
			LINE_MAX_BYTES - 2);
	else if (line < 0)
		l->why = "out of memory";
	return !l->why;
}

static bool
read_environment(struct load *l, const struct conf_option *o, bool *found)
{
	const char *name = o->env, *value = getenv(name);

	if (!value && o->env_also) {
		name = o->env_also;
		value = getenv(name);
	}
	*found = value != NULL;
	if (!value || set_option(l, o, value))
		return true;
	l->why = arena_printf(l->mem, "environment variable %s: %s", name, l->why);
	return false;
}

static bool
read_all(struct load *l, const char *path)
{
	bool found;

	for (size_t i = 0; i < conf_options_count; i++)
		if (conf_options[i].fallback &&
			!set_option(l, &conf_options[i], conf_options[i].fallback))
			return false;
	if (path && !read_file(l, path))
		return false;
	for (size_t i = 0; i < conf_options_count; i++) {
		const struct conf_option *o = &conf_options[i];

		if (!read_environment(l, o, &found))
			return false;
		if (found || l->given[i] || o->fallback)
			continue;
		l->why = arena_printf(l->mem, "%s is not set: give it in [%s] of %s or as %s",
			o->name, o->section, path ? path : SYSCONFDIR "/parlor.ini", o->env);
		return false;
	}
	return true;
}

bool
conf_has_mail(const struct conf *conf)
{
	return *conf->smtp_url != '\0';
}

/* A password crosses a network only encrypted. */
static bool
password_is_safe(const struct conf *c)
{
	const char *host = strstr(c->smtp_url, "://") + 3;

	return !*c->smtp_user || strncmp(c->smtp_url, "smtps:", 6) == 0 ||
	       strcmp(c->smtp_tls, "required") == 0 || host_is_local(host, strcspn(host, "/"));
}

/* What options say together. */
static bool
check_mail(struct load *l)
{
	const struct conf *c = l->conf;

	if (!*c->smtp_user != !*c->smtp_password)
		l->why = "smtp_user and smtp_password are given together or not at all";
	else if (conf_has_mail(c) && !*c->mail_from)
		l->why = "mail_from is not set: smtp_url needs it";
	else if (conf_has_mail(c) && !password_is_safe(c))
		l->why = "smtp_tls must be required, or smtp_password is sent for all to read";
	return !l->why;
}

enum err
conf_load(struct arena *mem, const char *path, const struct conf **conf, const char **why)
{
	struct load l = {
		.mem = mem,
		.conf = arena_alloc(mem, sizeof(*l.conf)),
		.given = arena_alloc(mem, conf_options_count * sizeof(*l.given)),
	};

	if (!path)
		path = getenv("PARLOR_CONFIG");
	if (!path && access(SYSCONFDIR "/parlor.ini", F_OK) == 0)
		path = SYSCONFDIR "/parlor.ini";
	if (!read_all(&l, path) || !check_mail(&l)) {
		*why = l.why;
		return ERR_INVALID;
	}
	*conf = l.conf;
	hashing_at(l.conf->runtime_dir); /* here, so that no program forgets it */
	return ERR_NONE;
}

static void
dump_value(const struct conf *conf, const struct conf_option *o, struct buf *out)
{
	const void *field = (const char *)conf + o->offset;

	if (o->is_secret)
		buf_str(out, **(const char *const *)field ? "***" : "");
	else if (o->kind == CONF_NUMBER)
		buf_printf(out, "%lld", (long long)*(const int64_t *)field);
	else if (o->kind == CONF_BOOL)
		buf_str(out, *(const bool *)field ? "yes" : "no");
	else
		buf_str(out, *(const char *const *)field);
}

void
conf_dump(const struct conf *conf, struct buf *out)
{
	const char *section = "";

	for (size_t i = 0; i < conf_options_count; i++) {
		const struct conf_option *o = &conf_options[i];

		if (strcmp(section, o->section) != 0)
			buf_printf(out, "%s[%s]\n", i ? "\n" : "", o->section);
		section = o->section;
		buf_printf(out, "%s = ", o->name);
		dump_value(conf, o, out);
		buf_char(out, '\n');
	}
}
