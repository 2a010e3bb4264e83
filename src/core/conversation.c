/* Conversations: started, listed, changed, read. */
#include "core/conversation.h"

#include "base/buf.h"
#include "base/crypt.h"
#include "core/conversation.sql.h"
#include "core/hint.h"

#include <string.h>

/* The one row of a statement that returns JSON and the visitor, who is then woken. */
static enum err
change(const struct access *as, const struct stmt *stmt, struct args args, const char **json)
{
	struct rows *rows;
	enum err e = db_one(as->db, as->mem, stmt, args, &rows);

	if (e)
		return e;
	*json = rows_str(rows, 0, 0);
	hint_event(as->organization, rows_str(rows, 0, 1));
	return ERR_NONE;
}

static enum err
find_repeated(const struct access *as, const struct conversation_new *new, const char **json,
	struct message *first)
{
	struct rows *rows;
	enum err e = db_one(as->db, as->mem, &SQL_conversation_by_client_id,
		ARGS(as->organization, as->visitor, new->client_id, new->content), &rows);

	if (e)
		return e;
	if (!rows_bool(rows, 0, 2))
		return ERR_CONFLICT;
	*json = rows_str(rows, 0, 0);
	*first = (struct message){
		.json = rows_str(rows, 0, 1), .visitor = as->visitor, .repeated = true
	};
	return ERR_NONE;
}

static enum err
insert_with_message(const struct access *as, const struct conversation_new *new, const char **json,
	struct message *first)
{
	struct message_new message = {
		.client_id = new->client_id, .content = new->content, .files = new->files
	};
	char id[ID_LEN + 1];
	enum err e;

	crypt_id(id);
	message.conversation = id;
	if ((e = db_run(as->db, as->mem, &SQL_conversation_insert,
		     ARGS(as->organization, as->visitor, id, new->page_url, new->referrer),
		     NULL)) ||
		(e = message_insert(as, &message, first)))
		return e;
	return conversation_get(as, id, json);
}

enum err
conversation_create(const struct access *as, const struct conversation_new *new, const char **json,
	struct message *first)
{
	struct rows *rows;
	enum err e;

	if ((e = db_begin(as->db)))
		return e;
	e = db_one(as->db, as->mem, &SQL_visitor_lock, ARGS(as->organization, as->visitor), &rows);
	if (!e)
		e = find_repeated(as, new, json, first);
	if (e == ERR_NOT_FOUND)
		e = insert_with_message(as, new, json, first);
	if (e) {
		db_rollback(as->db);
		return e;
	}
	if ((e = db_commit(as->db)))
		return e;
	hint_event(as->organization, as->visitor);
	return ERR_NONE;
}

enum err
conversation_read(const struct access *as, const char *id, const char **json, const char **version)
{
	struct rows *rows;
	enum err e = db_one(as->db, as->mem, &SQL_conversation_get,
		ARGS(as->organization, id, as->visitor), &rows);

	if (e)
		return e;
	*json = rows_str(rows, 0, 0);
	*version = rows_str(rows, 0, 1);
	return ERR_NONE;
}

enum err
conversation_get(const struct access *as, const char *id, const char **json)
{
	const char *version;

	return conversation_read(as, id, json, &version);
}

enum err
conversation_list_own(const struct access *as, const char **json)
{
	struct rows *rows;
	enum err e = db_one(as->db, as->mem, &SQL_conversation_list_own,
		ARGS(as->organization, as->visitor), &rows);

	if (!e)
		*json = arena_printf(
			as->mem, "{\"data\":[%s],\"next\":null}", rows_str(rows, 0, 0));
	return e;
}

enum err
conversation_current(const struct access *as, const char **json)
{
	struct rows *rows;
	enum err e = db_run(as->db, as->mem, &SQL_conversation_current,
		ARGS(as->organization, as->visitor), &rows);

	if (!e)
		*json = rows_count(rows) ? rows_str(rows, 0, 0) : "null";
	return e;
}

enum err
conversation_places(const struct access *as, const char *agent, const char *team,
	enum conversation_absent *absent)
{
	struct rows *rows;
	enum err e = db_one(as->db, as->mem, &SQL_conversation_places,
		ARGS(as->organization, agent, team), &rows);

	if (e || (rows_bool(rows, 0, 0) && rows_bool(rows, 0, 1)))
		return e;
	*absent = rows_bool(rows, 0, 0) ? ABSENT_TEAM : ABSENT_AGENT;
	return ERR_INVALID;
}

/* Nothing was changed: is it absent, is the team, or is it another version? */
static enum err
why_unchanged(const struct access *as, const char *id, const struct conversation_patch *patch)
{
	enum conversation_absent absent;
	const char *unchanged;
	enum err e = conversation_get(as, id, &unchanged);

	if (!e)
		e = conversation_places(as, NULL, patch->team, &absent);
	if (e)
		return e;
	return patch->versions ? ERR_CHANGED : ERR_NOT_FOUND;
}

enum err
conversation_update(const struct access *as, const char *id, const struct conversation_patch *patch,
	const char **json, const char **version)
{
	struct rows *rows;
	enum err e = db_one(as->db, as->mem, &SQL_conversation_update,
		ARGS(as->organization, id, patch->status, patch->priority,
			patch->has_subject ? "true" : "false", patch->subject, patch->tags,
			patch->versions, patch->has_team ? "true" : "false", patch->team),
		&rows);

	if (e == ERR_NOT_FOUND)
		return why_unchanged(as, id, patch);
	if (e)
		return e;
	*json = rows_str(rows, 0, 0);
	if (version)
		*version = rows_str(rows, 0, 2);
	hint_event(as->organization, rows_str(rows, 0, 1));
	return ERR_NONE;
}

enum err
conversation_assign(const struct access *as, const char *id, const struct conversation_owner *to,
	const char **json, enum conversation_absent *absent)
{
	const char *unchanged;
	enum err e = change(as, &SQL_conversation_assign,
		ARGS(as->organization, id, to->has_agent ? "true" : "false", to->agent,
			to->has_team ? "true" : "false", to->team),
		json);

	/* Which of them is absent: the conversation, the agent, or the team? */
	if (e != ERR_NOT_FOUND || conversation_get(as, id, &unchanged) != ERR_NONE)
		return e;
	e = conversation_places(as, to->agent, to->team, absent);
	return e ? e : ERR_NOT_FOUND;
}

enum err
conversation_mark_read(const struct access *as, const char *id, int64_t seq)
{
	const char *number = arg_int(as->mem, seq), *json;
	struct rows *rows;
	enum err e;

	if (as->visitor)
		e = db_run(as->db, as->mem, &SQL_conversation_mark_read_visitor,
			ARGS(as->organization, id, as->visitor, number), &rows);
	else
		e = db_run(as->db, as->mem, &SQL_conversation_mark_read_agent,
			ARGS(as->organization, id, number), &rows);
	if (e)
		return e;
	if (rows_count(rows) == 0) /* read already, or not there */
		return conversation_get(as, id, &json);
	hint_event(as->organization, rows_str(rows, 0, 0));
	return ERR_NONE;
}

enum err
conversation_typing(const struct access *as, const char *id, const char *name, bool typing)
{
	struct buf json = { 0 };
	struct rows *rows;
	enum err e = db_one(as->db, as->mem, &SQL_conversation_visitor,
		ARGS(as->organization, id, as->visitor), &rows);

	if (e)
		return e;
	buf_printf(&json, "{\"type\":\"typing\",\"conversationId\":\"%s\",\"senderType\":\"%s\",",
		id, as->visitor ? "user" : "agent");
	buf_str(&json, "\"name\":");
	buf_json(&json, name, strlen(name));
	buf_printf(&json, ",\"typing\":%s}", typing ? "true" : "false");
	hint_live(as->organization, rows_str(rows, 0, 0), as->visitor ? as->visitor : as->member,
		as->visitor ? HINT_AGENTS : HINT_AGENTS | HINT_VISITOR, buf_text(&json));
	buf_free(&json);
	return ERR_NONE;
}
