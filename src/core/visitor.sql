-- name: visitor_by_token
SELECT organization_id, visitor_id, name, chat_domain FROM parlor.auth_visitor($1);

-- name: visitor_resume
-- What the organization asks for, and what a token ($2, by its hash) of it stands for, if it is good.
SELECT coalesce(r.mode, 'optional'), coalesce(r.follow_sign_in, false), u.id, u.verified, t.session_hash,
       u.identity_key
  FROM organizations o
  LEFT JOIN identity_rules r ON r.organization_id = o.id
  LEFT JOIN (visitor_tokens t
    JOIN chat_users u ON u.organization_id = t.organization_id AND u.id = t.chat_user_id)
    ON t.organization_id = o.id AND t.token_hash = $2 AND t.revoked_at IS NULL
   AND t.expires_at > parlor.now() AND t.idle_expires_at > parlor.now()
   AND (u.verified OR r.mode IS DISTINCT FROM 'everybody')
 WHERE o.id = $1;

-- name: visitor_insert
INSERT INTO chat_users (id, organization_id, email, name, session_id, user_agent, ip_address, metadata,
                        locale, created_at, last_seen_at)
VALUES ($2, $1, $3, $4, $2, $5, $6, $7, $8, parlor.now(), parlor.now());

-- name: visitor_identify
SELECT identify_visitor($1, $2, $3, $4, $5, $6::boolean, $7, $8, $9, $10, $11);

-- name: visitor_token_insert
-- Idle 30 days, 180 days at most, and no longer than a sign-in ($4, until $5) that it was given for.
INSERT INTO visitor_tokens (token_hash, organization_id, chat_user_id, created_at, last_used_at,
                            idle_expires_at, expires_at, session_hash)
SELECT $3, $1, $2, parlor.now(), parlor.now(), least(parlor.now() + interval '30 days', until), until, $4
  FROM (SELECT least(parlor.now() + interval '180 days', $5::timestamp) AS until) t;

-- name: visitor_token_revoke
UPDATE visitor_tokens SET revoked_at = parlor.now()
 WHERE organization_id = $1 AND token_hash = $2 AND revoked_at IS NULL
RETURNING chat_user_id;

-- name: visitor_tokens_revoke
WITH gone AS (
  UPDATE visitor_tokens SET revoked_at = parlor.now()
   WHERE organization_id = $1 AND chat_user_id = $2 AND revoked_at IS NULL
     AND expires_at > parlor.now() AND idle_expires_at > parlor.now()
  RETURNING 1
)
SELECT count(*) FROM gone;

-- name: visitor_update
-- What a visitor claims. It does not touch what was proven of one who is verified; an address that is
-- not the proven one is not proven. Nothing is written for a visitor who was just seen and says nothing
-- new: when all come back at once, this is most of what they cost. The token ($5, by its hash) is used.
WITH used AS (
  UPDATE visitor_tokens
     SET last_used_at = parlor.now(),
         idle_expires_at = least(expires_at, parlor.now() + interval '30 days')
   WHERE organization_id = $1 AND token_hash = $5 AND revoked_at IS NULL
     AND last_used_at < parlor.now() - interval '1 hour'
)
UPDATE chat_users SET name = CASE WHEN verified THEN name ELSE coalesce($3, name) END,
       email = CASE WHEN verified THEN email ELSE coalesce($4, email) END,
       email_verified = email_verified AND (verified OR $4::text IS NULL OR coalesce($4 = email, false)),
       last_seen_at = parlor.now()
 WHERE organization_id = $1 AND id = $2
   AND ((NOT verified AND ($3::text IS NOT NULL OR $4::text IS NOT NULL))
     OR coalesce(last_seen_at, '-infinity') < parlor.now() - interval '1 minute');

-- name: visitor_self
SELECT json_build_object('id', id, 'name', name, 'email', email, 'verified', verified)::text FROM chat_users
 WHERE organization_id = $1 AND id = $2;

-- name: visitor_get
SELECT parlor.visitor_json(u)::text, visitor_version(u) FROM chat_users u
 WHERE organization_id = $1 AND id = $2;
