/* Sealed texts. What the database holds so is worth nothing without the secret of the configuration. */
#include "base/seal.h"

#include <sodium.h>
#include <string.h>

enum {
	NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
	TAG_BYTES = crypto_aead_xchacha20poly1305_ietf_ABYTES,
	KEY_BYTES = crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
};

static void
make_key(const char *secret, unsigned char key[KEY_BYTES])
{
	crypto_hash_sha256(key, (const unsigned char *)secret, strlen(secret));
}

const char *
seal_text(struct arena *mem, const char *secret, const char *text)
{
	const size_t len = strlen(text), total = NONCE_BYTES + len + TAG_BYTES;
	unsigned char *bytes = arena_alloc(mem, total), key[KEY_BYTES];
	char *hex = arena_alloc(mem, 2 * total + 1);

	make_key(secret, key);
	randombytes_buf(bytes, NONCE_BYTES);
	crypto_aead_xchacha20poly1305_ietf_encrypt(bytes + NONCE_BYTES, NULL,
		(const unsigned char *)text, len, NULL, 0, NULL, bytes, key);
	sodium_memzero(key, sizeof(key));
	return sodium_bin2hex(hex, 2 * total + 1, bytes, total);
}

/* What stands after "$ba$<version>$"; sealed itself when it has no envelope. */
static const char *
without_envelope(const char *sealed)
{
	static const char prefix[] = "$ba$";
	size_t digits;

	if (strncmp(sealed, prefix, sizeof(prefix) - 1) != 0)
		return sealed;
	sealed += sizeof(prefix) - 1;
	digits = strspn(sealed, "0123456789");
	return digits && sealed[digits] == '$' ? sealed + digits + 1 : "";
}

const char *
unseal_text(struct arena *mem, const char *secret, const char *sealed)
{
	const char *hex = without_envelope(sealed), *end;
	const size_t hex_len = strlen(hex);
	unsigned char *bytes = arena_alloc(mem, hex_len / 2 + 1), *text, key[KEY_BYTES];
	size_t total;
	int bad;

	if (sodium_hex2bin(bytes, hex_len / 2, hex, hex_len, NULL, &total, &end) != 0 ||
		*end != '\0' || total < NONCE_BYTES + TAG_BYTES)
		return NULL;
	text = arena_alloc(mem, total - NONCE_BYTES - TAG_BYTES + 1);
	make_key(secret, key);
	bad = crypto_aead_xchacha20poly1305_ietf_decrypt(
		text, NULL, NULL, bytes + NONCE_BYTES, total - NONCE_BYTES, NULL, 0, bytes, key);
	sodium_memzero(key, sizeof(key));
	return bad ? NULL : (const char *)text;
}
