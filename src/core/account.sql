-- name: account_login
SELECT user_id, password, two_factor_enabled FROM parlor.auth_login($1);
