/*
 * Codes of six digits that an authenticator app shows (RFC 6238: SHA-1, steps of 30 seconds), and the
 * secrets they come from, as Better Auth has them.
 */
#ifndef PARLOR_TOTP_H
#define PARLOR_TOTP_H

#include "base/arena.h"
#include "base/base.h"

enum { TOTP_DIGITS = 6, TOTP_SECONDS = 30 };

/*
 * A new secret: 32 random characters. The key is the characters themselves; an app gets them in
 * base 32. A secret that came from elsewhere is "base32:" and the key in base 32.
 */
const char *totp_secret(struct arena *mem);

/* The secret in base 32 without padding, for typing into an app. NULL: no secret. */
const char *totp_base32(struct arena *mem, const char *secret);

/* What the QR code holds: "otpauth://totp/Issuer:account?secret=..." NULL: no secret. */
const char *totp_uri(
	struct arena *mem, const char *secret, const char *issuer, const char *account);

/*
 * Whether code is that of the step at now (seconds since 1970 UTC) or of one of its neighbours; then
 * *step is which. Whoever asks keeps it, so that a code is good once.
 */
bool totp_fits(const char *secret, const char *code, int64_t now, int64_t *step);

#endif
