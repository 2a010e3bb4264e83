-- Attachments. A file that was taken in is a row of parlor.uploads for as long as its bytes live, and
-- the bytes hang on that row. It waits there, nobody's but its uploader's, until a message names it:
-- then a row of public.attachments with the same id is made, and attachment_id set. Deleting that row
-- (with its message, its conversation, its organization) deletes the upload and the bytes, by foreign
-- keys alone; what no message has named within a day, the retention job deletes.

CREATE TABLE parlor.uploads (
  id text PRIMARY KEY,
  organization_id text NOT NULL REFERENCES public.organizations (id) ON DELETE CASCADE,
  -- "visitor:", "member:" or "key:" and an id: who may send it, and look at it before it was sent.
  uploader text NOT NULL,
  -- Whose quota it counts against. A visitor who is gone leaves no waiting files behind: the retention
  -- job takes them. (Merged into another one, the files of messages stay.)
  chat_user_id text,
  attachment_id text,
  file_name text NOT NULL CHECK (octet_length(file_name) BETWEEN 1 AND 255),
  file_size integer NOT NULL CHECK (file_size > 0),
  mime_type text NOT NULL,
  -- Of a picture that may be shown in place; of all else NULL.
  width integer,
  height integer,
  sha256 text NOT NULL,
  chunk_size integer NOT NULL CHECK (chunk_size > 0),
  state text NOT NULL CHECK (state IN ('unscanned', 'pending', 'clean', 'infected')),
  finding text, -- the scanner's name for what it found
  created_at timestamp DEFAULT (now() AT TIME ZONE 'UTC') NOT NULL,
  UNIQUE (organization_id, id),
  UNIQUE (organization_id, attachment_id),
  FOREIGN KEY (organization_id, chat_user_id)
    REFERENCES public.chat_users (organization_id, id) ON DELETE SET NULL (chat_user_id),
  FOREIGN KEY (organization_id, attachment_id)
    REFERENCES public.attachments (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX uploads_visitor_idx ON parlor.uploads (organization_id, chat_user_id);
CREATE INDEX uploads_waiting_idx ON parlor.uploads (created_at) WHERE attachment_id IS NULL;
CREATE INDEX uploads_left_idx ON parlor.uploads (id)
  WHERE attachment_id IS NULL AND chat_user_id IS NULL AND uploader LIKE 'visitor:%';

-- The bytes an organization's files have together. The row's lock makes quotas exact.
CREATE TABLE parlor.upload_usage (
  organization_id text PRIMARY KEY REFERENCES public.organizations (id) ON DELETE CASCADE,
  bytes bigint NOT NULL
) WITH (fillfactor = 70);

-- Chunks hung on public.attachments, where a file that waits has no row. None was ever written.
DELETE FROM parlor.attachment_chunks;
ALTER TABLE parlor.attachment_chunks
  DROP CONSTRAINT attachment_chunks_organization_id_attachment_id_fkey;
ALTER TABLE parlor.attachment_chunks RENAME COLUMN attachment_id TO upload_id;
ALTER TABLE parlor.attachment_chunks
  ADD FOREIGN KEY (organization_id, upload_id)
    REFERENCES parlor.uploads (organization_id, id) ON DELETE CASCADE;

-- Counts size bytes more. '' when there is room, else whose quota is full: "organization" or "visitor";
-- the caller then rolls back. The lock on the organization's row is held to the end of the transaction,
-- and the sum below is read after it was taken, so no two uploads take the same room.
CREATE FUNCTION parlor.upload_admit(organization text, visitor text, size bigint,
                                    most_organization bigint, most_visitor bigint)
RETURNS text LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  used bigint;
BEGIN
  INSERT INTO parlor.upload_usage AS u (organization_id, bytes) VALUES (organization, size)
    ON CONFLICT (organization_id) DO UPDATE SET bytes = u.bytes + excluded.bytes
    RETURNING u.bytes INTO used;
  IF used > most_organization THEN
    RETURN 'organization';
  END IF;
  IF visitor IS NOT NULL THEN
    SELECT coalesce(sum(u.file_size), 0) + size INTO used FROM parlor.uploads u
      WHERE u.organization_id = organization AND u.chat_user_id = visitor;
    IF used > most_visitor THEN
      RETURN 'visitor';
    END IF;
  END IF;
  RETURN '';
END $$;

CREATE FUNCTION parlor.uploads_deleted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE parlor.upload_usage u SET bytes = u.bytes - g.bytes
    FROM (SELECT organization_id, sum(file_size) AS bytes FROM gone GROUP BY organization_id) g
    WHERE u.organization_id = g.organization_id;
  RETURN NULL;
END $$;
CREATE TRIGGER parlor_deleted AFTER DELETE ON parlor.uploads
  REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION parlor.uploads_deleted();

-- Files that no message has named within a day, and those whose visitor is gone.
CREATE FUNCTION parlor.retain_uploads(batch integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  gone integer;
BEGIN
  DELETE FROM parlor.uploads WHERE id IN (
    (SELECT id FROM parlor.uploads
       WHERE attachment_id IS NULL AND created_at < parlor.now() - interval '24 hours'
       LIMIT batch)
    UNION
    (SELECT id FROM parlor.uploads
       WHERE attachment_id IS NULL AND chat_user_id IS NULL AND uploader LIKE 'visitor:%'
       LIMIT batch)
    LIMIT batch) AND attachment_id IS NULL;
  GET DIAGNOSTICS gone = ROW_COUNT;
  RETURN gone;
END $$;

-- The shape of an attachment. Of one that another program wrote, state and dimensions are NULL.
CREATE FUNCTION parlor.attachment_json(id text, file_name text, file_size integer, mime_type text,
                                       width integer, height integer, url text, thumbnail_url text,
                                       state text, created_at timestamp)
RETURNS json LANGUAGE sql STABLE
AS $$
  SELECT pg_catalog.json_build_object('id', id, 'fileName', file_name, 'fileSize', file_size,
    'mimeType', mime_type, 'width', width, 'height', height, 'url', url,
    'thumbnailUrl', thumbnail_url, 'state', state, 'createdAt', parlor.rfc3339(created_at))
$$;

CREATE FUNCTION parlor.upload_url(id text) RETURNS text LANGUAGE sql IMMUTABLE
AS $$
  SELECT pg_catalog.concat('/attachments/', id)
$$;

-- As in 0021. The organization is compared in a way that no index serves: a plan made while the tables were empty
-- would as soon read all files of a large one for each of its messages.
CREATE OR REPLACE FUNCTION parlor.attachments_json(organization text, message text) RETURNS json
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN coalesce((SELECT json_agg(parlor.attachment_json(a.id, a.file_name, a.file_size, a.mime_type,
                            u.width, u.height, a.url, a.thumbnail_url, u.state, a.created_at)
                          ORDER BY a.created_at, a.id)
           FROM public.attachments a
           LEFT JOIN parlor.uploads u ON u.id = a.id
             AND u.organization_id IS NOT DISTINCT FROM a.organization_id
           WHERE a.message_id = message AND a.organization_id IS NOT DISTINCT FROM organization
             AND organization = coalesce(nullif(current_setting('parlor.org', true), ''), organization)),
    '[]'::json);
END $$;

-- As in 0011, but a message that is sent with its files tells of them: they are rows of the same
-- statement, which this trigger sees. Another program's come later, with an event of their own.
CREATE OR REPLACE FUNCTION parlor.messages_created() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  visitor text;
BEGIN
  INSERT INTO parlor.events (organization_id, conversation_id, chat_user_id, type, visibility, data)
    SELECT NEW.organization_id, NEW.conversation_id, c.chat_user_id, 'message.created', 'public',
           json_build_object('message', parlor.message_json(NEW,
             CASE WHEN NEW.sender_type = 'user' AND NEW.sender_id = u.id THEN u.name
                  ELSE parlor.sender_name(NEW.organization_id, NEW.sender_type, NEW.sender_id,
                                          NEW.conversation_id) END,
             CASE WHEN NEW.message_type IN ('image', 'file')
                  THEN parlor.attachments_json(NEW.organization_id, NEW.id) ELSE '[]' END))
      FROM public.conversations c JOIN public.chat_users u ON u.id = c.chat_user_id
      WHERE c.id = NEW.conversation_id
    RETURNING chat_user_id INTO visitor;
  IF coalesce(current_setting('parlor.org', true), '') = '' THEN
    PERFORM parlor.announce(NEW.organization_id, visitor);
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION parlor.message_updated(message text) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  SELECT parlor.emit(m.organization_id, m.conversation_id, c.chat_user_id, 'message.updated',
      'public', json_build_object('message', parlor.message_json(m)))
    FROM public.messages m JOIN public.conversations c ON c.id = m.conversation_id
    WHERE m.id = message
$$;

-- The files of other programs come after their message. A message without words is known by its file.
CREATE OR REPLACE FUNCTION parlor.attachments_event() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE public.conversations c SET preview = parlor.preview(concat('📎 ', NEW.file_name))
    FROM public.messages m
    WHERE m.id = NEW.message_id AND m.content = '' AND c.id = m.conversation_id
      AND c.last_seq = m.seq;
  IF NOT EXISTS (SELECT FROM parlor.uploads u
                   WHERE u.organization_id = NEW.organization_id AND u.id = NEW.id) THEN
    PERFORM parlor.message_updated(NEW.message_id);
  END IF;
  RETURN NULL;
END $$;

-- What the scanner has said.
CREATE FUNCTION parlor.uploads_scanned() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM parlor.message_updated(a.message_id) FROM public.attachments a
    WHERE a.organization_id = NEW.organization_id AND a.id = NEW.attachment_id;
  RETURN NULL;
END $$;
CREATE TRIGGER parlor_scanned AFTER UPDATE OF state ON parlor.uploads
  FOR EACH ROW WHEN (OLD.state <> NEW.state AND NEW.attachment_id IS NOT NULL)
  EXECUTE FUNCTION parlor.uploads_scanned();

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA parlor FROM PUBLIC;

INSERT INTO parlor.grants (role, what) VALUES
  ('parlor_app', 'SELECT, INSERT, UPDATE (attachment_id) ON parlor.uploads'),
  ('parlor_app', 'SELECT, INSERT, UPDATE (bytes) ON parlor.upload_usage'),
  ('parlor_app', 'EXECUTE ON FUNCTION parlor.upload_admit(text, text, bigint, bigint, bigint),
     parlor.attachment_json(text, text, integer, text, integer, integer, text, text, text, timestamp),
     parlor.upload_url(text)'),
  ('parlor_jobs', 'UPDATE (state, finding) ON parlor.uploads'),
  ('parlor_jobs', 'EXECUTE ON FUNCTION parlor.retain_uploads(integer)');
