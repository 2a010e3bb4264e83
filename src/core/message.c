/* Messages: appended once, listed in order. */
#include "core/message.h"

#include "base/crypt.h"
#include "core/attachment.h"
#include "core/hint.h"
#include "core/message.sql.h"

static const char *
sender_id(const struct access *as)
{
	return as->visitor ? as->visitor : as->member;
}

/* From a row that has json and visitor in column and the one behind it. */
static void
fill(struct message *out, const struct rows *rows, int column, bool repeated)
{
	*out = (struct message){ .json = rows_str(rows, 0, column),
		.visitor = rows_str(rows, 0, column + 1),
		.repeated = repeated,
		.left = out->left };
}

/* The client id is taken: by the first attempt of this send, or by somebody's mistake. Columns: json,
 * visitor, whether it is the same message. */
static enum err
answer_repeated(
	const struct access *as, const struct stmt *stmt, struct args args, struct message *out)
{
	struct rows *rows;
	enum err e = db_one(as->db, as->mem, stmt, args, &rows);

	if (e)
		return e;
	if (!rows_bool(rows, 0, 2))
		return ERR_CONFLICT;
	fill(out, rows, 0, true);
	return ERR_NONE;
}

/* The statement with files is one of its own, so that a message without them pays nothing for them. */
static enum err
append(const struct access *as, const struct message_new *new, struct rows **rows)
{
	const struct limit_args limit = limit_args(as->mem, new->limit, new->limit_key);
	const char *type = as->visitor ? "user" : "agent";
	char id[ID_LEN + 1];

	crypt_id(id);
	if (!new->files)
		return db_one(as->db, as->mem, &SQL_message_append,
			ARGS(as->organization, new->conversation, as->visitor, id, sender_id(as),
				type, new->content, new->client_id, as->name, limit.bucket,
				limit.burst, limit.per_second),
			rows);
	return db_one(as->db, as->mem, &SQL_message_append_files,
		ARGS(as->organization, new->conversation, as->visitor, id, sender_id(as), type,
			new->content, new->client_id, as->name, limit.bucket, limit.burst,
			limit.per_second, new->files, attachment_uploader(as)),
		rows);
}

static enum err
find_repeated(const struct access *as, const struct message_new *new, struct message *out)
{
	return answer_repeated(as, &SQL_message_by_client_id,
		ARGS(as->organization, new->conversation, as->visitor, new->client_id, new->content,
			sender_id(as)),
		out);
}

enum err
message_insert(const struct access *as, const struct message_new *new, struct message *out)
{
	struct rows *rows;
	enum err e = append(as, new, &rows);

	out->left = (struct limit_left){ 0 };
	if (e == ERR_CONFLICT) {
		/* The token was given back with the rest. */
		if (new->limit &&
			(e = limit_take(as->db, as->mem, new->limit, new->limit_key, &out->left)))
			return e;
		return find_repeated(as, new, out);
	}
	if (e)
		return e;
	out->left = limit_left(rows, 0);
	if (out->left.wait)
		return ERR_LIMIT;
	if (!rows_text(rows, 0, 2))
		return ERR_NOT_FOUND;
	if (!rows_text(rows, 0, 1)) {
		/* Sent before, its files are not to be sent any more. */
		e = find_repeated(as, new, out);
		return e == ERR_NOT_FOUND ? ERR_INVALID : e;
	}
	fill(out, rows, 1, false);
	return ERR_NONE;
}

enum err
message_append(const struct access *as, const struct message_new *new, struct message *out)
{
	enum err e = message_insert(as, new, out);

	if (!e && !out->repeated)
		hint_event(as->organization, out->visitor);
	return e;
}

enum err
note_append(const struct access *as, const struct message_new *new, struct message *out)
{
	char id[ID_LEN + 1];
	struct rows *rows;
	enum err e;

	crypt_id(id);
	out->left = (struct limit_left){ 0 };
	e = db_one(as->db, as->mem, &SQL_note_append,
		ARGS(as->organization, new->conversation, id, as->member, new->content,
			new->client_id),
		&rows);
	if (e == ERR_CONFLICT)
		return answer_repeated(as, &SQL_note_by_client_id,
			ARGS(as->organization, new->conversation, new->client_id, new->content,
				as->member),
			out);
	if (e)
		return e;
	fill(out, rows, 0, false);
	hint_event(as->organization, out->visitor);
	return ERR_NONE;
}

enum err
message_list(const struct access *as, const char *conversation, int64_t after, int64_t before,
	int64_t limit, const char **json)
{
	struct rows *rows;
	enum err e = db_one(as->db, as->mem, &SQL_message_list,
		ARGS(as->organization, conversation, as->visitor, arg_int(as->mem, after),
			arg_int(as->mem, before), arg_int(as->mem, limit)),
		&rows);

	if (!e)
		*json = rows_str(rows, 0, 0);
	return e;
}
