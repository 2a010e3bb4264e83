/*
 * Cookies: the first line of the input is a name, the rest a Cookie header. No value is ever taken
 * for signed by a secret that did not sign it.
 */
#include "fuzz.h"

#include "base/crypt.h"
#include "web/parse.h"

#include <string.h>

static const char secret[] = "fuzz-fuzz-fuzz-fuzz-fuzz-fuzz-fuzz";

/* A token is found exactly when the value, undone, is what we would have signed. */
static void
check_signature(struct arena *mem, const char *value)
{
	const char *token = crypt_cookie_token(mem, secret, value);
	const char *plain;

	if (!token)
		return;
	plain = crypt_cookie(mem, secret, token);
	must(strcmp(crypt_cookie_token(mem, secret, plain), token) == 0, "what is signed is read");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *mem = arena_new();
	char *name = arena_strndup(mem, (const char *)data, size);
	char *header = strchr(name, '\n');
	const char *value;

	crypt_start();
	if (header) {
		*header++ = '\0';
		value = parse_cookie(mem, header, name);
		if (value) {
			must(!strchr(value, ';'), "a value ends at the semicolon");
			must(strstr(header, value) != NULL, "a value stands in the header");
			check_signature(mem, value);
		}
	}
	check_signature(mem, name);
	must(!*name || crypt_cookie_token(mem, secret, crypt_cookie(mem, secret, "x")) != NULL,
		"our own cookie is ours");
	arena_free(mem);
	return 0;
}
