/* Visitors and their tokens. */
#include "core/visitor.h"

#include "base/crypt.h"
#include "base/json.h"
#include "core/audit.h"
#include "core/hint.h"
#include "core/visitor.sql.h"

#include <string.h>

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
visitor_resume(const struct access *as, const char *token, struct visitor_had *out)
{
	char hash[HASH_HEX_LEN + 1] = "";
	struct rows *rows;
	enum err e;

	if (token && strlen(token) == CREDENTIAL_LEN)
		crypt_hash(token, hash);
	e = db_one(as->db, as->mem, &SQL_visitor_resume, ARGS(as->organization, hash), &rows);
	if (e)
		return e;
	*out = (struct visitor_had){ .mode = rows_str(rows, 0, 0),
		.follow_sign_in = rows_bool(rows, 0, 1),
		.visitor = rows_text(rows, 0, 2),
		.verified = rows_bool(rows, 0, 3),
		.session = rows_text(rows, 0, 4),
		.person = rows_text(rows, 0, 5),
		.token = token };
	return ERR_NONE;
}

/* A new token, of a sign-in when person has one. Within the transaction of what it is for. */
static enum err
token_give(const struct access *as, const char *visitor, const struct person *person,
	const char **token)
{
	char *new_token = arena_alloc(as->mem, CREDENTIAL_LEN + 1);
	char hash[HASH_HEX_LEN + 1];

	crypt_credential("vt", as->organization, new_token);
	crypt_hash(new_token, hash);
	*token = new_token;
	return db_run(as->db, as->mem, &SQL_visitor_token_insert,
		ARGS(as->organization, visitor, hash, person ? person->session : NULL,
			person ? person->until : NULL),
		NULL);
}

static enum err
token_revoke(const struct access *as, const char *token, struct rows **rows)
{
	char hash[HASH_HEX_LEN + 1];

	crypt_hash(token, hash);
	return db_run(
		as->db, as->mem, &SQL_visitor_token_revoke, ARGS(as->organization, hash), rows);
}

enum err
visitor_add(const struct access *as, const struct visitor_new *new, const char **id)
{
	char *new_id = arena_alloc(as->mem, ID_LEN + 1);

	crypt_id(new_id);
	*id = new_id;
	/* Without a name the trigger gives one. */
	return db_run(as->db, as->mem, &SQL_visitor_insert,
		ARGS(as->organization, new_id, new->email, new->name, new->user_agent, new->address,
			new->metadata, new->locale),
		NULL);
}

enum err
visitor_create(
	const struct access *as, const struct visitor_new *new, const char **id, const char **token)
{
	enum err e;

	if ((e = db_begin(as->db)))
		return e;
	e = visitor_add(as, new, id);
	if (!e)
		e = token_give(as, *id, NULL, token);
	return db_end(as->db, e);
}

/* Whether the token that came along was given for this person, and for this sign-in if any. */
static bool
is_theirs(const struct visitor_had *had, const struct person *person)
{
	if (!had->visitor || !had->verified || !had->person ||
		strcmp(had->person, person->key) != 0)
		return false;
	if (!had->session || !person->session)
		return had->session == person->session;
	return strcmp(had->session, person->session) == 0;
}

/* Proven facts first; a claim fills what the proof leaves open. */
enum err
visitor_add_person(const struct access *as, const struct visitor_new *new,
	const struct person *person, const char **id, bool *made)
{
	const char *name = person->name ? person->name : new->name,
		   *email = person->email ? person->email : new->email;
	char new_id[ID_LEN + 1];
	struct rows *rows;
	enum err e;

	crypt_id(new_id);
	e = db_one(as->db, as->mem, &SQL_visitor_identify,
		ARGS(as->organization, new_id, person->key, name, email,
			person->email_proven ? "true" : "false", person->attributes, new->metadata,
			new->user_agent, new->address, new->locale),
		&rows);
	if (e)
		return e;
	*id = rows_str(rows, 0, 0);
	*made = strcmp(*id, new_id) == 0;
	return ERR_NONE;
}

enum err
visitor_identify(const struct access *as, const struct visitor_new *new,
	const struct person *person, const struct visitor_had *had, const char **id,
	const char **token)
{
	const bool stays = is_theirs(had, person);
	bool made;
	enum err e;

	if ((e = db_begin(as->db)))
		return e;
	e = visitor_add_person(as, new, person, id, &made);
	*token = had->token;
	if (!e && stays)
		e = visitor_update(as, had, NULL, NULL);
	else if (!e)
		e = token_give(as, *id, person, token);
	/* That of an anonymous visitor stays good for its own history; another person's does not. */
	if (!e && !stays && had->visitor && had->verified)
		e = token_revoke(as, had->token, NULL);
	e = db_end(as->db, e);
	if (!e)
		hint_event(as->organization, had->visitor);
	return e;
}

enum err
visitor_update(
	const struct access *as, const struct visitor_had *had, const char *name, const char *email)
{
	char hash[HASH_HEX_LEN + 1];

	crypt_hash(had->token, hash);
	return db_run(as->db, as->mem, &SQL_visitor_update,
		ARGS(as->organization, had->visitor, name, email, hash), NULL);
}

enum err
visitor_token_end(const struct access *as, const char *token)
{
	struct rows *rows;
	enum err e = token_revoke(as, token, &rows);

	if (!e && rows_count(rows))
		hint_event(as->organization, rows_str(rows, 0, 0));
	return e;
}

static enum err
revoke_and_tell(const struct access *as, const char *id, int64_t *tokens)
{
	struct json_object *changes;
	struct rows *rows;
	enum err e = db_one(
		as->db, as->mem, &SQL_visitor_tokens_revoke, ARGS(as->organization, id), &rows);

	if (e)
		return e;
	*tokens = rows_int(rows, 0, 0);
	changes = json_object_new_object();
	json_set_int(changes, "tokens", *tokens);
	return audit_write(as, &(struct audit){ .action = "visitor.signed_out",
				       .target_type = "visitor",
				       .target_id = id,
				       .changes = changes });
}

enum err
visitor_sign_out(const struct access *as, const char *id, int64_t *tokens)
{
	const char *json;
	enum err e;

	if ((e = visitor_get(as, id, &json)) || (e = db_begin(as->db)))
		return e;
	e = db_end(as->db, revoke_and_tell(as, id, tokens));
	if (!e)
		hint_event(as->organization, id);
	return e;
}

enum err
visitor_self(const struct access *as, const char **json)
{
	struct rows *rows;
	enum err e = db_one(
		as->db, as->mem, &SQL_visitor_self, ARGS(as->organization, as->visitor), &rows);

	if (!e)
		*json = rows_str(rows, 0, 0);
	return e;
}

enum err
visitor_read(const struct access *as, const char *id, const char **json, const char **version)
{
	struct rows *rows;
	enum err e = db_one(as->db, as->mem, &SQL_visitor_get, ARGS(as->organization, id), &rows);

	if (e)
		return e;
	*json = rows_str(rows, 0, 0);
	*version = rows_str(rows, 0, 1);
	return ERR_NONE;
}

enum err
visitor_get(const struct access *as, const char *id, const char **json)
{
	const char *version;

	return visitor_read(as, id, json, &version);
}
