/* A forgotten password. The rows are Better Auth's, so a link of either side is good on the other. */
#include "core/reset.h"

#include "base/json.h"
#include "core/account.h"
#include "core/audit.h"
#include "core/mail.h"
#include "core/registration.h"
#include "core/reset.sql.h"
#include "core/session.h"
#include "core/user.h"

#include <string.h>

enum err
reset_ask(struct db *db, struct arena *mem, const char *email, const char *address)
{
	return db_run(db, mem, &SQL_reset_ask, ARGS(user_address(mem, email), address), NULL);
}

static bool
is_token(const char *s)
{
	return strlen(s) == RESET_TOKEN_LEN &&
	       strspn(s, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") ==
		       RESET_TOKEN_LEN;
}

enum err
reset_check(struct db *db, struct arena *mem, const char *token)
{
	struct rows *rows;
	enum err e;

	if (!is_token(token))
		return ERR_NOT_FOUND;
	if ((e = db_one(db, mem, &SQL_reset_is_good, ARGS(token), &rows)))
		return e;
	return rows_bool(rows, 0, 0) ? ERR_NONE : ERR_NOT_FOUND;
}

static enum err
mail_changed(struct db *db, struct arena *mem, const struct conf *conf, const struct rows *rows,
	const char *address)
{
	struct mail mail = { .to = rows_str(rows, 0, 2), .template = "password-changed" };

	if (!conf_has_mail(conf))
		return ERR_NONE;
	mail.data = json_object_new_object();
	json_set(mail.data, "name", rows_str(rows, 0, 1));
	json_set(mail.data, "when", account_moment(mem));
	json_set(mail.data, "address", address);
	json_set(mail.data, "link", arena_printf(mem, "%s/forgot-password", conf->base_url));
	return mail_queue(db, mem, &mail);
}

static enum err
finish(struct db *db, struct arena *mem, const struct conf *conf, const char *token,
	const char *password, const char *address)
{
	struct rows *rows, *verified;
	const char *user;
	enum err e;

	if ((e = db_one(db, mem, &SQL_reset_take, ARGS(token), &rows)))
		return e;
	user = rows_str(rows, 0, 0);
	if ((e = user_set_password(db, mem, user, password)) ||
		(e = db_run(db, mem, &SQL_reset_verify, ARGS(rows_str(rows, 0, 2), user),
			 &verified)) ||
		(e = session_forget_devices(db, mem, user)) ||
		(e = audit_write_account(db, mem, user, "password.reset", address)))
		return e;
	return mail_changed(db, mem, conf, rows, address);
}

enum err
reset_finish(struct db *db, struct arena *mem, const struct conf *conf, const char *token,
	const char *password, const char *address)
{
	enum err e;

	if (!user_password_is_good(password))
		return ERR_INVALID;
	if ((e = reset_check(db, mem, token)) || (e = db_begin(db)))
		return e;
	if ((e = finish(db, mem, conf, token, password, address))) {
		db_rollback(db);
		return e;
	}
	return db_commit(db);
}
