-- name: idempotency_lock
-- Held until the transaction ends. A statement of its own: the one that reads must begin after it.
SELECT pg_try_advisory_xact_lock(('x' || left($1, 16))::bit(64)::bigint);

-- name: idempotency_find
SELECT request_hash, status, answer FROM idempotency_keys
 WHERE organization_id = $1 AND id = $2 AND created_at > parlor.now() - interval '24 hours';

-- name: idempotency_insert
INSERT INTO idempotency_keys AS k (organization_id, id, request_hash, status, answer, created_at)
VALUES ($1, $2, $3, $4::integer, $5, parlor.now())
ON CONFLICT (organization_id, id) DO UPDATE
   SET request_hash = excluded.request_hash, status = excluded.status, answer = excluded.answer,
       created_at = excluded.created_at
 WHERE k.organization_id = $1 AND k.created_at <= parlor.now() - interval '24 hours'
RETURNING id;

-- name: idempotency_user_find
SELECT request_hash, status, answer FROM user_idempotency_keys
 WHERE user_id = $1 AND id = $2 AND created_at > parlor.now() - interval '24 hours';

-- name: idempotency_user_insert
INSERT INTO user_idempotency_keys AS k (user_id, id, request_hash, status, answer, created_at)
VALUES ($1, $2, $3, $4::integer, $5, parlor.now())
ON CONFLICT (user_id, id) DO UPDATE
   SET request_hash = excluded.request_hash, status = excluded.status, answer = excluded.answer,
       created_at = excluded.created_at
 WHERE k.created_at <= parlor.now() - interval '24 hours'
RETURNING id;
