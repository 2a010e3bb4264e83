/*
 * The examination of an installation. Each check leaves one finding: what was looked at, how it is,
 * and for what is not well the mend, in words that can be followed. Nothing is changed.
 */
#ifndef PARLOR_DOCTOR_H
#define PARLOR_DOCTOR_H

#include "base/arena.h"
#include "base/conf.h"

enum health { HEALTH_GOOD, HEALTH_WARNING, HEALTH_BAD };

struct finding {
	enum health health;
	const char *name, *detail;
	const char *mend; /* "" when nothing is to be done */
};

enum { FINDINGS_MAX = 64 };

/* Strings live in mem. */
struct doctor {
	struct arena *mem;
	const char *config_path; /* NULL: the usual places */
	const char *migrations_dir;
	const struct conf *conf; /* NULL when it cannot be read */
	struct finding findings[FINDINGS_MAX];
	int count;
};

/* Adds a finding. mend may be NULL. */
void doctor_note(struct doctor *d, enum health health, const char *name, const char *detail,
	const char *mend);

/* Configuration, secrets, directories. Sets d->conf. */
void doctor_host(struct doctor *d);
/* The mail server. Needs d->conf. */
void doctor_mail(struct doctor *d);
/* Server, schema, roles, row-level security. Needs d->conf. */
void doctor_database(struct doctor *d);

#endif
