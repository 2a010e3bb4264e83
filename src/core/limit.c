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

static const char *
per_second(struct arena *mem, const struct limit *limit)
{
	return arena_printf(mem, "%.9f", (double)limit->burst / (double)limit->seconds);
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
	struct rows *rows;
	enum err e = db_one(db, mem, &SQL_limit_take,
		ARGS(bucket(mem, limit, key), burst(mem, limit), per_second(mem, limit)), &rows);

	return e ? e : verdict(rows, retry_after);
}

enum err
limit_take_both(struct db *db, struct arena *mem, const struct limit *first, const char *first_key,
	const struct limit *second, const char *second_key, int *retry_after)
{
	struct rows *rows;
	enum err e = db_one(db, mem, &SQL_limit_take_both,
		ARGS(bucket(mem, first, first_key), burst(mem, first), per_second(mem, first),
			bucket(mem, second, second_key), burst(mem, second),
			per_second(mem, second)),
		&rows);

	return e ? e : verdict(rows, retry_after);
}

enum err
limit_return(struct db *db, struct arena *mem, const struct limit *limit, const char *key)
{
	return db_run(
		db, mem, &SQL_limit_return, ARGS(bucket(mem, limit, key), burst(mem, limit)), NULL);
}
