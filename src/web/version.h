/* Conditional requests (RFC 9110, 13): ETag, If-None-Match, If-Match. */
#ifndef PARLOR_VERSION_H
#define PARLOR_VERSION_H

#include "web/req.h"

/*
 * 200 with an ETag, or 304 when a GET says that the caller has it. The tag is "<version>-<hash of the
 * json>": the version, of what PATCH can change, is what If-Match is held to; NULL where nothing is
 * changed. version: of [0-9A-Za-z_.].
 */
enum err version_reply(struct req *r, const char *version, const char *json);

/*
 * The versions that If-Match names, with blanks between them, for the statement that changes; NULL when
 * any will do. No version of ours: "", which fits none.
 */
const char *version_wanted(struct req *r);

#endif
