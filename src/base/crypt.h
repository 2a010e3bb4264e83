/* Ids, tokens, hashes, and the formats of Better Auth (docs/better-auth.md). libsodium inside. */
#ifndef PARLOR_CRYPT_H
#define PARLOR_CRYPT_H

#include "base/arena.h"
#include "base/base.h"

/* Call once at start; ends the process when libsodium cannot work. */
void crypt_start(void);

enum { ID_LEN = 26, TOKEN_LEN = 43, SESSION_TOKEN_LEN = 32, HASH_HEX_LEN = 64 };
enum { CREDENTIAL_TAG_LEN = 8, CREDENTIAL_LEN = 3 + CREDENTIAL_TAG_LEN + 1 + TOKEN_LEN };

/*
 * A new id: 9 characters of time (milliseconds, base 62, so ids of later milliseconds sort later
 * in the C locale) and 17 random ones (101 bits), all [0-9A-Za-z]. out holds ID_LEN + 1.
 */
void crypt_id(char *out);
/* 256 random bits in base64url. TOKEN_LEN + 1. */
void crypt_token(char *out);
/*
 * What a visitor ("vt") or a program ("sk") of an organization shows: "vt_TAG_SECRET". The tag, of the
 * organization, is no secret: by it the web server counts whose requests are in flight. What is
 * stored is the hash of the whole, so a wrong tag makes it unknown. CREDENTIAL_LEN + 1.
 */
void crypt_credential(const char *kind, const char *organization, char *out);
/* 32 characters [a-zA-Z0-9], unbiased: sessions.token of Better Auth. SESSION_TOKEN_LEN + 1. */
void crypt_session_token(char *out);

/* A random number from 0 to n - 1, all as likely. */
size_t crypt_below(size_t n);

/* BLAKE2b-256 of a token in lowercase hex: what the database holds. HASH_HEX_LEN + 1. */
void crypt_hash(const char *token, char *out);
/* SHA-256 of bytes in lowercase hex. */
void crypt_sha256_hex(const void *data, size_t len, char out[65]);
void crypt_hash_bytes(const void *data, size_t len, char *out);
bool crypt_equal(const char *a, const char *b); /* in constant time for equal lengths */

/* HMAC-SHA256 in standard base64 with padding (44 characters). */
void crypt_hmac_base64(const char *key, const char *text, char out[45]);
void crypt_hmac_hex(const char *key, const char *text, char out[65]);
/* The same in base64url without padding, as JWTs and identity hashes have it. */
void crypt_hmac_url(const char *key, const char *text, char out[44]);

/*
 * Better Auth's credential: "salt:key" in hex, scrypt N=16384 r=16 p=1 of the NFKC-normalized
 * password with the salt's hex text as salt. About 0.15 s and 34 MB a call, and few at once on a host
 * (hashing.h). ERR_INVALID: the password is not UTF-8. ERR_UNAVAILABLE: too many are being hashed.
 */
enum err crypt_password(struct arena *mem, const char *password, const char **stored) MUST_USE;
/*
 * Whether password fits: ERR_AUTH when it does not. A stored value that is malformed or NULL takes as
 * long and does not fit. ERR_UNAVAILABLE as above: nothing was checked.
 */
enum err crypt_password_check(const char *password, const char *stored) MUST_USE;

/* Session cookie value, not URL-encoded: "token.base64(HMAC-SHA256(secret, token))". */
const char *crypt_cookie(struct arena *mem, const char *secret, const char *token);
/* The token of a cookie value as it came, URL-encoded or quoted or not; NULL: it is not ours. */
const char *crypt_cookie_token(struct arena *mem, const char *secret, const char *value);

#endif
