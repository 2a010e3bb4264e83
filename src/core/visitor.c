/* Visitors and their tokens. */
#include "core/visitor.h"

#include "base/crypt.h"
#include "core/visitor.sql.h"

enum err
visitor_by_token_find(
	struct db *db, struct arena *mem, const char *token, struct visitor_identity *out)
{
	char hash[HASH_HEX_LEN + 1];
	struct rows *rows;
	enum err e;

	crypt_hash(token, hash);
	e = db_one(db, mem, &SQL_visitor_by_token, ARGS(hash), &rows);
	if (e)
		return e;
	*out = (struct visitor_identity){ rows_str(rows, 0, 0), rows_str(rows, 0, 1),
		rows_str(rows, 0, 2), rows_text(rows, 0, 3) };
	return ERR_NONE;
}

enum err
visitor_create(
	const struct access *as, const struct visitor_new *new, const char **id, const char **token)
{
	char *new_id = arena_alloc(as->mem, ID_LEN + 1);
	char *new_token = arena_alloc(as->mem, CREDENTIAL_LEN + 1);
	char hash[HASH_HEX_LEN + 1];
	enum err e;

	crypt_id(new_id);
	crypt_credential("vt", as->organization, new_token);
	crypt_hash(new_token, hash);
	if ((e = db_begin(as->db)))
		return e;
	/* Without a name the trigger gives one. */
	e = db_run(as->db, as->mem, &SQL_visitor_insert,
		ARGS(as->organization, new_id, new->email, new->name, new->user_agent, new->address,
			new->metadata, new->locale),
		NULL);
	if (!e)
		e = db_run(as->db, as->mem, &SQL_visitor_token_insert,
			ARGS(as->organization, new_id, hash), NULL);
	if (!e)
		e = db_commit(as->db);
	if (e)
		db_rollback(as->db);
	*id = new_id;
	*token = new_token;
	return e;
}

enum err
visitor_update(const struct access *as, const char *name, const char *email)
{
	return db_run(as->db, as->mem, &SQL_visitor_update,
		ARGS(as->organization, as->visitor, name, email), NULL);
}

static enum err
one_json(const struct access *as, const struct stmt *stmt, const char *id, const char **json)
{
	struct rows *rows;
	enum err e = db_one(as->db, as->mem, stmt, ARGS(as->organization, id), &rows);

	if (!e)
		*json = rows_str(rows, 0, 0);
	return e;
}

enum err
visitor_self(const struct access *as, const char **json)
{
	return one_json(as, &SQL_visitor_self, as->visitor, json);
}

enum err
visitor_get(const struct access *as, const char *id, const char **json)
{
	return one_json(as, &SQL_visitor_get, id, json);
}
