/* What the forms of a conversation do. Each ends where it began, with the same list beside it. */
#include "core/conversation.h"
#include "core/message.h"
#include "web/auth.h"
#include "web/dash.h"
#include "web/dash_parts.h"
#include "web/input.h"
#include "web/reply.h"

#include <string.h>

static enum err
back(struct req *r)
{
	const struct list_filter f = list_filter(r);

	return reply_redirect(r, arena_printf(r->mem, "/inbox/%s%s", r->arg[0], f.links));
}

/* Browsers send line ends as CR LF; messages have LF. */
static char *
unix_lines(struct arena *mem, const char *s)
{
	char *copy = arena_strdup(mem, s), *to = copy;

	for (const char *from = copy; *from; from++)
		if (*from != '\r')
			*to++ = *from;
	*to = '\0';
	return copy;
}

struct written {
	struct message_new message;
	const char *then; /* "close" or "" */
	bool note;
};

/* ERR_INVALID with *error, a sentence for the composer. */
static enum err
read_written(struct req *r, struct written *w, const char **error)
{
	const char *mode = "";
	const struct field fields[] = {
		{ "clientId", F_ID, &w->message.client_id, .optional = false },
		{ "content", F_TEXT, &w->message.content, .max = MESSAGE_MAX },
		{ "mode", F_CHOICE, &mode, .choices = "reply|note", .optional = true },
		{ "then", F_CHOICE, &w->then, .choices = "|close", .optional = true },
		{ 0 },
	};
	enum err e = input_form(r, fields);

	if (e) {
		*error = "This message is too long, or holds characters that cannot be sent.";
		return e;
	}
	w->message.conversation = r->arg[0];
	w->message.content = unix_lines(r->mem, w->message.content);
	w->note = strcmp(mode, "note") == 0;
	*error = "Write something first.";
	return w->message.content[strspn(w->message.content, " \t\n")] ? ERR_NONE : ERR_INVALID;
}

static enum err
send_written(struct req *r, bool note)
{
	const struct access as = auth_access(r);
	const struct conversation_patch close = { .status = "closed" };
	struct written w = { .then = "" };
	struct message sent;
	const char *error, *json;
	enum err e;

	if ((e = read_written(r, &w, &error)))
		return e == ERR_INVALID
			       ? inbox_page(r, 422, r->arg[0], error, req_field(r, "content"))
			       : e;
	/* What either of the two says is private is private. */
	note = note || w.note;
	e = note ? note_append(&as, &w.message, &sent) : message_append(&as, &w.message, &sent);
	if (!e && !note && *w.then)
		e = conversation_update(&as, r->arg[0], &close, &json, NULL);
	return e ? e : back(r);
}

enum err
dash_reply(struct req *r)
{
	return send_written(r, false);
}

enum err
dash_note(struct req *r)
{
	return send_written(r, true);
}

/* A form of one field. */
static enum err
one_field(struct req *r, struct field field)
{
	const struct field fields[] = {
		field,
		{ 0 },
	};

	return input_form(r, fields);
}

static enum err
patch(struct req *r, const struct conversation_patch *change)
{
	const struct access as = auth_access(r);
	const char *json;
	enum err e = conversation_update(&as, r->arg[0], change, &json, NULL);

	return e ? e : back(r);
}

enum err
dash_status(struct req *r)
{
	struct conversation_patch change = { .status = NULL };
	enum err e = one_field(r, (struct field){ "status", F_CHOICE, &change.status,
					  .choices = CONVERSATION_STATUSES });

	return e ? e : patch(r, &change);
}

enum err
dash_priority(struct req *r)
{
	struct conversation_patch change = { .status = NULL };
	enum err e = one_field(r, (struct field){ "priority", F_CHOICE, &change.priority,
					  .choices = CONVERSATION_PRIORITIES });

	return e ? e : patch(r, &change);
}

enum err
dash_assign(struct req *r)
{
	const struct access as = auth_access(r);
	struct conversation_owner to = { .has_agent = true };
	enum conversation_absent absent;
	const char *agent = "", *json;
	enum err e = one_field(r, (struct field){ "agent", F_LINE, &agent, .max = 64 });

	if (e)
		return e;
	if (strcmp(agent, "me") == 0)
		agent = r->who.member;
	to.agent = *agent ? agent : NULL;
	e = conversation_assign(&as, r->arg[0], &to, &json, &absent);
	return e ? e : back(r);
}

enum err
dash_read(struct req *r)
{
	const struct access as = auth_access(r);
	int64_t seq = 0;
	enum err e =
		one_field(r, (struct field){ "seq", F_INT, &seq, .min = 0, .max = INT64_MAX / 2 });

	if (e || (e = conversation_mark_read(&as, r->arg[0], seq)))
		return e;
	return back(r);
}
