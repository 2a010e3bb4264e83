/* Texts that only the holder of the installation's secret can read, in Better Auth's format. */
#ifndef PARLOR_SEAL_H
#define PARLOR_SEAL_H

#include "base/arena.h"
#include "base/base.h"

/*
 * Better Auth's symmetricEncrypt: lowercase hex of a random nonce of 24 bytes and XChaCha20-Poly1305
 * with the key SHA-256(secret). Two calls never give the same text. Call crypt_start() before.
 */
const char *seal_text(struct arena *mem, const char *secret, const char *text);

/*
 * The text; NULL: not sealed with this secret, or altered since. Also takes the envelope
 * "$ba$<version>$" that Better Auth puts before it where it has several secrets.
 */
const char *unseal_text(struct arena *mem, const char *secret, const char *sealed);

#endif
