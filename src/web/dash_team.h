/* What the pages of the team share. */
#ifndef PARLOR_DASH_TEAM_H
#define PARLOR_DASH_TEAM_H

#include "core/team.h"
#include "web/req.h"

/* The page again. error: NULL for none; email: for the form that invites, "" for none. */
enum err team_page(struct req *r, int status, const char *error, const char *email);

const char *team_refusal_text(enum team_refusal why);
/* "Administrator"; what is none of ours as it stands. */
const char *team_role_name(const char *role);

#endif
