-- name: key_insert
-- No row: too many live already.
INSERT INTO api_keys (id, organization_id, member_id, name, key_hash, hint, scopes, created_at,
                      expires_at)
SELECT $2, $1, $3, $4, $5, $6, $7, parlor.now(),
       CASE WHEN $8::bigint > 0 THEN parlor.now() + make_interval(secs => $8::bigint) END
 WHERE (SELECT count(*) FROM api_keys k
         WHERE k.organization_id = $1 AND k.revoked_at IS NULL
           AND (k.expires_at IS NULL OR k.expires_at > parlor.now())) < $9::integer
RETURNING key_json(api_keys)::text;

-- name: key_lock
-- The row's lock, so that of two rotations one comes second. Its lifetime in seconds, 0 for ever.
SELECT k.name, k.scopes, k.member_id, m.role, effective_chat_role(m.role, m.chat_role),
       coalesce(ceil(extract(epoch FROM k.expires_at - k.created_at)), 0)::bigint,
       k.revoked_at IS NULL AND k.replaced_by IS NULL
         AND (k.expires_at IS NULL OR k.expires_at > parlor.now()), k.hint
  FROM api_keys k LEFT JOIN members m ON m.organization_id = k.organization_id AND m.id = k.member_id
 WHERE k.organization_id = $1 AND k.id = $2 FOR NO KEY UPDATE OF k;

-- name: key_replace
UPDATE api_keys
   SET replaced_by = $3,
       revoked_at = CASE WHEN $4::bigint = 0 THEN parlor.now() END,
       expires_at = CASE WHEN $4::bigint > 0
                         THEN least(expires_at, parlor.now() + make_interval(secs => $4::bigint))
                         ELSE expires_at END
 WHERE organization_id = $1 AND id = $2;

-- name: key_revoke
-- now() is the beginning of this transaction: true when it was done just now.
UPDATE api_keys SET revoked_at = coalesce(revoked_at, parlor.now())
 WHERE organization_id = $1 AND id = $2 RETURNING revoked_at = parlor.now(), name, hint;

-- name: key_list
-- A row too many tells that there is a next page.
SELECT key_json(k)::text, NULL, k.id FROM api_keys k
 WHERE k.organization_id = $1 AND ($2::text IS NULL OR k.id < $2)
 ORDER BY k.id DESC LIMIT $3::integer + 1;

-- name: key_publishable
SELECT chat_api_key FROM organizations WHERE id = $1;

-- name: key_publishable_lock
SELECT coalesce(chat_api_key, '') FROM organizations WHERE id = $1 FOR NO KEY UPDATE;

-- name: key_publishable_retire
-- The ones whose time is over go in passing.
WITH old AS (
  DELETE FROM retired_keys WHERE organization_id = $1 AND expires_at <= parlor.now()
)
INSERT INTO retired_keys (key, organization_id, expires_at)
SELECT $2, $1, parlor.now() + make_interval(secs => $3::bigint) WHERE $3::bigint > 0 AND $2 <> '';

-- name: key_publishable_set
UPDATE organizations SET chat_api_key = $2 WHERE id = $1;
