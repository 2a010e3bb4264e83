/* Visitors as programs of the organization see them: found, written, erased. */
#include "core/visitor_record.h"

#include "base/json.h"
#include "core/audit.h"
#include "core/hint.h"
#include "core/keyset.h"
#include "core/visitor.h"
#include "core/visitor_record.sql.h"

enum err
visitor_list(
	const struct access *as, const struct visitor_filter *f, const char **json, bool *timed_out)
{
	const char *at, *id;
	struct rows *rows;
	enum err e;

	*timed_out = false;
	if ((e = keyset_split(as->mem, f->after, &at, &id)))
		return e;
	e = db_run(as->db, as->mem, &SQL_visitor_list,
		ARGS(as->organization, f->email, f->person, f->verified, f->created_from,
			f->created_until, f->seen_from, f->seen_until, f->attributes, at, id,
			arg_int(as->mem, f->limit + 1)),
		&rows);
	*timed_out = e && db_timed_out(as->db);
	if (!e)
		*json = keyset_page(as->mem, rows, f->limit);
	return e;
}

static enum err
finish(const struct access *as, const char *id, enum err e)
{
	e = db_end(as->db, e);
	if (!e)
		hint_event(as->organization, id);
	return e;
}

static enum err
check_metadata(const struct access *as, const char *id)
{
	struct rows *rows;
	enum err e = db_one(
		as->db, as->mem, &SQL_visitor_metadata_size, ARGS(as->organization, id), &rows);

	if (e)
		return e;
	return rows_int(rows, 0, 0) > VISITOR_METADATA_MAX ? ERR_INVALID : ERR_NONE;
}

/* Which facts, not what they are: they would outlive the visitor's erasure in the log. */
static enum err
note(const struct access *as, const char *action, const char *id, bool name, bool email,
	bool metadata)
{
	struct json_object *fields = json_object_new_array(), *changes = json_object_new_object();

	if (name)
		json_object_array_add(fields, json_object_new_string("name"));
	if (email)
		json_object_array_add(fields, json_object_new_string("email"));
	if (metadata)
		json_object_array_add(fields, json_object_new_string("metadata"));
	json_set_object(changes, "fields", fields);
	return audit_write(as, &(struct audit){ .action = action,
				       .target_type = "visitor",
				       .target_id = id,
				       .changes = changes });
}

static enum err
put(const struct access *as, const struct visitor_facts *facts, const char **id, bool *made)
{
	enum err e;

	*made = true;
	if (facts->person) {
		const struct person person = { .key = facts->person,
			.name = facts->name,
			.email = facts->email,
			.attributes = facts->metadata };

		e = visitor_add_person(
			as, &(struct visitor_new){ .name = NULL }, &person, id, made);
	} else {
		e = visitor_add(as,
			&(struct visitor_new){ .name = facts->name,
				.email = facts->email,
				.metadata = facts->metadata },
			id);
	}
	if (e || (e = check_metadata(as, *id)))
		return e;
	return note(as, *made ? "visitor.created" : "visitor.changed", *id, facts->name,
		facts->email, facts->metadata);
}

enum err
visitor_put(const struct access *as, const struct visitor_facts *facts, const char **id, bool *made)
{
	enum err e = db_begin(as->db);

	*id = NULL;
	if (e)
		return e;
	e = put(as, facts, id, made);
	return finish(as, *id, e);
}

static enum err
change(const struct access *as, const char *id, const struct visitor_patch *patch,
	struct rows **rows)
{
	const char *unchanged;
	enum err e = db_one(as->db, as->mem, &SQL_visitor_patch,
		ARGS(as->organization, id, patch->has_name ? "true" : "false", patch->name,
			patch->has_email ? "true" : "false", patch->email, patch->metadata,
			patch->versions),
		rows);

	/* Is it absent, or another version? */
	if (e == ERR_NOT_FOUND && patch->versions && visitor_get(as, id, &unchanged) == ERR_NONE)
		return ERR_CHANGED;
	if (e || (e = check_metadata(as, id)))
		return e;
	return note(as, "visitor.changed", id, patch->has_name, patch->has_email, patch->metadata);
}

enum err
visitor_change(const struct access *as, const char *id, const struct visitor_patch *patch,
	const char **json, const char **version)
{
	struct rows *rows;
	enum err e = db_begin(as->db);

	if (e)
		return e;
	if ((e = finish(as, id, change(as, id, patch, &rows))))
		return e;
	*json = rows_str(rows, 0, 0);
	*version = rows_str(rows, 0, 1);
	return ERR_NONE;
}

enum err
visitor_erase_step(const struct access *as, const char *id, bool *done)
{
	struct rows *rows;
	enum err e = db_one(as->db, as->mem, &SQL_visitor_erase, ARGS(as->organization, id), &rows);

	*done = !e && rows_bool(rows, 0, 0);
	return e;
}

static enum err
erase(const struct access *as, const char *id)
{
	struct json_object *changes;
	struct rows *rows;
	bool done;
	enum err e;

	if ((e = db_one(as->db, as->mem, &SQL_visitor_conversations, ARGS(as->organization, id),
		     &rows)))
		return e;
	changes = json_object_new_object();
	json_set_int(changes, "conversations", rows_int(rows, 0, 0));
	e = audit_write(as, &(struct audit){ .action = "visitor.erased",
				    .target_type = "visitor",
				    .target_id = id,
				    .changes = changes });
	if (e || (e = visitor_erase_step(as, id, &done)) || done)
		return e;
	return db_run(as->db, as->mem, &SQL_visitor_erase_later, ARGS(as->organization, id), NULL);
}

enum err
visitor_erase(const struct access *as, const char *id)
{
	enum err e = db_begin(as->db);

	return e ? e : finish(as, id, erase(as, id));
}
