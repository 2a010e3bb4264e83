/*
 * One mail as it goes over the wire (RFC 5322, MIME): a text in UTF-8 for one recipient. What could
 * break out of a header is refused, never repaired.
 */
#ifndef PARLOR_MIME_H
#define PARLOR_MIME_H

#include "base/buf.h"
#include "base/mailbox.h"

struct mime_message {
	struct mailbox from;
	const char *to;	     /* an address */
	const char *subject; /* UTF-8, one line */
	const char *text;    /* UTF-8, lines ended by a line feed */
	const char *id;	     /* letters and digits; with the domain of from it is the Message-ID */
	int64_t date_ms;     /* since 1970 */
};

/*
 * Adds the message to out: lines end in CR LF and have at most 76 characters, where an address
 * stands at most 300. ERR_INVALID with *why, a constant: nothing is added.
 */
enum err mime_write(const struct mime_message *m, struct buf *out, const char **why) MUST_USE;

#endif
