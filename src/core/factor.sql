-- name: factor_claim
-- The row is locked until the end of the transaction.
SELECT secret, backup_codes, verified, wait, step, seconds FROM parlor.factor_claim($1);

-- name: factor_failed
SELECT parlor.factor_failed($1);

-- name: factor_passed
SELECT parlor.factor_passed($1, $2::bigint, $3);

-- name: factor_enable
SELECT parlor.factor_enable($1, $2, $3, $4, $5::bigint);

-- name: factor_disable
SELECT parlor.factor_disable($1);

-- name: factor_codes_set
SELECT parlor.factor_codes_set($1, $2);
