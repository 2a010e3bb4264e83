/* Whether mail can be sent. */
#include "doctor.h"

#include "jobs/smtp.h"

void
doctor_mail(struct doctor *d)
{
	const struct conf *conf = d->conf;
	const char *why;

	if (!conf_has_mail(conf))
		doctor_note(d, HEALTH_GOOD, "mail",
			"not configured: nobody is sent invitations or new passwords", NULL);
	else if (smtp_probe(d->mem, conf, &why))
		doctor_note(d, HEALTH_GOOD, "mail",
			arena_printf(d->mem, "%s %s", conf->smtp_url,
				*conf->smtp_user ? "takes the login" : "answers"),
			NULL);
	else
		doctor_note(d, HEALTH_BAD, "mail",
			arena_printf(d->mem, "%s: %s", conf->smtp_url, why),
			"Mend the section [mail]; parlor.ini(5) describes it. Mail waits "
			"meanwhile.");
}
