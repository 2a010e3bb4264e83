/* What the API and the page of keys say alike. */
#ifndef PARLOR_WEB_KEYS_H
#define PARLOR_WEB_KEYS_H

#include "web/req.h"

enum keys_act { KEYS_CREATE, KEYS_ROTATE };

/* Notes for the answer why key_create() or key_rotate() refused; returns e. */
enum err keys_problem(struct req *r, enum err e, enum keys_act act);

#endif
