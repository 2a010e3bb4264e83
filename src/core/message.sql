-- name: message_append
-- The trigger on messages takes the seq under the conversation's row lock, brings the conversation's
-- summary up to date and writes the event, for this INSERT as for one of another program.
-- $9 the sender's name. $10 to $12 a rate limit: bucket (NULL for none), burst, tokens a second. The
-- token is taken before anything else is done, and given back when the rest fails. One row: the seconds
-- to wait when there was no token, else 0 with the message, or with NULLs when there is no such
-- conversation.
WITH t AS MATERIALIZED (
  SELECT CASE WHEN $10::text IS NULL THEN 0
              ELSE parlor.rate_take($10, $11::float8, $12::float8) END AS wait
), c AS (
  SELECT organization_id, id, chat_user_id FROM conversations
   WHERE organization_id = $1 AND id = $2 AND ($3::text IS NULL OR chat_user_id = $3)
     AND (SELECT wait FROM t) <= 0
), m AS (
  INSERT INTO messages (id, organization_id, conversation_id, sender_id, sender_type, content,
                        message_type, client_id, is_read, created_at)
  SELECT $4, c.organization_id, c.id, $5, $6, $7, 'text', $8, false, parlor.now() FROM c
  RETURNING parlor.message_json(messages, $9, '[]')::text AS json
)
SELECT ceil(t.wait)::integer, m.json, c.chat_user_id FROM t LEFT JOIN (m CROSS JOIN c) ON true;

-- name: message_append_files
-- The same with files: $13 their ids, $14 whose they must be. When they are not all there and free,
-- nothing happens, and the visitor comes without a message. Their rows are made and bound in this one
-- statement, so that the trigger's event and the answer know them.
WITH t AS MATERIALIZED (
  SELECT CASE WHEN $10::text IS NULL THEN 0
              ELSE parlor.rate_take($10, $11::float8, $12::float8) END AS wait
), c AS (
  SELECT organization_id, id, chat_user_id FROM conversations
   WHERE organization_id = $1 AND id = $2 AND ($3::text IS NULL OR chat_user_id = $3)
     AND (SELECT wait FROM t) <= 0
), u AS MATERIALIZED (
  SELECT f.* FROM uploads f
   WHERE f.organization_id = $1 AND f.id = ANY ($13::text[]) AND f.uploader = $14
     AND f.attachment_id IS NULL AND f.state <> 'infected'
     AND f.created_at > parlor.now() - interval '24 hours' AND EXISTS (SELECT FROM c)
   ORDER BY f.id FOR UPDATE
), n AS (
  SELECT count(*) = cardinality($13::text[]) AS whole, bool_and(width IS NOT NULL) AS pictures FROM u
), m AS (
  INSERT INTO messages (id, organization_id, conversation_id, sender_id, sender_type, content,
                        message_type, client_id, is_read, created_at)
  SELECT $4, c.organization_id, c.id, $5, $6, $7, CASE WHEN n.pictures THEN 'image' ELSE 'file' END,
         $8, false, parlor.now() FROM c, n WHERE n.whole
  RETURNING id, organization_id, parlor.message_json(messages, $9, (
    SELECT json_agg(parlor.attachment_json(u.id, u.file_name, u.file_size, u.mime_type, u.width,
             u.height, parlor.upload_url(u.id), NULL, u.state, u.created_at)
             ORDER BY u.created_at, u.id) FROM u))::text AS json
), a AS (
  INSERT INTO attachments (id, organization_id, message_id, file_name, file_size, mime_type, url,
                           created_at)
  SELECT u.id, m.organization_id, m.id, u.file_name, u.file_size, u.mime_type,
         parlor.upload_url(u.id), u.created_at FROM u, m
  RETURNING id
), bound AS (
  UPDATE uploads f SET attachment_id = f.id FROM a WHERE f.organization_id = $1 AND f.id = a.id
)
SELECT ceil(t.wait)::integer, m.json, c.chat_user_id FROM t LEFT JOIN c ON true LEFT JOIN m ON true;

-- name: message_by_client_id
SELECT parlor.message_json(m)::text, c.chat_user_id,
       m.content = $5 AND m.sender_id IS NOT DISTINCT FROM $6
  FROM messages m JOIN conversations c ON c.organization_id = m.organization_id AND c.id = m.conversation_id
 WHERE m.organization_id = $1 AND m.conversation_id = $2 AND m.client_id = $4
   AND ($3::text IS NULL OR c.chat_user_id = $3);

-- name: note_append
WITH c AS (
  SELECT organization_id, id, chat_user_id, last_seq FROM conversations
   WHERE organization_id = $1 AND id = $2
), n AS (
  INSERT INTO notes (id, organization_id, conversation_id, member_id, content, client_id, after_seq)
  SELECT $3, c.organization_id, c.id, $4, $5, $6, c.last_seq FROM c
  RETURNING parlor.note_json(notes)::text AS json
)
SELECT n.json, c.chat_user_id FROM n, c;

-- name: note_by_client_id
SELECT parlor.note_json(n)::text, c.chat_user_id,
       n.content = $4 AND n.member_id IS NOT DISTINCT FROM $5
  FROM notes n JOIN conversations c ON c.organization_id = n.organization_id AND c.id = n.conversation_id
 WHERE n.organization_id = $1 AND n.conversation_id = $2 AND n.client_id = $3;

-- name: message_list
-- One page in ascending order; the limit is taken from the end that the cursor names. Notes stand
-- behind the message they followed, and are only for staff.
WITH c AS (
  SELECT organization_id, id FROM conversations
   WHERE organization_id = $1 AND id = $2 AND ($3::text IS NULL OR chat_user_id = $3)
), page AS (
  (SELECT m.* FROM messages m, c
    WHERE $5::bigint = 0 AND m.organization_id = $1 AND m.conversation_id = c.id AND m.seq > $4::bigint
    ORDER BY m.seq LIMIT $6::bigint)
  UNION ALL
  (SELECT m.* FROM messages m, c
    WHERE $5::bigint > 0 AND m.organization_id = $1 AND m.conversation_id = c.id AND m.seq < $5::bigint
    ORDER BY m.seq DESC LIMIT $6::bigint)
), bounds AS (
  SELECT min(seq) AS first, max(seq) AS last, count(*) AS size FROM page
), lines AS (
  SELECT seq, 0 AS kind, created_at, parlor.message_json(m)::text AS json
    FROM messages m, bounds, c
   WHERE m.organization_id = $1 AND m.conversation_id = c.id AND m.seq BETWEEN bounds.first AND bounds.last
  UNION ALL
  SELECT n.after_seq, 1, n.created_at, parlor.note_json(n)::text
    FROM notes n, bounds, c
   WHERE $3::text IS NULL AND n.organization_id = c.organization_id AND n.conversation_id = c.id
     AND n.after_seq BETWEEN coalesce(bounds.first, 0) AND coalesce(bounds.last, 0)
)
SELECT concat('{"data":[', (SELECT string_agg(json, ',' ORDER BY seq, kind, created_at) FROM lines),
              '],"next":',
              CASE WHEN bounds.size < $6::bigint THEN 'null'
                   WHEN $5::bigint > 0 THEN concat('"', bounds.first, '"')
                   ELSE concat('"', bounds.last, '"') END, '}')
  FROM c, bounds;
