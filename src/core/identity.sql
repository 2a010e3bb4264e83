-- name: identity_secrets
SELECT id, secret FROM identity_secrets WHERE organization_id = $1 ORDER BY created_at DESC, id DESC;

-- name: identity_secret_used
-- Seldom, and nobody waits for it: it is there for people to look at.
UPDATE identity_secrets SET last_used_at = parlor.now()
 WHERE organization_id = $1 AND id = (
   SELECT s.id FROM identity_secrets s
    WHERE s.organization_id = $1 AND s.id = $2
      AND coalesce(s.last_used_at, '-infinity') < parlor.now() - interval '1 minute'
      FOR NO KEY UPDATE SKIP LOCKED);

-- name: identity_session
-- An organization is not asked for: whoever has an account at this site may be its visitor.
SELECT u.id, u.name, u.email, u.email_verified, encode(sha256(convert_to($1, 'UTF8')), 'hex'),
       s.expires_at
  FROM parlor.auth_session($1) s JOIN users u ON u.id = s.user_id;

-- name: identity_settings
SELECT json_build_object('mode', coalesce(r.mode, 'optional'),
         'followSignIn', coalesce(r.follow_sign_in, false),
         'secrets', (SELECT coalesce(json_agg(json_build_object('id', s.id, 'hint', s.hint,
                       'createdAt', rfc3339(s.created_at), 'lastUsedAt', rfc3339(s.last_used_at))
                       ORDER BY s.created_at DESC, s.id DESC), '[]'::json)
                       FROM identity_secrets s WHERE s.organization_id = $1))::text
  FROM organizations o LEFT JOIN identity_rules r ON r.organization_id = o.id WHERE o.id = $1;

-- name: identity_lock
SELECT id FROM organizations WHERE id = $1 FOR NO KEY UPDATE;

-- name: identity_change
INSERT INTO identity_rules (organization_id, mode, follow_sign_in) VALUES ($1, $2, $3::boolean)
ON CONFLICT (organization_id) DO UPDATE SET mode = excluded.mode, follow_sign_in = excluded.follow_sign_in;

-- name: identity_secret_insert
INSERT INTO identity_secrets (id, organization_id, slot, secret, hint)
SELECT $2, $1, slot, $3, $4 FROM generate_series(1, 2) AS slot
 WHERE NOT EXISTS (SELECT FROM identity_secrets s WHERE s.organization_id = $1 AND s.slot = slot.slot)
 ORDER BY slot LIMIT 1
RETURNING id;

-- name: identity_secret_retire
DELETE FROM identity_secrets WHERE organization_id = $1 AND id = (
  SELECT s.id FROM identity_secrets s WHERE s.organization_id = $1
     AND (SELECT count(*) FROM identity_secrets n WHERE n.organization_id = $1) = 2
   ORDER BY s.created_at, s.id LIMIT 1)
RETURNING id;
