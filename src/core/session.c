/* Better Auth's sessions. */
#include "core/session.h"

#include "base/crypt.h"
#include "core/session.sql.h"

enum err
session_find(struct db *db, struct arena *mem, const char *token, struct session *out)
{
	struct rows *rows;
	enum err e = db_one(db, mem, &SQL_session_find, ARGS(token), &rows);

	if (e)
		return e;
	*out = (struct session){ .token = token,
		.user = rows_str(rows, 0, 0),
		.organization = rows_text(rows, 0, 1),
		.organization_name = rows_text(rows, 0, 2),
		.member = rows_text(rows, 0, 3),
		.name = rows_str(rows, 0, 4),
		.role = rows_str(rows, 0, 5),
		.online = rows_bool(rows, 0, 6),
		.remember = rows_bool(rows, 0, 7),
		.seconds_left = rows_int(rows, 0, 8),
		.organization_role = rows_str(rows, 0, 9),
		.verified = rows_bool(rows, 0, 10) };
	return ERR_NONE;
}

enum err
session_create(struct db *db, struct arena *mem, const char *user, bool remember,
	const char *address, const char *user_agent, const char **token)
{
	char *new_token = arena_alloc(mem, SESSION_TOKEN_LEN + 1);
	char id[ID_LEN + 1];

	crypt_id(id);
	crypt_session_token(new_token);
	*token = new_token;
	return db_run(db, mem, &SQL_session_insert,
		ARGS(id, new_token, user, remember ? "true" : "false", address, user_agent), NULL);
}

enum err
session_renew(struct db *db, struct arena *mem, const char *token)
{
	return db_run(db, mem, &SQL_session_renew, ARGS(token), NULL);
}

enum err
session_end(struct db *db, struct arena *mem, const char *token)
{
	return db_run(db, mem, &SQL_session_end, ARGS(token), NULL);
}

enum err
session_end_one(struct db *db, struct arena *mem, const char *user, const char *id)
{
	struct rows *rows;

	return db_one(db, mem, &SQL_session_end_one, ARGS(id, user), &rows);
}

enum err
session_end_others(struct db *db, struct arena *mem, const char *user, const char *keep)
{
	return db_run(db, mem, &SQL_session_end_others, ARGS(user, keep), NULL);
}

enum err
session_rotate(struct db *db, struct arena *mem, const char **token)
{
	char *new_token = arena_alloc(mem, SESSION_TOKEN_LEN + 1);
	struct rows *rows;
	enum err e;

	crypt_session_token(new_token);
	e = db_one(db, mem, &SQL_session_rotate, ARGS(*token, new_token), &rows);
	if (e)
		return e;
	if (!rows_bool(rows, 0, 0))
		return ERR_AUTH;
	*token = new_token;
	return ERR_NONE;
}

enum err
session_list(
	struct db *db, struct arena *mem, const char *user, const char *token, const char **json)
{
	struct rows *rows;
	enum err e = db_one(db, mem, &SQL_session_list, ARGS(user, token), &rows);

	if (!e)
		*json = rows_str(rows, 0, 0);
	return e;
}

enum err
session_trust_device(struct db *db, struct arena *mem, const char *user, const char *old,
	const char **identifier)
{
	char token[SESSION_TOKEN_LEN + 1];
	struct rows *rows;
	enum err e;

	crypt_session_token(token);
	*identifier = arena_printf(mem, "trust-device-%s", token);
	e = db_one(db, mem, &SQL_session_trust_device, ARGS(user, old, *identifier), &rows);
	if (e)
		return e;
	return rows_bool(rows, 0, 0) ? ERR_NONE : ERR_AUTH;
}

enum err
session_forget_devices(struct db *db, struct arena *mem, const char *user)
{
	return db_run(db, mem, &SQL_session_forget_devices, ARGS(user), NULL);
}
