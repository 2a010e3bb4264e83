-- Each kind: $2 the visitor, $3 and $4 id and number of the last row before, $5 how many. In the order of both,
-- which no row leaves, so that nothing is missed or told twice.

-- name: export_visitor
SELECT visitor_json(u)::text, '', 1 FROM chat_users u
 WHERE u.organization_id = $1 AND u.id = $2 AND $3 = '' AND $4::bigint = 0 LIMIT $5::bigint;

-- name: export_sessions
-- Without the tokens, of which only hashes are kept.
SELECT json_build_object('createdAt', rfc3339(t.created_at), 'lastUsedAt', rfc3339(t.last_used_at),
         'expiresAt', rfc3339(least(t.expires_at, t.idle_expires_at)), 'endedAt', rfc3339(t.revoked_at))::text,
       md5(t.token_hash), 0
  FROM visitor_tokens t
 WHERE t.organization_id = $1 AND t.chat_user_id = $2 AND md5(t.token_hash) > $3 AND $4::bigint = 0
 ORDER BY md5(t.token_hash) LIMIT $5::bigint;

-- name: export_page_views
SELECT json_build_object('url', p.url, 'title', p.title, 'referrer', p.referrer,
         'createdAt', rfc3339(p.created_at))::text, '', p.id
  FROM page_views p
 WHERE p.organization_id = $1 AND p.chat_user_id = $2 AND $3 = '' AND p.id > $4::bigint
 ORDER BY p.id LIMIT $5::bigint;

-- name: export_conversations
SELECT json_build_object('conversation', conversation_json(c), 'metadata', lenient_json(c.metadata),
         'rating', (SELECT json_build_object('score', r.score, 'comment', r.comment,
                      'createdAt', rfc3339(r.created_at), 'updatedAt', rfc3339(r.updated_at))
                      FROM ratings r WHERE r.organization_id = $1 AND r.conversation_id = c.id))::text,
       c.id, 0
  FROM conversations c
 WHERE c.organization_id = $1 AND c.chat_user_id = $2 AND c.id > $3 AND $4::bigint = 0
 ORDER BY c.id LIMIT $5::bigint;

-- name: export_messages
SELECT message_json(m)::text, m.conversation_id, m.seq
  FROM (SELECT c.id FROM conversations c
         WHERE c.organization_id = $1 AND c.chat_user_id = $2 AND c.id >= $3 ORDER BY c.id) c,
       LATERAL (SELECT * FROM messages x
                 WHERE x.organization_id = $1 AND x.conversation_id = c.id
                   AND x.seq > CASE WHEN c.id = $3 THEN $4::bigint ELSE 0 END
                 ORDER BY x.seq LIMIT $5::bigint) m
 ORDER BY m.conversation_id, m.seq LIMIT $5::bigint;

-- name: export_notes
SELECT note_json(n)::text, n.id, 0
  FROM notes n JOIN conversations c ON c.organization_id = n.organization_id AND c.id = n.conversation_id
 WHERE n.organization_id = $1 AND c.organization_id = $1 AND c.chat_user_id = $2 AND n.id > $3 AND $4::bigint = 0
 ORDER BY n.id LIMIT $5::bigint;

-- name: export_files
-- Those that no message has named; the others stand in their messages.
SELECT json_build_object('id', u.id, 'fileName', u.file_name, 'fileSize', u.file_size, 'mimeType', u.mime_type,
         'url', upload_url(u.id), 'createdAt', rfc3339(u.created_at))::text, u.id, 0
  FROM uploads u
 WHERE u.organization_id = $1 AND u.chat_user_id = $2 AND u.attachment_id IS NULL AND u.id > $3 AND $4::bigint = 0
 ORDER BY u.id LIMIT $5::bigint;
