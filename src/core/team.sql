-- name: team_list
SELECT coalesce(json_agg(json_build_object('id', m.id, 'name', u.name,
         'shown', coalesce(nullif(m.chat_display_name, ''), u.name),
         'displayName', coalesce(m.chat_display_name, ''), 'email', u.email,
         'verified', u.email_verified, 'role', m.role, 'chatRole', coalesce(m.chat_role, ''),
         'effectiveChatRole', parlor.effective_chat_role(m.role, m.chat_role),
         'owner', parlor.is_owner(m.role), 'online', coalesce(m.chat_is_online, false),
         'maxChats', m.chat_max_concurrent_chats, 'me', m.id = $2)
         ORDER BY parlor.is_owner(m.role) DESC, lower(u.name), m.id), '[]')::text
  FROM (SELECT * FROM members x WHERE x.organization_id = $1 ORDER BY x.created_at, x.id LIMIT 500) m
  JOIN users u ON u.id = m.user_id;

-- name: team_page
-- $2 and $3 the last row of the page before, $4 how many.
SELECT member_json(m)::text, m.created_at, m.id FROM members m
 WHERE m.organization_id = $1
   AND (m.created_at, m.id) > (coalesce($2::timestamp, '-infinity'), coalesce($3, ''))
 ORDER BY m.created_at, m.id LIMIT $4::bigint;

-- name: team_one
SELECT member_json(m)::text, member_version(m) FROM members m WHERE m.organization_id = $1 AND m.id = $2;

-- name: team_lock
SELECT 1 FROM organizations WHERE id = $1 FOR NO KEY UPDATE;

-- name: team_member
-- The one who acts ($2) and the one it is about ($3), read after the lock.
SELECT m.role, coalesce(m.chat_role, ''), coalesce(m.chat_display_name, ''),
       coalesce(m.chat_max_concurrent_chats, 0), m.user_id,
       (SELECT coalesce(bool_or(parlor.is_owner(a.role)), false) FROM members a
         WHERE a.organization_id = $1 AND a.id = $2),
       (SELECT count(*) FROM members o WHERE o.organization_id = $1 AND parlor.is_owner(o.role)),
       member_version(m)
  FROM members m WHERE m.organization_id = $1 AND m.id = $3;

-- name: team_update
UPDATE members SET role = $3, chat_role = nullif($4, ''), chat_display_name = nullif($5, ''),
       chat_max_concurrent_chats = nullif($6::integer, 0)
 WHERE organization_id = $1 AND id = $2;

-- name: team_remove
SELECT parlor.member_remove($1);
