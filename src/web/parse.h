/* Bytes of a request taken apart: paths, queries, forms, cookies. Pure, and fuzzed. */
#ifndef PARLOR_PARSE_H
#define PARLOR_PARSE_H

#include "web/req.h"

/*
 * Whether path is in the one form we route on: "/" and segments of [A-Za-z0-9._~-], no empty, "."
 * or ".." segment, no trailing slash (but "/" itself), no %-escape, at most 512 bytes.
 */
bool parse_path_is_canonical(const char *path, size_t len);

/*
 * application/x-www-form-urlencoded (WHATWG URL standard, 5.1) into an array ended by a NULL name.
 * ERR_SYNTAX: a bad %-escape, a NUL, text that is not UTF-8. ERR_TOO_LARGE: over 200 fields.
 */
enum err parse_form(
	struct arena *mem, const char *text, size_t len, const struct param **out) MUST_USE;

/* Value of the first cookie with this name in a Cookie header (RFC 6265), as it stands; or NULL. */
const char *parse_cookie(struct arena *mem, const char *header, const char *name);

#endif
