/*
 * Requests that are done once: each has a key of its sender, and the answer it got is kept for 24 hours.
 *
 * The whole of it is one transaction (db_span_begin): the key's lock, what the request does, the answer. So
 * there is no state "under way" that a crash could leave behind, and no effect without its answer.
 */
#ifndef PARLOR_IDEMPOTENCY_H
#define PARLOR_IDEMPOTENCY_H

#include "core/access.h"

struct idempotency {
	const char *secret;  /* of the installation: answers are sealed with it and the key */
	const char *key;     /* as the sender wrote it; it is not kept */
	const char *user;    /* whose answers they are; NULL: the organization's in force */
	const char *caller;  /* who it belongs to: the same key of another is another */
	const char *request; /* all that must be the same in a repetition */
};

enum idempotency_state {
	IDEMPOTENCY_NEW,   /* do it; the key is held until the span ends */
	IDEMPOTENCY_BUSY,  /* another request with this key is under way */
	IDEMPOTENCY_OTHER, /* the key was used for another request */
	IDEMPOTENCY_DONE,  /* here is the answer */
};

/* In a span. *status and *answer for IDEMPOTENCY_DONE; *answer NULL: it cannot be read any more. */
enum err idempotency_claim(const struct access *as, const struct idempotency *i,
	enum idempotency_state *state, int *status, const char **answer) MUST_USE;

/* In the same span, before its commit. */
enum err idempotency_keep(const struct access *as, const struct idempotency *i, int status,
	const char *answer) MUST_USE;

#endif
