-- name: limit_take
-- Seconds until the bucket holds a token, rounded up; 0 or less: it did, and one is taken, and so many are left.
SELECT ceil(parlor.rate_take($1, $2::float8, $3::float8))::int;

-- name: limit_take_both
-- From two buckets; from the second only when the first had one.
SELECT ceil(one.wait)::int,
       ceil(CASE WHEN one.wait <= 0 THEN parlor.rate_take($4, $5::float8, $6::float8) ELSE 0 END)::int
  FROM parlor.rate_take($1, $2::float8, $3::float8) AS one (wait);

-- name: limit_take_api
SELECT per_minute, taken, available, ceil(wait)::int FROM parlor.api_rate_take($1, $2, $3, $4::integer);

-- name: limit_return
SELECT parlor.rate_return($1, $2::float8);
