/* The matcher of domains, and the headers of the Fetch standard's CORS protocol. */
#include "web/cors.h"

#include "web/app.h"
#include "web/reply.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* "host" or "host:port" of an origin; NULL for what is no http(s) origin. */
static const char *
origin_host(const char *origin)
{
	const char *host;

	if (strncmp(origin, "https://", 8) == 0)
		host = origin + 8;
	else if (strncmp(origin, "http://", 7) == 0)
		host = origin + 7;
	else
		return NULL;
	for (const char *p = host; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr(".-:[]", *p))
			return NULL;
	return *host ? host : NULL;
}

static bool
matches(const char *pattern, size_t len, const char *host)
{
	size_t host_len = strlen(host);

	if (len > 2 && pattern[0] == '*' && pattern[1] == '.')
		return host_len > len - 1 &&
		       strncasecmp(host + host_len - (len - 1), pattern + 1, len - 1) == 0;
	return host_len == len && strncasecmp(host, pattern, len) == 0;
}

bool
cors_match(const char *domains, const char *origin)
{
	const char *host = origin_host(origin);
	const char *p = domains ? domains : "";
	bool any = false;

	if (!host)
		return false;
	for (size_t len; *(p += strspn(p, ", \t\r\n")); p += len) {
		len = strcspn(p, ", \t\r\n");
		any = true;
		if (matches(p, len, host))
			return true;
	}
	return !any;
}

void
cors_lines(struct buf *out, const char *origin)
{
	buf_str(out, "Vary: Origin\r\n");
	if (origin && origin_host(origin))
		buf_printf(out,
			"Access-Control-Allow-Origin: %s\r\n"
			"Access-Control-Expose-Headers: Retry-After, X-Request-Id\r\n",
			origin);
}

void
cors_headers(struct req *r)
{
	cors_lines(&r->headers, req_param(r, "HTTP_ORIGIN"));
}

bool
cors_is_foreign(const struct req *r)
{
	const char *origin = req_param(r, "HTTP_ORIGIN"),
		   *site = req_param(r, "HTTP_SEC_FETCH_SITE");

	return origin && strcmp(origin, r->app->conf->base_url) != 0 &&
	       !(site && strcmp(site, "same-origin") == 0);
}

bool
cors_allows(const struct req *r, const char *domains)
{
	return !cors_is_foreign(r) || cors_match(domains, req_param(r, "HTTP_ORIGIN"));
}

enum err
cors_preflight(struct req *r, const char *methods)
{
	cors_headers(r);
	reply_header(r, "Access-Control-Allow-Methods", methods);
	reply_header(
		r, "Access-Control-Allow-Headers", "authorization, content-type, idempotency-key");
	reply_header(r, "Access-Control-Max-Age", "7200");
	return reply_empty(r);
}
