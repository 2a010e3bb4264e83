-- The chat tables, with exactly the columns that applications written against the original Drizzle
-- schema know, and after them the columns of ours. Ours are nullable, have a default, or are filled
-- by the triggers of 0006, so an INSERT that names only the seed's columns works.
--
-- The tables may exist already, with rows: then what is missing is added and filled.
-- JSON is kept as text, times are UTC, ids are opaque text.

CREATE TABLE IF NOT EXISTS public.chat_users (
  id text PRIMARY KEY,
  organization_id text NOT NULL REFERENCES public.organizations (id) ON DELETE CASCADE,
  user_id text REFERENCES public.users (id) ON DELETE SET NULL,
  email text,
  name text,
  session_id text,
  user_agent text,
  ip_address text,
  metadata text,
  created_at timestamp DEFAULT (now() AT TIME ZONE 'UTC') NOT NULL,
  last_seen_at timestamp DEFAULT (now() AT TIME ZONE 'UTC')
);

CREATE TABLE IF NOT EXISTS public.conversations (
  id text PRIMARY KEY,
  organization_id text NOT NULL REFERENCES public.organizations (id) ON DELETE CASCADE,
  chat_user_id text NOT NULL,
  assigned_agent_id text,
  status text DEFAULT 'open' NOT NULL,
  priority text DEFAULT 'normal' NOT NULL,
  subject text,
  tags text,
  page_url text,
  referrer text,
  metadata text,
  created_at timestamp DEFAULT (now() AT TIME ZONE 'UTC') NOT NULL,
  updated_at timestamp DEFAULT (now() AT TIME ZONE 'UTC') NOT NULL,
  closed_at timestamp
);

CREATE TABLE IF NOT EXISTS public.messages (
  id text PRIMARY KEY,
  conversation_id text NOT NULL,
  sender_id text,
  sender_type text NOT NULL,
  content text NOT NULL,
  message_type text DEFAULT 'text' NOT NULL,
  metadata text,
  is_read boolean DEFAULT false NOT NULL,
  created_at timestamp DEFAULT (now() AT TIME ZONE 'UTC') NOT NULL,
  edited_at timestamp
);

CREATE TABLE IF NOT EXISTS public.attachments (
  id text PRIMARY KEY,
  message_id text NOT NULL,
  file_name text NOT NULL,
  file_size integer,
  mime_type text,
  url text NOT NULL,
  thumbnail_url text,
  created_at timestamp DEFAULT (now() AT TIME ZONE 'UTC') NOT NULL
);

CREATE TABLE IF NOT EXISTS public.conversation_assignments (
  id text PRIMARY KEY,
  conversation_id text NOT NULL,
  agent_id text NOT NULL,
  assigned_by text,
  assigned_at timestamp DEFAULT (now() AT TIME ZONE 'UTC') NOT NULL,
  unassigned_at timestamp,
  reason text DEFAULT 'manual'
);

-- Ours.
ALTER TABLE public.chat_users
  -- A verified visitor: who the organization's own server says it is (HMAC or JWT). Verified and
  -- unverified rows are never merged; identity_key holds the organization's id for the person.
  ADD COLUMN IF NOT EXISTS verified boolean DEFAULT false NOT NULL,
  ADD COLUMN IF NOT EXISTS identity_key text,
  ADD COLUMN IF NOT EXISTS email_verified boolean DEFAULT false NOT NULL,
  ADD COLUMN IF NOT EXISTS locale text;

ALTER TABLE public.conversations
  ADD COLUMN IF NOT EXISTS last_seq bigint DEFAULT 0 NOT NULL,
  ADD COLUMN IF NOT EXISTS last_message_at timestamp,
  ADD COLUMN IF NOT EXISTS preview text,
  ADD COLUMN IF NOT EXISTS agent_unread integer DEFAULT 0 NOT NULL,
  ADD COLUMN IF NOT EXISTS visitor_unread integer DEFAULT 0 NOT NULL,
  ADD COLUMN IF NOT EXISTS agent_read_seq bigint DEFAULT 0 NOT NULL,
  ADD COLUMN IF NOT EXISTS visitor_read_seq bigint DEFAULT 0 NOT NULL,
  -- Since when the visitor waits for an answer; NULL when nobody does.
  ADD COLUMN IF NOT EXISTS waiting_since timestamp;

ALTER TABLE public.messages
  ADD COLUMN IF NOT EXISTS organization_id text,
  ADD COLUMN IF NOT EXISTS seq bigint,
  ADD COLUMN IF NOT EXISTS client_id text;

ALTER TABLE public.attachments
  ADD COLUMN IF NOT EXISTS organization_id text;

ALTER TABLE public.conversation_assignments
  ADD COLUMN IF NOT EXISTS organization_id text,
  -- Written by our trigger beside an update of conversations.assigned_agent_id; a row that another
  -- program writes for the same change takes its place.
  ADD COLUMN IF NOT EXISTS by_trigger boolean DEFAULT false NOT NULL;

-- Rows that were there before.
UPDATE public.messages m SET organization_id = c.organization_id, seq = n.seq
  FROM (SELECT id, row_number() OVER (PARTITION BY conversation_id ORDER BY created_at, id) AS seq
          FROM public.messages) n, public.conversations c
  WHERE n.id = m.id AND c.id = m.conversation_id AND m.seq IS NULL;
UPDATE public.attachments a SET organization_id = m.organization_id
  FROM public.messages m WHERE m.id = a.message_id AND a.organization_id IS NULL;
UPDATE public.conversation_assignments a SET organization_id = c.organization_id
  FROM public.conversations c WHERE c.id = a.conversation_id AND a.organization_id IS NULL;
UPDATE public.conversations c
  SET last_seq = s.last_seq, last_message_at = coalesce(s.last_at, c.created_at),
      preview = s.preview, agent_unread = s.agent_unread, visitor_unread = s.visitor_unread,
      agent_read_seq = s.agent_read_seq, visitor_read_seq = s.visitor_read_seq
  FROM (SELECT v.id, coalesce(max(m.seq), 0) AS last_seq, max(m.created_at) AS last_at,
               left((array_agg(m.content ORDER BY m.seq DESC))[1], 140) AS preview,
               count(*) FILTER (WHERE m.sender_type = 'user' AND NOT m.is_read) AS agent_unread,
               count(*) FILTER (WHERE m.sender_type = 'agent' AND NOT m.is_read) AS visitor_unread,
               coalesce(max(m.seq) FILTER (WHERE m.sender_type = 'user' AND m.is_read), 0)
                 AS agent_read_seq,
               coalesce(max(m.seq) FILTER (WHERE m.sender_type = 'agent' AND m.is_read), 0)
                 AS visitor_read_seq
          FROM public.conversations v LEFT JOIN public.messages m ON m.conversation_id = v.id
          GROUP BY v.id) s
  WHERE s.id = c.id AND c.last_message_at IS NULL;

ALTER TABLE public.conversations
  ALTER COLUMN last_message_at SET DEFAULT (now() AT TIME ZONE 'UTC'),
  ALTER COLUMN last_message_at SET NOT NULL;
ALTER TABLE public.messages
  ALTER COLUMN organization_id SET NOT NULL,
  ALTER COLUMN seq SET NOT NULL;
ALTER TABLE public.attachments ALTER COLUMN organization_id SET NOT NULL;
ALTER TABLE public.conversation_assignments ALTER COLUMN organization_id SET NOT NULL;

CREATE UNIQUE INDEX IF NOT EXISTS chat_users_organization_id_id_key
  ON public.chat_users (organization_id, id);
CREATE UNIQUE INDEX IF NOT EXISTS chat_users_identity_key
  ON public.chat_users (organization_id, identity_key) WHERE identity_key IS NOT NULL;
CREATE UNIQUE INDEX IF NOT EXISTS conversations_organization_id_id_key
  ON public.conversations (organization_id, id);
CREATE UNIQUE INDEX IF NOT EXISTS messages_organization_id_id_key
  ON public.messages (organization_id, id);
CREATE UNIQUE INDEX IF NOT EXISTS messages_conversation_id_seq_key
  ON public.messages (conversation_id, seq);
CREATE UNIQUE INDEX IF NOT EXISTS messages_conversation_id_client_id_key
  ON public.messages (conversation_id, client_id);
CREATE UNIQUE INDEX IF NOT EXISTS attachments_organization_id_id_key
  ON public.attachments (organization_id, id);

-- Adds a constraint unless one of that name is there. Rows of before that break it stay (the
-- constraint then holds for new rows only), and a warning names it.
CREATE FUNCTION parlor.ensure_constraint(relation regclass, name text, definition text)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM pg_constraint WHERE conrelid = relation AND conname = name) THEN
    RETURN;
  END IF;
  EXECUTE format('ALTER TABLE %s ADD CONSTRAINT %I %s NOT VALID', relation, name, definition);
  BEGIN
    EXECUTE format('ALTER TABLE %s VALIDATE CONSTRAINT %I', relation, name);
  EXCEPTION WHEN foreign_key_violation OR check_violation THEN
    RAISE WARNING 'rows of % break constraint %; it holds for new rows only', relation, name;
  END;
END $$;
REVOKE ALL ON FUNCTION parlor.ensure_constraint(regclass, text, text) FROM PUBLIC;

-- A foreign key to members that forbids their removal would break Better Auth's removeMember and
-- deleteOrganization; ours below take its place.
DO $$
DECLARE
  k record;
BEGIN
  FOR k IN SELECT conrelid::regclass AS relation, conname FROM pg_catalog.pg_constraint
           WHERE contype = 'f' AND confrelid = 'public.members'::regclass
             AND conrelid IN ('public.conversations'::regclass,
                              'public.conversation_assignments'::regclass)
             AND confdeltype IN ('a', 'r') LOOP
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', k.relation, k.conname);
  END LOOP;
END $$;

DO $do$
BEGIN
  PERFORM parlor.ensure_constraint(relation::regclass, name, definition) FROM (VALUES
    ('public.conversations', 'conversations_status_check',
     $$CHECK (status IN ('open', 'closed', 'waiting', 'resolved'))$$),
    ('public.conversations', 'conversations_priority_check',
     $$CHECK (priority IN ('low', 'normal', 'high', 'urgent'))$$),
    ('public.messages', 'messages_sender_type_check',
     $$CHECK (sender_type IN ('user', 'agent', 'system'))$$),
    ('public.messages', 'messages_message_type_check',
     $$CHECK (message_type IN ('text', 'image', 'file', 'system'))$$),
    ('public.conversation_assignments', 'conversation_assignments_reason_check',
     $$CHECK (reason IN ('auto', 'manual', 'transfer'))$$),
    ('public.conversations', 'conversations_chat_user_fk',
     'FOREIGN KEY (organization_id, chat_user_id)
      REFERENCES public.chat_users (organization_id, id) ON DELETE CASCADE'),
    ('public.conversations', 'conversations_assigned_agent_fk',
     'FOREIGN KEY (organization_id, assigned_agent_id)
      REFERENCES public.members (organization_id, id) ON DELETE SET NULL (assigned_agent_id)'),
    ('public.messages', 'messages_conversation_fk',
     'FOREIGN KEY (organization_id, conversation_id)
      REFERENCES public.conversations (organization_id, id) ON DELETE CASCADE'),
    ('public.attachments', 'attachments_message_fk',
     'FOREIGN KEY (organization_id, message_id)
      REFERENCES public.messages (organization_id, id) ON DELETE CASCADE'),
    ('public.conversation_assignments', 'conversation_assignments_conversation_fk',
     'FOREIGN KEY (organization_id, conversation_id)
      REFERENCES public.conversations (organization_id, id) ON DELETE CASCADE'),
    ('public.conversation_assignments', 'conversation_assignments_agent_fk',
     'FOREIGN KEY (organization_id, agent_id)
      REFERENCES public.members (organization_id, id) ON DELETE CASCADE')
  ) AS c (relation, name, definition);
END $do$;

-- The seed's indexes; those of the inbox longer (all, one agent's, nobody's; by status, newest first),
-- so that a page is read straight from one of them. A view over all statuses reads each status's
-- newest and merges them. The columns that are compared for equality stand first, so that these are
-- chosen whatever the statistics say.
CREATE INDEX IF NOT EXISTS chat_users_org_session_idx
  ON public.chat_users (organization_id, session_id);
CREATE INDEX IF NOT EXISTS chat_users_email_idx ON public.chat_users (email);
CREATE INDEX IF NOT EXISTS chat_users_user_id_idx ON public.chat_users (user_id);
CREATE INDEX IF NOT EXISTS chat_users_org_last_seen_idx
  ON public.chat_users (organization_id, last_seen_at DESC, id DESC);
CREATE INDEX IF NOT EXISTS conversations_inbox_idx
  ON public.conversations (organization_id, status, last_message_at DESC, id DESC);
CREATE INDEX IF NOT EXISTS conversations_inbox_agent_idx
  ON public.conversations (assigned_agent_id, organization_id, status, last_message_at DESC, id DESC)
  WHERE assigned_agent_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS conversations_inbox_nobody_idx
  ON public.conversations (organization_id, status, last_message_at DESC, id DESC)
  WHERE assigned_agent_id IS NULL;
CREATE INDEX IF NOT EXISTS conversations_chat_user_idx ON public.conversations (chat_user_id);
CREATE INDEX IF NOT EXISTS conversations_created_at_idx ON public.conversations (created_at);
CREATE INDEX IF NOT EXISTS messages_conversation_created_idx
  ON public.messages (conversation_id, created_at);
CREATE INDEX IF NOT EXISTS messages_sender_idx ON public.messages (sender_id, sender_type);
CREATE INDEX IF NOT EXISTS messages_conversation_read_idx
  ON public.messages (conversation_id, is_read);
CREATE INDEX IF NOT EXISTS attachments_message_idx ON public.attachments (message_id);
CREATE INDEX IF NOT EXISTS conversation_assignments_conversation_idx
  ON public.conversation_assignments (conversation_id);
CREATE INDEX IF NOT EXISTS conversation_assignments_agent_idx
  ON public.conversation_assignments (agent_id);
CREATE INDEX IF NOT EXISTS conversation_assignments_open_idx
  ON public.conversation_assignments (conversation_id, unassigned_at);
