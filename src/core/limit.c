/* Token buckets. The key of a bucket is a hash, so that the table holds no addresses. */
#include "core/limit.h"

#include "base/crypt.h"
#include "core/limit.sql.h"

static const char *
bucket(struct arena *mem, const struct limit *limit, const char *key)
{
	char hash[HASH_HEX_LEN + 1];

	crypt_hash(arena_printf(mem, "%s %s", limit->name, key), hash);
	return arena_strdup(mem, hash);
}

static const char *
burst(struct arena *mem, const struct limit *limit)
{
	return arena_printf(mem, "%lld", (long long)limit->burst);
}

struct limit_args
limit_args(struct arena *mem, const struct limit *limit, const char *key)
{
	if (!limit)
		return (struct limit_args){ 0 };
	return (struct limit_args){ bucket(mem, limit, key), burst(mem, limit),
		arena_printf(mem, "%.9f", (double)limit->burst / (double)limit->seconds) };
}

enum err
limit_take(struct db *db, struct arena *mem, const struct limit *limit, const char *key,
	int *retry_after)
{
	const struct limit_args a = limit_args(mem, limit, key);
	struct rows *rows;
	enum err e = db_one(db, mem, &SQL_limit_take, ARGS(a.bucket, a.burst, a.per_second), &rows);

	if (e)
		return e;
	*retry_after = (int)rows_int(rows, 0, 0);
	return *retry_after > 0 ? ERR_LIMIT : ERR_NONE;
}

enum err
limit_return(struct db *db, struct arena *mem, const struct limit *limit, const char *key)
{
	return db_run(
		db, mem, &SQL_limit_return, ARGS(bucket(mem, limit, key), burst(mem, limit)), NULL);
}
