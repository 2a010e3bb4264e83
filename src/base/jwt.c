/*
 * HS256 tokens. The MAC is computed over the bytes as they came and compared before anything in
 * them is read, so that only what a holder of the secret wrote reaches the JSON reader. RFC 8725
 * lists what goes wrong elsewhere: algorithms chosen by the token, "crit" passed over, lenient
 * base64, two readings of one JSON text.
 */
#include "base/jwt.h"

#include "base/crypt.h"
#include "base/json.h"
#include "base/util.h"

#include <sodium.h>
#include <string.h>
#include <strings.h>

enum { MAC_LEN = 43 };

/* {"alg":"HS256"}: what Better Auth's own tokens begin with. */
static const char header_base64[] = "eyJhbGciOiJIUzI1NiJ9";

const char *
jwt_sign(struct arena *mem, const char *secret, struct json_object *claims)
{
	const char *text = json_write(claims);
	const size_t len = strlen(text),
		     cap = sodium_base64_ENCODED_LEN(len, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	char *body = arena_alloc(mem, cap), mac[MAC_LEN + 1];
	const char *input;

	sodium_bin2base64(body, cap, (const unsigned char *)text, len,
		sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	input = arena_printf(mem, "%s.%s", header_base64, body);
	crypt_hmac_url(secret, input, mac);
	return arena_printf(mem, "%s.%s", input, mac);
}

/* The JSON object in a part of a token; NULL: it is none, or not in the one spelling of base64url. */
static struct json_object *
part_read(struct arena *mem, const char *part, size_t len)
{
	unsigned char *bytes = arena_alloc(mem, len + 1);
	struct json_object *o;
	size_t size;

	if (sodium_base642bin(bytes, len, part, len, NULL, &size, NULL,
		    sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
		return NULL;
	if (json_parse(mem, (const char *)bytes, size, &o, NULL))
		return NULL;
	return json_object_is_type(o, json_type_object) ? o : NULL;
}

/* "crit" names what a reader must understand; we know no extension, so there must be none. */
static bool
header_fits(struct json_object *header)
{
	const char *alg = json_text(header, "alg"), *typ = json_text(header, "typ");
	const bool has_typ = json_object_object_get_ex(header, "typ", NULL);

	return alg && strcmp(alg, "HS256") == 0 &&
	       !json_object_object_get_ex(header, "crit", NULL) &&
	       (!has_typ || (typ && strcasecmp(typ, "JWT") == 0));
}

/* A NumericDate: false when the claim is there and is no number. */
static bool
date_read(struct json_object *claims, const char *name, double absent, double *out)
{
	struct json_object *value;

	*out = absent;
	if (!json_object_object_get_ex(claims, name, &value))
		return true;
	if (!json_object_is_type(value, json_type_int) &&
		!json_object_is_type(value, json_type_double))
		return false;
	*out = json_object_get_double(value);
	return true;
}

static bool
times_fit(struct json_object *claims, double now)
{
	double exp, nbf, iat;

	return date_read(claims, "exp", -1e18, &exp) && date_read(claims, "nbf", 0, &nbf) &&
	       date_read(claims, "iat", 0, &iat) && now < exp + JWT_LEEWAY &&
	       nbf <= now + JWT_LEEWAY && iat <= now + JWT_LEEWAY;
}

/* Where the last dot of exactly two stands, the first in *first; NULL: this is no token. */
static const char *
dots_find(const char *token, const char **first)
{
	const char *second;

	*first = strchr(token, '.');
	second = *first ? strchr(*first + 1, '.') : NULL;
	return second && !strchr(second + 1, '.') ? second : NULL;
}

enum err
jwt_verify_at(struct arena *mem, const char *secret, const char *token, int64_t now,
	struct json_object **claims)
{
	struct json_object *header, *body;
	const char *first, *second;
	char mac[MAC_LEN + 1];

	*claims = NULL;
	if (!secret || !*secret || !token || strnlen(token, JWT_MAX + 1) > JWT_MAX)
		return ERR_AUTH;
	second = dots_find(token, &first);
	if (!second)
		return ERR_AUTH;
	crypt_hmac_url(secret, arena_strndup(mem, token, (size_t)(second - token)), mac);
	if (!crypt_equal(mac, second + 1))
		return ERR_AUTH;
	header = part_read(mem, token, (size_t)(first - token));
	body = part_read(mem, first + 1, (size_t)(second - first - 1));
	if (!header || !body || !header_fits(header) || !times_fit(body, (double)now))
		return ERR_AUTH;
	*claims = body;
	return ERR_NONE;
}

enum err
jwt_verify(struct arena *mem, const char *secret, const char *token, struct json_object **claims)
{
	return jwt_verify_at(mem, secret, token, time_now_ms() / 1000, claims);
}
