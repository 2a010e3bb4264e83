-- name: reset_ask
SELECT parlor.reset_ask($1, $2);

-- name: reset_is_good
SELECT parlor.reset_is_good($1);

-- name: reset_take
SELECT user_id, name, email FROM parlor.reset_take($1);

-- name: reset_verify
SELECT user_id FROM parlor.user_verify($1, $2);
