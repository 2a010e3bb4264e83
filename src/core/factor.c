/* Taking codes, and switching the second factor on and off. */
#include "core/factor.h"

#include "base/crypt.h"
#include "base/json.h"
#include "base/seal.h"
#include "base/totp.h"
#include "base/util.h"
#include "core/audit.h"
#include "core/factor.sql.h"

#include <string.h>

enum { SETUP_SECONDS = 15 * 60, TYPED_MAX = 32 };

/* What parlor.factor_claim() tells. */
struct claim {
	const char *secret, *codes; /* sealed */
	bool verified;
	int wait;
	int64_t last_step; /* -1: none was taken yet */
	int64_t now;
};

/* Without blanks and dashes, which people type as they read. */
static const char *
bare(struct arena *mem, const char *typed)
{
	char *text = arena_strdup(mem, typed), *out = text;

	for (const char *p = typed; *p; p++)
		if (*p != ' ' && *p != '-' && *p != '\t')
			*out++ = *p;
	*out = '\0';
	return text;
}

static bool
is_app_code(const char *code)
{
	return strlen(code) == TOTP_DIGITS && strspn(code, "0123456789") == TOTP_DIGITS;
}

/*
 * The list of backup codes, an array of strings. Better Auth can be told to keep them unsealed: *plain
 * says so, and they stay as they were.
 */
static struct json_object *
open_codes(struct arena *mem, const char *secret, const char *sealed, bool *plain)
{
	const char *text = unseal_text(mem, secret, sealed);
	struct json_object *list;

	*plain = !text && sealed[0] == '[';
	if (*plain)
		text = sealed;
	list = text ? json_trusted(mem, text) : NULL;
	return json_object_is_type(list, json_type_array) ? list : NULL;
}

static const char *
close_codes(struct arena *mem, const char *secret, struct json_object *list, bool plain)
{
	const char *text = arena_strdup(mem, json_write(list));

	return plain ? text : seal_text(mem, secret, text);
}

int
factor_codes_left(struct arena *mem, const char *secret, const char *sealed)
{
	bool plain;
	struct json_object *list = open_codes(mem, secret, sealed, &plain);

	return list ? (int)json_object_array_length(list) : -1;
}

/* The codes without the one that was typed, closed; NULL when it is none of them. All are looked at. */
static const char *
without_code(struct arena *mem, const char *secret, const char *sealed, const char *typed)
{
	bool plain, found = false;
	struct json_object *list = open_codes(mem, secret, sealed, &plain);
	struct json_object *rest = json_keep(mem, json_object_new_array());

	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		struct json_object *code = json_object_array_get_idx(list, i);
		const bool is_it = json_object_is_type(code, json_type_string) &&
				   crypt_equal(bare(mem, json_object_get_string(code)), typed);

		if (is_it && !found)
			found = true;
		else
			json_object_array_add(rest, json_object_get(code));
	}
	return found ? close_codes(mem, secret, rest, plain) : NULL;
}

static enum err
claim_factor(struct db *db, struct arena *mem, const char *factor, struct claim *c)
{
	struct rows *rows;
	enum err e = db_one(db, mem, &SQL_factor_claim, ARGS(factor), &rows);

	if (e)
		return e;
	*c = (struct claim){ .secret = rows_str(rows, 0, 0),
		.codes = rows_str(rows, 0, 1),
		.verified = rows_bool(rows, 0, 2),
		.wait = (int)rows_int(rows, 0, 3),
		.last_step = rows_text(rows, 0, 4) ? rows_int(rows, 0, 4) : -1,
		.now = rows_int(rows, 0, 5) };
	return ERR_NONE;
}

/* ERR_NONE: good; then *step or *codes is what to remember. */
static enum err
judge(struct arena *mem, const struct factor_try *attempt, const struct claim *c, const char **step,
	const char **codes)
{
	const char *code = bare(mem, attempt->code), *secret;
	int64_t n;

	*step = *codes = NULL;
	if (strlen(code) > TYPED_MAX)
		return ERR_AUTH;
	if (!is_app_code(code)) {
		*codes = without_code(mem, attempt->secret, c->codes, code);
		return *codes ? ERR_NONE : ERR_AUTH;
	}
	secret = unseal_text(mem, attempt->secret, c->secret);
	if (!c->verified || !secret || !totp_fits(secret, code, c->now, &n) || n <= c->last_step)
		return ERR_AUTH;
	*step = arena_printf(mem, "%lld", (long long)n);
	return ERR_NONE;
}

/* Within a transaction that holds the factor's row. */
static enum err
try_code(struct db *db, struct arena *mem, const struct factor_try *attempt, enum err *verdict,
	int *retry_after)
{
	const char *step, *codes;
	struct claim c;
	enum err e = claim_factor(db, mem, attempt->factor, &c);

	if (e)
		return e;
	*retry_after = c.wait;
	*verdict = c.wait > 0 ? ERR_LIMIT : judge(mem, attempt, &c, &step, &codes);
	if (*verdict == ERR_LIMIT)
		return ERR_NONE;
	if (*verdict)
		return db_run(db, mem, &SQL_factor_failed, ARGS(attempt->factor), NULL);
	return db_run(db, mem, &SQL_factor_passed, ARGS(attempt->factor, step, codes), NULL);
}

enum err
factor_check(struct db *db, struct arena *mem, const struct factor_try *attempt, int *retry_after)
{
	enum err verdict = ERR_AUTH, e;

	if ((e = account_count_guess(db, mem, attempt->network, retry_after)))
		return e;
	if ((e = db_begin(db)) || (e = try_code(db, mem, attempt, &verdict, retry_after)) ||
		(e = db_commit(db))) {
		db_rollback(db);
		return e;
	}
	if (verdict == ERR_AUTH)
		return verdict;
	e = account_forget_guess(db, mem, attempt->network);
	return e ? e : verdict;
}

/* "user expiry secret", sealed: nobody else can make one, or use another's. */
const char *
factor_begin(const struct self *self, const struct account *account)
{
	return seal_text(self->mem, self->secret,
		arena_printf(self->mem, "setup %s %lld %s", self->user,
			(long long)account->now + SETUP_SECONDS, totp_secret(self->mem)));
}

const char *
factor_begun(const struct self *self, const struct account *account, const char *text)
{
	const char *open = unseal_text(self->mem, self->secret, text), *space;
	const char *head = arena_printf(self->mem, "setup %s ", self->user);
	int64_t expiry;

	if (!open || strncmp(open, head, strlen(head)) != 0)
		return NULL;
	open += strlen(head);
	space = strchr(open, ' ');
	if (!space || !parse_int(arena_strndup(self->mem, open, (size_t)(space - open)), 0,
			      INT64_MAX, &expiry))
		return NULL;
	return account->now < expiry ? space + 1 : NULL;
}

/* Of the characters of Better Auth's codes those that cannot be taken for each other: 57 bits. */
static void
make_code(char out[FACTOR_CODE_LEN + 1])
{
	static const char clear[] = "23456789abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ";

	for (int i = 0; i < FACTOR_CODE_LEN; i++)
		out[i] = i == FACTOR_CODE_LEN / 2 ? '-' : clear[crypt_below(sizeof(clear) - 1)];
	out[FACTOR_CODE_LEN] = '\0';
}

static const char *
make_codes(struct self *self, struct factor_codes *codes)
{
	struct json_object *list = json_keep(self->mem, json_object_new_array());

	for (int i = 0; i < FACTOR_CODES; i++) {
		make_code(codes->code[i]);
		json_object_array_add(list, json_object_new_string(codes->code[i]));
	}
	return close_codes(self->mem, self->secret, list, false);
}

static struct json_object *
enabled(bool on)
{
	struct json_object *data = json_object_new_object();

	json_set_bool(data, "enabled", on);
	return data;
}

/* Ends the transaction of an act: with done false somebody else was faster. */
static enum err
finish(struct self *self, const struct account *account, const struct rows *rows, bool on)
{
	enum err e = ERR_CONFLICT;

	if (rows_bool(rows, 0, 0))
		e = account_changed(self, account,
			on ? "two_factor.enabled" : "two_factor.disabled", "two-factor-changed",
			enabled(on));
	if (!e)
		e = db_commit(self->db);
	if (e)
		db_rollback(self->db);
	return e;
}

enum err
factor_enable(struct self *self, const struct account *account, const char *secret,
	const char *code, struct factor_codes *codes)
{
	struct arena *mem = self->mem;
	char id[ID_LEN + 1];
	struct rows *rows;
	int64_t step;
	enum err e;

	code = bare(mem, code);
	if (!is_app_code(code) || !totp_fits(secret, code, account->now, &step))
		return ERR_AUTH;
	crypt_id(id);
	if ((e = db_begin(self->db)) ||
		(e = db_one(self->db, mem, &SQL_factor_enable,
			 ARGS(self->user, id, seal_text(mem, self->secret, secret),
				 make_codes(self, codes), arg_int(mem, step)),
			 &rows))) {
		db_rollback(self->db);
		return e;
	}
	return finish(self, account, rows, true);
}

enum err
factor_disable(struct self *self, const struct account *account)
{
	struct rows *rows;
	enum err e;

	if ((e = db_begin(self->db)) ||
		(e = db_one(self->db, self->mem, &SQL_factor_disable, ARGS(self->user), &rows))) {
		db_rollback(self->db);
		return e;
	}
	return finish(self, account, rows, false);
}

enum err
factor_renew_codes(struct self *self, const struct account *account, struct factor_codes *codes)
{
	struct rows *rows;
	enum err e;

	if (!(e = db_begin(self->db)) &&
		!(e = db_one(self->db, self->mem, &SQL_factor_codes_set,
			  ARGS(account->factor, make_codes(self, codes)), &rows)))
		e = rows_bool(rows, 0, 0) ? audit_write_account(self->db, self->mem, self->user,
						    "backup_codes.renewed", self->address)
					  : ERR_CONFLICT;
	if (!e)
		e = db_commit(self->db);
	if (e)
		db_rollback(self->db);
	return e;
}
