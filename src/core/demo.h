/*
 * The demo organization, and visitors for load tests. The connection must be one without a role
 * (the owner's): organizations and users are made, which the application role may not.
 */
#ifndef PARLOR_DEMO_H
#define PARLOR_DEMO_H

#include "db/db.h"

#include <stdio.h>

/*
 * Makes the demo organization unless it is there. *json: {"organizationId","apiKey","secretKey",
 * "admin":{"email","password","name"},"agents":[...]}; secrets are known only to the run that makes
 * them, else they are null. renew: also makes new passwords and a new secret key.
 * ERR_CONFLICT with *why: another organization has its name.
 */
enum err demo_seed(
	struct db *db, struct arena *mem, bool renew, const char **json, const char **why) MUST_USE;

/*
 * Makes count visitors of the demo organization, each with a token and a conversation, and writes
 * one line for each: token TAB conversation TAB cursor. ERR_NOT_FOUND: there is no demo organization.
 */
enum err demo_load(struct db *db, struct arena *mem, int count, FILE *out) MUST_USE;

#endif
