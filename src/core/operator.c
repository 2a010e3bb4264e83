/* The operator's acts. */
#include "core/operator.h"

#include "core/member.h"
#include "core/operator.sql.h"

#include <stdlib.h>

enum { DELETE_BATCH = 1000 };

enum err
operator_organization(
	struct db *db, struct arena *mem, const char *id_or_slug, struct operator_organization *out)
{
	struct rows *rows;
	enum err e = db_one(db, mem, &SQL_operator_organization, ARGS(id_or_slug), &rows);

	if (!e)
		*out = (struct operator_organization){ rows_str(rows, 0, 0), rows_str(rows, 0, 1),
			rows_str(rows, 0, 2) };
	return e;
}

struct access
operator_access(struct db *db, struct arena *mem, const char *organization, const char *by)
{
	return (struct access){ .db = db,
		.mem = mem,
		.organization = organization,
		.actor_type = "operator",
		.actor_id = by };
}

enum err
operator_organizations(struct db *db, struct arena *mem, struct rows **rows)
{
	return db_run(db, mem, &SQL_operator_organizations, NO_ARGS, rows);
}

enum err
operator_users(struct db *db, struct arena *mem, const char *organization, struct rows **rows)
{
	return db_run(db, mem, &SQL_operator_users, ARGS(organization), rows);
}

enum err
operator_keys(struct db *db, struct arena *mem, const char *organization, struct rows **rows)
{
	return db_run(db, mem, &SQL_operator_keys, ARGS(organization), rows);
}

/* *n: how many rows went. Each batch has an arena of its own: there may be thousands. */
static enum err
drain(struct db *db, const char *organization, int64_t *n)
{
	struct arena *mem = arena_new();
	struct rows *rows;
	enum err e = db_one(db, mem, &SQL_operator_organization_drain,
		ARGS(organization, arg_int(mem, DELETE_BATCH)), &rows);

	if (!e)
		*n = rows_int(rows, 0, 0);
	arena_free(mem);
	return e;
}

enum err
operator_organization_delete(
	struct db *db, struct arena *mem, const char *organization, void (*progress)(int64_t rows))
{
	int64_t n = 0, all = 0;
	enum err e = db_run(db, mem, &SQL_operator_organization_off, ARGS(organization), NULL);

	if (e)
		return e;
	do {
		if ((e = drain(db, organization, &n)))
			return e;
		all += n;
		if (progress && n > 0)
			progress(all);
	} while (n > 0);
	return db_run(db, mem, &SQL_operator_organization_delete, ARGS(organization), NULL);
}

static enum err
find_or_create(struct db *db, struct arena *mem, const struct user_new *new, const char **id,
	bool *was_there)
{
	enum err e = user_by_address(db, mem, new->email, id);

	*was_there = !e;
	return e == ERR_NOT_FOUND ? user_create(db, mem, new, id) : e;
}

enum err
operator_user_add(struct db *db, struct arena *mem, const struct user_new *new,
	const struct operator_membership *membership, const char *by, const char **id,
	bool *was_there)
{
	struct access as;
	const char *member;
	enum err e;

	if ((e = db_begin(db)))
		return e;
	e = find_or_create(db, mem, new, id, was_there);
	if (!e && *was_there && !membership)
		e = ERR_CONFLICT;
	if (!e && membership) {
		as = operator_access(db, mem, membership->organization, by);
		e = member_add(&as, *id, membership->role, membership->chat_role, &member);
	}
	return db_end(db, e);
}

static enum err
write_line(struct db *db, struct arena *mem, const char *user, const char *by, const char *action)
{
	return db_run(db, mem, &SQL_operator_audit_user, ARGS(user, by, action), NULL);
}

enum err
operator_user_password(
	struct db *db, struct arena *mem, const char *user, const char *password, const char *by)
{
	enum err e = db_begin(db);

	if (e)
		return e;
	if (!(e = user_set_password(db, mem, user, password)))
		e = write_line(db, mem, user, by, "user.password_changed");
	return db_end(db, e);
}

static enum err
set_banned(struct db *db, struct arena *mem, const struct stmt *how, const char *user,
	const char *by, const char *action)
{
	struct rows *rows;
	enum err e;

	if ((e = db_begin(db)))
		return e;
	if (!(e = db_run(db, mem, how, ARGS(user), &rows)) && rows_count(rows) == 0)
		e = ERR_CONFLICT;
	if (!e)
		e = write_line(db, mem, user, by, action);
	return db_end(db, e);
}

enum err
operator_user_disable(struct db *db, struct arena *mem, const char *user, const char *by)
{
	return set_banned(db, mem, &SQL_operator_user_ban, user, by, "user.disabled");
}

enum err
operator_user_enable(struct db *db, struct arena *mem, const char *user, const char *by)
{
	return set_banned(db, mem, &SQL_operator_user_unban, user, by, "user.enabled");
}

enum err
operator_member(struct db *db, struct arena *mem, const char *organization, const char *email,
	const char **id)
{
	struct rows *rows;
	enum err e = db_one(
		db, mem, &SQL_operator_member, ARGS(organization, user_address(mem, email)), &rows);

	if (!e)
		*id = rows_str(rows, 0, 0);
	return e;
}

enum err
operator_key_organization(
	struct db *db, struct arena *mem, const char *key, const char **organization)
{
	struct rows *rows;
	enum err e = db_one(db, mem, &SQL_operator_key_organization, ARGS(key), &rows);

	if (!e)
		*organization = rows_str(rows, 0, 0);
	return e;
}
