-- name: attachment_admit
-- $2 the visitor whose quota counts, too. What is not '' says whose quota is full.
SELECT parlor.upload_admit($1, $2, $3::bigint, $4::bigint, $5::bigint);

-- name: attachment_insert
-- $12 the first state; a file that waits for the scanner has its job.
WITH u AS (
  INSERT INTO uploads (organization_id, id, uploader, chat_user_id, file_name, file_size, mime_type,
                       width, height, sha256, chunk_size, state, created_at)
  VALUES ($1, $2, $3, $4, $5, $6::integer, $7, $8::integer, $9::integer, $10, $11::integer, $12,
          parlor.now())
  RETURNING *
), job AS (
  INSERT INTO jobs (organization_id, kind, payload, max_attempts)
  SELECT organization_id, 'scan', json_build_object('upload', id)::text, 10000 FROM u
   WHERE state = 'pending'
)
SELECT parlor.attachment_json(id, file_name, file_size, mime_type, width, height,
         parlor.upload_url(id), NULL, state, created_at)::text
  FROM u;

-- name: attachment_chunk_insert
INSERT INTO attachment_chunks (organization_id, upload_id, number, data)
VALUES ($1, $2, $3::integer, $4::bytea);

-- name: attachment_chunk_get
SELECT data FROM attachment_chunks WHERE organization_id = $1 AND upload_id = $2 AND number = $3::integer;

-- name: attachment_open
-- $3 the visitor who asks, NULL for staff; $4 the asker as an uploader.
SELECT u.file_name, u.mime_type, u.sha256, u.file_size, u.chunk_size, u.width IS NOT NULL,
       u.state = 'pending' AND u.uploader <> $4, u.state = 'infected'
  FROM uploads u
  JOIN organizations o ON o.id = u.organization_id
  LEFT JOIN attachments a ON a.organization_id = u.organization_id AND a.id = u.attachment_id
  LEFT JOIN messages m ON m.organization_id = a.organization_id AND m.id = a.message_id
  LEFT JOIN conversations c ON c.organization_id = m.organization_id AND c.id = m.conversation_id
 WHERE u.organization_id = $1 AND u.id = $2 AND o.chat_is_active IS NOT FALSE
   AND (u.uploader = $4 OR (c.id IS NOT NULL AND ($3::text IS NULL OR c.chat_user_id = $3)));

-- name: attachment_pending
SELECT (file_size + chunk_size - 1) / chunk_size FROM uploads
 WHERE organization_id = $1 AND id = $2 AND state = 'pending';
