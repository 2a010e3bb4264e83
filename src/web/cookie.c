/* Cookies. */
#include "web/cookie.h"

#include "base/crypt.h"
#include "web/app.h"
#include "web/parse.h"
#include "web/reply.h"

#include <string.h>

static bool
is_https(const struct req *r)
{
	return strncmp(r->app->conf->base_url, "https:", 6) == 0;
}

const char *
cookie_shared_name(struct req *r, const char *suffix)
{
	return arena_printf(r->mem, "%s%s.%s", is_https(r) ? "__Secure-" : "",
		r->app->conf->cookie_prefix, suffix);
}

const char *
cookie_own_name(struct req *r, const char *suffix)
{
	return arena_printf(r->mem, "%sparlor.%s", is_https(r) ? "__Host-" : "", suffix);
}

void
cookie_set(struct req *r, const char *name, const char *value, int seconds)
{
	const char *age = seconds < 0 ? "" : arena_printf(r->mem, "; Max-Age=%d", seconds);

	reply_header(r, "Set-Cookie",
		arena_printf(r->mem, "%s=%s; Path=/; HttpOnly; SameSite=Lax%s%s", name, value,
			is_https(r) ? "; Secure" : "", age));
}

void
cookie_set_signed(struct req *r, const char *name, const char *value, int seconds)
{
	const char *cookie = crypt_cookie(r->mem, r->app->conf->auth_secret, value);
	struct buf b = { 0 };

	buf_url(&b, cookie, strlen(cookie));
	cookie_set(r, name, buf_text(&b), seconds);
	buf_free(&b);
}

const char *
cookie_signed(struct req *r, const char *name)
{
	const char *header = req_param(r, "HTTP_COOKIE");
	const char *value = header ? parse_cookie(r->mem, header, name) : NULL;

	return value ? crypt_cookie_token(r->mem, r->app->conf->auth_secret, value) : NULL;
}
