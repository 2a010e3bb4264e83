-- name: rating_put
-- Of whoever has the conversation, or had it last. xmax is 0 of a row that was inserted.
WITH c AS (
  SELECT v.organization_id, v.id, coalesce(v.assigned_agent_id, (
           SELECT a.agent_id FROM conversation_assignments a
            WHERE a.organization_id = $1 AND a.conversation_id = v.id
            ORDER BY a.assigned_at DESC, a.id DESC LIMIT 1)) AS member_id
    FROM conversations v WHERE v.organization_id = $1 AND v.id = $2 AND v.chat_user_id = $3
)
INSERT INTO ratings AS r (id, organization_id, conversation_id, member_id, score, comment, created_at,
                          updated_at)
SELECT $4, c.organization_id, c.id, c.member_id, $5::integer, $6, parlor.now(), parlor.now() FROM c
ON CONFLICT (conversation_id) DO UPDATE
   SET member_id = excluded.member_id, score = excluded.score, comment = excluded.comment,
       updated_at = excluded.updated_at
RETURNING json_build_object('conversationId', r.conversation_id, 'score', r.score, 'comment', r.comment,
            'createdAt', parlor.rfc3339(r.created_at), 'updatedAt', parlor.rfc3339(r.updated_at))::text,
          r.xmax = 0;

-- name: rating_get
SELECT CASE WHEN r.id IS NULL THEN 'null' ELSE parlor.rating_json(r)::text END FROM conversations c
  LEFT JOIN ratings r ON r.organization_id = c.organization_id AND r.conversation_id = c.id
 WHERE c.organization_id = $1 AND c.id = $2;

-- name: rating_list
SELECT parlor.rating_json(r)::text, r.created_at, r.id FROM ratings r
 WHERE r.organization_id = $1 AND ($2::text IS NULL OR r.member_id = $2)
   AND ($3::integer IS NULL OR r.score = $3::integer)
   AND ($4::timestamp IS NULL OR r.created_at >= $4::timestamp)
   AND ($5::timestamp IS NULL OR r.created_at < $5::timestamp)
   AND (r.created_at, r.id) < (coalesce($6::timestamp, 'infinity'), coalesce($7, ''))
 ORDER BY r.created_at DESC, r.id DESC LIMIT $8::bigint;
