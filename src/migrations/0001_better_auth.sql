-- The tables of Better Auth as its Drizzle adapter makes them (release 1.7, plural names), with the
-- chat fields on organizations and members. On a database where Better Auth has been before, of any
-- release since 1.2, only what is missing is added; no row and no existing column is altered.
--
-- Times are UTC in "timestamp" columns. Defaults of ours therefore say "at time zone 'UTC'": a bare
-- now() would store the time of the server's zone.

CREATE SCHEMA IF NOT EXISTS parlor;

CREATE TABLE IF NOT EXISTS public.users (
  id text PRIMARY KEY,
  name text NOT NULL,
  email text NOT NULL,
  email_verified boolean DEFAULT false NOT NULL,
  image text,
  created_at timestamp DEFAULT (now() AT TIME ZONE 'UTC') NOT NULL,
  updated_at timestamp DEFAULT (now() AT TIME ZONE 'UTC') NOT NULL,
  CONSTRAINT users_email_unique UNIQUE (email)
);

CREATE TABLE IF NOT EXISTS public.sessions (
  id text PRIMARY KEY,
  expires_at timestamp NOT NULL,
  token text NOT NULL,
  created_at timestamp DEFAULT (now() AT TIME ZONE 'UTC') NOT NULL,
  updated_at timestamp NOT NULL,
  ip_address text,
  user_agent text,
  user_id text NOT NULL,
  active_organization_id text,
  CONSTRAINT sessions_token_unique UNIQUE (token),
  CONSTRAINT sessions_user_id_users_id_fk FOREIGN KEY (user_id)
    REFERENCES public.users (id) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS public.accounts (
  id text PRIMARY KEY,
  account_id text NOT NULL,
  provider_id text NOT NULL,
  user_id text NOT NULL,
  access_token text,
  refresh_token text,
  id_token text,
  access_token_expires_at timestamp,
  refresh_token_expires_at timestamp,
  scope text,
  password text,
  created_at timestamp DEFAULT (now() AT TIME ZONE 'UTC') NOT NULL,
  updated_at timestamp NOT NULL,
  CONSTRAINT accounts_user_id_users_id_fk FOREIGN KEY (user_id)
    REFERENCES public.users (id) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS public.verifications (
  id text PRIMARY KEY,
  identifier text NOT NULL,
  value text NOT NULL,
  expires_at timestamp NOT NULL,
  created_at timestamp DEFAULT (now() AT TIME ZONE 'UTC') NOT NULL,
  updated_at timestamp DEFAULT (now() AT TIME ZONE 'UTC') NOT NULL
);

CREATE TABLE IF NOT EXISTS public.organizations (
  id text PRIMARY KEY,
  name text NOT NULL,
  slug text NOT NULL,
  logo text,
  created_at timestamp NOT NULL,
  metadata text,
  CONSTRAINT organizations_slug_unique UNIQUE (slug)
);

CREATE TABLE IF NOT EXISTS public.members (
  id text PRIMARY KEY,
  organization_id text NOT NULL,
  user_id text NOT NULL,
  role text DEFAULT 'member' NOT NULL,
  created_at timestamp NOT NULL,
  CONSTRAINT members_organization_id_organizations_id_fk FOREIGN KEY (organization_id)
    REFERENCES public.organizations (id) ON DELETE CASCADE,
  CONSTRAINT members_user_id_users_id_fk FOREIGN KEY (user_id)
    REFERENCES public.users (id) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS public.invitations (
  id text PRIMARY KEY,
  organization_id text NOT NULL,
  email text NOT NULL,
  role text,
  status text DEFAULT 'pending' NOT NULL,
  expires_at timestamp NOT NULL,
  created_at timestamp DEFAULT (now() AT TIME ZONE 'UTC') NOT NULL,
  inviter_id text NOT NULL,
  CONSTRAINT invitations_organization_id_organizations_id_fk FOREIGN KEY (organization_id)
    REFERENCES public.organizations (id) ON DELETE CASCADE,
  CONSTRAINT invitations_inviter_id_users_id_fk FOREIGN KEY (inviter_id)
    REFERENCES public.users (id) ON DELETE CASCADE
);

-- What older releases, or a Better Auth without its organization plugin, do not have.
ALTER TABLE public.sessions
  ADD COLUMN IF NOT EXISTS ip_address text,
  ADD COLUMN IF NOT EXISTS user_agent text,
  ADD COLUMN IF NOT EXISTS active_organization_id text;
ALTER TABLE public.invitations
  ADD COLUMN IF NOT EXISTS created_at timestamp DEFAULT (now() AT TIME ZONE 'UTC') NOT NULL;
ALTER TABLE public.organizations
  ADD COLUMN IF NOT EXISTS logo text,
  ADD COLUMN IF NOT EXISTS metadata text,
  ADD COLUMN IF NOT EXISTS chat_domain text,
  ADD COLUMN IF NOT EXISTS chat_api_key text,
  ADD COLUMN IF NOT EXISTS chat_is_active boolean,
  ADD COLUMN IF NOT EXISTS chat_theme text,
  ADD COLUMN IF NOT EXISTS chat_primary_color text,
  ADD COLUMN IF NOT EXISTS chat_position text,
  ADD COLUMN IF NOT EXISTS chat_welcome_message text,
  ADD COLUMN IF NOT EXISTS chat_offline_message text,
  ADD COLUMN IF NOT EXISTS chat_show_agent_avatar boolean,
  ADD COLUMN IF NOT EXISTS chat_collect_email boolean,
  ADD COLUMN IF NOT EXISTS chat_collect_name boolean,
  ADD COLUMN IF NOT EXISTS chat_custom_css text,
  ADD COLUMN IF NOT EXISTS chat_custom_fields text,
  ADD COLUMN IF NOT EXISTS chat_webhook_url text;
ALTER TABLE public.members
  ADD COLUMN IF NOT EXISTS chat_display_name text,
  ADD COLUMN IF NOT EXISTS chat_role text,
  ADD COLUMN IF NOT EXISTS chat_is_online boolean,
  ADD COLUMN IF NOT EXISTS chat_max_concurrent_chats integer;

CREATE INDEX IF NOT EXISTS "sessions_userId_idx" ON public.sessions (user_id);
CREATE INDEX IF NOT EXISTS "accounts_userId_idx" ON public.accounts (user_id);
CREATE INDEX IF NOT EXISTS verifications_identifier_idx ON public.verifications (identifier);
CREATE INDEX IF NOT EXISTS "members_organizationId_idx" ON public.members (organization_id);
CREATE INDEX IF NOT EXISTS "members_userId_idx" ON public.members (user_id);
CREATE INDEX IF NOT EXISTS "invitations_organizationId_idx" ON public.invitations (organization_id);
CREATE INDEX IF NOT EXISTS invitations_email_idx ON public.invitations (email);

-- Target of the composite foreign keys that keep a tenant's rows together.
CREATE UNIQUE INDEX IF NOT EXISTS members_organization_id_id_key
  ON public.members (organization_id, id);

-- A publishable key names one organization. Where an older application gave two of them the same
-- key, the older organization is found (parlor.organization_by_key) until somebody mends it.
DO $$
BEGIN
  IF EXISTS (SELECT FROM public.organizations WHERE chat_api_key IS NOT NULL
             GROUP BY chat_api_key HAVING count(*) > 1) THEN
    RAISE WARNING 'two organizations share one chat_api_key; give each its own';
    CREATE INDEX IF NOT EXISTS organizations_chat_api_key_key
      ON public.organizations (chat_api_key) WHERE chat_api_key IS NOT NULL;
  ELSE
    CREATE UNIQUE INDEX IF NOT EXISTS organizations_chat_api_key_key
      ON public.organizations (chat_api_key) WHERE chat_api_key IS NOT NULL;
  END IF;
END $$;
