-- name: canned_list
-- $3 the beginning of the shortcut, or NULL. An organization has few enough to look at each.
SELECT canned_response_json(r)::text, NULL, encode(convert_to(r.shortcut, 'UTF8'), 'hex') FROM canned_responses r
 WHERE r.organization_id = $1 AND r.member_id IS NULL AND r.shortcut > coalesce($2, '')
   AND ($3::text IS NULL OR starts_with(r.shortcut, $3))
 ORDER BY r.shortcut LIMIT $4::integer + 1;

-- name: canned_get
SELECT canned_response_json(r)::text, canned_response_version(r) FROM canned_responses r
 WHERE r.organization_id = $1 AND r.id = $2 AND r.member_id IS NULL;

-- name: canned_insert
-- No row: there are too many already.
INSERT INTO canned_responses (id, organization_id, shortcut, title, content, created_by, created_at, updated_at)
SELECT $2, $1, $3, $4, $5, $6, parlor.now(), parlor.now()
 WHERE (SELECT count(*) FROM canned_responses r WHERE r.organization_id = $1) < $7::integer
RETURNING canned_response_json(canned_responses)::text;

-- name: canned_update
-- $6 versions, one of which it must be, or NULL. NULL leaves a field.
UPDATE canned_responses r
   SET shortcut = coalesce($3, shortcut), title = coalesce($4, title), content = coalesce($5, content),
       updated_at = parlor.now()
 WHERE r.organization_id = $1 AND r.id = $2 AND r.member_id IS NULL
   AND ($6::text IS NULL OR canned_response_version(r) = ANY (string_to_array($6, ' ')))
RETURNING canned_response_json(r)::text, canned_response_version(r), shortcut;

-- name: canned_delete
DELETE FROM canned_responses r WHERE r.organization_id = $1 AND r.id = $2 AND r.member_id IS NULL
RETURNING shortcut;
