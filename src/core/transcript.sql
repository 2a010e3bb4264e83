-- name: transcript_find
SELECT o.name, u.id, u.name, to_char(c.created_at, 'YYYY-MM-DD HH24:MI "UTC"'),
       CASE WHEN u.email_verified THEN nullif(u.email, '') END,
       EXISTS (SELECT FROM messages m WHERE m.organization_id = c.organization_id
                  AND m.conversation_id = c.id AND m.sender_type = 'agent')
  FROM conversations c
  JOIN chat_users u ON u.organization_id = c.organization_id AND u.id = c.chat_user_id
  JOIN organizations o ON o.id = c.organization_id
 WHERE c.organization_id = $1 AND c.id = $2 AND ($3::text IS NULL OR c.chat_user_id = $3);

-- name: transcript_messages
-- The newest that have $3 bytes together, in their order, with the names of their files, one a line. A
-- message of another program may be of any length.
SELECT m.seq, to_char(m.created_at, 'YYYY-MM-DD HH24:MI "UTC"'),
       coalesce(parlor.sender_name(m.organization_id, m.sender_type, m.sender_id, m.conversation_id), '*'),
       m.content,
       (SELECT string_agg(a.file_name, E'\n' ORDER BY a.created_at, a.id) FROM attachments a
         WHERE a.organization_id = $1 AND a.message_id = m.id)
  FROM (SELECT n.organization_id, n.conversation_id, n.seq, n.created_at, n.sender_type, n.sender_id,
               n.id, left(n.content, 16000) AS content,
               sum(octet_length(left(n.content, 16000)) + 200) OVER (ORDER BY n.seq DESC) AS size
          FROM (SELECT * FROM messages WHERE organization_id = $1 AND conversation_id = $2
                 ORDER BY seq DESC LIMIT 20000) n) m
 WHERE m.size <= $3::bigint
 ORDER BY m.seq;
