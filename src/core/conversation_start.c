/* Conversations that staff begin with a visitor. */
#include "core/conversation.h"

#include "base/crypt.h"
#include "core/conversation_start.sql.h"
#include "core/hint.h"

static enum err
find_repeated(const struct access *as, const struct conversation_start *new, const char **json,
	struct message *first)
{
	struct rows *rows;
	enum err e = db_one(as->db, as->mem, &SQL_conversation_start_find,
		ARGS(as->organization, new->visitor, new->client_id, new->content, as->member),
		&rows);

	if (e)
		return e;
	if (!rows_bool(rows, 0, 2))
		return ERR_CONFLICT;
	*json = rows_str(rows, 0, 0);
	*first = (struct message){ .json = rows_str(rows, 0, 1), .repeated = true };
	return ERR_NONE;
}

static enum err
insert_with_message(const struct access *as, struct conversation_start *new, const char **json,
	struct message *first)
{
	struct message_new message = { .client_id = new->client_id, .content = new->content };
	char id[ID_LEN + 1];
	enum err e;

	crypt_id(id);
	message.conversation = id;
	if ((e = conversation_places(as, new->agent, new->team, &new->absent)) ||
		(e = db_run(as->db, as->mem, &SQL_conversation_start_insert,
			 ARGS(as->organization, new->visitor, id, new->priority, new->subject,
				 new->tags, new->agent, new->team),
			 NULL)) ||
		(e = message_insert(as, &message, first)))
		return e;
	return conversation_get(as, id, json);
}

enum err
conversation_start(const struct access *as, struct conversation_start *new, const char **json,
	struct message *first)
{
	struct rows *rows;
	enum err e;

	if ((e = db_begin(as->db)))
		return e;
	e = db_one(as->db, as->mem, &SQL_conversation_start_lock,
		ARGS(as->organization, new->visitor), &rows);
	if (e == ERR_NOT_FOUND) {
		new->absent = ABSENT_VISITOR;
		e = ERR_INVALID;
	}
	if (!e) {
		e = find_repeated(as, new, json, first);
		if (e == ERR_NOT_FOUND)
			e = insert_with_message(as, new, json, first);
	}
	e = db_end(as->db, e);
	if (!e && !first->repeated)
		hint_event(as->organization, new->visitor);
	return e;
}
