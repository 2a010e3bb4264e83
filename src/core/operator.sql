-- name: operator_organization
-- An id goes before a slug that looks the same.
SELECT id, name, coalesce(slug, '') FROM organizations WHERE id = $1 OR slug = $1
 ORDER BY id = $1 DESC LIMIT 1;

-- name: operator_organizations
SELECT json_build_object('id', o.id, 'slug', o.slug, 'name', o.name,
         'active', o.chat_is_active IS NOT FALSE, 'domains', coalesce(o.chat_domain, ''),
         'publishableKey', o.chat_api_key,
         'members', (SELECT count(*) FROM members m WHERE m.organization_id = o.id),
         'createdAt', rfc3339(o.created_at))::text
  FROM organizations o ORDER BY o.name, o.id;

-- name: operator_users
-- role and chatRole are those in the organization $1.
SELECT json_build_object('id', u.id, 'email', u.email, 'name', u.name,
         'emailVerified', u.email_verified, 'disabled', user_banned(to_jsonb(u)),
         'hasPassword', EXISTS (SELECT FROM accounts a WHERE a.user_id = u.id
                                  AND a.provider_id = 'credential' AND a.password IS NOT NULL),
         'memberId', m.id, 'role', m.role,
         'chatRole', CASE WHEN m.id IS NOT NULL THEN effective_chat_role(m.role, m.chat_role) END,
         'organizations', (SELECT count(*) FROM members n WHERE n.user_id = u.id),
         'createdAt', rfc3339(u.created_at))::text
  FROM users u LEFT JOIN members m ON m.user_id = u.id AND m.organization_id = $1
 WHERE $1::text IS NULL OR m.id IS NOT NULL
 ORDER BY u.email, u.id;

-- name: operator_organization_off
UPDATE organizations SET chat_is_active = false WHERE id = $1;

-- name: operator_organization_drain
SELECT parlor.organization_drain($1, $2::integer);

-- name: operator_organization_delete
DELETE FROM organizations WHERE id = $1;

-- name: operator_user_ban
-- What follows (sessions, keys) is a trigger's, the same as when Better Auth does it.
UPDATE users SET banned = true, ban_reason = 'Disabled by the operator', ban_expires = NULL,
       updated_at = parlor.now()
 WHERE id = $1 AND NOT user_banned(to_jsonb(users)) RETURNING id;

-- name: operator_user_unban
UPDATE users SET banned = false, ban_reason = NULL, ban_expires = NULL, updated_at = parlor.now()
 WHERE id = $1 AND user_banned(to_jsonb(users)) RETURNING id;

-- name: operator_audit_user
-- A line in each organization of the user.
INSERT INTO audit_log (organization_id, actor_type, actor_id, action, target_type, target_id, created_at)
SELECT m.organization_id, 'operator', $2, $3, 'user', $1, parlor.now() FROM members m WHERE m.user_id = $1;

-- name: operator_member
SELECT m.id FROM members m JOIN users u ON u.id = m.user_id
 WHERE m.organization_id = $1 AND u.email = $2;

-- name: operator_key_organization
SELECT organization_id FROM api_keys WHERE id = $1;

-- name: operator_keys
SELECT key_json(k)::text FROM api_keys k WHERE k.organization_id = $1 ORDER BY k.created_at DESC, k.id;
