/* Users and their passwords. */
#include "core/user.h"

#include "base/crypt.h"
#include "base/util.h"
#include "core/user.sql.h"

#include <stdlib.h>
#include <string.h>
#include <unicase.h>

enum { ADDRESS_MAX = 254, NAME_MAX_BYTES = 1000 };

const char *
user_address(struct arena *mem, const char *email)
{
	const size_t n = strlen(email);
	const char *low = email;
	size_t len;
	uint8_t *made;

	if (!utf8_valid(email, n) || n == 0)
		return arena_strdup(mem, email);
	made = u8_tolower((const uint8_t *)email, n, NULL, NULL, NULL, &len);
	if (made)
		low = arena_strndup(mem, (const char *)made, len);
	free(made);
	return low;
}

bool
user_address_is_good(const char *email)
{
	const size_t len = strlen(email);
	const char *at = strrchr(email, '@');

	if (len > ADDRESS_MAX || !utf8_valid(email, len) || !at || at == email || !at[1])
		return false;
	for (const char *p = email; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f || strchr("<>,;\"()", *p))
			return false;
	return strchr(email, '@') == at;
}

/* Of valid UTF-8: two for what lies beyond the first 65,536 characters. */
static size_t
utf16_units(const char *s)
{
	size_t n = 0;

	for (; *s; s++) {
		const unsigned char c = (unsigned char)*s;

		n += (c & 0xc0) != 0x80;
		n += c >= 0xf0;
	}
	return n;
}

bool
user_password_is_good(const char *password)
{
	size_t units;

	if (!utf8_valid(password, strlen(password)))
		return false;
	units = utf16_units(password);
	return units >= PASSWORD_MIN && units <= PASSWORD_MAX;
}

/* *stored is NULL for no password. */
static enum err
hash(struct arena *mem, const char *password, const char **stored)
{
	*stored = NULL;
	if (!password)
		return ERR_NONE;
	if (!user_password_is_good(password))
		return ERR_INVALID;
	return crypt_password(mem, password, stored);
}

static bool
name_is_good(const char *name)
{
	const size_t len = strlen(name);

	return len > 0 && len <= NAME_MAX_BYTES && utf8_valid(name, len);
}

enum err
user_create(struct db *db, struct arena *mem, const struct user_new *new, const char **id)
{
	char user[ID_LEN + 1], account[ID_LEN + 1];
	const char *stored;
	enum err e;

	if (!user_address_is_good(new->email) || !name_is_good(new->name))
		return ERR_INVALID;
	if ((e = hash(mem, new->password, &stored)))
		return e;
	crypt_id(user);
	crypt_id(account);
	e = db_run(db, mem, &SQL_user_create,
		ARGS(user, user_address(mem, new->email), new->name,
			new->verified ? "true" : "false", account, stored),
		NULL);
	if (!e)
		*id = arena_strdup(mem, user);
	return e;
}

enum err
user_set_password(struct db *db, struct arena *mem, const char *user, const char *password)
{
	char account[ID_LEN + 1];
	const char *stored;
	enum err e = hash(mem, password, &stored);

	if (e)
		return e;
	crypt_id(account);
	return db_run(db, mem, &SQL_user_set_password, ARGS(user, account, stored), NULL);
}

enum err
user_by_address(struct db *db, struct arena *mem, const char *email, const char **id)
{
	struct rows *rows;
	enum err e = db_one(db, mem, &SQL_user_by_address, ARGS(user_address(mem, email)), &rows);

	if (!e)
		*id = rows_str(rows, 0, 0);
	return e;
}
