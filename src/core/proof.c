/* Hashes "v1.END.MAC" and tokens. */
#include "core/proof.h"

#include "base/crypt.h"
#include "base/json.h"
#include "base/jwt.h"
#include "base/util.h"

#include <string.h>

enum { MAC_LEN = 64, NAME_MAX_LEN = 120, EMAIL_MAX_LEN = 254, ATTRIBUTES_MAX = 20 };
enum { ATTRIBUTE_NAME_MAX = 60, ATTRIBUTE_MAX = 300 };

/* What is signed is "v1.END.ORGANIZATION.USER": the user's id stands last, as it may hold anything. */
static bool
hash_fits(struct arena *mem, const char *secret, const char *organization, const char *user,
	const char *hash, int64_t now)
{
	const char *end = strncmp(hash, "v1.", 3) == 0 ? hash + 3 : NULL;
	const char *dot = end ? strchr(end, '.') : NULL;
	char mac[MAC_LEN + 1];
	int64_t until;

	if (!dot || !parse_int(arena_strndup(mem, end, (size_t)(dot - end)), 1, INT64_MAX, &until))
		return false;
	crypt_hmac_hex(secret,
		arena_printf(mem, "v1.%lld.%s.%s", (long long)until, organization, user), mac);
	return crypt_equal(mac, dot + 1) && until > now && until - now <= PROOF_HASH_SECONDS;
}

/* The text of a claim that is a line of at most max characters; NULL for any other. */
static const char *
line(struct json_object *value, size_t max)
{
	const char *s;
	size_t len;

	if (!json_object_is_type(value, json_type_string))
		return NULL;
	s = json_object_get_string(value);
	len = (size_t)json_object_get_string_len(value);
	if (len == 0 || utf8_count(s, len) > max)
		return NULL;
	for (const unsigned char *p = (const unsigned char *)s; *p; p++)
		if (*p < ' ' || *p == 0x7f)
			return NULL;
	return s;
}

/* "aud" may be left out; when it is there, it names this organization, alone or among others. */
static bool
audience_fits(struct json_object *claims, const char *organization)
{
	struct json_object *aud;

	if (!json_object_object_get_ex(claims, "aud", &aud))
		return true;
	if (json_object_is_type(aud, json_type_string))
		return strcmp(json_object_get_string(aud), organization) == 0;
	if (!json_object_is_type(aud, json_type_array))
		return false;
	for (size_t i = 0; i < json_object_array_length(aud); i++) {
		struct json_object *one = json_object_array_get_idx(aud, i);

		if (json_object_is_type(one, json_type_string) &&
			strcmp(json_object_get_string(one), organization) == 0)
			return true;
	}
	return false;
}

static bool
is_known_claim(const char *name)
{
	static const char *const names[] = { "iss", "sub", "aud", "exp", "nbf", "iat", "jti",
		"name", "email", "email_verified" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static bool
is_plain(struct json_object *value)
{
	return json_object_is_type(value, json_type_int) ||
	       json_object_is_type(value, json_type_double) ||
	       json_object_is_type(value, json_type_boolean) || line(value, ATTRIBUTE_MAX);
}

/* The claims of the organization's own, for agents to see: plain values only. */
static const char *
attributes_of(struct arena *mem, struct json_object *claims)
{
	struct json_object *found = json_new(mem);

	json_object_object_foreach(claims, name, value)
	{
		if (is_known_claim(name) || !is_plain(value) ||
			utf8_count(name, strlen(name)) > ATTRIBUTE_NAME_MAX ||
			json_object_object_length(found) >= ATTRIBUTES_MAX)
			continue;
		json_set_object(found, name, json_object_get(value));
	}
	return json_object_object_length(found) ? json_write(found) : NULL;
}

static bool
is_true_or_absent(struct json_object *claims, const char *name)
{
	struct json_object *value;

	return !json_object_object_get_ex(claims, name, &value) ||
	       (json_object_is_type(value, json_type_boolean) && json_object_get_boolean(value));
}

static bool
token_fits(struct arena *mem, const char *secret, const char *organization,
	const struct proof *proof, int64_t now, struct person *out)
{
	struct json_object *claims;

	if (jwt_verify_at(mem, secret, proof->token, now, &claims))
		return false;
	out->key = line(json_member(claims, "sub"), PROOF_ID_MAX);
	if (!out->key || (proof->id && strcmp(proof->id, out->key) != 0) ||
		!audience_fits(claims, organization) ||
		json_object_get_double(json_member(claims, "exp")) >
			(double)(now + PROOF_TOKEN_SECONDS + JWT_LEEWAY))
		return false;
	out->name = line(json_member(claims, "name"), NAME_MAX_LEN);
	out->email = line(json_member(claims, "email"), EMAIL_MAX_LEN);
	out->email_proven = out->email && is_true_or_absent(claims, "email_verified");
	out->attributes = attributes_of(mem, claims);
	return true;
}

bool
proof_fits(struct arena *mem, const char *secret, const char *organization,
	const struct proof *proof, int64_t now, struct person *out)
{
	*out = (struct person){ .key = proof->id };
	if (proof->token)
		return token_fits(mem, secret, organization, proof, now, out);
	return proof->id && proof->hash &&
	       hash_fits(mem, secret, organization, proof->id, proof->hash, now);
}
