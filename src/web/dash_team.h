/* What the pages of the team and organizations share, with each other and with the API. */
#ifndef PARLOR_DASH_TEAM_H
#define PARLOR_DASH_TEAM_H

#include "core/team.h"
#include "web/req.h"

/* The page again. error: NULL for none; email: for the form that invites, "" for none. */
enum err team_page(struct req *r, int status, const char *error, const char *email);

const char *team_refusal_text(enum team_refusal why);
/* "Administrator"; what is none of ours as it stands. */
const char *team_role_name(const char *role);

/*
 * Before somebody is invited, or again: ERR_LIMIT. address: the e-mail address, or for one who was invited the
 * invitation's id.
 */
enum err team_count_invitation(struct req *r, const char *address) MUST_USE;

/*
 * A new organization of the signed-in user; open: it becomes the one at work in the session. *key: its
 * publishable key. ERR_FORBIDDEN where sign-up is closed, ERR_LIMIT.
 */
enum err organization_make(
	struct req *r, const char *name, bool open, const char **id, const char **key) MUST_USE;

#endif
