/* Teams of agents. */
#include "core/agent_team.h"

#include "base/crypt.h"
#include "base/json.h"
#include "core/agent_team.sql.h"
#include "core/audit.h"
#include "core/keyset.h"

#include <string.h>

enum err
agent_team_list(const struct access *as, const char *after, int64_t limit, const char **json)
{
	const char *last;
	struct rows *rows;
	enum err e;

	if ((e = keyset_word(as->mem, after, &last)))
		return e;
	e = db_run(as->db, as->mem, &SQL_agent_team_list,
		ARGS(as->organization, last, arg_int(as->mem, limit)), &rows);
	if (!e)
		*json = keyset_page(as->mem, rows, limit);
	return e;
}

enum err
agent_team_get(const struct access *as, const char *id, const char **json, const char **version)
{
	struct rows *rows;
	enum err e =
		db_one(as->db, as->mem, &SQL_agent_team_get, ARGS(as->organization, id), &rows);

	if (e)
		return e;
	*json = rows_str(rows, 0, 0);
	*version = rows_str(rows, 0, 1);
	return ERR_NONE;
}

/* A line about the team with one thing that is told. */
static enum err
write_line(const struct access *as, const char *action, const char *id, const char *what,
	struct json_object *told)
{
	struct json_object *changes = json_object_new_object();

	json_set_object(changes, what, told);
	return audit_write(as, &(struct audit){ action, "team", id, changes });
}

enum err
agent_team_create(const struct access *as, const char *name, const char **json)
{
	char id[ID_LEN + 1];
	struct rows *rows;
	enum err e;

	crypt_id(id);
	if ((e = db_begin(as->db)))
		return e;
	e = db_run(as->db, as->mem, &SQL_agent_team_insert,
		ARGS(as->organization, id, name, arg_int(as->mem, AGENT_TEAMS_MAX)), &rows);
	if (!e && rows_count(rows) == 0)
		e = ERR_FULL;
	if (!e) {
		*json = rows_str(rows, 0, 0);
		e = write_line(as, "team.created", id, "name", json_object_new_string(name));
	}
	return db_end(as->db, e);
}

static enum err
rename_it(const struct access *as, const char *id, const char *name, const char *before,
	const char **json, const char **version)
{
	struct json_object *pair;
	struct rows *rows;
	enum err e = db_one(
		as->db, as->mem, &SQL_agent_team_update, ARGS(as->organization, id, name), &rows);

	if (e)
		return e;
	*json = rows_str(rows, 0, 0);
	*version = rows_str(rows, 0, 1);
	if (strcmp(before, name) == 0)
		return ERR_NONE;
	pair = json_object_new_array();
	json_object_array_add(pair, json_object_new_string(before));
	json_object_array_add(pair, json_object_new_string(name));
	return write_line(as, "team.renamed", id, "name", pair);
}

/* Its row, under a lock until the end of the transaction. */
static enum err
lock(const struct access *as, const char *id, const char *versions, const char **name)
{
	struct rows *rows;
	enum err e = db_one(
		as->db, as->mem, &SQL_agent_team_lock, ARGS(as->organization, id, versions), &rows);

	if (e)
		return e;
	*name = rows_str(rows, 0, 0);
	return rows_bool(rows, 0, 1) ? ERR_NONE : ERR_CHANGED;
}

enum err
agent_team_rename(const struct access *as, const char *id, const char *name, const char *versions,
	const char **json, const char **version)
{
	const char *before;
	enum err e;

	if ((e = db_begin(as->db)))
		return e;
	if (!(e = lock(as, id, versions, &before)))
		e = rename_it(as, id, name, before, json, version);
	return db_end(as->db, e);
}

enum err
agent_team_delete(const struct access *as, const char *id)
{
	const char *name;
	enum err e;

	if ((e = db_begin(as->db)))
		return e;
	if (!(e = lock(as, id, NULL, &name)) &&
		!(e = db_run(as->db, as->mem, &SQL_agent_team_delete, ARGS(as->organization, id),
			  NULL)))
		e = write_line(as, "team.deleted", id, "name", json_object_new_string(name));
	return db_end(as->db, e);
}

static enum err
join(const struct access *as, const char *id, const char *member, const char **json)
{
	const char *version;
	struct rows *rows;
	enum err e = db_run(
		as->db, as->mem, &SQL_agent_team_join, ARGS(as->organization, id, member), &rows);

	if (e)
		return e == ERR_NOT_FOUND ? ERR_INVALID : e;
	if (rows_count(rows) && (e = write_line(as, "team.member_added", id, "memberId",
					 json_object_new_string(member))))
		return e;
	return agent_team_get(as, id, json, &version);
}

enum err
agent_team_join(const struct access *as, const char *id, const char *member, const char **json)
{
	const char *name;
	enum err e;

	if ((e = db_begin(as->db)))
		return e;
	if (!(e = lock(as, id, NULL, &name)))
		e = join(as, id, member, json);
	return db_end(as->db, e);
}

enum err
agent_team_leave(const struct access *as, const char *id, const char *member)
{
	struct rows *rows;
	enum err e;

	if ((e = db_begin(as->db)))
		return e;
	if (!(e = db_one(as->db, as->mem, &SQL_agent_team_leave, ARGS(as->organization, id, member),
		      &rows)))
		e = write_line(
			as, "team.member_removed", id, "memberId", json_object_new_string(member));
	return db_end(as->db, e);
}
