-- name: belonging_list
SELECT coalesce(json_agg(json_build_object('id', m.organization_id, 'name', m.organization_name,
         'role', m.role, 'owner', parlor.is_owner(m.role),
         'active', m.organization_id IS NOT DISTINCT FROM $2,
         'closing', m.organization_id IN (SELECT parlor.organizations_closing(
            ARRAY(SELECT x.organization_id FROM parlor.memberships($1) x))))), '[]')::text
  FROM parlor.memberships($1) m;

-- name: belonging_activate
SELECT parlor.session_activate($1, $2);

-- name: organization_close
SELECT parlor.organization_close($1);
