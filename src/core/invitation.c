/* Inviting: what administrators of an organization do. */
#include "core/invitation.h"

#include "base/crypt.h"
#include "base/json.h"
#include "base/jwt.h"
#include "base/util.h"
#include "core/audit.h"
#include "core/invitation.sql.h"
#include "core/keyset.h"
#include "core/mail.h"
#include "core/member.h"
#include "core/registration.h"
#include "core/team.h"
#include "core/user.h"

#include <string.h>

/*
 * No "email" among the claims: it must not pass for the proof of an address, whatever side reads it.
 * It lasts as long as the longest invitation; the row says when that is over.
 */
const char *
invitation_token(struct arena *mem, const struct conf *conf, const char *id)
{
	struct json_object *claims = json_new(mem);
	const int64_t now = time_now_ms() / 1000;

	json_set(claims, "invitation", id);
	json_set_int(claims, "iat", now);
	json_set_int(claims, "exp", now + (int64_t)INVITATION_HOURS * 3600);
	return jwt_sign(mem, conf->auth_secret, claims);
}

bool
invitation_token_fits(struct arena *mem, const struct conf *conf, const char *token, const char *id)
{
	struct json_object *claims;
	const char *named;

	if (!token || !*token || jwt_verify(mem, conf->auth_secret, token, &claims))
		return false;
	named = json_text(claims, "invitation");
	return named && strcmp(named, id) == 0;
}

static enum err
mail_invitation(const struct access *as, const struct conf *conf, const char *id, const char *email,
	const char *role)
{
	struct mail mail = {
		.organization = as->organization, .to = email, .template = "invitation"
	};
	struct rows *rows;
	enum err e;

	if (!conf_has_mail(conf))
		return ERR_NONE;
	if ((e = db_one(
		     as->db, as->mem, &SQL_invitation_organization, ARGS(as->organization), &rows)))
		return e;
	mail.data = json_object_new_object();
	json_set(mail.data, "organization", rows_str(rows, 0, 0));
	json_set(mail.data, "inviter", as->name);
	json_set(mail.data, "role", role);
	json_set(mail.data, "link",
		arena_printf(as->mem, "%s/invitations/%s?token=%s", conf->base_url, id,
			invitation_token(as->mem, conf, id)));
	json_set_int(mail.data, "hours", INVITATION_HOURS);
	return mail_queue(as->db, as->mem, &mail);
}

static enum err
note(const struct access *as, const char *action, const char *id, const char *email,
	const char *role)
{
	struct audit entry = { .action = action,
		.target_type = "invitation",
		.target_id = id,
		.changes = json_object_new_object() };

	json_set(entry.changes, "email", email);
	if (role)
		json_set(entry.changes, "role", role);
	return audit_write(as, &entry);
}

/* After the organization's lock: two who invite the same address at once wait for one another. */
static enum err
check_new(const struct access *as, const struct invitation_new *new, const char *email,
	const char **why)
{
	struct rows *rows;
	enum err e;

	if ((e = team_lock(as)) || (e = db_one(as->db, as->mem, &SQL_invitation_guard,
					    ARGS(as->organization, email, as->member), &rows)))
		return e;
	if (role_is_owner(new->role) && !rows_bool(rows, 0, 2))
		return ERR_FORBIDDEN;
	*why = rows_bool(rows, 0, 0) ? "member" : rows_bool(rows, 0, 1) ? "invited" : NULL;
	return *why ? ERR_CONFLICT : ERR_NONE;
}

static enum err
insert(const struct access *as, const struct invitation_new *new, const char *id, const char *email)
{
	struct rows *rows;
	enum err e = db_one(as->db, as->mem, &SQL_invitation_insert,
		ARGS(as->organization, id, email, new->role, as->member,
			arg_int(as->mem, INVITATION_HOURS)),
		&rows);

	if (e || !new->chat_role)
		return e;
	return db_run(as->db, as->mem, &SQL_invitation_insert_chat,
		ARGS(as->organization, id, new->chat_role), NULL);
}

enum err
invitation_create(const struct access *as, const struct conf *conf,
	const struct invitation_new *new, const char **id, const char **why)
{
	const char *email = user_address(as->mem, new->email);
	char *new_id = arena_alloc(as->mem, ID_LEN + 1);
	enum err e;

	*id = new_id;
	*why = NULL;
	if (!registration_takes(conf, email) || !member_role_is_good(new->role) ||
		(new->chat_role && !member_chat_role_is_good(new->chat_role)))
		return ERR_INVALID;
	crypt_id(new_id);
	if ((e = db_begin(as->db)))
		return e;
	if ((e = check_new(as, new, email, why)) || (e = insert(as, new, new_id, email)) ||
		(e = mail_invitation(as, conf, new_id, email, new->role)) ||
		(e = note(as, "invitation.created", new_id, email, new->role))) {
		db_rollback(as->db);
		return e;
	}
	return db_commit(as->db);
}

enum err
invitation_renew(const struct access *as, const struct conf *conf, const char *id)
{
	struct rows *rows;
	enum err e;

	if ((e = db_begin(as->db)))
		return e;
	if ((e = db_one(as->db, as->mem, &SQL_invitation_renew,
		     ARGS(as->organization, id, arg_int(as->mem, INVITATION_HOURS)), &rows)) ||
		(e = mail_invitation(as, conf, id, rows_str(rows, 0, 0), rows_str(rows, 0, 1))) ||
		(e = note(as, "invitation.renewed", id, rows_str(rows, 0, 0), NULL))) {
		db_rollback(as->db);
		return e;
	}
	return db_commit(as->db);
}

enum err
invitation_cancel(const struct access *as, const char *id)
{
	struct rows *rows;
	enum err e;

	if ((e = db_begin(as->db)))
		return e;
	if ((e = db_one(
		     as->db, as->mem, &SQL_invitation_cancel, ARGS(as->organization, id), &rows)) ||
		(e = note(as, "invitation.canceled", id, rows_str(rows, 0, 0), NULL))) {
		db_rollback(as->db);
		return e;
	}
	return db_commit(as->db);
}

enum err
invitation_list(const struct access *as, struct json_object **out)
{
	struct rows *rows;
	enum err e = db_one(as->db, as->mem, &SQL_invitation_list, ARGS(as->organization), &rows);

	if (e)
		return e;
	*out = json_trusted(as->mem, rows_str(rows, 0, 0));
	return *out ? ERR_NONE : ERR_INTERNAL;
}

static const char *
link_to(const struct access *as, const struct conf *conf)
{
	return arena_printf(as->mem, "%s/invitations/", conf->base_url);
}

enum err
invitation_pending(const struct access *as, const struct conf *conf, const char *after,
	int64_t limit, const char **json)
{
	const char *at, *id;
	struct rows *rows;
	enum err e;

	if ((e = keyset_split(as->mem, after, &at, &id)))
		return e;
	e = db_run(as->db, as->mem, &SQL_invitation_pending,
		ARGS(as->organization, link_to(as, conf), at, id, arg_int(as->mem, (int)limit + 1)),
		&rows);
	if (!e)
		*json = keyset_page(as->mem, rows, limit);
	return e;
}

enum err
invitation_get(const struct access *as, const struct conf *conf, const char *id, const char **json)
{
	struct rows *rows;
	enum err e = db_one(as->db, as->mem, &SQL_invitation_get,
		ARGS(as->organization, link_to(as, conf), id), &rows);

	if (!e)
		*json = rows_str(rows, 0, 0);
	return e;
}
