-- name: user_create
SELECT parlor.user_create($1, $2, $3, $4::boolean, $5, $6);

-- name: user_set_password
SELECT parlor.user_set_password($1, $2, $3);

-- name: user_by_address
SELECT id FROM users WHERE email = $1;
