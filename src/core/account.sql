-- name: account_login
SELECT user_id, password, two_factor_enabled FROM parlor.auth_login($1);

-- name: account_look
SELECT email, name, has_password, tag, enabled, factor_id, secret, backup_codes, verified, seconds
  FROM parlor.account_look($1);

-- name: account_password
SELECT parlor.account_password($1);

-- name: account_password_set
SELECT parlor.account_password_set($1, $2);
