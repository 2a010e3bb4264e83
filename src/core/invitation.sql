-- name: invitation_guard
-- What speaks against an invitation: a member with this address, or one who waits already. And whether
-- the one who invites ($3, members.id) is an owner.
SELECT EXISTS (SELECT FROM members m JOIN users u ON u.id = m.user_id
                WHERE m.organization_id = $1 AND u.email = $2),
       EXISTS (SELECT FROM invitations i
                WHERE i.organization_id = $1 AND i.email = $2 AND i.status = 'pending'
                  AND i.expires_at > parlor.now()),
       EXISTS (SELECT FROM members m
                WHERE m.organization_id = $1 AND m.id = $3 AND parlor.is_owner(m.role));

-- name: invitation_insert
INSERT INTO invitations (id, organization_id, email, role, status, expires_at, created_at, inviter_id)
SELECT $2, $1, $3, $4, 'pending', parlor.now() + make_interval(hours => $6::integer), parlor.now(), m.user_id
  FROM members m WHERE m.organization_id = $1 AND m.id = $5
RETURNING id;

-- name: invitation_insert_chat
INSERT INTO invitation_chat (organization_id, invitation_id, chat_role) VALUES ($1, $2, $3);

-- name: invitation_renew
UPDATE invitations SET expires_at = parlor.now() + make_interval(hours => $3::integer)
 WHERE organization_id = $1 AND id = $2 AND status = 'pending'
RETURNING email, role;

-- name: invitation_cancel
UPDATE invitations SET status = 'canceled'
 WHERE organization_id = $1 AND id = $2 AND status = 'pending'
RETURNING email;

-- name: invitation_list
SELECT coalesce(json_agg(json_build_object('id', i.id, 'email', i.email, 'role', i.role,
         'chatRole', c.chat_role, 'inviter', u.name, 'expired', i.expires_at <= parlor.now(),
         'minutesLeft', floor(extract(epoch FROM i.expires_at - parlor.now()) / 60)::integer)
         ORDER BY i.created_at DESC, i.id), '[]')::text
  FROM (SELECT * FROM invitations p WHERE p.organization_id = $1 AND p.status = 'pending'
         ORDER BY p.created_at DESC, p.id LIMIT 200) i
  LEFT JOIN invitation_chat c ON c.organization_id = i.organization_id AND c.invitation_id = i.id
  LEFT JOIN users u ON u.id = i.inviter_id;

-- name: invitation_pending
-- $2 what stands before the id in the link, $3 and $4 the last row of the page before, $5 how many.
SELECT invitation_json(i, $2)::text, i.created_at, i.id
  FROM invitations i
 WHERE i.organization_id = $1 AND i.status = 'pending'
   AND (i.created_at, i.id) < (coalesce($3::timestamp, 'infinity'), coalesce($4, ''))
 ORDER BY i.created_at DESC, i.id DESC LIMIT $5::bigint;

-- name: invitation_get
SELECT invitation_json(i, $2)::text FROM invitations i
 WHERE i.organization_id = $1 AND i.id = $3 AND i.status = 'pending';

-- name: invitation_organization
SELECT name FROM organizations WHERE id = $1;
