/* Addresses of pages. A path is left as it is: nobody can tell a secret in it from a name. */
#include "base/url.h"

#include "base/buf.h"

#include <string.h>
#include <strings.h>

enum { VALUE_MAX = 32 };

static bool
has_word(const char *name, size_t len)
{
	static const char *const words[] = { "token", "key", "secret", "pass", "auth", "code",
		"sess", "sid", "sig", "jwt", "otp", "ticket", "credential" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		for (size_t at = 0, n = strlen(words[i]); at + n <= len; at++)
			if (strncasecmp(name + at, words[i], n) == 0)
				return true;
	return false;
}

/* One "name=value" of a query. */
static bool
is_harmless(const char *part, size_t len)
{
	const char *mark = memchr(part, '=', len);
	const size_t name = mark ? (size_t)(mark - part) : len;

	return len > 0 && !has_word(part, name) && len - name <= VALUE_MAX && name < VALUE_MAX;
}

static void
add_query(struct buf *out, const char *query, size_t len)
{
	char before = '?';

	for (size_t at = 0, n; at < len; at += n + 1) {
		const char *mark = memchr(query + at, '&', len - at);

		n = mark ? (size_t)(mark - query) - at : len - at;
		if (!is_harmless(query + at, n))
			continue;
		buf_char(out, before);
		buf_add(out, query + at, n);
		before = '&';
	}
}

const char *
url_for_keeping(struct arena *mem, const char *url)
{
	const size_t scheme = !url				     ? 0
			      : strncasecmp(url, "http://", 7) == 0  ? 7
			      : strncasecmp(url, "https://", 8) == 0 ? 8
								     : 0;
	const char *host, *path, *kept;
	struct buf out = { 0 };
	size_t len;

	if (!scheme)
		return NULL;
	host = url + scheme;
	path = host + strcspn(host, "/?#\\");
	for (const char *p = host; p < path; p++)
		if (*p == '@')
			host = p + 1;
	if (host == path)
		return NULL;
	len = strcspn(path, "?#");
	buf_add(&out, url, scheme);
	buf_add(&out, host, (size_t)(path - host) + len);
	if (path[len] == '?')
		add_query(&out, path + len + 1, strcspn(path + len + 1, "#"));
	kept = arena_strdup(mem, buf_text(&out));
	buf_free(&out);
	return kept;
}
