/* Signing in. */
#include "core/account.h"

#include "base/crypt.h"
#include "core/account.sql.h"
#include "core/limit.h"

/* Counted before the hash, so that parallel guesses cost no more than these. */
static const struct limit per_account = { "login", 5, 900 };
static const struct limit per_network = { "login-network", 20, 900 };

static enum err
count_attempt(
	struct db *db, struct arena *mem, const char *email, const char *network, int *retry_after)
{
	return limit_take_both(db, mem, &per_network, network, &per_account, email, retry_after);
}

static enum err
forget_attempt(struct db *db, struct arena *mem, const char *email, const char *network)
{
	enum err e = limit_return(db, mem, &per_network, network);

	return e ? e : limit_return(db, mem, &per_account, email);
}

static const char *
lowercase(struct arena *mem, const char *s)
{
	char *copy = arena_strdup(mem, s);

	for (char *p = copy; *p; p++)
		*p = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;
	return copy;
}

enum err
account_sign_in(struct db *db, struct arena *mem, const char *email, const char *password,
	const char *network, const char **user, int *retry_after)
{
	struct rows *rows;
	enum err e;

	email = lowercase(mem, email);
	if ((e = count_attempt(db, mem, email, network, retry_after)) ||
		(e = db_run(db, mem, &SQL_account_login, ARGS(email), &rows)))
		return e;
	if (!crypt_password_fits(password, rows_count(rows) == 1 ? rows_text(rows, 0, 1) : NULL))
		return ERR_AUTH;
	if ((e = forget_attempt(db, mem, email, network)))
		return e;
	if (rows_bool(rows, 0, 2))
		return ERR_FORBIDDEN;
	*user = rows_str(rows, 0, 0);
	return ERR_NONE;
}
