/* Handing a mail to the server of the configuration, over SMTP (libcurl). */
#ifndef PARLOR_SMTP_H
#define PARLOR_SMTP_H

#include "base/arena.h"
#include "base/conf.h"

/* No call takes longer. A lease must outlast it. */
enum { SMTP_TIMEOUT_SECONDS = 60 };

struct smtp_mail {
	const char *from, *to; /* addresses that mail_address_fits() */
	const char *text;      /* as mime_write() makes it */
	size_t len;
};

enum smtp_outcome {
	SMTP_SENT,    /* the server has it */
	SMTP_LATER,   /* no connection, a temporary refusal, or one that the operator can mend */
	SMTP_REFUSED, /* this mail, for good */
};

/*
 * Unless the mail was sent, *why (in mem) is one line of ASCII: what the server said, or what kept
 * us from it. SMTP_LATER may be for a mail that was sent, when the answer was lost.
 */
enum smtp_outcome smtp_send(struct arena *mem, const struct conf *conf,
	const struct smtp_mail *mail, const char **why) MUST_USE;

/* Whether the server answers and takes the login; nothing is sent. Takes at most 15 s. */
bool smtp_probe(struct arena *mem, const struct conf *conf, const char **why) MUST_USE;

#endif
