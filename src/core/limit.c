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

static enum err
verdict(const struct rows *rows, int *retry_after)
{
	*retry_after = (int)rows_int(rows, 0, 0);
	return *retry_after > 0 ? ERR_LIMIT : ERR_NONE;
}

enum err
limit_take(struct db *db, struct arena *mem, const struct limit *limit, const char *key,
	int *retry_after)
{
	const struct limit_args a = limit_args(mem, limit, key);
	struct rows *rows;
	enum err e = db_one(db, mem, &SQL_limit_take, ARGS(a.bucket, a.burst, a.per_second), &rows);

	return e ? e : verdict(rows, retry_after);
}

enum err
limit_take_both(struct db *db, struct arena *mem, const struct limit *first, const char *first_key,
	const struct limit *second, const char *second_key, int *retry_after)
{
	const struct limit_args a = limit_args(mem, first, first_key),
				b = limit_args(mem, second, second_key);
	struct rows *rows;
	enum err e = db_one(db, mem, &SQL_limit_take_both,
		ARGS(a.bucket, a.burst, a.per_second, b.bucket, b.burst, b.per_second), &rows);

	return e ? e : verdict(rows, retry_after);
}

enum err
limit_return(struct db *db, struct arena *mem, const struct limit *limit, const char *key)
{
	return db_run(
		db, mem, &SQL_limit_return, ARGS(bucket(mem, limit, key), burst(mem, limit)), NULL);
}
