/* Ids, tokens, hashes and signed cookies. */
#include "base/crypt.h"

#include "base/util.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In the order of ASCII, so that ids sort by their time in the C locale. */
static const char base62[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

enum { ID_TIME_LEN = 9, HASH_BYTES = 32, MAC_BASE64_LEN = 44, MAC_URL_LEN = 43 };

void
crypt_start(void)
{
	if (sodium_init() < 0) {
		fputs("libsodium cannot start: is there a source of random numbers?\n", stderr);
		exit(1);
	}
}

/* Uniform over the 62 characters: the bytes that would favour some of them are thrown away. */
static void
random_base62(char *out, size_t len)
{
	unsigned char pool[64];
	size_t at = 0;

	while (at < len) {
		randombytes_buf(pool, sizeof(pool));
		for (size_t i = 0; i < sizeof(pool) && at < len; i++)
			if (pool[i] < 62 * 4)
				out[at++] = base62[pool[i] % 62];
	}
	out[len] = '\0';
	sodium_memzero(pool, sizeof(pool));
}

void
crypt_id(char *out)
{
	uint64_t ms = (uint64_t)time_now_ms();

	for (size_t i = ID_TIME_LEN; i-- > 0; ms /= 62)
		out[i] = base62[ms % 62];
	random_base62(out + ID_TIME_LEN, ID_LEN - ID_TIME_LEN);
}

void
crypt_token(char *out)
{
	unsigned char bytes[32];

	randombytes_buf(bytes, sizeof(bytes));
	sodium_bin2base64(
		out, TOKEN_LEN + 1, bytes, sizeof(bytes), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	sodium_memzero(bytes, sizeof(bytes));
}

void
crypt_credential(const char *kind, const char *organization, char *out)
{
	char secret[TOKEN_LEN + 1], tag[HASH_HEX_LEN + 1];

	crypt_token(secret);
	crypt_hash(organization, tag);
	snprintf(out, CREDENTIAL_LEN + 1, "%.2s_%.*s_%s", kind, CREDENTIAL_TAG_LEN, tag, secret);
	sodium_memzero(secret, sizeof(secret));
}

void
crypt_session_token(char *out)
{
	random_base62(out, SESSION_TOKEN_LEN);
}

size_t
crypt_below(size_t n)
{
	return randombytes_uniform((uint32_t)n);
}

void
crypt_hash(const char *token, char *out)
{
	crypt_hash_bytes(token, strlen(token), out);
}

void
crypt_hash_bytes(const void *data, size_t len, char *out)
{
	unsigned char hash[HASH_BYTES];

	crypto_generichash(hash, sizeof(hash), data, len, NULL, 0);
	sodium_bin2hex(out, HASH_HEX_LEN + 1, hash, sizeof(hash));
}

bool
crypt_equal(const char *a, const char *b)
{
	const size_t len = strlen(a);

	return len == strlen(b) && sodium_memcmp(a, b, len) == 0;
}

static void
hmac(const char *key, const char *text, unsigned char out[crypto_auth_hmacsha256_BYTES])
{
	crypto_auth_hmacsha256_state state;

	crypto_auth_hmacsha256_init(&state, (const unsigned char *)key, strlen(key));
	crypto_auth_hmacsha256_update(&state, (const unsigned char *)text, strlen(text));
	crypto_auth_hmacsha256_final(&state, out);
	sodium_memzero(&state, sizeof(state));
}

void
crypt_sha256_hex(const void *data, size_t len, char out[HASH_HEX_LEN + 1])
{
	unsigned char hash[crypto_hash_sha256_BYTES];

	crypto_hash_sha256(hash, data, len);
	sodium_bin2hex(out, HASH_HEX_LEN + 1, hash, sizeof(hash));
}

void
crypt_hmac_base64(const char *key, const char *text, char out[MAC_BASE64_LEN + 1])
{
	unsigned char mac[crypto_auth_hmacsha256_BYTES];

	hmac(key, text, mac);
	sodium_bin2base64(
		out, MAC_BASE64_LEN + 1, mac, sizeof(mac), sodium_base64_VARIANT_ORIGINAL);
}

void
crypt_hmac_hex(const char *key, const char *text, char out[HASH_HEX_LEN + 1])
{
	unsigned char mac[crypto_auth_hmacsha256_BYTES];

	hmac(key, text, mac);
	sodium_bin2hex(out, HASH_HEX_LEN + 1, mac, sizeof(mac));
}

void
crypt_hmac_url(const char *key, const char *text, char out[MAC_URL_LEN + 1])
{
	unsigned char mac[crypto_auth_hmacsha256_BYTES];

	hmac(key, text, mac);
	sodium_bin2base64(
		out, MAC_URL_LEN + 1, mac, sizeof(mac), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

const char *
crypt_cookie(struct arena *mem, const char *secret, const char *token)
{
	char mac[MAC_BASE64_LEN + 1];

	crypt_hmac_base64(secret, token, mac);
	return arena_printf(mem, "%s.%s", token, mac);
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* Undoes encodeURIComponent in place; false when an escape is broken or hides a NUL. */
static bool
url_decode(char *s)
{
	char *out = s;

	for (; *s; s++) {
		int high, low;

		if (*s != '%') {
			*out++ = *s;
			continue;
		}
		high = hex_digit(s[1]);
		low = high < 0 ? -1 : hex_digit(s[2]);
		if (low < 0 || high + low == 0)
			return false;
		*out++ = (char)(high << 4 | low);
		s += 2;
	}
	*out = '\0';
	return true;
}

/* A copy of a cookie's value without the quotes around it. */
static char *
unquoted(struct arena *mem, const char *value)
{
	size_t len = strlen(value);

	if (len >= 2 && value[0] == '"' && value[len - 1] == '"')
		return arena_strndup(mem, value + 1, len - 2);
	return arena_strdup(mem, value);
}

const char *
crypt_cookie_token(struct arena *mem, const char *secret, const char *value)
{
	char *text = unquoted(mem, value ? value : ""), *dot;
	char mac[MAC_BASE64_LEN + 1];

	if (!url_decode(text))
		return NULL;
	dot = strrchr(text, '.');
	if (!dot || dot == text)
		return NULL;
	*dot = '\0';
	crypt_hmac_base64(secret, text, mac);
	return crypt_equal(mac, dot + 1) ? text : NULL;
}
