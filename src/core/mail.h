/*
 * Mail to be sent: a job, written in the transaction that causes it, so that a message goes out exactly
 * when its cause was committed. parlor jobs renders the template and hands it to the SMTP server.
 * Only where conf_has_mail(): a mail that cannot be sent is given up.
 *
 * The templates, and what data must hold for each (texts, but for numbers and enabled):
 *   invitation          inviter, organization, role, link, hours
 *   reset-password      name, link, minutes
 *   verify-email        name, link
 *   account-exists      email, link, resetLink
 *   password-changed    name, when, address (of the network; may be null), link
 *   two-factor-changed  name, enabled, when, address (may be null), link
 *   transcript          organization, lines (of a text)
 * A link leads to where one acts, or makes good what one did not do. "when" is shown as it is.
 */
#ifndef PARLOR_MAIL_H
#define PARLOR_MAIL_H

#include "db/db.h"

struct json_object;

struct mail {
	const char *organization; /* on whose behalf; NULL for the installation's own */
	const char *visitor;  /* whom it is about: it goes when they are erased; NULL for none */
	const char *to;	      /* one address */
	const char *template; /* "invitation": templates/mail/invitation.txt */
	struct json_object *data; /* what the template shows; taken over */
};

enum err mail_queue(struct db *db, struct arena *mem, const struct mail *mail) MUST_USE;

#endif
