-- name: session_find
SELECT user_id, organization_id, organization_name, member_id, display_name, chat_role, is_online,
       expires_at - created_at > interval '25 hours',
       floor(extract(epoch FROM expires_at - parlor.now()))::bigint, role,
       (SELECT u.email_verified FROM users u WHERE u.id = s.user_id)
  FROM parlor.auth_session($1) s;

-- name: session_insert
-- The organization that was active last, as a convenience; membership is checked at each request.
INSERT INTO sessions (id, token, user_id, expires_at, created_at, updated_at, ip_address, user_agent,
                      active_organization_id)
VALUES ($1, $2, $3, parlor.now() + CASE WHEN $4::boolean THEN interval '7 days' ELSE interval '1 day' END,
        parlor.now(), parlor.now(), $5, $6,
        (SELECT organization_id FROM parlor.memberships($3) LIMIT 1));

-- name: session_renew
SELECT parlor.session_renew($1, 7 * 24 * 3600);

-- name: session_end
SELECT parlor.session_end($1);

-- name: session_end_one
-- Of the user's own.
DELETE FROM sessions WHERE id = $1 AND user_id = $2 RETURNING 1;

-- name: session_end_others
-- All but the one with this token; all of them when that is NULL.
SELECT parlor.sessions_end($1, $2);

-- name: session_rotate
SELECT parlor.session_rotate($1, $2);

-- name: session_list
SELECT parlor.sessions_json($1, $2)::text;

-- name: session_trust_device
SELECT parlor.device_trust($1, $2, $3);

-- name: session_forget_devices
SELECT parlor.devices_forget($1);
