/* Organizations, by the keys that open them. */
#include "core/organization.h"

#include "base/crypt.h"
#include "core/organization.sql.h"
#include "core/permission.h"

enum err
organization_by_key(
	struct db *db, struct arena *mem, const char *key, struct organization_public *out)
{
	struct rows *rows;
	enum err e = db_one(db, mem, &SQL_organization_by_key, ARGS(key), &rows);

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
