/*
 * Conversations as text: saved by staff, mailed by staff and by visitors.
 *
 * Mail to an address that somebody types is what abusers look for: they would write the message
 * themselves and have us send it. So a visitor's mail goes to an address that was not proved to be theirs
 * only when somebody of the organization has answered, and mails are counted by sender, by the sender's
 * network, by address, and for the organization.
 */
#include "web/api.h"

#include "base/conf.h"
#include "base/mailbox.h"
#include "core/transcript.h"
#include "web/app.h"
#include "web/auth.h"
#include "web/input.h"
#include "web/limit.h"
#include "web/reply.h"

#include <ctype.h>
#include <string.h>

enum { HOUR = 3600, DAY = 24 * HOUR };

static const struct limit of_visitor = { "transcript", 5, HOUR };
static const struct limit of_network = { "transcript_network", 20, HOUR };
static const struct limit of_staff = { "transcript_staff", 60, HOUR };
static const struct limit to_address = { "transcript_address", 3, DAY };
static const struct limit of_organization = { "transcript_organization", 200, HOUR };

enum err
api_transcript(struct req *r)
{
	const struct access as = auth_access(r);
	struct transcript t;
	const char *text;
	enum err e;

	if ((e = transcript_find(&as, r->arg[0], &t)) || (e = transcript_text(&as, &t, &text)))
		return e;
	reply_header(r, "Content-Disposition", "attachment; filename=\"conversation.txt\"");
	reply_type(r, 200, "text/plain; charset=utf-8");
	buf_str(&r->out, text);
	return ERR_NONE;
}

/* Addresses that differ in case mostly have one reader. */
static const char *
bucket_of(struct req *r, const char *email)
{
	char *key = arena_printf(r->mem, "%s %s", r->who.organization, email);

	for (char *p = key + strlen(r->who.organization); *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return key;
}

static enum err
take_limits(struct req *r, const char *email)
{
	enum err e;

	if (r->who.kind == ACTOR_VISITOR)
		e = request_limit_both(r, &of_visitor, r->who.id, &of_network, auth_network(r));
	else
		e = request_limit(r, &of_staff, r->who.id);
	return e ? e
		 : request_limit_both(r, &to_address, bucket_of(r, email), &of_organization,
			   r->who.organization);
}

/* The address to send to: the one that was given, or the one that is proved. */
static enum err
address_of(struct req *r, const struct transcript *t, const char **email)
{
	if (!*email)
		*email = t->proven;
	if (!*email)
		return reply_invalid(r, "/email", "required",
			"Is required: the visitor has no address that was proved.");
	if (!mail_address_fits(*email))
		return reply_invalid(r, "/email", "not_an_address", "Must be one mail address.");
	if (r->who.kind == ACTOR_VISITOR && !t->answered &&
		(!t->proven || strcmp(t->proven, *email) != 0))
		return reply_problem(r, ERR_CONFLICT, "not_answered",
			"Nobody has answered yet. Then it can be sent to any address.");
	return ERR_NONE;
}

enum err
api_transcript_post(struct req *r)
{
	const char *email = NULL;
	const struct field fields[] = {
		{ "email", F_LINE, &email, .max = MAIL_ADDRESS_MAX, .optional = true,
			.nullable = true },
		{ 0 },
	};
	const struct access as = auth_access(r);
	struct transcript t;
	enum err e;

	if ((e = input_json(r, fields)) || (e = transcript_find(&as, r->arg[0], &t)))
		return e;
	if (!conf_has_mail(r->app->conf))
		return reply_problem(
			r, ERR_CONFLICT, "no_mail", "This installation sends no mail.");
	if ((e = address_of(r, &t, &email)) || (e = take_limits(r, email)) ||
		(e = transcript_send(&as, &t, email)))
		return e;
	return reply_empty(r);
}
