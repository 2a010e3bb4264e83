/* Signing in, and the password of one's own account. */
#include "core/account.h"

#include "base/crypt.h"
#include "base/json.h"
#include "base/util.h"
#include "core/account.sql.h"
#include "core/audit.h"
#include "core/limit.h"
#include "core/mail.h"
#include "core/session.h"
#include "core/user.h"

#include <time.h>

/* Counted before the hash, so that parallel guesses cost no more than these. */
static const struct limit per_account = { "login", 5, 900 };
static const struct limit per_network = { "login-network", 20, 900 };

enum err
account_count_guess(struct db *db, struct arena *mem, const char *network, int *retry_after)
{
	struct limit_left left = { 0 };
	enum err e = limit_take(db, mem, &per_network, network, &left);

	*retry_after = left.wait;
	return e;
}

enum err
account_forget_guess(struct db *db, struct arena *mem, const char *network)
{
	return limit_return(db, mem, &per_network, network);
}

static enum err
count_attempt(
	struct db *db, struct arena *mem, const char *email, const char *network, int *retry_after)
{
	struct limit_left left[2] = { 0 };
	enum err e = limit_take_both(db, mem, &per_network, network, &per_account, email, left);

	*retry_after = left[0].wait ? left[0].wait : left[1].wait;
	return e;
}

static enum err
forget_attempt(struct db *db, struct arena *mem, const char *email, const char *network)
{
	enum err e = account_forget_guess(db, mem, network);

	return e ? e : limit_return(db, mem, &per_account, email);
}

/* Of an attempt that was counted: only a wrong password stays counted. */
static enum err
check_counted(struct db *db, struct arena *mem, const char *email, const char *network,
	const char *password, const char *stored)
{
	enum err e = crypt_password_check(password, stored), also;

	if (e == ERR_AUTH)
		return e;
	also = forget_attempt(db, mem, email, network);
	return e ? e : also;
}

enum err
account_sign_in(struct db *db, struct arena *mem, const char *email, const char *password,
	const char *network, struct login *who, int *retry_after)
{
	const char *stored;
	struct rows *rows;
	enum err e;

	email = user_address(mem, email);
	if ((e = count_attempt(db, mem, email, network, retry_after)) ||
		(e = db_run(db, mem, &SQL_account_login, ARGS(email), &rows)))
		return e;
	stored = rows_count(rows) == 1 ? rows_text(rows, 0, 1) : NULL;
	if ((e = check_counted(db, mem, email, network, password, stored)))
		return e;
	*who = (struct login){ rows_str(rows, 0, 0), rows_bool(rows, 0, 2) };
	return ERR_NONE;
}

enum err
account_look(struct db *db, struct arena *mem, const char *user, struct account *out)
{
	struct rows *rows;
	enum err e = db_one(db, mem, &SQL_account_look, ARGS(user), &rows);

	if (e)
		return e;
	*out = (struct account){ .user = user,
		.email = rows_str(rows, 0, 0),
		.name = rows_str(rows, 0, 1),
		.has_password = rows_bool(rows, 0, 2),
		.tag = rows_str(rows, 0, 3),
		.second_factor = rows_bool(rows, 0, 4),
		.factor = rows_text(rows, 0, 5),
		.codes = rows_text(rows, 0, 7),
		.verified = rows_bool(rows, 0, 8),
		.now = rows_int(rows, 0, 9) };
	return ERR_NONE;
}

enum err
account_prove(
	struct self *self, const struct account *account, const char *password, int *retry_after)
{
	const char *email = user_address(self->mem, account->email);
	struct rows *rows;
	enum err e;

	if ((e = count_attempt(self->db, self->mem, email, self->network, retry_after)) ||
		(e = db_one(self->db, self->mem, &SQL_account_password, ARGS(self->user), &rows)))
		return e;
	return check_counted(
		self->db, self->mem, email, self->network, password, rows_text(rows, 0, 0));
}

const char *
account_moment(struct arena *mem)
{
	const time_t now = (time_t)(time_now_ms() / 1000);
	char text[64];
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(text, sizeof(text), "%-d %B %Y, %H:%M UTC", &tm);
	return arena_strdup(mem, text);
}

static enum err
tell(struct self *self, const struct account *account, const char *mail, struct json_object *data)
{
	json_set(data, "name", account->name);
	json_set(data, "when", account_moment(self->mem));
	json_set(data, "address", self->address);
	json_set(data, "link", self->link);
	return mail_queue(self->db, self->mem,
		&(const struct mail){ .to = account->email, .template = mail, .data = data });
}

enum err
account_changed(struct self *self, const struct account *account, const char *action,
	const char *mail, struct json_object *data)
{
	enum err e;

	json_keep(self->mem, data);
	if ((e = session_end_others(self->db, self->mem, self->user, self->session)) ||
		(e = session_forget_devices(self->db, self->mem, self->user)) ||
		(e = session_rotate(self->db, self->mem, &self->session)) ||
		(e = audit_write_account(self->db, self->mem, self->user, action, self->address)))
		return e;
	return self->link ? tell(self, account, mail, json_object_get(data)) : ERR_NONE;
}

static enum err
store_password(struct self *self, const struct account *account, const char *stored)
{
	struct rows *rows;
	enum err e;

	if ((e = db_begin(self->db)) || (e = db_one(self->db, self->mem, &SQL_account_password_set,
						 ARGS(self->user, stored), &rows)))
		return e;
	if (!rows_bool(rows, 0, 0))
		return ERR_NOT_FOUND;
	e = account_changed(
		self, account, "password.changed", "password-changed", json_object_new_object());
	return e ? e : db_commit(self->db);
}

enum err
account_change_password(struct self *self, const struct account *account, const char *password)
{
	const char *stored;
	enum err e;

	if (!user_password_is_good(password))
		return ERR_INVALID;
	if ((e = crypt_password(self->mem, password, &stored)))
		return e;
	e = store_password(self, account, stored);
	if (e)
		db_rollback(self->db);
	return e;
}
