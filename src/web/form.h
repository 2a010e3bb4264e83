/* What the pages with one form have in common. */
#ifndef PARLOR_FORM_H
#define PARLOR_FORM_H

#include "web/req.h"

/* The first fault that input_form() noted, as a sentence: "Name: Must have at least 1 characters." */
const char *form_fault(struct req *r);

/* "Wait 4 minutes, then try again.", by r->retry_after; also sets the header. */
const char *form_wait(struct req *r);
/* What to do where too many passwords are made at once; also sets the header. */
const char *form_busy(struct req *r);

#endif
