-- name: visitor_list
-- $2 an address, $3 an id of a person, or NULL; $4 verified, $5 and $6 created, $7 and $8 seen, $9 attributes;
-- $10 and $11 the last row of the page before, $12 how many. One branch runs, each straight from an index.
WITH start AS (
  SELECT coalesce($10::timestamp, 'infinity') AS at, coalesce($11, '') AS id, metadata_patterns($9::jsonb) AS patterns
), page AS (
  SELECT p.* FROM start, LATERAL (
    SELECT u FROM chat_users u
     WHERE $2::text IS NULL AND $3::text IS NULL AND organization_id = $1
       AND (u.last_seen_at, u.id) < (start.at, start.id)
       AND u.last_seen_at < coalesce($8::timestamp, 'infinity')
       AND u.last_seen_at >= coalesce($7::timestamp, '-infinity')
       AND ($9::text IS NULL OR metadata_may_hold(u.metadata, start.patterns))
       AND visitor_fits(u, $4::boolean, $5::timestamp, $6::timestamp, $9::jsonb)
     ORDER BY u.last_seen_at DESC, u.id DESC LIMIT $12::bigint) p
  UNION ALL
  SELECT u FROM start, chat_users u
   WHERE ($2 IS NOT NULL OR $3 IS NOT NULL) AND u.organization_id = $1
     AND u.id = ANY (ARRAY(SELECT visitors_by_email($2) WHERE $2 IS NOT NULL
                     UNION SELECT k.id FROM chat_users k WHERE k.organization_id = $1 AND k.identity_key = $3))
     AND ($2 IS NULL OR lower(u.email) = lower($2)) AND ($3 IS NULL OR u.identity_key = $3)
     AND (u.last_seen_at, u.id) < (start.at, start.id)
     AND u.last_seen_at < coalesce($8::timestamp, 'infinity')
     AND u.last_seen_at >= coalesce($7::timestamp, '-infinity')
     AND visitor_fits(u, $4::boolean, $5::timestamp, $6::timestamp, $9::jsonb)
)
SELECT visitor_json(p.u)::text, (p.u).last_seen_at, (p.u).id FROM page p
 ORDER BY (p.u).last_seen_at DESC, (p.u).id DESC LIMIT $12::bigint;

-- name: visitor_metadata_size
SELECT coalesce(octet_length(metadata), 0) FROM chat_users WHERE organization_id = $1 AND id = $2;

-- name: visitor_patch
-- $3 whether there is a name, $5 an address; an address that is not the proven one is not proven.
UPDATE chat_users u
   SET name = CASE WHEN $3::boolean THEN coalesce($4, '') ELSE name END,
       email = CASE WHEN $5::boolean THEN $6 ELSE email END,
       email_verified = email_verified AND (NOT $5::boolean OR coalesce($6 = email, false)),
       metadata = CASE WHEN $7::text IS NULL THEN metadata ELSE metadata_patch(metadata, $7) END
 WHERE organization_id = $1 AND id = $2
   AND ($8::text IS NULL OR visitor_version(u) = ANY (string_to_array($8, ' ')))
RETURNING visitor_json(u)::text, visitor_version(u);

-- name: visitor_conversations
-- The row's lock comes first: of two who erase, the second finds nobody, or what is left. Not FOR UPDATE: who
-- writes a message has locked the conversation, and then may want to be sure that the visitor stays.
SELECT (SELECT count(*) FROM conversations c WHERE c.organization_id = $1 AND c.chat_user_id = u.id)
  FROM chat_users u WHERE u.organization_id = $1 AND u.id = $2 FOR NO KEY UPDATE;

-- name: visitor_erase
SELECT visitor_erase($1, $2, 1000);

-- name: visitor_erase_later
INSERT INTO jobs (organization_id, kind, payload, job_key, max_attempts)
VALUES ($1, 'visitor-erase', json_build_object('visitor', $2::text)::text, 'visitor-erase ' || $2, 1000)
ON CONFLICT (job_key) DO NOTHING;
