/* What the search of the API and that of the dashboard share. */
#ifndef PARLOR_WEB_SEARCH_H
#define PARLOR_WEB_SEARCH_H

#include "web/req.h"

enum { SEARCH_TEXT_MAX = 200 };

/* The query parameter q without blanks before it; NULL when it is missing, empty or too long. */
const char *search_text(struct req *r);

/* The answer to one that took too long. */
enum err search_too_slow(struct req *r);

#endif
