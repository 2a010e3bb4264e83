/* Secrets and settings of identity verification. */
#include "core/identity.h"

#include "base/crypt.h"
#include "base/json.h"
#include "base/log.h"
#include "base/seal.h"
#include "base/util.h"
#include "core/audit.h"
#include "core/identity.sql.h"

#include <stdio.h>
#include <string.h>

enum { HINT_LEN = 7 };

/* Shown to administrators, who see by it whether the old secret can be retired. */
static enum err
note_use(const struct access *as, const char *id)
{
	return db_run(as->db, as->mem, &SQL_identity_secret_used, ARGS(as->organization, id), NULL);
}

enum err
identity_verify(const struct access *as, const char *auth_secret, const struct proof *proof,
	struct person *out)
{
	const int64_t now = time_now_ms() / 1000;
	struct rows *rows;
	enum err e;

	e = db_run(as->db, as->mem, &SQL_identity_secrets, ARGS(as->organization), &rows);
	if (e)
		return e;
	for (int i = 0; i < rows_count(rows); i++) {
		const char *secret = unseal_text(as->mem, auth_secret, rows_str(rows, i, 1));

		if (!secret)
			log_line(LOG_ERROR, "an identity secret cannot be read: auth_secret is "
					    "another one than "
					    "when it was made");
		else if (proof_fits(as->mem, secret, as->organization, proof, now, out))
			return note_use(as, rows_str(rows, i, 0));
	}
	return ERR_AUTH;
}

enum err
identity_of_session(const struct access *as, const char *session, struct person *out)
{
	struct rows *rows;
	enum err e = db_one(as->db, as->mem, &SQL_identity_session, ARGS(session), &rows);

	if (e)
		return e == ERR_NOT_FOUND ? ERR_AUTH : e;
	*out = (struct person){ .key = rows_str(rows, 0, 0),
		.name = rows_text(rows, 0, 1),
		.email = rows_text(rows, 0, 2),
		.email_proven = rows_bool(rows, 0, 3),
		.session = rows_str(rows, 0, 4),
		.until = rows_str(rows, 0, 5) };
	return ERR_NONE;
}

enum err
identity_settings(const struct access *as, struct json_object **out)
{
	struct rows *rows;
	enum err e = db_one(as->db, as->mem, &SQL_identity_settings, ARGS(as->organization), &rows);

	if (e)
		return e;
	*out = json_trusted(as->mem, rows_str(rows, 0, 0));
	return *out ? ERR_NONE : ERR_INTERNAL;
}

/* old and new of one setting, when they differ. */
static void
note_change(struct json_object *changes, const char *name, struct json_object *before,
	struct json_object *after)
{
	struct json_object *pair;

	if (json_object_equal(before, after)) {
		json_object_put(after);
		return;
	}
	pair = json_object_new_array();
	json_object_array_add(pair, json_object_get(before));
	json_object_array_add(pair, after);
	json_set_object(changes, name, pair);
}

const char *
identity_version(const struct access *as, struct json_object *settings)
{
	return arena_printf(as->mem, "%s.%s", json_text(settings, "mode"),
		json_object_get_boolean(json_member(settings, "followSignIn")) ? "on" : "off");
}

static enum err
change_and_tell(const struct access *as, const struct identity_change *change)
{
	const char *follow = change->follow_sign_in ? "true" : "false";
	struct json_object *changes = json_new(as->mem), *before;
	struct rows *rows;
	enum err e;

	if ((e = db_one(as->db, as->mem, &SQL_identity_lock, ARGS(as->organization), &rows)) ||
		(e = identity_settings(as, &before)))
		return e;
	if (change->versions &&
		!is_one_word_of(as->mem, change->versions, identity_version(as, before)))
		return ERR_CHANGED;
	if (strcmp(change->mode, "optional") != 0 &&
		!(change->follow_sign_in && change->sign_in_works) &&
		json_object_array_length(json_member(before, "secrets")) == 0)
		return ERR_CONFLICT;
	note_change(
		changes, "mode", json_member(before, "mode"), json_object_new_string(change->mode));
	note_change(changes, "followSignIn", json_member(before, "followSignIn"),
		json_object_new_boolean(change->follow_sign_in));
	if (!json_object_object_length(changes))
		return ERR_NONE;
	e = db_run(as->db, as->mem, &SQL_identity_change,
		ARGS(as->organization, change->mode, follow), NULL);
	return e ? e
		 : audit_write(as, &(struct audit){ .action = "identity.updated",
					   .changes = json_object_get(changes) });
}

enum err
identity_change(const struct access *as, const struct identity_change *change)
{
	enum err e = db_begin(as->db);

	return e ? e : db_end(as->db, change_and_tell(as, change));
}

static enum err
tell_secret(const struct access *as, const char *action, const char *id)
{
	return audit_write(
		as, &(struct audit){
			    .action = action, .target_type = "identity_secret", .target_id = id });
}

static enum err
insert_and_tell(
	const struct access *as, const char *auth_secret, const struct identity_secret *secret)
{
	struct rows *rows;
	enum err e;

	/* Under the organization's lock, as changes of the settings are. */
	if ((e = db_one(as->db, as->mem, &SQL_identity_lock, ARGS(as->organization), &rows)))
		return e;
	e = db_one(as->db, as->mem, &SQL_identity_secret_insert,
		ARGS(as->organization, secret->id, seal_text(as->mem, auth_secret, secret->secret),
			secret->hint),
		&rows);
	if (e)
		return e == ERR_NOT_FOUND ? ERR_CONFLICT : e;
	return tell_secret(as, "identity_secret.created", secret->id);
}

enum err
identity_secret_create(
	const struct access *as, const char *auth_secret, struct identity_secret *out)
{
	char id[ID_LEN + 1], token[TOKEN_LEN + 1];
	enum err e;

	crypt_id(id);
	crypt_token(token);
	out->id = arena_strdup(as->mem, id);
	out->secret = arena_printf(as->mem, "is_%s", token);
	out->hint = arena_strndup(as->mem, out->secret, HINT_LEN);
	e = db_begin(as->db);
	return e ? e : db_end(as->db, insert_and_tell(as, auth_secret, out));
}

static enum err
retire_and_tell(const struct access *as)
{
	struct rows *rows;
	enum err e;

	if ((e = db_one(as->db, as->mem, &SQL_identity_lock, ARGS(as->organization), &rows)))
		return e;
	e = db_one(as->db, as->mem, &SQL_identity_secret_retire, ARGS(as->organization), &rows);
	return e ? e : tell_secret(as, "identity_secret.retired", rows_str(rows, 0, 0));
}

enum err
identity_secret_retire(const struct access *as)
{
	enum err e = db_begin(as->db);

	return e ? e : db_end(as->db, retire_and_tell(as));
}
