/* What the files of the widget's API share. */
#ifndef PARLOR_API_WIDGET_H
#define PARLOR_API_WIDGET_H

#include "core/organization.h"
#include "web/req.h"

/* Finds the organization of a publishable key and checks that the asking site is one of its own. */
enum err widget_organization(
	struct req *r, const char *key, struct organization_public *out) MUST_USE;

#endif
