-- Our own tables, in a schema of their own, out of the sight of the host application's schema tool.
-- Every tenant row carries organization_id, and foreign keys among tenant rows include it.

-- What clients have to see. A cursor is the text of a snapshot, and a reader takes
--   xid >= pg_snapshot_xmin(cursor) AND NOT pg_visible_in_snapshot(xid, cursor)
-- within its own scope. visibility says who may see a row:
--   public   the visitor (chat_user_id) and the agents
--   visitor  the visitor only: the reduced form of something agents get in full
--   agents   the agents only
--   poller   the pollers themselves (access.revoked: ends waits)
-- data is the "data" member of the event on the wire, ready made. It is only carried, so it is json:
-- measured, jsonb costs a quarter more to write and to read, text hardly less.
-- No foreign keys: rows live 48 hours, and deleting an organization writes some itself.
CREATE TABLE parlor.events (
  id bigint GENERATED ALWAYS AS IDENTITY,
  organization_id text,
  conversation_id text,
  chat_user_id text,
  type text NOT NULL,
  visibility text NOT NULL CHECK (visibility IN ('public', 'visitor', 'agents', 'poller')),
  data json NOT NULL,
  xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
  created_at timestamp DEFAULT (now() AT TIME ZONE 'UTC') NOT NULL,
  PRIMARY KEY (xid, id)
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05,
        autovacuum_analyze_scale_factor = 0.05);
CREATE INDEX events_organization_idx ON parlor.events (organization_id, xid, id);
CREATE INDEX events_visitor_idx ON parlor.events (chat_user_id, xid, id)
  WHERE chat_user_id IS NOT NULL;

-- One row. horizon: the newest xid that retention has deleted; a cursor whose xmin is not above it
-- is too old. system: the cluster in which the events were written; after a restore into another
-- cluster the rows mean nothing and are dropped (parlor.retain_events).
CREATE TABLE parlor.event_state (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  horizon xid8 DEFAULT '0' NOT NULL,
  system bigint NOT NULL
);

CREATE TABLE parlor.visitor_tokens (
  token_hash text PRIMARY KEY,
  organization_id text NOT NULL,
  chat_user_id text NOT NULL,
  created_at timestamp DEFAULT (now() AT TIME ZONE 'UTC') NOT NULL,
  last_used_at timestamp DEFAULT (now() AT TIME ZONE 'UTC') NOT NULL,
  idle_expires_at timestamp DEFAULT (now() AT TIME ZONE 'UTC' + interval '30 days') NOT NULL,
  expires_at timestamp DEFAULT (now() AT TIME ZONE 'UTC' + interval '180 days') NOT NULL,
  revoked_at timestamp,
  FOREIGN KEY (organization_id, chat_user_id)
    REFERENCES public.chat_users (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX visitor_tokens_visitor_idx ON parlor.visitor_tokens (organization_id, chat_user_id);
CREATE INDEX visitor_tokens_expiry_idx ON parlor.visitor_tokens (idle_expires_at);

-- Secret keys sk_...: only the hash is kept; hint is the first characters, for recognition. A key
-- acts as member_id, or, when that is NULL, as the organization itself.
CREATE TABLE parlor.api_keys (
  id text PRIMARY KEY,
  organization_id text NOT NULL REFERENCES public.organizations (id) ON DELETE CASCADE,
  member_id text,
  name text NOT NULL,
  key_hash text NOT NULL UNIQUE,
  hint text NOT NULL,
  scopes text DEFAULT '*' NOT NULL,
  created_at timestamp DEFAULT (now() AT TIME ZONE 'UTC') NOT NULL,
  last_used_at timestamp,
  expires_at timestamp,
  revoked_at timestamp,
  UNIQUE (organization_id, id),
  FOREIGN KEY (organization_id, member_id)
    REFERENCES public.members (organization_id, id) ON DELETE SET NULL (member_id)
);
CREATE INDEX api_keys_member_idx ON parlor.api_keys (organization_id, member_id);

-- Private notes of agents. Apart from messages, so that a program that reads messages never shows
-- one to a visitor, and seq has no holes for visitors. after_seq: the message it stands behind.
CREATE TABLE parlor.notes (
  id text PRIMARY KEY,
  organization_id text NOT NULL,
  conversation_id text NOT NULL,
  member_id text,
  content text NOT NULL,
  client_id text,
  after_seq bigint DEFAULT 0 NOT NULL,
  created_at timestamp DEFAULT (now() AT TIME ZONE 'UTC') NOT NULL,
  edited_at timestamp,
  UNIQUE (organization_id, id),
  UNIQUE (conversation_id, client_id),
  FOREIGN KEY (organization_id, conversation_id)
    REFERENCES public.conversations (organization_id, id) ON DELETE CASCADE,
  FOREIGN KEY (organization_id, member_id)
    REFERENCES public.members (organization_id, id) ON DELETE SET NULL (member_id)
);
CREATE INDEX notes_conversation_idx ON parlor.notes (conversation_id, after_seq, id);
CREATE INDEX notes_member_idx ON parlor.notes (organization_id, member_id);

CREATE TABLE parlor.teams (
  id text PRIMARY KEY,
  organization_id text NOT NULL REFERENCES public.organizations (id) ON DELETE CASCADE,
  name text NOT NULL,
  created_at timestamp DEFAULT (now() AT TIME ZONE 'UTC') NOT NULL,
  UNIQUE (organization_id, id),
  UNIQUE (organization_id, name)
);

CREATE TABLE parlor.team_members (
  organization_id text NOT NULL,
  team_id text NOT NULL,
  member_id text NOT NULL,
  created_at timestamp DEFAULT (now() AT TIME ZONE 'UTC') NOT NULL,
  PRIMARY KEY (organization_id, team_id, member_id),
  FOREIGN KEY (organization_id, team_id)
    REFERENCES parlor.teams (organization_id, id) ON DELETE CASCADE,
  FOREIGN KEY (organization_id, member_id)
    REFERENCES public.members (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX team_members_member_idx ON parlor.team_members (organization_id, member_id);

-- member_id NULL: for everybody in the organization.
CREATE TABLE parlor.canned_responses (
  id text PRIMARY KEY,
  organization_id text NOT NULL REFERENCES public.organizations (id) ON DELETE CASCADE,
  member_id text,
  shortcut text NOT NULL,
  title text NOT NULL,
  content text NOT NULL,
  created_at timestamp DEFAULT (now() AT TIME ZONE 'UTC') NOT NULL,
  updated_at timestamp DEFAULT (now() AT TIME ZONE 'UTC') NOT NULL,
  UNIQUE (organization_id, id),
  FOREIGN KEY (organization_id, member_id)
    REFERENCES public.members (organization_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX canned_responses_shortcut_key
  ON parlor.canned_responses (organization_id, coalesce(member_id, ''), shortcut);
CREATE INDEX canned_responses_member_idx ON parlor.canned_responses (organization_id, member_id);

CREATE TABLE parlor.ratings (
  id text PRIMARY KEY,
  organization_id text NOT NULL,
  conversation_id text NOT NULL UNIQUE,
  member_id text,
  score integer NOT NULL CHECK (score BETWEEN 1 AND 5),
  comment text,
  created_at timestamp DEFAULT (now() AT TIME ZONE 'UTC') NOT NULL,
  updated_at timestamp DEFAULT (now() AT TIME ZONE 'UTC') NOT NULL,
  UNIQUE (organization_id, id),
  FOREIGN KEY (organization_id, conversation_id)
    REFERENCES public.conversations (organization_id, id) ON DELETE CASCADE,
  FOREIGN KEY (organization_id, member_id)
    REFERENCES public.members (organization_id, id) ON DELETE SET NULL (member_id)
);
CREATE INDEX ratings_created_idx ON parlor.ratings (organization_id, created_at);
CREATE INDEX ratings_member_idx ON parlor.ratings (organization_id, member_id);

CREATE TABLE parlor.page_views (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  organization_id text NOT NULL,
  chat_user_id text NOT NULL,
  url text NOT NULL,
  title text,
  referrer text,
  created_at timestamp DEFAULT (now() AT TIME ZONE 'UTC') NOT NULL,
  FOREIGN KEY (organization_id, chat_user_id)
    REFERENCES public.chat_users (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX page_views_visitor_idx
  ON parlor.page_views (organization_id, chat_user_id, created_at DESC);
CREATE INDEX page_views_created_idx ON parlor.page_views (created_at);

-- secret is sealed with a key that is not in the database.
CREATE TABLE parlor.webhooks (
  id text PRIMARY KEY,
  organization_id text NOT NULL REFERENCES public.organizations (id) ON DELETE CASCADE,
  url text NOT NULL,
  secret text NOT NULL,
  event_types text DEFAULT '["*"]' NOT NULL,
  description text,
  disabled_at timestamp,
  disabled_reason text,
  created_at timestamp DEFAULT (now() AT TIME ZONE 'UTC') NOT NULL,
  updated_at timestamp DEFAULT (now() AT TIME ZONE 'UTC') NOT NULL,
  UNIQUE (organization_id, id)
);

CREATE TABLE parlor.webhook_deliveries (
  id text PRIMARY KEY,
  organization_id text NOT NULL,
  webhook_id text NOT NULL,
  event_type text NOT NULL,
  payload text NOT NULL,
  status text DEFAULT 'pending' NOT NULL CHECK (status IN ('pending', 'delivered', 'failed')),
  attempts integer DEFAULT 0 NOT NULL,
  response_status integer,
  response_excerpt text,
  created_at timestamp DEFAULT (now() AT TIME ZONE 'UTC') NOT NULL,
  finished_at timestamp,
  UNIQUE (organization_id, id),
  FOREIGN KEY (organization_id, webhook_id)
    REFERENCES parlor.webhooks (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX webhook_deliveries_webhook_idx
  ON parlor.webhook_deliveries (organization_id, webhook_id, created_at DESC);
CREATE INDEX webhook_deliveries_created_idx ON parlor.webhook_deliveries (created_at);

CREATE TABLE parlor.audit_log (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  organization_id text NOT NULL REFERENCES public.organizations (id) ON DELETE CASCADE,
  actor_type text NOT NULL,
  actor_id text,
  action text NOT NULL,
  target_type text,
  target_id text,
  data text,
  ip_address text,
  created_at timestamp DEFAULT (now() AT TIME ZONE 'UTC') NOT NULL
);
CREATE INDEX audit_log_organization_idx ON parlor.audit_log (organization_id, id DESC);

CREATE TABLE parlor.attachment_chunks (
  organization_id text NOT NULL,
  attachment_id text NOT NULL,
  number integer NOT NULL,
  data bytea NOT NULL,
  PRIMARY KEY (organization_id, attachment_id, number),
  FOREIGN KEY (organization_id, attachment_id)
    REFERENCES public.attachments (organization_id, id) ON DELETE CASCADE
);
ALTER TABLE parlor.attachment_chunks ALTER COLUMN data SET STORAGE EXTERNAL;

-- Work to be done later, written in the transaction that causes it. organization_id is NULL for the
-- installation's own work. A row with every_seconds is periodic: it is set to its next time instead
-- of deleted, and job_key keeps it single. failed_at: given up after max_attempts.
CREATE TABLE parlor.jobs (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  organization_id text REFERENCES public.organizations (id) ON DELETE CASCADE,
  kind text NOT NULL,
  payload text DEFAULT '{}' NOT NULL,
  run_at timestamp DEFAULT (now() AT TIME ZONE 'UTC') NOT NULL,
  attempts integer DEFAULT 0 NOT NULL,
  max_attempts integer DEFAULT 10 NOT NULL,
  leased_until timestamp,
  last_error text,
  failed_at timestamp,
  job_key text UNIQUE,
  every_seconds integer CHECK (every_seconds > 0),
  created_at timestamp DEFAULT (now() AT TIME ZONE 'UTC') NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 200);
CREATE INDEX jobs_due_idx ON parlor.jobs (run_at) WHERE failed_at IS NULL;
CREATE INDEX jobs_organization_idx ON parlor.jobs (organization_id);

-- Token buckets (parlor.rate_take). Unlogged: a crash empties them, which only forgives.
CREATE UNLOGGED TABLE parlor.rate_buckets (
  key text PRIMARY KEY,
  level double precision NOT NULL,
  admitted boolean NOT NULL,
  updated_at timestamp NOT NULL,
  full_at timestamp NOT NULL
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 500);
CREATE INDEX rate_buckets_full_idx ON parlor.rate_buckets (full_at);

INSERT INTO parlor.jobs (kind, job_key, every_seconds) VALUES ('retention', 'retention', 600);
INSERT INTO parlor.event_state (system)
  SELECT system_identifier FROM pg_catalog.pg_control_system();
