-- name: invitation_find
SELECT organization_id, organization_name, inviter_name, email, role, chat_role,
       status = 'pending' AND seconds_left > 0
  FROM parlor.invitation_show($1);

-- name: invitation_list_of
SELECT coalesce(json_agg(json_build_object('id', invitation_id, 'organization', organization_name,
         'inviter', inviter_name, 'role', role)), '[]')::text
  FROM parlor.invitations_of($1);

-- name: invitation_lock
-- Of many who accept at once the first has it; the others then see what became of it. The user's own
-- address decides, and whether it was proved where that is asked for ($4).
SELECT i.status = 'pending' AND i.expires_at > parlor.now(),
       lower(i.email) = lower(u.email) AND (u.email_verified OR NOT $4::boolean),
       EXISTS (SELECT FROM members m WHERE m.organization_id = $1 AND m.user_id = u.id)
  FROM invitations i JOIN users u ON u.id = $3
 WHERE i.organization_id = $1 AND i.id = $2
   FOR UPDATE OF i;

-- name: invitation_answer
UPDATE invitations SET status = $3 WHERE organization_id = $1 AND id = $2;

-- name: invitation_activate
SELECT parlor.session_activate($1, $2);
