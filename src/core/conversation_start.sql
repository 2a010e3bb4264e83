-- name: conversation_start_find
-- Under the visitor's lock, so that of two at once with the same client id the second finds the first. Whether it is
-- the same message.
SELECT parlor.conversation_json(c)::text, parlor.message_json(m)::text,
       m.content = $4 AND m.sender_type = 'agent' AND m.sender_id IS NOT DISTINCT FROM $5
  FROM conversations c JOIN messages m ON m.organization_id = c.organization_id AND m.conversation_id = c.id
 WHERE c.organization_id = $1 AND c.chat_user_id = $2 AND m.seq = 1 AND m.client_id = $3;

-- name: conversation_start_lock
SELECT 1 FROM chat_users WHERE organization_id = $1 AND id = $2 FOR UPDATE;

-- name: conversation_start_insert
INSERT INTO conversations (id, organization_id, chat_user_id, status, priority, subject, tags, assigned_agent_id,
                           team_id, created_at, updated_at)
VALUES ($3, $1, $2, 'open', $4, $5, $6, $7, $8, parlor.now(), parlor.now());
