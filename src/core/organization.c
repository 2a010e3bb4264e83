/* Organizations: making them, and the keys that open them. */
#include "core/organization.h"

#include "base/crypt.h"
#include "base/util.h"
#include "core/organization.sql.h"
#include "core/permission.h"

#include <stdlib.h>
#include <string.h>
#include <uninorm.h>

enum { SLUG_MAX = 48, SLUG_MADE_MAX = 40, NAME_MAX_BYTES = 1000 };

/* Of a key that was rotated lately: those who have the new one pay nothing for it. */
static enum err
by_retired_key(struct db *db, struct arena *mem, const char *key, struct rows **rows)
{
	enum err e = db_one(db, mem, &SQL_organization_key_in_place_of, ARGS(key), rows);

	if (e)
		return e;
	return db_one(db, mem, &SQL_organization_by_key, ARGS(rows_str(*rows, 0, 0)), rows);
}

enum err
organization_by_key(
	struct db *db, struct arena *mem, const char *key, struct organization_public *out)
{
	struct rows *rows;
	enum err e = db_one(db, mem, &SQL_organization_by_key, ARGS(key), &rows);

	if (e == ERR_NOT_FOUND)
		e = by_retired_key(db, mem, key, &rows);
	if (e)
		return e;
	*out = (struct organization_public){ rows_str(rows, 0, 0), rows_text(rows, 0, 1),
		rows_str(rows, 0, 2) };
	return ERR_NONE;
}

enum err
organization_by_secret_key(
	struct db *db, struct arena *mem, const char *secret, struct key_identity *out)
{
	char hash[HASH_HEX_LEN + 1];
	struct rows *rows;
	enum err e;

	crypt_hash(secret, hash);
	e = db_one(db, mem, &SQL_organization_by_secret_key, ARGS(hash), &rows);
	if (e)
		return e;
	*out = (struct key_identity){ .may = permission_of_scopes(rows_str(rows, 0, 5)),
		.organization = rows_str(rows, 0, 0),
		.organization_name = rows_str(rows, 0, 1),
		.key = rows_str(rows, 0, 2),
		.name = rows_str(rows, 0, 3),
		.member = rows_text(rows, 0, 4) };
	if (out->member)
		out->may &= permission_of_member(rows_str(rows, 0, 6), rows_str(rows, 0, 7));
	return ERR_NONE;
}

bool
organization_slug_is_good(const char *slug)
{
	const size_t len = strlen(slug);

	return len >= 1 && len <= SLUG_MAX &&
	       strspn(slug, "abcdefghijklmnopqrstuvwxyz0123456789-") == len && slug[0] != '-' &&
	       slug[len - 1] != '-';
}

static bool
is_mark(const uint8_t *s, size_t left)
{
	/* U+0300 to U+036F: the accents that decomposition leaves beside their letters. */
	return left > 1 && (s[0] == 0xcc || (s[0] == 0xcd && s[1] < 0xb0));
}

/* Letters and digits, with one dash for whatever stands between them. out holds SLUG_MADE_MAX + 1. */
static void
slug_write(const uint8_t *s, size_t len, char *out)
{
	size_t n = 0;
	bool gap = false;

	for (size_t i = 0; i < len && n < SLUG_MADE_MAX; i++) {
		const int low = s[i] >= 'A' && s[i] <= 'Z' ? s[i] + 32 : s[i];
		const bool wanted = (low >= 'a' && low <= 'z') || (low >= '0' && low <= '9');

		if (is_mark(s + i, len - i)) {
			i++;
			continue;
		}
		if (wanted && gap && n > 0 && n + 1 < SLUG_MADE_MAX)
			out[n++] = '-';
		if (wanted)
			out[n++] = (char)low;
		gap = !wanted;
	}
	out[n] = '\0';
}

const char *
organization_slug(struct arena *mem, const char *name)
{
	const size_t len = strlen(name);
	size_t plain_len = 0;
	uint8_t *plain = NULL;
	char *slug = arena_alloc(mem, SLUG_MADE_MAX + 1);

	if (utf8_valid(name, len))
		plain = u8_normalize(UNINORM_NFKD, (const uint8_t *)name, len, NULL, &plain_len);
	if (plain)
		slug_write(plain, plain_len, slug);
	free(plain);
	return *slug ? slug : "organization";
}

const char *
organization_new_key(struct arena *mem)
{
	char token[SESSION_TOKEN_LEN + 1];

	crypt_session_token(token);
	return arena_printf(mem, "pk_%s", token);
}

static bool
name_is_good(const char *name)
{
	const size_t len = strlen(name);

	return len > 0 && len <= NAME_MAX_BYTES && utf8_valid(name, len);
}

enum err
organization_create(struct db *db, struct arena *mem, const struct organization_new *new,
	const char **id, const char **key)
{
	char *organization = arena_alloc(mem, ID_LEN + 1), member[ID_LEN + 1];
	const char *slug = new->slug ? new->slug : organization_slug(mem, new->name);
	enum err e;

	if (!name_is_good(new->name) || !organization_slug_is_good(slug))
		return ERR_INVALID;
	crypt_id(organization);
	crypt_id(member);
	*id = organization;
	*key = organization_new_key(mem);
	e = db_run(db, mem, &SQL_organization_create,
		ARGS(organization, new->name, slug, new->slug ? "true" : "false", *key, new->owner,
			member, new->actor_type, new->actor_id, new->address),
		NULL);
	return e;
}
