/* Time-based codes, by liboath. */
#include "base/totp.h"

#include "base/buf.h"
#include "base/crypt.h"

#include <liboath/oath.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOW = 1 }; /* steps before and after: clocks differ, and typing takes time */

struct key {
	const char *bytes;
	size_t len;
};

const char *
totp_secret(struct arena *mem)
{
	char *secret = arena_alloc(mem, SESSION_TOKEN_LEN + 1);

	crypt_session_token(secret);
	return secret;
}

/* The key's bytes; allocated is to be freed. */
static bool
open_key(const char *secret, struct key *key, char **allocated)
{
	static const char prefix[] = "base32:";
	const size_t len = sizeof(prefix) - 1;

	*allocated = NULL;
	*key = (struct key){ secret, strlen(secret) };
	if (strncmp(secret, prefix, len) != 0)
		return key->len > 0;
	if (oath_base32_decode(secret + len, strlen(secret + len), allocated, &key->len) != OATH_OK)
		return false;
	key->bytes = *allocated;
	return key->len > 0;
}

const char *
totp_base32(struct arena *mem, const char *secret)
{
	char *allocated, *encoded = NULL;
	const char *text = NULL;
	struct key key;
	size_t len;

	if (open_key(secret, &key, &allocated) &&
		oath_base32_encode(key.bytes, key.len, &encoded, &len) == OATH_OK)
		text = arena_strndup(mem, encoded, strcspn(encoded, "="));
	free(encoded);
	free(allocated);
	return text;
}

const char *
totp_uri(struct arena *mem, const char *secret, const char *issuer, const char *account)
{
	const char *base32 = totp_base32(mem, secret), *uri;
	struct buf b = { 0 };

	if (!base32)
		return NULL;
	buf_str(&b, "otpauth://totp/");
	buf_url(&b, issuer, strlen(issuer));
	buf_char(&b, ':');
	buf_url(&b, account, strlen(account));
	buf_printf(&b, "?secret=%s&issuer=", base32);
	buf_url(&b, issuer, strlen(issuer));
	buf_printf(&b, "&digits=%d&period=%d", TOTP_DIGITS, TOTP_SECONDS);
	uri = arena_strdup(mem, buf_text(&b));
	buf_free(&b);
	return uri;
}

bool
totp_fits(const char *secret, const char *code, int64_t now, int64_t *step)
{
	const int64_t current = now / TOTP_SECONDS;
	char *allocated, expected[TOTP_DIGITS + 1];
	bool found = false;
	struct key key;

	if (!open_key(secret, &key, &allocated) || oath_init() != OATH_OK) {
		free(allocated);
		return false;
	}
	/* All of them, whichever fits: the time must not tell which. */
	for (int64_t s = current - WINDOW; s <= current + WINDOW; s++)
		if (oath_hotp_generate(key.bytes, key.len, (uint64_t)s, TOTP_DIGITS, false,
			    OATH_HOTP_DYNAMIC_TRUNCATION, expected) == OATH_OK &&
			crypt_equal(expected, code)) {
			found = true;
			*step = s;
		}
	free(allocated);
	return found;
}
