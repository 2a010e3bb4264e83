/*
 * A conversation as plain text, to be saved or mailed. Private notes are never in it. Of a very long one
 * the newest messages are, and it says so.
 */
#ifndef PARLOR_TRANSCRIPT_H
#define PARLOR_TRANSCRIPT_H

#include "core/access.h"

struct transcript {
	const char *conversation, *organization; /* its id, and the organization's name */
	const char *visitor, *visitor_name;
	const char *began;  /* as it is shown */
	const char *proven; /* the visitor's address, when it was proved to be theirs; else NULL */
	bool answered;	    /* somebody of the organization has written */
};

/* ERR_NOT_FOUND: no such conversation, or not the visitor's own. */
enum err transcript_find(
	const struct access *as, const char *conversation, struct transcript *out) MUST_USE;

/* All of it, up to about 4 MiB. In as->mem. */
enum err transcript_text(
	const struct access *as, const struct transcript *t, const char **text) MUST_USE;

/*
 * Queues a mail to one address with the text, up to about 256 KiB; only where conf_has_mail(). It is
 * gone when it was sent, and with the visitor. What staff send is in the audit log, without the address.
 */
enum err transcript_send(
	const struct access *as, const struct transcript *t, const char *to) MUST_USE;

#endif
