/*
 * The table of options: the only list of them. Reading, checking, dumping and the test of the
 * documentation walk it; a new option is a row here and a field of struct conf.
 */
#include "base/conf.h"

/* Where make install puts things; the Makefile says so. */
#ifndef PKGDATADIR
#define PKGDATADIR "/usr/share/parlor"
#endif
#ifndef RUNDIR
#define RUNDIR "/run/parlor"
#endif

/* clang-format off */
const struct conf_option conf_options[] = {
	{ "server", "base_url", "PARLOR_BASE_URL", "BETTER_AUTH_URL", NULL,
		"Where browsers find this server, as https://chat.example.org; decides if cookies are Secure.",
		CONF_URL, .offset = offsetof(struct conf, base_url) },
	{ "server", "static_dir", "PARLOR_STATIC_DIR", NULL, PKGDATADIR "/static",
		"The directory of style sheets, scripts and pictures.",
		CONF_TEXT, .min = 1, .offset = offsetof(struct conf, static_dir) },
	{ "server", "template_dir", "PARLOR_TEMPLATE_DIR", NULL, PKGDATADIR "/templates",
		"The directory of page and mail templates.",
		CONF_TEXT, .min = 1, .offset = offsetof(struct conf, template_dir) },
	{ "server", "runtime_dir", "PARLOR_RUNTIME_DIR", NULL, RUNDIR,
		"The directory of the pollers' sockets and of the places for hashing passwords. Empty for none.",
		CONF_TEXT, .min = 0, .offset = offsetof(struct conf, runtime_dir) },
	{ "server", "log_level", "PARLOR_LOG_LEVEL", NULL, "info",
		"The least level that is logged.",
		CONF_LEVEL, .offset = offsetof(struct conf, log_level) },
	{ "server", "demo_key", "PARLOR_DEMO_KEY", NULL, "",
		"The publishable key that the demo shop at /demo embeds. Empty: no demo shop.",
		CONF_TEXT, .min = 0, .offset = offsetof(struct conf, demo_key) },
	{ "database", "database_url", "PARLOR_DATABASE_URL", "DATABASE_URL", NULL,
		"The PostgreSQL database, as postgresql://user@host/name or host=... dbname=...",
		CONF_TEXT, .min = 1, .is_secret = true, .offset = offsetof(struct conf, database_url) },
	{ "database", "database_roles", "PARLOR_DATABASE_ROLES", NULL, "yes",
		"Whether workers take the roles parlor_app, parlor_jobs and parlor_poll, which row-level security binds.",
		CONF_BOOL, .offset = offsetof(struct conf, database_roles) },
	{ "auth", "auth_secret", "PARLOR_AUTH_SECRET", "BETTER_AUTH_SECRET", NULL,
		"The secret that signs session cookies; the same as Better Auth's where both run.",
		CONF_TEXT, .min = 32, .is_secret = true, .offset = offsetof(struct conf, auth_secret) },
	{ "auth", "cookie_prefix", "PARLOR_COOKIE_PREFIX", NULL, "better-auth",
		"The start of the names of session cookies.",
		CONF_TOKEN, .offset = offsetof(struct conf, cookie_prefix) },
	{ "auth", "visitor_sign_in", "PARLOR_VISITOR_SIGN_IN", NULL, "no",
		"Whether organizations may know their visitors by sign-ins at this site.",
		CONF_BOOL, .offset = offsetof(struct conf, visitor_sign_in) },
	{ "auth", "sign_up", "PARLOR_SIGN_UP", NULL, "open",
		"Who may make an account: open (anybody, with an organization of their own) or invited.",
		CONF_SIGN_UP, .offset = offsetof(struct conf, sign_up) },
	{ "poll", "poll_hold_seconds", "PARLOR_POLL_HOLD_SECONDS", NULL, "25",
		"How long a long poll waits for news.",
		CONF_NUMBER, .min = 1, .max = 50, .offset = offsetof(struct conf, poll_hold_seconds) },
	{ "poll", "poll_max_waiting", "PARLOR_POLL_MAX_WAITING", NULL, "20000",
		"How many long polls one poller holds; further ones are told to ask later.",
		CONF_NUMBER, .min = 1, .max = 1000000,
		.offset = offsetof(struct conf, poll_max_waiting) },
	{ "poll", "poll_notify", "PARLOR_POLL_NOTIFY", NULL, "yes",
		"Whether pollers listen for the hints of other programs and other hosts.",
		CONF_BOOL, .offset = offsetof(struct conf, poll_notify) },
	{ "poll", "poll_relay", "PARLOR_POLL_RELAY", NULL, "no",
		"Whether pollers pass the hints of their host on; yes when there are several hosts.",
		CONF_BOOL, .offset = offsetof(struct conf, poll_relay) },

	{ "mail", "smtp_url", "PARLOR_SMTP_URL", NULL, "",
		"The mail server, as smtp://host:587 or smtps://host. Empty: no mail is sent.",
		CONF_SMTP, .offset = offsetof(struct conf, smtp_url) },
	{ "mail", "smtp_tls", "PARLOR_SMTP_TLS", NULL, "required",
		"Whether smtp:// goes on encrypted (STARTTLS): required, offered (where the server can), or no.",
		CONF_TLS, .offset = offsetof(struct conf, smtp_tls) },
	{ "mail", "smtp_user", "PARLOR_SMTP_USER", NULL, "",
		"The name to log in to the mail server with. Empty: no login.",
		CONF_TEXT, .min = 0, .offset = offsetof(struct conf, smtp_user) },
	{ "mail", "smtp_password", "PARLOR_SMTP_PASSWORD", NULL, "",
		"The password to log in with.",
		CONF_TEXT, .min = 0, .is_secret = true, .offset = offsetof(struct conf, smtp_password) },
	{ "mail", "smtp_ca_file", "PARLOR_SMTP_CA_FILE", NULL, "",
		"A PEM file of the authorities that vouch for the mail server. Empty: the system's.",
		CONF_TEXT, .min = 0, .offset = offsetof(struct conf, smtp_ca_file) },
	{ "mail", "mail_from", "PARLOR_MAIL_FROM", NULL, "",
		"The sender of all mail, as Parlor <chat@example.org>.",
		CONF_MAILBOX, .offset = offsetof(struct conf, mail_from) },

	{ "limits", "limits_off", "PARLOR_LIMITS_OFF", NULL, "no",
		"Switches rate limits off, for load tests only.",
		CONF_BOOL, .offset = offsetof(struct conf, limits_off) },
	{ "limits", "body_max", "PARLOR_BODY_MAX", NULL, "65536",
		"The largest JSON body of a request, in bytes.",
		CONF_NUMBER, .min = 1024, .max = 65536, .offset = offsetof(struct conf, body_max) },

	{ "uploads", "upload_max", "PARLOR_UPLOAD_MAX", NULL, "10485760",
		"The largest file that is taken, in bytes; the web server has a limit of its own.",
		CONF_NUMBER, .min = 1024, .max = 104857600,
		.offset = offsetof(struct conf, upload_max) },
	{ "uploads", "upload_visitor_hourly", "PARLOR_UPLOAD_VISITOR_HOURLY", NULL, "10",
		"How many files a visitor may upload in an hour.",
		CONF_NUMBER, .min = 1, .max = 10000,
		.offset = offsetof(struct conf, upload_visitor_hourly) },
	{ "uploads", "upload_visitor_bytes", "PARLOR_UPLOAD_VISITOR_BYTES", NULL, "104857600",
		"How many bytes the files of one visitor may take together.",
		CONF_NUMBER, .min = 0, .max = INT64_C(1) << 50,
		.offset = offsetof(struct conf, upload_visitor_bytes) },
	{ "uploads", "upload_organization_bytes", "PARLOR_UPLOAD_ORGANIZATION_BYTES", NULL, "10737418240",
		"How many bytes the files of one organization may take together.",
		CONF_NUMBER, .min = 0, .max = INT64_C(1) << 50,
		.offset = offsetof(struct conf, upload_organization_bytes) },
	{ "uploads", "clamd_socket", "PARLOR_CLAMD_SOCKET", NULL, "",
		"The Unix socket of clamd, which looks at each file first. Empty: files are not scanned.",
		CONF_TEXT, .min = 0, .offset = offsetof(struct conf, clamd_socket) },
};
/* clang-format on */
const size_t conf_options_count = ARRAY_LEN(conf_options);
