/* Transcripts. Lines of messages are indented, so that none can pass for the head of another one. */
#include "core/transcript.h"

#include "base/buf.h"
#include "base/json.h"
#include "core/audit.h"
#include "core/mail.h"
#include "core/transcript.sql.h"

#include <string.h>

enum { SAVED_MAX = 4 * 1024 * 1024, MAILED_MAX = 256 * 1024 };

enum err
transcript_find(const struct access *as, const char *conversation, struct transcript *out)
{
	struct rows *rows;
	enum err e = db_one(as->db, as->mem, &SQL_transcript_find,
		ARGS(as->organization, conversation, as->visitor), &rows);

	if (e)
		return e;
	*out = (struct transcript){ .conversation = conversation,
		.organization = rows_str(rows, 0, 0),
		.visitor = rows_str(rows, 0, 1),
		.visitor_name = rows_str(rows, 0, 2),
		.began = rows_str(rows, 0, 3),
		.proven = rows_text(rows, 0, 4),
		.answered = rows_bool(rows, 0, 5) };
	return ERR_NONE;
}

/* Each line of text with before in front of it. */
static void
add_lines(struct buf *out, const char *before, const char *text)
{
	while (*text) {
		const size_t len = strcspn(text, "\n");

		buf_str(out, before);
		buf_plain(out, text, len);
		buf_char(out, '\n');
		text += len + (text[len] == '\n');
	}
}

static void
add_name(struct buf *out, const char *name)
{
	buf_plain(out, name, strlen(name));
}

static void
add_head(struct buf *out, const struct transcript *t)
{
	add_name(out, t->visitor_name);
	buf_str(out, " and ");
	add_name(out, t->organization);
	buf_printf(out, ", from %s\n", t->began);
}

static void
add_messages(struct buf *out, const struct rows *rows)
{
	if (rows_count(rows) && rows_int(rows, 0, 0) > 1)
		buf_printf(out, "\n(%lld earlier messages are left out.)\n",
			(long long)rows_int(rows, 0, 0) - 1);
	for (int i = 0; i < rows_count(rows); i++) {
		buf_printf(out, "\n%s  ", rows_str(rows, i, 1));
		add_name(out, rows_str(rows, i, 2));
		buf_char(out, '\n');
		add_lines(out, "    ", rows_str(rows, i, 3));
		add_lines(out, "    File: ", rows_str(rows, i, 4));
	}
}

static enum err
write_text(const struct access *as, const struct transcript *t, int bytes, const char **text)
{
	struct buf out = { 0 };
	struct rows *rows;
	enum err e = db_run(as->db, as->mem, &SQL_transcript_messages,
		ARGS(as->organization, t->conversation, arg_int(as->mem, bytes)), &rows);

	if (e)
		return e;
	add_head(&out, t);
	add_messages(&out, rows);
	*text = arena_strdup(as->mem, buf_text(&out));
	buf_free(&out);
	return ERR_NONE;
}

enum err
transcript_text(const struct access *as, const struct transcript *t, const char **text)
{
	return write_text(as, t, SAVED_MAX, text);
}

/* A template puts in values line by line. */
static struct json_object *
lines_of(const struct access *as, const char *text)
{
	struct json_object *lines = json_object_new_array();

	while (*text) {
		const size_t len = strcspn(text, "\n");
		struct json_object *line = json_object_new_object();

		json_set(line, "text", arena_strndup(as->mem, text, len));
		json_object_array_add(lines, line);
		text += len + (text[len] == '\n');
	}
	return lines;
}

static enum err
queue(const struct access *as, const struct transcript *t, const char *to, const char *text)
{
	struct mail mail = { .organization = as->organization,
		.visitor = t->visitor,
		.to = to,
		.template = "transcript",
		.data = json_object_new_object() };

	json_set(mail.data, "organization", t->organization);
	json_set_object(mail.data, "lines", lines_of(as, text));
	return mail_queue(as->db, as->mem, &mail);
}

/* An address in the log would outlive the visitor. */
static enum err
note(const struct access *as, const struct transcript *t, const char *to)
{
	struct audit entry = { .action = "conversation.transcript_sent",
		.target_type = "conversation",
		.target_id = t->conversation,
		.changes = json_object_new_object() };

	json_set(
		entry.changes, "to", t->proven && strcmp(t->proven, to) == 0 ? "visitor" : "other");
	return audit_write(as, &entry);
}

enum err
transcript_send(const struct access *as, const struct transcript *t, const char *to)
{
	const char *text;
	enum err e;

	if ((e = write_text(as, t, MAILED_MAX, &text)) || (e = db_begin(as->db)))
		return e;
	e = queue(as, t, to, text);
	if (!e && !as->visitor)
		e = note(as, t, to);
	return db_end(as->db, e);
}
