/*
 * Passwords as Better Auth stores them. The salt that scrypt gets is the text of 32 hex digits,
 * not the 16 bytes they stand for; the password is NFKC-normalized first.
 */
#include "base/crypt.h"

#include "base/hashing.h"
#include "base/util.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uninorm.h>

enum {
	SALT_LEN = 32, /* hex digits */
	KEY_BYTES = 64,
	KEY_LEN = 2 * KEY_BYTES,
	STORED_LEN = SALT_LEN + 1 + KEY_LEN,
	SCRYPT_N = 16384,
	SCRYPT_R = 16,
	SCRYPT_P = 1,
};

/* Takes a place among those who hash, for the time of one scrypt. */
static enum err
scrypt(const uint8_t *normal, size_t len, const char *salt, unsigned char key[KEY_BYTES])
{
	int place, failed;
	enum err e = hashing_enter(&place);

	if (e)
		return e;
	failed = crypto_pwhash_scryptsalsa208sha256_ll(normal, len, (const uint8_t *)salt, SALT_LEN,
		SCRYPT_N, SCRYPT_R, SCRYPT_P, key, KEY_BYTES);
	hashing_leave(place);
	if (failed) {
		fputs("out of memory\n", stderr);
		abort();
	}
	return ERR_NONE;
}

/* The key in hex. ERR_INVALID: the password is not UTF-8. */
static enum err
derive(const char *password, const char *salt, char out[KEY_LEN + 1])
{
	unsigned char key[KEY_BYTES];
	size_t len = strlen(password), normal_len;
	uint8_t *normal;
	enum err e;

	if (!utf8_valid(password, len))
		return ERR_INVALID;
	normal = u8_normalize(UNINORM_NFKC, (const uint8_t *)password, len, NULL, &normal_len);
	if (!normal && len > 0) {
		fputs("out of memory\n", stderr);
		abort();
	}
	e = scrypt(normal, normal_len, salt, key);
	if (!e)
		sodium_bin2hex(out, KEY_LEN + 1, key, sizeof(key));
	sodium_memzero(key, sizeof(key));
	if (normal)
		sodium_memzero(normal, normal_len);
	free(normal);
	return e;
}

enum err
crypt_password(struct arena *mem, const char *password, const char **stored)
{
	unsigned char bytes[SALT_LEN / 2];
	char salt[SALT_LEN + 1], key[KEY_LEN + 1];
	enum err e;

	randombytes_buf(bytes, sizeof(bytes));
	sodium_bin2hex(salt, sizeof(salt), bytes, sizeof(bytes));
	if ((e = derive(password, salt, key)))
		return e;
	*stored = arena_printf(mem, "%s:%s", salt, key);
	return ERR_NONE;
}

static bool
is_stored(const char *s)
{
	static const char hex[] = "0123456789abcdef";

	return s && strlen(s) == STORED_LEN && strspn(s, hex) == SALT_LEN && s[SALT_LEN] == ':' &&
	       strspn(s + SALT_LEN + 1, hex) == KEY_LEN;
}

enum err
crypt_password_check(const char *password, const char *stored)
{
	/* Without a stored key the work is done all the same: time must not tell. */
	static const char nobody[] = "00000000000000000000000000000000";
	const bool known = is_stored(stored);
	char key[KEY_LEN + 1];
	enum err e = derive(password, known ? stored : nobody, key);

	if (e)
		return e == ERR_INVALID ? ERR_AUTH : e;
	return known && sodium_memcmp(key, stored + SALT_LEN + 1, KEY_LEN) == 0 ? ERR_NONE
										: ERR_AUTH;
}
