-- name: visitor_lock
-- Two tabs that start a conversation with the same client id come one after the other.
SELECT 1 FROM chat_users WHERE organization_id = $1 AND id = $2 FOR UPDATE;

-- name: conversation_by_client_id
SELECT parlor.conversation_visitor_json(c)::text, parlor.message_json(m)::text, m.content = $4
  FROM conversations c JOIN messages m ON m.organization_id = c.organization_id AND m.conversation_id = c.id
 WHERE c.organization_id = $1 AND c.chat_user_id = $2 AND m.seq = 1 AND m.client_id = $3;

-- name: conversation_insert
INSERT INTO conversations (id, organization_id, chat_user_id, status, priority, page_url, referrer,
                           created_at, updated_at)
VALUES ($3, $1, $2, 'open', 'normal', $4, $5, parlor.now(), parlor.now());

-- name: conversation_get
SELECT CASE WHEN $3::text IS NULL THEN parlor.conversation_json(c)
            ELSE parlor.conversation_visitor_json(c) END::text, parlor.conversation_version(c)
  FROM conversations c
 WHERE organization_id = $1 AND id = $2 AND ($3::text IS NULL OR chat_user_id = $3);

-- name: conversation_list_own
SELECT coalesce(string_agg(json, ',' ORDER BY at DESC), '')
  FROM (SELECT parlor.conversation_visitor_json(c)::text AS json, c.created_at AS at FROM conversations c
         WHERE organization_id = $1 AND chat_user_id = $2
         ORDER BY created_at DESC LIMIT 50) AS page;

-- name: conversation_current
SELECT parlor.conversation_visitor_json(c)::text FROM conversations c
 WHERE organization_id = $1 AND chat_user_id = $2 AND status <> 'closed'
 ORDER BY created_at DESC LIMIT 1;

-- name: conversation_update
-- $8 versions, one of which it must be, or NULL. Of two who have seen the same one, the second waits for
-- the row and then finds another.
UPDATE conversations c
   SET status = coalesce($3, status), priority = coalesce($4, priority),
       subject = CASE WHEN $5::boolean THEN $6 ELSE subject END, tags = coalesce($7, tags),
       team_id = CASE WHEN $9::boolean THEN $10 ELSE team_id END
 WHERE organization_id = $1 AND id = $2
   AND ($10::text IS NULL OR EXISTS (SELECT 1 FROM teams t WHERE t.organization_id = $1 AND t.id = $10))
   AND ($8::text IS NULL OR parlor.conversation_version(c) = ANY (string_to_array($8, ' ')))
RETURNING parlor.conversation_json(c)::text, chat_user_id, parlor.conversation_version(c);

-- name: conversation_assign
-- $3 whether the agent changes, $5 whether the team does.
UPDATE conversations c
   SET assigned_agent_id = CASE WHEN $3::boolean THEN $4 ELSE assigned_agent_id END,
       team_id = CASE WHEN $5::boolean THEN $6 ELSE team_id END
 WHERE organization_id = $1 AND id = $2
   AND ($4::text IS NULL
        OR EXISTS (SELECT 1 FROM members m WHERE m.organization_id = $1 AND m.id = $4))
   AND ($6::text IS NULL OR EXISTS (SELECT 1 FROM teams t WHERE t.organization_id = $1 AND t.id = $6))
RETURNING parlor.conversation_json(c)::text, chat_user_id;

-- name: conversation_places
-- Whether an agent ($2) and a team ($3) are there; NULL is.
SELECT $2::text IS NULL OR EXISTS (SELECT 1 FROM members m WHERE m.organization_id = $1 AND m.id = $2),
       $3::text IS NULL OR EXISTS (SELECT 1 FROM teams t WHERE t.organization_id = $1 AND t.id = $3);

-- name: conversation_mark_read_visitor
UPDATE conversations SET visitor_read_seq = least($4::bigint, last_seq)
 WHERE organization_id = $1 AND id = $2 AND chat_user_id = $3
   AND visitor_read_seq < least($4::bigint, last_seq)
RETURNING chat_user_id;

-- name: conversation_mark_read_agent
UPDATE conversations SET agent_read_seq = least($3::bigint, last_seq)
 WHERE organization_id = $1 AND id = $2 AND agent_read_seq < least($3::bigint, last_seq)
RETURNING chat_user_id;

-- name: conversation_visitor
SELECT chat_user_id FROM conversations
 WHERE organization_id = $1 AND id = $2 AND ($3::text IS NULL OR chat_user_id = $3);
