/* The matcher of domains, and the headers of the Fetch standard's CORS protocol. */
#include "web/cors.h"

#include "web/app.h"
#include "web/reply.h"

#include <string.h>
#include <strings.h>

/* The length of the name, or of the address in brackets, that s begins with; 0 for neither. */
static size_t
name_length(const char *s)
{
	size_t len;

	if (*s != '[')
		return strspn(
			s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.");
	len = strspn(s + 1, "0123456789abcdefABCDEF:.");
	return len && s[len + 1] == ']' ? len + 2 : 0;
}

/* Nothing, or ":" and a number. */
static bool
is_port(const char *s)
{
	size_t len = *s == ':' ? strspn(s + 1, "0123456789") : 0;

	return !*s || (len >= 1 && len <= 5 && !s[len + 1]);
}

/* "host" or "host:port" of an origin; NULL for what is no http(s) origin. */
static const char *
origin_host(const char *origin)
{
	const char *host;
	size_t len;

	if (strncmp(origin, "https://", 8) == 0)
		host = origin + 8;
	else if (strncmp(origin, "http://", 7) == 0)
		host = origin + 7;
	else
		return NULL;
	len = name_length(host);
	return len && is_port(host + len) ? host : NULL;
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
			"Access-Control-Expose-Headers: Retry-After, X-Request-Id, "
			"Content-Disposition, Content-Range, ETag, Idempotency-Replayed, "
			"RateLimit, RateLimit-Policy\r\n",
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
	reply_header(r, "Access-Control-Allow-Headers",
		"authorization, content-type, idempotency-key, range");
	reply_header(r, "Access-Control-Max-Age", "7200");
	return reply_empty(r);
}
