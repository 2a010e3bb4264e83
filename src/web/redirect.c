/* Redirects stay on this site: the target is judged by the parser that routes. */
#include "web/redirect.h"

#include "web/parse.h"

#include <string.h>

static const char home[] = "/inbox";

const char *
local_path(const char *path)
{
	size_t len = path ? strcspn(path, "?") : 0;

	if (!len || strlen(path) > 512 || !parse_path_is_canonical(path, len))
		return home;
	for (const char *p = path + len; *p; p++)
		if ((unsigned char)*p <= 0x20 || (unsigned char)*p >= 0x7f || *p == '\\')
			return home;
	return path;
}
