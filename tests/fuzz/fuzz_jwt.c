/*
 * Tokens: the input is one as it came, and, with a MAC put behind it, one whose two parts a holder
 * of the secret wrote. What passes names a time to come, and fails with another secret, a changed
 * MAC, or an hour after its end.
 */
#include "fuzz.h"

#include "base/crypt.h"
#include "base/json.h"
#include "base/jwt.h"

#include <string.h>

enum { NOW = 1800000000 };

static void
check(struct arena *mem, const char *token)
{
	struct json_object *claims, *again;

	if (jwt_verify_at(mem, "secret", token, NOW, &claims) != ERR_NONE) {
		must(claims == NULL, "a refusal has no claims");
		return;
	}
	must(json_object_get_double(json_member(claims, "exp")) + JWT_LEEWAY > NOW,
		"what passes is not over");
	must(jwt_verify_at(mem, "Secret", token, NOW, &again) == ERR_AUTH,
		"another secret refuses it");
	must(jwt_verify_at(mem, "secret", arena_printf(mem, "%s=", token), NOW, &again) == ERR_AUTH,
		"padding is refused");
	must(jwt_verify_at(mem, "secret", jwt_sign(mem, "secret", claims), NOW, &again) == ERR_NONE,
		"signed again it passes again");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *mem = arena_new();
	const char *text = arena_strndup(mem, (const char *)data, size);
	char mac[44];

	crypt_start();
	check(mem, text);
	crypt_hmac_url("secret", text, mac);
	check(mem, arena_printf(mem, "%s.%s", text, mac));
	arena_free(mem);
	return 0;
}
