/* Keys of requests. Nothing of a key or an answer can be read in the table: both are the sender's. */
#include "core/idempotency.h"

#include "base/crypt.h"
#include "base/log.h"
#include "base/seal.h"
#include "core/idempotency.sql.h"

#include <string.h>

static const char *
hash(struct arena *mem, const char *text)
{
	char hex[HASH_HEX_LEN + 1];

	crypt_hash(text, hex);
	return arena_strdup(mem, hex);
}

static const char *
owner_of(const struct access *as, const struct idempotency *i)
{
	return i->user ? i->user : as->organization;
}

static const char *
id_of(const struct access *as, const struct idempotency *i)
{
	return hash(as->mem,
		arena_printf(as->mem, "idempotency %s %s %s", owner_of(as, i), i->caller, i->key));
}

/* Whoever has the database and the installation's secret still needs the sender's key. */
static const char *
secret_of(const struct access *as, const struct idempotency *i)
{
	return arena_printf(as->mem, "idempotency %s %s", i->secret, i->key);
}

static enum err
find(const struct access *as, const struct idempotency *i, enum idempotency_state *state,
	int *status, const char **answer)
{
	struct rows *rows;
	enum err e = db_one(as->db, as->mem,
		i->user ? &SQL_idempotency_user_find : &SQL_idempotency_find,
		ARGS(owner_of(as, i), id_of(as, i)), &rows);

	*state = IDEMPOTENCY_NEW;
	if (e)
		return e == ERR_NOT_FOUND ? ERR_NONE : e;
	*state = IDEMPOTENCY_OTHER;
	if (strcmp(rows_str(rows, 0, 0), hash(as->mem, i->request)) != 0)
		return ERR_NONE;
	*state = IDEMPOTENCY_DONE;
	*status = (int)rows_int(rows, 0, 1);
	*answer = unseal_text(as->mem, secret_of(as, i), rows_str(rows, 0, 2));
	if (!*answer)
		log_line(LOG_WARN,
			"the answer of a repeated request cannot be read: auth_secret is "
			"another one than when it was kept");
	return ERR_NONE;
}

enum err
idempotency_claim(const struct access *as, const struct idempotency *i,
	enum idempotency_state *state, int *status, const char **answer)
{
	struct rows *rows;
	enum err e = db_one(as->db, as->mem, &SQL_idempotency_lock, ARGS(id_of(as, i)), &rows);

	if (e)
		return e;
	*state = IDEMPOTENCY_BUSY;
	return rows_bool(rows, 0, 0) ? find(as, i, state, status, answer) : ERR_NONE;
}

enum err
idempotency_keep(
	const struct access *as, const struct idempotency *i, int status, const char *answer)
{
	struct rows *rows;
	enum err e = db_one(as->db, as->mem,
		i->user ? &SQL_idempotency_user_insert : &SQL_idempotency_insert,
		ARGS(owner_of(as, i), id_of(as, i), hash(as->mem, i->request),
			arg_int(as->mem, status), seal_text(as->mem, secret_of(as, i), answer)),
		&rows);

	/* No row: somebody got past the lock. Then nothing of this request stays. */
	return e == ERR_NOT_FOUND ? ERR_INTERNAL : e;
}
