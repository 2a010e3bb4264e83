/* The people of an organization, and the rules of owners. */
#include "core/team.h"

#include "base/json.h"
#include "base/util.h"
#include "core/audit.h"
#include "core/hint.h"
#include "core/keyset.h"
#include "core/member.h"
#include "core/permission.h"
#include "core/session.h"
#include "core/team.sql.h"

#include <string.h>

struct member_row {
	const char *role, *chat_role, *display_name, *user;
	int64_t max_chats;
	bool actor_is_owner;
	int64_t owners;
	const char *version;
};

bool
role_is_owner(const char *role)
{
	return permission_of_member(role, "") & PERM_ORGANIZATION_DELETE;
}

enum err
team_list(const struct access *as, struct json_object **out)
{
	struct rows *rows;
	enum err e =
		db_one(as->db, as->mem, &SQL_team_list, ARGS(as->organization, as->member), &rows);

	if (e)
		return e;
	*out = json_trusted(as->mem, rows_str(rows, 0, 0));
	return *out ? ERR_NONE : ERR_INTERNAL;
}

enum err
team_members(const struct access *as, const char *after, int64_t limit, const char **json)
{
	const char *at, *id;
	struct rows *rows;
	enum err e;

	if ((e = keyset_split(as->mem, after, &at, &id)))
		return e;
	e = db_run(as->db, as->mem, &SQL_team_page,
		ARGS(as->organization, at, id, arg_int(as->mem, limit + 1)), &rows);
	if (!e)
		*json = keyset_page(as->mem, rows, limit);
	return e;
}

enum err
team_member(const struct access *as, const char *member, const char **json, const char **version)
{
	struct rows *rows;
	enum err e = db_one(as->db, as->mem, &SQL_team_one, ARGS(as->organization, member), &rows);

	if (e)
		return e;
	*json = rows_str(rows, 0, 0);
	*version = rows_str(rows, 0, 1);
	return ERR_NONE;
}

enum err
team_lock(const struct access *as)
{
	struct rows *rows;

	return db_one(as->db, as->mem, &SQL_team_lock, ARGS(as->organization), &rows);
}

static enum err
find(const struct access *as, const char *member, struct member_row *out)
{
	struct rows *rows;
	enum err e;

	if ((e = team_lock(as)) || (e = db_one(as->db, as->mem, &SQL_team_member,
					    ARGS(as->organization, as->member, member), &rows)))
		return e;
	*out = (struct member_row){ .role = rows_str(rows, 0, 0),
		.chat_role = rows_str(rows, 0, 1),
		.display_name = rows_str(rows, 0, 2),
		.max_chats = rows_int(rows, 0, 3),
		.user = rows_str(rows, 0, 4),
		.actor_is_owner = rows_bool(rows, 0, 5),
		.owners = rows_int(rows, 0, 6),
		.version = rows_str(rows, 0, 7) };
	return ERR_NONE;
}

/* new_role: what the member will be, NULL for gone. */
static enum team_refusal
refusal(const struct member_row *m, const char *new_role)
{
	const bool was = role_is_owner(m->role), will = new_role && role_is_owner(new_role);

	if ((was || will) && !m->actor_is_owner)
		return TEAM_OWNER_ONLY;
	if (was && !will && m->owners <= 1)
		return TEAM_LAST_OWNER;
	return TEAM_FINE;
}

static enum team_refusal
change_refusal(const struct member_row *m, const struct team_change *change)
{
	const bool same_role = strcmp(m->role, change->role) == 0;

	if ((!same_role && !member_role_is_good(change->role)) ||
		(*change->chat_role && !member_chat_role_is_good(change->chat_role) &&
			strcmp(m->chat_role, change->chat_role) != 0))
		return TEAM_BAD_ROLE;
	return refusal(m, change->role);
}

static void
tell(struct json_object *changes, const char *name, const char *old, const char *new)
{
	struct json_object *pair;

	if (strcmp(old, new) == 0)
		return;
	pair = json_object_new_array();
	json_object_array_add(pair, json_object_new_string(old));
	json_object_array_add(pair, json_object_new_string(new));
	json_set_object(changes, name, pair);
}

/* Then whoever it is signs in anew: what is open with the old role must not go on with another. */
static bool
changes_rights(const struct member_row *m, const struct team_change *change)
{
	return strcmp(m->role, change->role) != 0 || strcmp(m->chat_role, change->chat_role) != 0;
}

static enum err
update(const struct access *as, const char *member, const struct member_row *m,
	const struct team_change *change)
{
	struct audit entry = { .action = "member.changed",
		.target_type = "member",
		.target_id = member,
		.changes = json_object_new_object() };
	const char *old = arena_printf(as->mem, "%lld", (long long)m->max_chats);
	const char *new = arena_printf(as->mem, "%lld", (long long)change->max_chats);
	enum err e;

	tell(entry.changes, "role", m->role, change->role);
	tell(entry.changes, "chatRole", m->chat_role, change->chat_role);
	tell(entry.changes, "displayName", m->display_name, change->display_name);
	tell(entry.changes, "maxConcurrentChats", old, new);
	json_keep(as->mem, json_object_get(entry.changes));
	if (json_object_object_length(entry.changes) == 0) {
		json_object_put(entry.changes);
		return ERR_NONE;
	}
	if ((e = audit_write(as, &entry)) ||
		(e = db_run(as->db, as->mem, &SQL_team_update,
			 ARGS(as->organization, member, change->role, change->chat_role,
				 change->display_name, new),
			 NULL)))
		return e;
	return changes_rights(m, change) ? session_end_others(as->db, as->mem, m->user, NULL)
					 : ERR_NONE;
}

/* What is left alone, as it is. */
static struct team_change
complete(const struct member_row *m, const struct team_change *change)
{
	return (struct team_change){ .role = change->role ? change->role : m->role,
		.chat_role = change->chat_role ? change->chat_role : m->chat_role,
		.display_name = change->display_name ? change->display_name : m->display_name,
		.max_chats = change->max_chats < 0 ? m->max_chats : change->max_chats };
}

static enum err
change_locked(const struct access *as, const char *member, const struct team_change *change,
	enum team_refusal *why)
{
	struct team_change all;
	struct member_row m;
	enum err e = find(as, member, &m);

	if (e)
		return e;
	if (change->versions && !is_one_word_of(as->mem, change->versions, m.version))
		return ERR_CHANGED;
	all = complete(&m, change);
	*why = change_refusal(&m, &all);
	return *why ? ERR_FORBIDDEN : update(as, member, &m, &all);
}

static enum err
finish(const struct access *as, enum err e)
{
	e = db_end(as->db, e);
	if (!e)
		hint_event(as->organization, NULL);
	return e;
}

enum err
team_change(const struct access *as, const char *member, const struct team_change *change,
	enum team_refusal *why)
{
	enum err e;

	*why = TEAM_FINE;
	if ((e = db_begin(as->db)))
		return e;
	return finish(as, change_locked(as, member, change, why));
}

static enum err
remove_locked(const struct access *as, const char *member, enum team_refusal *why)
{
	struct audit entry = {
		.action = "member.removed", .target_type = "member", .target_id = member
	};
	struct member_row m;
	struct rows *rows;
	enum err e = find(as, member, &m);

	if (e)
		return e;
	if ((*why = refusal(&m, NULL)))
		return ERR_FORBIDDEN;
	if (as->member && strcmp(as->member, member) == 0)
		entry.action = "member.left";
	entry.changes = json_object_new_object();
	json_set(entry.changes, "userId", m.user);
	json_set(entry.changes, "role", m.role);
	if ((e = audit_write(as, &entry)) ||
		(e = db_one(as->db, as->mem, &SQL_team_remove, ARGS(member), &rows)))
		return e;
	return rows_bool(rows, 0, 0) ? ERR_NONE : ERR_NOT_FOUND;
}

enum err
team_remove(const struct access *as, const char *member, enum team_refusal *why)
{
	enum err e;

	*why = TEAM_FINE;
	if ((e = db_begin(as->db)))
		return e;
	return finish(as, remove_locked(as, member, why));
}
