/* Being invited: what the one with the address does. */
#include "core/invitation.h"

#include "base/json.h"
#include "core/audit.h"
#include "core/invitation_answer.sql.h"
#include "core/member.h"

enum err
invitation_find(struct db *db, struct arena *mem, const char *id, struct invitation *out)
{
	struct rows *rows;
	enum err e = db_one(db, mem, &SQL_invitation_find, ARGS(id), &rows);

	if (e)
		return e;
	*out = (struct invitation){ .id = id,
		.organization = rows_str(rows, 0, 0),
		.organization_name = rows_str(rows, 0, 1),
		.inviter = rows_str(rows, 0, 2),
		.email = rows_str(rows, 0, 3),
		.role = rows_text(rows, 0, 4) ? rows_text(rows, 0, 4) : "member",
		.chat_role = rows_text(rows, 0, 5),
		.is_open = rows_bool(rows, 0, 6) };
	return ERR_NONE;
}

enum err
invitation_list_of(struct db *db, struct arena *mem, const char *user, struct json_object **out)
{
	struct rows *rows;
	enum err e = db_one(db, mem, &SQL_invitation_list_of, ARGS(user), &rows);

	if (e)
		return e;
	*out = json_trusted(mem, rows_str(rows, 0, 0));
	return *out ? ERR_NONE : ERR_INTERNAL;
}

/* The guest acts in the organization that invites. */
static struct access
guest_access(struct db *db, struct arena *mem, const struct invitation *invitation,
	const struct invitation_guest *guest)
{
	return (struct access){ .db = db,
		.mem = mem,
		.organization = invitation->organization,
		.actor_type = "user",
		.actor_id = guest->user,
		.address = guest->address };
}

static enum err
answer(const struct access *as, const struct invitation *invitation, const char *status,
	const char *action)
{
	struct audit entry = { .action = action,
		.target_type = "invitation",
		.target_id = invitation->id,
		.changes = json_object_new_object() };
	enum err e = db_run(as->db, as->mem, &SQL_invitation_answer,
		ARGS(as->organization, invitation->id, status), NULL);

	json_set(entry.changes, "email", invitation->email);
	if (e)
		json_keep(as->mem, entry.changes);
	return e ? e : audit_write(as, &entry);
}

/* Takes the row's lock. *is_member: nothing but the answer is left to be done. */
static enum err
take(const struct access *as, const struct invitation *invitation,
	const struct invitation_guest *guest, bool *is_member)
{
	struct rows *rows;
	enum err e = db_one(as->db, as->mem, &SQL_invitation_lock,
		ARGS(as->organization, invitation->id, guest->user,
			guest->proved ? "true" : "false"),
		&rows);

	if (e)
		return e;
	*is_member = rows_bool(rows, 0, 2);
	if (!rows_bool(rows, 0, 1))
		return ERR_NOT_FOUND;
	return rows_bool(rows, 0, 0) ? ERR_NONE : ERR_GONE;
}

static enum err
accept(const struct access *as, const struct invitation *invitation,
	const struct invitation_guest *guest)
{
	const char *member;
	bool is_member;
	struct rows *rows;
	enum err e;

	if ((e = take(as, invitation, guest, &is_member)) ||
		(e = answer(as, invitation, "accepted", "invitation.accepted")))
		return e;
	if (!is_member &&
		(e = member_add(as, guest->user, invitation->role, invitation->chat_role, &member)))
		return e;
	if (!guest->session)
		return ERR_NONE;
	return db_one(as->db, as->mem, &SQL_invitation_activate,
		ARGS(guest->session, as->organization), &rows);
}

static enum err
decline(const struct access *as, const struct invitation *invitation,
	const struct invitation_guest *guest)
{
	bool is_member;
	enum err e = take(as, invitation, guest, &is_member);

	return e ? e : answer(as, invitation, "rejected", "invitation.declined");
}

static enum err
in_transaction(struct db *db, struct arena *mem, const struct invitation *invitation,
	const struct invitation_guest *guest,
	enum err (*act)(const struct access *as, const struct invitation *invitation,
		const struct invitation_guest *guest))
{
	const struct access as = guest_access(db, mem, invitation, guest);
	enum err e;

	db_scope(db, as.organization);
	if ((e = db_begin(db)))
		return e;
	if ((e = act(&as, invitation, guest))) {
		db_rollback(db);
		return e;
	}
	return db_commit(db);
}

enum err
invitation_accept(struct db *db, struct arena *mem, const struct invitation *invitation,
	const struct invitation_guest *guest)
{
	return in_transaction(db, mem, invitation, guest, accept);
}

enum err
invitation_decline(struct db *db, struct arena *mem, const struct invitation *invitation,
	const struct invitation_guest *guest)
{
	return in_transaction(db, mem, invitation, guest, decline);
}
