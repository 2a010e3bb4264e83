/* What can be told without the database: the configuration, its secrets, the directories. */
#include "doctor.h"

#include "base/util.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *
config_file(const struct doctor *d)
{
	const char *path = d->config_path ? d->config_path : getenv("PARLOR_CONFIG");

	return path ? path : SYSCONFDIR "/parlor.ini";
}

static void
check_config(struct doctor *d)
{
	const char *path = config_file(d), *why;
	struct stat st;

	if (conf_load(d->mem, d->config_path, &d->conf, &why)) {
		doctor_note(d, HEALTH_BAD, "configuration", why,
			"Mend the option; parlor.ini(5) describes all of them.");
		return;
	}
	if (stat(path, &st) != 0)
		doctor_note(d, HEALTH_GOOD, "configuration", "from the environment", NULL);
	else if (st.st_mode & S_IROTH)
		doctor_note(d, HEALTH_BAD, "configuration",
			arena_printf(d->mem, "%s holds secrets and everybody can read it", path),
			arena_printf(d->mem, "Run: chmod o-rwx %s", path));
	else
		doctor_note(d, HEALTH_GOOD, "configuration", path, NULL);
}

static void
check_user(struct doctor *d)
{
	if (geteuid() == 0)
		doctor_note(d, HEALTH_WARNING, "user",
			"this runs as root, so it cannot tell what the workers may do",
			"Run it as the workers' user: runuser -u parlor -- parlor doctor");
	else
		doctor_note(d, HEALTH_GOOD, "user", "not root", NULL);
}

/* A secret made by a program has many different characters; a word or a placeholder has few. */
static size_t
distinct_characters(const char *s)
{
	bool seen[256] = { false };
	size_t n = 0;

	for (; *s; s++) {
		n += !seen[(unsigned char)*s];
		seen[(unsigned char)*s] = true;
	}
	return n;
}

static void
check_secret(struct doctor *d)
{
	const char *secret = d->conf->auth_secret;
	const char *mend =
		"Make one with: openssl rand -hex 32   and give the same to Better Auth.";

	if (distinct_characters(secret) < 10)
		doctor_note(d, HEALTH_BAD, "secret", "auth_secret can be guessed", mend);
	else if (strncmp(secret, "better-auth-secret", 18) == 0 || strstr(secret, "change"))
		doctor_note(d, HEALTH_BAD, "secret", "auth_secret is the example's", mend);
	else
		doctor_note(d, HEALTH_GOOD, "secret", "auth_secret is long and mixed", NULL);
}

static void
check_base_url(struct doctor *d)
{
	const char *url = d->conf->base_url;

	if (strncmp(url, "http://", 7) == 0 && !host_is_local(url + 7, strlen(url + 7)))
		doctor_note(d, HEALTH_BAD, "address",
			arena_printf(d->mem,
				"%s is not encrypted: passwords and chats can be read on the way",
				url),
			"Give nginx a certificate and set base_url to https://...");
	else
		doctor_note(d, HEALTH_GOOD, "address", url, NULL);
}

static void
check_files(struct doctor *d, const char *option, const char *dir, const char *file)
{
	const char *path = arena_printf(d->mem, "%s/%s", dir, file);

	if (access(path, R_OK) == 0)
		doctor_note(d, HEALTH_GOOD, option, dir, NULL);
	else
		doctor_note(d, HEALTH_BAD, option,
			arena_printf(d->mem, "%s: %s", path, strerror(errno)),
			arena_printf(d->mem,
				"Set %s to the directory that holds %s, or run: make install",
				option, file));
}

static void
check_runtime_dir(struct doctor *d)
{
	const char *dir = d->conf->runtime_dir;
	struct stat st;

	if (!*dir) {
		doctor_note(d, HEALTH_WARNING, "runtime_dir",
			"empty: messages reach waiting clients within a second, not at once, and "
			"nothing bounds how many passwords are hashed at once",
			"Right for plain CGI only. Else set it to a directory such as "
			"/run/parlor.");
	} else if (stat(dir, &st) != 0 || !S_ISDIR(st.st_mode)) {
		doctor_note(d, HEALTH_BAD, "runtime_dir",
			arena_printf(d->mem, "%s is no directory", dir),
			"Let systemd make it (RuntimeDirectory=parlor), or make it for the "
			"workers' user.");
	} else if (st.st_mode & S_IWOTH) {
		doctor_note(d, HEALTH_BAD, "runtime_dir",
			arena_printf(d->mem, "everybody can write to %s", dir),
			arena_printf(d->mem, "Run: chmod o-w %s", dir));
	} else if (access(dir, W_OK | X_OK) != 0) {
		doctor_note(d, HEALTH_BAD, "runtime_dir",
			arena_printf(d->mem, "%s cannot be written to by this user", dir),
			arena_printf(
				d->mem, "Give it to the workers' user: chown parlor: %s", dir));
	} else {
		doctor_note(d, HEALTH_GOOD, "runtime_dir", dir, NULL);
	}
}

static void
check_limits(struct doctor *d)
{
	if (d->conf->limits_off)
		doctor_note(d, HEALTH_WARNING, "limits",
			"RATE LIMITS ARE OFF: anybody can flood this server and guess passwords",
			"Set limits_off = no unless this is a load test.");
	else
		doctor_note(d, HEALTH_GOOD, "limits", "on", NULL);
}

static void
check_sign_up(struct doctor *d)
{
	const bool open = strcmp(d->conf->sign_up, "open") == 0;

	if (open && !conf_has_mail(d->conf))
		doctor_note(d, HEALTH_WARNING, "sign_up",
			"anybody can make an account, and no address is proved: no mail is sent",
			"Set smtp_url, or sign_up = invited to let in only who is invited.");
	else
		doctor_note(d, HEALTH_GOOD, "sign_up",
			open ? "open; addresses are proved by mail" : "by invitation", NULL);
}

void
doctor_host(struct doctor *d)
{
	check_config(d);
	check_user(d);
	if (!d->conf)
		return;
	check_secret(d);
	check_base_url(d);
	check_limits(d);
	check_sign_up(d);
	check_files(d, "template_dir", d->conf->template_dir, "layout.html");
	check_files(d, "static_dir", d->conf->static_dir, "widget.js");
	check_runtime_dir(d);
}
