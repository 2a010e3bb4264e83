/* Idempotency-Key (draft-ietf-httpapi-idempotency-key-header) for every POST of the API. */
#ifndef PARLOR_WEB_IDEMPOTENCY_H
#define PARLOR_WEB_IDEMPOTENCY_H

#include "web/req.h"

/*
 * Runs the handler of r->route, at most once for each key of a caller; a repetition gets the first answer.
 * Without the header, or for what takes none, just the handler.
 */
enum err idempotency_handle(struct req *r) MUST_USE;

#endif
