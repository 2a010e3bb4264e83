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

struct limit_left
limit_left(const struct rows *rows, int column)
{
	const int64_t said = rows_int(rows, 0, column);

	return (struct limit_left){ .wait = said > 0 ? (int)said : 0,
		.tokens = said < 0 ? -said : 0 };
}

enum err
limit_take(struct db *db, struct arena *mem, const struct limit *limit, const char *key,
	struct limit_left *left)
{
	const struct limit_args a = limit_args(mem, limit, key);
	struct rows *rows;
	enum err e = db_one(db, mem, &SQL_limit_take, ARGS(a.bucket, a.burst, a.per_second), &rows);

	if (e)
		return e;
	*left = limit_left(rows, 0);
	return left->wait ? ERR_LIMIT : ERR_NONE;
}

enum err
limit_take_both(struct db *db, struct arena *mem, const struct limit *first, const char *first_key,
	const struct limit *second, const char *second_key, struct limit_left left[2])
{
	const struct limit_args a = limit_args(mem, first, first_key),
				b = limit_args(mem, second, second_key);
	struct rows *rows;
	enum err e = db_one(db, mem, &SQL_limit_take_both,
		ARGS(a.bucket, a.burst, a.per_second, b.bucket, b.burst, b.per_second), &rows);

	if (e)
		return e;
	left[0] = limit_left(rows, 0);
	left[1] = limit_left(rows, 1);
	return left[0].wait || left[1].wait ? ERR_LIMIT : ERR_NONE;
}

enum err
limit_take_api(struct db *db, struct arena *mem, const char *organization, const char *caller,
	int64_t share, struct limit_api *out)
{
	static const struct limit of_caller = { "api", 1, 1 },
				  of_all = { "api-organization", 1, 1 };
	struct rows *rows;
	enum err e = db_one(db, mem, &SQL_limit_take_api,
		ARGS(organization, bucket(mem, &of_caller, caller),
			bucket(mem, &of_all, organization), arg_int(mem, share)),
		&rows);

	if (e)
		return e;
	*out = (struct limit_api){ .per_minute = rows_int(rows, 0, 0),
		.taken = rows_int(rows, 0, 1),
		.left = rows_int(rows, 0, 2),
		.wait = (int)rows_int(rows, 0, 3) };
	return ERR_NONE;
}

enum err
limit_return(struct db *db, struct arena *mem, const struct limit *limit, const char *key)
{
	return db_run(
		db, mem, &SQL_limit_return, ARGS(bucket(mem, limit, key), burst(mem, limit)), NULL);
}
