-- name: visitor_by_token
SELECT organization_id, visitor_id, name, chat_domain FROM parlor.auth_visitor($1);

-- name: visitor_insert
INSERT INTO chat_users (id, organization_id, email, name, session_id, user_agent, ip_address, metadata,
                        locale, created_at, last_seen_at)
VALUES ($2, $1, $3, $4, $2, $5, $6, $7, $8, parlor.now(), parlor.now());

-- name: visitor_token_insert
-- Idle 30 days, 180 days at most.
INSERT INTO visitor_tokens (token_hash, organization_id, chat_user_id, created_at, last_used_at,
                            idle_expires_at, expires_at)
VALUES ($3, $1, $2, parlor.now(), parlor.now(), parlor.now() + interval '30 days',
        parlor.now() + interval '180 days');

-- name: visitor_update
-- Nothing is written for a visitor who was just seen and says nothing new: when all come back at once,
-- this is most of what they cost.
UPDATE chat_users SET name = coalesce($3, name), email = coalesce($4, email), last_seen_at = parlor.now()
 WHERE organization_id = $1 AND id = $2
   AND ($3::text IS NOT NULL OR $4::text IS NOT NULL
     OR coalesce(last_seen_at, '-infinity') < parlor.now() - interval '1 minute');

-- name: visitor_self
SELECT json_build_object('id', id, 'name', name, 'email', email)::text FROM chat_users
 WHERE organization_id = $1 AND id = $2;

-- name: visitor_get
SELECT parlor.visitor_json(u)::text FROM chat_users u WHERE organization_id = $1 AND id = $2;
