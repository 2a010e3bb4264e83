/* Signing up, and proving that an address is one's own. */
#include "core/registration.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/jwt.h"
#include "base/mailbox.h"
#include "base/util.h"
#include "core/audit.h"
#include "core/mail.h"
#include "core/organization.h"
#include "core/registration.sql.h"
#include "core/user.h"

#include <string.h>

enum { PROOF_SECONDS = 3600 };

bool
registration_is_open(const struct conf *conf)
{
	return strcmp(conf->sign_up, "open") == 0;
}

bool
registration_takes(const struct conf *conf, const char *email)
{
	return user_address_is_good(email) && (!conf_has_mail(conf) || mail_address_fits(email));
}

/* What Better Auth's verify-email takes: it finds the user by the address. */
static const char *
proof_token(struct arena *mem, const struct conf *conf, const char *user, const char *email)
{
	struct json_object *claims = json_new(mem);
	const int64_t now = time_now_ms() / 1000;

	json_set(claims, "email", email);
	json_set(claims, "userId", user);
	json_set_int(claims, "iat", now);
	json_set_int(claims, "exp", now + PROOF_SECONDS);
	return jwt_sign(mem, conf->auth_secret, claims);
}

static const char *
proof_link(struct arena *mem, const struct conf *conf, const char *token, const char *next)
{
	struct buf b = { 0 };
	const char *link;

	buf_printf(&b, "%s/verify-email?token=%s", conf->base_url, token);
	if (next && *next) {
		buf_str(&b, "&next=");
		buf_url(&b, next, strlen(next));
	}
	link = arena_strdup(mem, buf_text(&b));
	buf_free(&b);
	return link;
}

static enum err
mail_proof(struct db *db, struct arena *mem, const struct conf *conf, const char *user,
	const char *email, const char *name, const char *next)
{
	struct mail mail = { .to = email, .template = "verify-email" };
	const char *token = proof_token(mem, conf, user, email);

	mail.data = json_object_new_object();
	json_set(mail.data, "name", name);
	json_set(mail.data, "link", proof_link(mem, conf, token, next));
	return mail_queue(db, mem, &mail);
}

/* To the one who has the account, who alone is told. */
static enum err
mail_taken(struct db *db, struct arena *mem, const struct conf *conf, const char *email)
{
	struct mail mail = { .to = email, .template = "account-exists" };

	mail.data = json_object_new_object();
	json_set(mail.data, "email", email);
	json_set(mail.data, "link", arena_printf(mem, "%s/sign-in", conf->base_url));
	json_set(mail.data, "resetLink", arena_printf(mem, "%s/forgot-password", conf->base_url));
	return mail_queue(db, mem, &mail);
}

static enum err
create_organization(
	struct db *db, struct arena *mem, const struct registration *new, const char *user)
{
	const struct organization_new organization = { .name = new->organization,
		.owner = user,
		.actor_type = "user",
		.actor_id = user,
		.address = new->address };
	const char *id, *key;

	return new->organization ? organization_create(db, mem, &organization, &id, &key)
				 : ERR_NONE;
}

static enum err
create(struct db *db, struct arena *mem, const struct conf *conf, const struct registration *new,
	const char **user)
{
	const struct user_new account = { .email = new->email,
		.name = new->name,
		.password = new->password,
		.verified = new->verified };
	enum err e;

	if ((e = user_create(db, mem, &account, user)) ||
		(e = create_organization(db, mem, new, *user)) ||
		(e = audit_write_account(db, mem, *user, "account.created", new->address)))
		return e;
	if (new->verified || !conf_has_mail(conf))
		return ERR_NONE;
	return mail_proof(
		db, mem, conf, *user, user_address(mem, new->email), new->name, new->next);
}

enum err
registration_create(struct db *db, struct arena *mem, const struct conf *conf,
	const struct registration *new, const char **user)
{
	enum err e;

	*user = NULL;
	if (!registration_takes(conf, new->email))
		return ERR_INVALID;
	if ((e = db_begin(db)))
		return e;
	if (!(e = create(db, mem, conf, new, user)))
		return db_commit(db);
	*user = NULL;
	db_rollback(db);
	if (e != ERR_CONFLICT || new->verified || !conf_has_mail(conf))
		return e;
	return mail_taken(db, mem, conf, user_address(mem, new->email));
}

enum err
user_facts(struct db *db, struct arena *mem, const char *user, struct user_facts *out)
{
	struct rows *rows;
	enum err e = db_one(db, mem, &SQL_user_facts, ARGS(user), &rows);

	if (!e)
		*out = (struct user_facts){ .name = rows_str(rows, 0, 0),
			.email = rows_str(rows, 0, 1),
			.verified = rows_bool(rows, 0, 2) };
	return e;
}

enum err
registration_mail_proof(struct db *db, struct arena *mem, const struct conf *conf, const char *user,
	const char *next)
{
	struct user_facts facts;
	enum err e = user_facts(db, mem, user, &facts);

	return e ? e : mail_proof(db, mem, conf, user, facts.email, facts.name, next);
}

/* Better Auth signs changes of an address with the same secret; such a token is for it alone. */
static bool
is_for_another_purpose(struct json_object *claims)
{
	return json_member(claims, "updateTo") || json_member(claims, "requestType");
}

enum err
address_proof_read(
	struct arena *mem, const struct conf *conf, const char *token, struct address_proof *out)
{
	struct json_object *claims;
	enum err e = jwt_verify(mem, conf->auth_secret, token, &claims);

	if (e)
		return e;
	*out = (struct address_proof){ .email = arena_strdup(mem, json_text(claims, "email")),
		.user = arena_strdup(mem, json_text(claims, "userId")) };
	if (!out->email || !user_address_is_good(out->email) || is_for_another_purpose(claims))
		return ERR_AUTH;
	return ERR_NONE;
}

static enum err
use_proof(struct db *db, struct arena *mem, const struct address_proof *proof, const char *address)
{
	struct rows *rows;
	enum err e =
		db_one(db, mem, &SQL_address_proof_use, ARGS(proof->email, proof->user), &rows);

	if (e || !rows_bool(rows, 0, 1))
		return e;
	return audit_write_account(
		db, mem, rows_str(rows, 0, 0), "account.email_verified", address);
}

enum err
address_proof_use(
	struct db *db, struct arena *mem, const struct address_proof *proof, const char *address)
{
	enum err e;

	if ((e = db_begin(db)) || (e = use_proof(db, mem, proof, address)))
		return e;
	return db_commit(db);
}
