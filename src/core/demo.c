/* The demo organization: people with passwords, keys, and conversations in full swing. */
#include "core/demo.h"

#include "base/buf.h"
#include "base/crypt.h"
#include "core/demo.sql.h"
#include "core/demo_text.h"
#include "core/key.h"
#include "core/member.h"
#include "core/organization.h"
#include "core/user.h"

#include <string.h>

enum { MEMBERS_MAX = 8, PASSWORD_GROUPS = 3 };

static const char user_agent[] =
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
	"Version/17.4 Safari/605.1.15";

struct seed {
	struct db *db;
	struct arena *mem;
	const char *organization, *api_key, *secret_key;
	const char *passwords[MEMBERS_MAX]; /* as demo_members; NULL: not known */
	const char *members[MEMBERS_MAX];   /* members.id */
};

static const char *
new_id(struct arena *mem)
{
	char *id = arena_alloc(mem, ID_LEN + 1);

	crypt_id(id);
	return id;
}

/* "k3Fa-9dQx-7LmP": 71 random bits that can be typed. */
static const char *
new_password(struct arena *mem)
{
	char token[SESSION_TOKEN_LEN + 1];

	crypt_session_token(token);
	return arena_printf(mem, "%.4s-%.4s-%.4s", token, token + 4, token + 8);
}

/* As an actor: what is made here has its lines in the audit log, too. */
static struct access
access_of(struct seed *s)
{
	return (struct access){ .db = s->db,
		.mem = s->mem,
		.organization = s->organization,
		.actor_type = "operator",
		.actor_id = "parlor demo" };
}

static enum err
set_password(struct seed *s, int member, const char *user)
{
	s->passwords[member] = new_password(s->mem);
	return user_set_password(s->db, s->mem, user, s->passwords[member]);
}

/* Of an earlier demo, the user is used again. */
static enum err
find_user(struct seed *s, const struct demo_member *m, const char **user)
{
	const struct user_new new = { .email = m->email, .name = m->name, .verified = true };
	enum err e = user_by_address(s->db, s->mem, m->email, user);

	return e == ERR_NOT_FOUND ? user_create(s->db, s->mem, &new, user) : e;
}

static enum err
add_member(struct seed *s, int i)
{
	const struct demo_member *m = &demo_members[i];
	const struct access as = access_of(s);
	const char *user;
	enum err e;

	if ((e = find_user(s, m, &user)) ||
		(e = member_add(&as, user, m->role, m->chat_role, &s->members[i])) ||
		(e = db_run(s->db, s->mem, &SQL_demo_member,
			 ARGS(s->organization, s->members[i], m->name,
				 m->online ? "true" : "false"),
			 NULL)))
		return e;
	return set_password(s, i, user);
}

static enum err
renew_password(struct seed *s, int i)
{
	struct rows *rows;
	enum err e = db_one(s->db, s->mem, &SQL_demo_user_of_member,
		ARGS(s->organization, demo_members[i].email), &rows);

	if (e == ERR_NOT_FOUND) /* removed since */
		return ERR_NONE;
	return e ? e : set_password(s, i, rows_str(rows, 0, 0));
}

/* Speaks as the owner. */
static enum err
add_secret_key(struct seed *s)
{
	struct key_new new = { .name = "demo", .scopes = "*" };
	const struct access as = access_of(s);
	struct key_made made;
	struct rows *rows;
	enum err e;

	if ((e = db_run(s->db, s->mem, &SQL_demo_key_revoke, ARGS(s->organization), NULL)) ||
		(e = db_run(s->db, s->mem, &SQL_demo_owner, ARGS(s->organization), &rows)))
		return e;
	new.member = rows_count(rows) > 0 ? rows_text(rows, 0, 0) : NULL;
	if (!(e = key_add(&as, ~0U, &new, &made)))
		s->secret_key = made.secret;
	return e;
}

static const char *
member_marked(struct seed *s, char mark)
{
	for (int i = 0; demo_members[i].name; i++)
		if (demo_members[i].mark == (mark | 0x20))
			return s->members[i];
	return NULL;
}

static enum err
add_line(struct seed *s, const char *conversation, const char *visitor,
	const struct demo_line *line, int ago)
{
	const char *id = new_id(s->mem), *minutes = arg_int(s->mem, ago);

	if (line->who >= 'A' && line->who <= 'Z')
		return db_run(s->db, s->mem, &SQL_demo_note,
			ARGS(id, s->organization, conversation, member_marked(s, line->who),
				line->text, minutes),
			NULL);
	if (line->who == 'v')
		return db_run(s->db, s->mem, &SQL_demo_message,
			ARGS(id, conversation, visitor, "user", line->text, minutes), NULL);
	return db_run(s->db, s->mem, &SQL_demo_message,
		ARGS(id, conversation, member_marked(s, line->who), "agent", line->text, minutes),
		NULL);
}

static enum err
add_lines(struct seed *s, const struct demo_conversation *c, const char *conversation,
	const char *visitor, int ago)
{
	for (const struct demo_line *line = c->lines; line->text; line++) {
		enum err e;

		ago -= line->after;
		if ((e = add_line(s, conversation, visitor, line, ago)))
			return e;
	}
	return ERR_NONE;
}

static enum err
add_conversation(struct seed *s, const struct demo_conversation *c)
{
	const char *visitor = new_id(s->mem), *id = new_id(s->mem);
	int begin = c->ago;
	enum err e;

	for (const struct demo_line *line = c->lines; line->text; line++)
		begin += line->after;
	if ((e = db_run(s->db, s->mem, &SQL_demo_visitor,
		     ARGS(visitor, s->organization, c->email, c->name, user_agent, c->metadata,
			     c->locale, arg_int(s->mem, begin + 1), arg_int(s->mem, c->ago)),
		     NULL)) ||
		(e = db_run(s->db, s->mem, &SQL_demo_conversation,
			 ARGS(id, s->organization, visitor, c->priority, c->subject, c->tags,
				 c->page, c->referrer, arg_int(s->mem, begin)),
			 NULL)) ||
		(e = add_lines(s, c, id, visitor, begin)))
		return e;
	if (c->agent && (e = db_run(s->db, s->mem, &SQL_demo_assign,
				 ARGS(new_id(s->mem), id, member_marked(s, c->agent),
					 arg_int(s->mem, begin > 0 ? begin - 1 : 0)),
				 NULL)))
		return e;
	return db_run(s->db, s->mem, &SQL_demo_finish,
		ARGS(id, c->status, arg_int(s->mem, c->ago), c->is_read ? "true" : "false"), NULL);
}

static enum err
make_organization(struct seed *s)
{
	const struct organization_new new = { .name = "Tideware",
		.slug = "tideware",
		.actor_type = "operator",
		.actor_id = "parlor demo" };
	enum err e = organization_create(s->db, s->mem, &new, &s->organization, &s->api_key);

	return e ? e : db_run(s->db, s->mem, &SQL_demo_organization, ARGS(s->organization), NULL);
}

static enum err
make_all(struct seed *s)
{
	enum err e;

	if ((e = db_begin(s->db)) || (e = make_organization(s)))
		return e;
	for (int i = 0; demo_members[i].name; i++)
		if ((e = add_member(s, i)))
			return e;
	if ((e = add_secret_key(s)))
		return e;
	for (const struct demo_conversation *c = demo_conversations; c->lines[0].text; c++)
		if ((e = add_conversation(s, c)))
			return e;
	return db_commit(s->db);
}

static enum err
renew_secrets(struct seed *s)
{
	enum err e;

	if ((e = db_begin(s->db)) || (e = add_secret_key(s)))
		return e;
	for (int i = 0; demo_members[i].name; i++)
		if ((e = renew_password(s, i)))
			return e;
	return db_commit(s->db);
}

static void
json_pair(struct buf *out, const char *name, const char *value)
{
	buf_printf(out, "\"%s\":", name);
	if (value)
		buf_json(out, value, strlen(value));
	else
		buf_str(out, "null");
}

static void
json_account(struct buf *out, const struct seed *s, int i)
{
	buf_char(out, '{');
	json_pair(out, "email", demo_members[i].email);
	buf_char(out, ',');
	json_pair(out, "password", s->passwords[i]);
	buf_char(out, ',');
	json_pair(out, "name", demo_members[i].name);
	buf_char(out, '}');
}

static const char *
seed_json(const struct seed *s)
{
	struct buf out = { 0 };
	const char *json;

	buf_char(&out, '{');
	json_pair(&out, "organizationId", s->organization);
	buf_char(&out, ',');
	json_pair(&out, "apiKey", s->api_key);
	buf_char(&out, ',');
	json_pair(&out, "secretKey", s->secret_key);
	buf_str(&out, ",\"admin\":");
	json_account(&out, s, 0);
	buf_str(&out, ",\"agents\":[");
	for (int i = 1; demo_members[i].name; i++) {
		if (i > 1)
			buf_char(&out, ',');
		json_account(&out, s, i);
	}
	buf_str(&out, "]}");
	json = arena_strdup(s->mem, buf_text(&out));
	buf_free(&out);
	return json;
}

enum err
demo_seed(struct db *db, struct arena *mem, bool renew, const char **json, const char **why)
{
	struct seed s = { .db = db, .mem = mem };
	struct rows *rows;
	enum err e;

	*why = NULL;
	if ((e = db_run(db, mem, &SQL_demo_find, NO_ARGS, &rows)))
		return e;
	if (rows_count(rows) > 0 && !rows_bool(rows, 0, 2)) {
		*why = "an organization with the slug \"tideware\" is there, and it is not the "
		       "demo's";
		return ERR_CONFLICT;
	}
	if (rows_count(rows) == 0) {
		e = make_all(&s);
	} else {
		s.organization = rows_str(rows, 0, 0);
		s.api_key = rows_text(rows, 0, 1);
		db_scope(db, s.organization);
		e = renew ? renew_secrets(&s) : ERR_NONE;
	}
	if (e) {
		*why = arena_strdup(mem, db_message(db));
		db_rollback(db);
		return e;
	}
	*json = seed_json(&s);
	return ERR_NONE;
}
