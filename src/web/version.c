/*
 * Tags of what can be read and changed. A proxy that compresses makes them weak, W/"...", so both forms
 * are taken: the statement compares the version, not bytes.
 */
#include "web/version.h"

#include "base/crypt.h"
#include "web/reply.h"

#include <string.h>

enum { HASH_LEN = 16 };

enum err
version_reply(struct req *r, const char *version, const char *json)
{
	const char *seen = r->method == METHOD_GET ? req_param(r, "HTTP_IF_NONE_MATCH") : NULL;
	char hash[HASH_HEX_LEN + 1];
	const char *tag;

	crypt_hash(json, hash);
	tag = arena_printf(
		r->mem, "\"%s%s%.*s\"", version ? version : "", version ? "-" : "", HASH_LEN, hash);
	reply_header(r, "ETag", tag);
	if (!seen || !(strcmp(seen, "*") == 0 || strstr(seen, tag)))
		return reply_json(r, 200, json);
	reply_type(r, 304, "application/json");
	return ERR_NONE;
}

const char *
version_wanted(struct req *r)
{
	const char *header = req_param(r, "HTTP_IF_MATCH"), *versions = "";

	if (!header || strcmp(header, "*") == 0)
		return NULL;
	for (const char *p = header; (p = strchr(p, '"')); p++) {
		const char *start = p + 1;
		const size_t version = strcspn(start, "-\" ");

		p = strchr(start, '"');
		if (!p)
			break;
		if (start[version] == '-')
			versions = arena_printf(r->mem, "%s%s%.*s", versions, *versions ? " " : "",
				(int)version, start);
	}
	return versions;
}
