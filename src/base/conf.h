/*
 * Configuration: one INI file (parlor.ini(5)), each option also as an environment variable, which
 * wins. DATABASE_URL, BETTER_AUTH_SECRET and BETTER_AUTH_URL are honoured as they are.
 */
#ifndef PARLOR_CONF_H
#define PARLOR_CONF_H

#include "base/arena.h"
#include "base/base.h"

struct conf {
	/* [server] */
	const char
		*base_url; /* "https://chat.example.org", no trailing slash; decides cookie names */
	const char *static_dir; /* static files, for CGI and for versions of assets */
	const char *template_dir;
	const char *
		runtime_dir; /* sockets of the pollers for hints, places for hashing; "" for none */
	const char *log_level; /* debug, info, warn or error */
	const char *demo_key;  /* the publishable key of the demo shop; "" for no /demo */
	/* [database] */
	const char *database_url;
	bool database_roles; /* workers take a role that row-level security binds */
	/* [auth] */
	const char *auth_secret;   /* BETTER_AUTH_SECRET, at least 32 characters */
	const char *cookie_prefix; /* "better-auth" */
	bool visitor_sign_in; /* an organization may know visitors by the cookie of this site */
	const char *sign_up;  /* open or invited */
	/* [poll] */
	int64_t poll_hold_seconds; /* 25 */
	int64_t poll_max_waiting;  /* 20,000 */
	bool poll_notify;	   /* listen for hints of other programs and other hosts */
	bool poll_relay;	   /* pass the hints of this host on to other hosts */
	/* [mail] */
	const char
		*smtp_url; /* "smtp://mail.example.org:587"; "" for no mail, see conf_has_mail() */
	const char *smtp_tls;		       /* required, offered or no */
	const char *smtp_user, *smtp_password; /* both or neither "" */
	const char *smtp_ca_file;	       /* PEM; "" for the system's authorities */
	const char *mail_from;		       /* "Name <address>", for mailbox_parse() */
	/* [limits] */
	bool limits_off;  /* load tests only; parlor doctor shouts */
	int64_t body_max; /* bytes of a JSON body, 65,536 */
	/* [uploads] */
	int64_t upload_max;		   /* bytes of a file, 10 MiB */
	int64_t upload_visitor_hourly;	   /* files a visitor may upload in an hour, 10 */
	int64_t upload_visitor_bytes;	   /* of a visitor's files together, 100 MiB */
	int64_t upload_organization_bytes; /* of an organization's files together, 10 GiB */
	const char *clamd_socket;	   /* "" for no scanner */
};

enum conf_kind {
	CONF_TEXT,    /* min is the least length */
	CONF_URL,     /* http:// or https:// and a host, nothing after it */
	CONF_TOKEN,   /* what may stand in the name of a cookie */
	CONF_LEVEL,   /* a level of log.h */
	CONF_SIGN_UP, /* open or invited */
	CONF_SMTP, /* smtp:// or smtps://, a host, perhaps a port and a name for EHLO; or empty */
	CONF_TLS,  /* required, offered or no */
	CONF_MAILBOX, /* an address, perhaps with a name before it; or empty */
	CONF_BOOL,    /* yes or no, on or off, true or false, 1 or 0 */
	CONF_NUMBER,  /* min to max */
};

/* One row of the option table, also for documentation tests. */
struct conf_option {
	const char *section, *name; /* as in the file; the field of struct conf has the same name */
	const char *env, *env_also; /* the second is a name other programs use, or NULL */
	const char *fallback;	    /* text of the default; NULL: required */
	const char *help;
	enum conf_kind kind;
	bool is_secret;
	int64_t min, max;
	size_t offset; /* in struct conf */
};

extern const struct conf_option conf_options[];
extern const size_t conf_options_count;

/*
 * Reads path (NULL: $PARLOR_CONFIG, then SYSCONFDIR/parlor.ini when that exists), then the
 * environment. On error returns ERR_INVALID with *why a line that says what to change.
 */
enum err conf_load(
	struct arena *mem, const char *path, const struct conf **conf, const char **why) MUST_USE;

/* Whether this installation sends mail. What needs mail is offered only where this is true. */
bool conf_has_mail(const struct conf *conf);

/* The settings in force, as an INI file, secrets replaced by "***". */
struct buf;
void conf_dump(const struct conf *conf, struct buf *out);

#endif
