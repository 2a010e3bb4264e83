-- name: audit_insert
INSERT INTO audit_log (organization_id, actor_type, actor_id, action, target_type, target_id, data,
                       ip_address, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, nullif($8, ''), parlor.now());

-- name: audit_account
SELECT parlor.audit_account($1, $2, nullif($3, ''));

-- name: audit_list
-- A line too many tells that there is a next page.
SELECT parlor.audit_json(a)::text, NULL, a.id FROM audit_log a
 WHERE a.organization_id = $1 AND ($2::bigint IS NULL OR a.id < $2::bigint)
 ORDER BY a.id DESC LIMIT $3::integer + 1;
