-- name: agent_team_list
SELECT team_json(t)::text, NULL, encode(convert_to(t.name, 'UTF8'), 'hex') FROM teams t
 WHERE t.organization_id = $1 AND t.name > coalesce($2, '')
 ORDER BY t.name LIMIT $3::integer + 1;

-- name: agent_team_get
SELECT team_json(t)::text, team_version(t) FROM teams t WHERE t.organization_id = $1 AND t.id = $2;

-- name: agent_team_insert
-- No row: there are too many already.
INSERT INTO teams (id, organization_id, name, created_at)
SELECT $2, $1, $3, parlor.now()
 WHERE (SELECT count(*) FROM teams t WHERE t.organization_id = $1) < $4::integer
RETURNING team_json(teams)::text;

-- name: agent_team_lock
-- As it is before it is changed. Whether it is one of the versions $3, or any (NULL).
SELECT t.name, $3::text IS NULL OR team_version(t) = ANY (string_to_array($3, ' '))
  FROM teams t WHERE t.organization_id = $1 AND t.id = $2 FOR UPDATE;

-- name: agent_team_update
UPDATE teams t SET name = $3 WHERE t.organization_id = $1 AND t.id = $2
RETURNING team_json(t)::text, team_version(t);

-- name: agent_team_delete
DELETE FROM teams t WHERE t.organization_id = $1 AND t.id = $2;

-- name: agent_team_join
-- No row: is one already.
INSERT INTO team_members (organization_id, team_id, member_id, created_at)
VALUES ($1, $2, $3, parlor.now()) ON CONFLICT DO NOTHING RETURNING 1;

-- name: agent_team_leave
DELETE FROM team_members m WHERE m.organization_id = $1 AND m.team_id = $2 AND m.member_id = $3
RETURNING 1;
