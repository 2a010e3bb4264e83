-- name: limit_take
-- Seconds until the bucket holds a token, rounded up; 0: it did, and one is taken.
SELECT ceil(parlor.rate_take($1, $2::float8, $3::float8))::int;

-- name: limit_return
SELECT parlor.rate_return($1, $2::float8);
