-- name: inbox_list
-- $2 statuses; $3 a member's id or 'none'; $4 and $5 the place to go on behind; $6 how many rows are looked at,
-- $7 how many are shown, and one more; $8 priorities; $9 a team's id or 'none'; $10 a tag; $11 a visitor; $12 an
-- address of visitors; $13 whether unread; $14 to $17 made and changed from and before; $18 attributes of the
-- visitor, as JSON. NULL: whatever it is.
-- One way leads to the rows that are looked at: the narrowest that an index knows. By status and time they come
-- straight from it, for each status; the few of a visitor or a rare tag are sorted. The rest is compared row by row.
-- A last row without JSON: where it stopped, when there may be more.
WITH way AS MATERIALIZED (
  SELECT CASE WHEN $11::text IS NOT NULL THEN 'visitor'
              WHEN $12::text IS NOT NULL THEN 'email'
              WHEN $10::text IS NOT NULL AND (
                SELECT count(*) FROM (SELECT FROM conversation_tags t
                  WHERE t.organization_id = $1 AND t.tag = $10 LIMIT 1001) x) <= 1000 THEN 'tag'
              WHEN $3::text = 'none' THEN 'nobody'
              WHEN $3::text IS NOT NULL THEN 'agent'
              WHEN $9::text <> 'none' THEN 'team'
              ELSE 'all' END AS by
), s AS (
  SELECT DISTINCT unnest(coalesce($2::text[], ARRAY['open', 'waiting', 'resolved', 'closed'])) AS status
), start AS (
  SELECT coalesce($4::timestamp, 'infinity') AS at, coalesce($5, '') AS id, metadata_patterns($18::jsonb) AS patterns
), v AS MATERIALIZED (
  SELECT $11::text AS id WHERE (SELECT by FROM way) = 'visitor'
  UNION ALL
  SELECT visitors_by_email($12) WHERE (SELECT by FROM way) = 'email'
), page AS (
  SELECT p.* FROM s, start, LATERAL (
    SELECT c, c.last_message_at, c.id FROM conversations c
     WHERE (SELECT by FROM way) = 'all' AND organization_id = $1 AND c.status = s.status
       AND (last_message_at, c.id) < (start.at, start.id)
     ORDER BY last_message_at DESC, c.id DESC LIMIT $6::bigint) p
  UNION ALL
  SELECT p.* FROM s, start, LATERAL (
    SELECT c, c.last_message_at, c.id FROM conversations c
     WHERE (SELECT by FROM way) = 'nobody' AND organization_id = $1 AND assigned_agent_id IS NULL
       AND c.status = s.status AND (last_message_at, c.id) < (start.at, start.id)
     ORDER BY last_message_at DESC, c.id DESC LIMIT $6::bigint) p
  UNION ALL
  SELECT p.* FROM s, start, LATERAL (
    SELECT c, c.last_message_at, c.id FROM conversations c
     WHERE (SELECT by FROM way) = 'agent' AND organization_id = $1 AND assigned_agent_id = $3
       AND c.status = s.status AND (last_message_at, c.id) < (start.at, start.id)
     ORDER BY last_message_at DESC, c.id DESC LIMIT $6::bigint) p
  UNION ALL
  SELECT p.* FROM s, start, LATERAL (
    SELECT c, c.last_message_at, c.id FROM conversations c
     WHERE (SELECT by FROM way) = 'team' AND organization_id = $1 AND team_id = $9
       AND c.status = s.status AND (last_message_at, c.id) < (start.at, start.id)
     ORDER BY last_message_at DESC, c.id DESC LIMIT $6::bigint) p
  UNION ALL
  SELECT p.* FROM v, start, LATERAL (
    SELECT c, c.last_message_at, c.id FROM conversations c
     WHERE organization_id = $1 AND c.chat_user_id = v.id OFFSET 0) p
   WHERE ($2::text[] IS NULL OR (p.c).status = ANY ($2::text[]))
     AND (p.last_message_at, p.id) < (start.at, start.id)
  UNION ALL
  SELECT p.* FROM conversation_tags t, start, LATERAL (
    SELECT c, c.last_message_at, c.id FROM conversations c
     WHERE organization_id = t.organization_id AND c.id = t.conversation_id OFFSET 0) p
   WHERE (SELECT by FROM way) = 'tag' AND t.organization_id = $1 AND t.tag = $10
     AND ($2::text[] IS NULL OR (p.c).status = ANY ($2::text[]))
     AND (p.last_message_at, p.id) < (start.at, start.id)
), walked AS MATERIALIZED (
  SELECT p.*, row_number() OVER (ORDER BY last_message_at DESC, id DESC) AS n FROM page p
   ORDER BY last_message_at DESC, id DESC LIMIT $6::bigint
), found AS (
  -- In order, so that no more is compared than the page takes. OFFSET 0: no hash of all that have the tag.
  SELECT w.* FROM (SELECT * FROM walked ORDER BY n OFFSET 0) w
   WHERE ($3::text IS NULL OR coalesce((w.c).assigned_agent_id, 'none') = $3)
     AND ($8::text[] IS NULL OR (w.c).priority = ANY ($8::text[]))
     AND ($9::text IS NULL OR coalesce((w.c).team_id, 'none') = $9)
     AND ($10::text IS NULL OR EXISTS (SELECT FROM conversation_tags t
           WHERE t.organization_id = $1 AND t.conversation_id = w.id AND t.tag = $10 OFFSET 0))
     AND ($13::boolean IS NULL OR ((w.c).agent_unread > 0) = $13::boolean)
     AND ($14::timestamp IS NULL OR (w.c).created_at >= $14::timestamp)
     AND ($15::timestamp IS NULL OR (w.c).created_at < $15::timestamp)
     AND ($16::timestamp IS NULL OR (w.c).updated_at >= $16::timestamp)
     AND ($17::timestamp IS NULL OR (w.c).updated_at < $17::timestamp)
     AND (($12::text IS NULL AND $18::text IS NULL) OR EXISTS (SELECT FROM chat_users u
           WHERE u.organization_id = $1 AND u.id = (w.c).chat_user_id
             AND ($12::text IS NULL OR lower(u.email) = lower($12))
             AND ($18::text IS NULL OR (metadata_may_hold(u.metadata, (SELECT patterns FROM start)) AND metadata_holds(u.metadata, $18::jsonb)))))
   ORDER BY w.n LIMIT $7::bigint + 1
)
SELECT json, last_message_at, id FROM (
  SELECT conversation_json(f.c)::text AS json, f.last_message_at, f.id, f.n FROM found f
  UNION ALL
  SELECT NULL, w.last_message_at, w.id, NULL FROM walked w WHERE w.n = $6::bigint) x
 ORDER BY n;
