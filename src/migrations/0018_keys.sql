-- Making users, organizations and members; secret keys as a product.

-- Whether a user may come in: the columns of Better Auth's admin plugin, with its names and types, so
-- that a user who is disabled here is banned there and the other way round (parlor.user_banned).
ALTER TABLE public.users
  ADD COLUMN IF NOT EXISTS banned boolean DEFAULT false,
  ADD COLUMN IF NOT EXISTS ban_reason text,
  ADD COLUMN IF NOT EXISTS ban_expires timestamp;

--------------------------------------------------------------------------------------- users --

-- password is Better Auth's "salt:key"; NULL: no credential yet.
CREATE FUNCTION parlor.user_create(id text, address text, name text, verified boolean,
                                   account text, password text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  INSERT INTO public.users (id, name, email, email_verified, created_at, updated_at)
    VALUES (id, name, address, verified, parlor.now(), parlor.now());
  INSERT INTO public.accounts (id, account_id, provider_id, user_id, password, created_at, updated_at)
    SELECT account, user_create.id, 'credential', user_create.id, password, parlor.now(), parlor.now()
      WHERE password IS NOT NULL
$$;

-- Whoever has the old password, or a session that it opened, is out.
CREATE FUNCTION parlor.user_set_password(of_user text, account text, stored text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM FROM public.users u WHERE u.id = of_user FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE SQLSTATE 'PL404' USING MESSAGE = 'there is no such user';
  END IF;
  UPDATE public.accounts a SET password = stored, updated_at = parlor.now()
    WHERE a.user_id = of_user AND a.provider_id = 'credential';
  IF NOT FOUND THEN
    INSERT INTO public.accounts (id, account_id, provider_id, user_id, password, created_at, updated_at)
      VALUES (account, of_user, 'credential', of_user, stored, parlor.now(), parlor.now());
  END IF;
  DELETE FROM public.sessions s WHERE s.user_id = of_user;
END $$;

------------------------------------------------------------------- organizations and members --

-- given: the slug was asked for as it stands; else it gets a suffix when it is taken. owner NULL: no
-- member yet. actor_type NULL: no line in the audit log. Returns the slug.
CREATE FUNCTION parlor.organization_create(organization text, name text, slug text, given boolean,
                                           key text, owner text, member text, actor_type text,
                                           actor_id text, address text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  wanted text := slug;
  broken text;
BEGIN
  FOR attempt IN 1..10 LOOP
    BEGIN
      -- Older releases of Better Auth have no constraint.
      IF EXISTS (SELECT FROM public.organizations o WHERE o.slug = wanted) THEN
        RAISE unique_violation USING CONSTRAINT = 'organizations_slug_unique';
      END IF;
      INSERT INTO public.organizations (id, name, slug, created_at, chat_api_key, chat_is_active,
          chat_theme, chat_primary_color, chat_position, chat_welcome_message, chat_offline_message,
          chat_show_agent_avatar, chat_collect_email, chat_collect_name)
        VALUES (organization, name, wanted, parlor.now(), key, true, 'auto', '#2f6fed',
          'bottom-right', 'Hello! How can we help?',
          'We are away right now. Leave a message and we answer as soon as we can.', true, false,
          false);
      EXIT;
    EXCEPTION WHEN unique_violation THEN
      GET STACKED DIAGNOSTICS broken = CONSTRAINT_NAME;
      IF given OR attempt = 10 OR broken <> 'organizations_slug_unique' THEN
        RAISE;
      END IF;
      wanted := left(slug, 40) || '-' || lower(right(parlor.new_id(), 4));
    END;
  END LOOP;
  IF owner IS NOT NULL THEN
    INSERT INTO public.members (id, organization_id, user_id, role, created_at, chat_is_online)
      VALUES (member, organization, owner, 'owner', parlor.now(), false);
  END IF;
  IF actor_type IS NOT NULL THEN
    INSERT INTO parlor.audit_log (organization_id, actor_type, actor_id, action, data, ip_address)
      VALUES (organization, actor_type, actor_id, 'organization.created',
              json_build_object('name', name, 'slug', wanted)::text, address);
  END IF;
  RETURN wanted;
END $$;

-- The user's lock makes one of two that add the same user at once wait for the other.
CREATE FUNCTION parlor.member_add(id text, organization text, of_user text, role text, chat_role text)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF organization <> coalesce(nullif(current_setting('parlor.org', true), ''), organization) THEN
    RAISE SQLSTATE 'PL404' USING MESSAGE = 'there is no such organization';
  END IF;
  PERFORM FROM public.users u WHERE u.id = of_user FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE SQLSTATE 'PL404' USING MESSAGE = 'there is no such user';
  END IF;
  IF EXISTS (SELECT FROM public.members m
               WHERE m.organization_id = organization AND m.user_id = of_user) THEN
    RAISE unique_violation USING MESSAGE = 'the user is a member already',
      CONSTRAINT = 'members_organization_id_user_id_key';
  END IF;
  INSERT INTO public.members (id, organization_id, user_id, role, created_at, chat_role,
                              chat_is_online)
    VALUES (id, organization, of_user, role, parlor.now(), chat_role, false);
END $$;

---------------------------------------------------------------------------------- secret keys --

-- A key that was rotated, and the key in its place: both live until the old one expires.
ALTER TABLE parlor.api_keys ADD COLUMN replaced_by text;

-- What the program itself did, as the consequence of something else. Of an organization that is being
-- deleted nothing is written: its log goes, too.
CREATE FUNCTION parlor.audit_consequence(organization text, action text, target_type text,
                                         target text, reason text) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  INSERT INTO parlor.audit_log (organization_id, actor_type, action, target_type, target_id, data)
    SELECT organization, 'system', action, target_type, target,
           json_build_object('reason', reason)::text
      FROM public.organizations o WHERE o.id = organization
$$;

-- A key that acts for a member ends with the membership. (The foreign key sets member_id to NULL; a
-- key without a member is the organization itself, and would so come to more than it ever had.)
CREATE FUNCTION parlor.api_keys_orphaned() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NEW.revoked_at IS NULL THEN
    NEW.revoked_at := parlor.now();
    PERFORM parlor.audit_consequence(NEW.organization_id, 'key.revoked', 'key', NEW.id,
                                     'The member it acted for was removed.');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER parlor_orphaned BEFORE UPDATE ON parlor.api_keys
  FOR EACH ROW WHEN (OLD.member_id IS NOT NULL AND NEW.member_id IS NULL)
  EXECUTE FUNCTION parlor.api_keys_orphaned();

-- A user who is banned, by whatever program: no session is left, and no key that acts for them.
CREATE FUNCTION parlor.users_banned() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  k record;
BEGIN
  IF NOT parlor.user_banned(to_jsonb(NEW)) THEN
    RETURN NULL;
  END IF;
  DELETE FROM public.sessions s WHERE s.user_id = NEW.id;
  FOR k IN
    UPDATE parlor.api_keys a SET revoked_at = parlor.now()
      FROM public.members m
      WHERE m.user_id = NEW.id AND a.organization_id = m.organization_id AND a.member_id = m.id
        AND a.revoked_at IS NULL
      RETURNING a.organization_id, a.id
  LOOP
    PERFORM parlor.audit_consequence(k.organization_id, 'key.revoked', 'key', k.id,
                                     'The user it acted for was disabled.');
  END LOOP;
  RETURN NULL;
END $$;
-- to_jsonb(), because another program's schema tool may take the columns away again.
CREATE TRIGGER parlor_banned AFTER UPDATE ON public.users
  FOR EACH ROW WHEN (to_jsonb(NEW) ->> 'banned' = 'true'
    AND (to_jsonb(OLD) ->> 'banned' IS DISTINCT FROM 'true'
         OR to_jsonb(OLD) ->> 'ban_expires' IS DISTINCT FROM to_jsonb(NEW) ->> 'ban_expires'))
  EXECUTE FUNCTION parlor.users_banned();

-- As in 0011, and not for a member whose user is banned.
CREATE OR REPLACE FUNCTION parlor.auth_key(hash text)
RETURNS TABLE (key_id text, organization_id text, organization_name text, name text, scopes text,
               member_id text, role text, chat_role text, display_name text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN QUERY
    SELECT k.id, o.id, o.name, k.name, k.scopes, m.id, m.role,
           parlor.effective_chat_role(m.role, m.chat_role),
           coalesce(nullif(m.chat_display_name, ''), u.name, o.name)
      FROM parlor.api_keys k
      JOIN public.organizations o ON o.id = k.organization_id
      LEFT JOIN public.members m ON m.id = k.member_id AND m.organization_id = k.organization_id
      LEFT JOIN public.users u ON u.id = m.user_id
      WHERE k.key_hash = hash AND k.revoked_at IS NULL
        AND (k.expires_at IS NULL OR k.expires_at > parlor.now())
        AND (u.id IS NULL OR NOT parlor.user_banned(to_jsonb(u)));
END $$;

-- Notes that keys are in use: once a minute for each, without waiting for a row or for the disk. Called
-- when a request has shown a key, so nothing is read twice: last_used_at tells whether there is
-- something to do.
CREATE FUNCTION parlor.touch_keys(hashes text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM parlor.api_keys k WHERE k.key_hash = ANY (hashes)
      AND (k.last_used_at IS NULL OR k.last_used_at < parlor.now() - interval '1 minute')) THEN
    RETURN;
  END IF;
  PERFORM set_config('synchronous_commit', 'off', true);
  UPDATE parlor.api_keys u SET last_used_at = parlor.now()
    FROM (SELECT k.id FROM parlor.api_keys k
            WHERE k.key_hash = ANY (hashes)
              AND (k.last_used_at IS NULL OR k.last_used_at < parlor.now() - interval '1 minute')
            ORDER BY k.id FOR NO KEY UPDATE SKIP LOCKED) seen
    WHERE u.id = seen.id;
END $$;

-- auth_key() for a request that is a statement of its own: the use is noted in the same round trip.
CREATE FUNCTION parlor.auth_key_used(hash text)
RETURNS TABLE (key_id text, organization_id text, organization_name text, name text, scopes text,
               member_id text, role text, chat_role text, display_name text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN QUERY SELECT * FROM parlor.auth_key(hash);
  IF FOUND THEN
    PERFORM parlor.touch_keys(ARRAY[hash]);
  END IF;
END $$;

CREATE FUNCTION parlor.key_json(k parlor.api_keys) RETURNS json LANGUAGE sql STABLE
AS $$
  SELECT pg_catalog.json_build_object('id', k.id, 'name', k.name, 'hint', k.hint,
    'scopes', pg_catalog.string_to_array(k.scopes, ' '), 'memberId', k.member_id,
    'memberName', parlor.member_name(k.organization_id, k.member_id),
    'state', CASE WHEN k.revoked_at IS NOT NULL THEN 'revoked'
                  WHEN k.expires_at <= parlor.now() THEN 'expired'
                  WHEN k.replaced_by IS NOT NULL THEN 'replaced'
                  ELSE 'active' END,
    'replacedBy', k.replaced_by, 'createdAt', parlor.rfc3339(k.created_at),
    'lastUsedAt', parlor.rfc3339(k.last_used_at), 'expiresAt', parlor.rfc3339(k.expires_at),
    'revokedAt', parlor.rfc3339(k.revoked_at))
$$;

----------------------------------------------------------------------------- publishable keys --

-- Publishable keys that were rotated and still open the widget for a while: pages are changed one by
-- one, and caches live on.
CREATE TABLE parlor.retired_keys (
  key text PRIMARY KEY,
  organization_id text NOT NULL REFERENCES public.organizations (id) ON DELETE CASCADE,
  expires_at timestamp NOT NULL
);
CREATE INDEX retired_keys_organization_idx ON parlor.retired_keys (organization_id);

-- The key that a retired one stands for.
CREATE FUNCTION parlor.key_in_place_of(retired text) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT o.chat_api_key FROM parlor.retired_keys r
    JOIN public.organizations o ON o.id = r.organization_id
    WHERE r.key = retired AND r.expires_at > parlor.now()
$$;

-------------------------------------------------------------------------------- the audit log --

-- As in 0014, and an act of the program itself has nobody's name.
CREATE OR REPLACE FUNCTION parlor.actor_name(organization text, kind text, actor text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN CASE kind
    WHEN 'user' THEN (SELECT coalesce(nullif(m.chat_display_name, ''), u.name)
                        FROM public.members m JOIN public.users u ON u.id = m.user_id
                        WHERE m.organization_id = organization AND m.user_id = actor LIMIT 1)
    WHEN 'key' THEN (SELECT k.name FROM parlor.api_keys k
                       WHERE k.organization_id = organization AND k.id = actor)
    WHEN 'visitor' THEN parlor.visitor_name(organization, actor)
    WHEN 'system' THEN NULL
    ELSE actor END;
END $$;

-- What a line is about, by the name that people know: NULL for what is gone.
CREATE FUNCTION parlor.target_name(organization text, kind text, target text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN CASE kind
    WHEN 'member' THEN parlor.member_name(organization, target)
    WHEN 'user' THEN parlor.actor_name(organization, 'user', target)
    WHEN 'key' THEN parlor.actor_name(organization, 'key', target)
    WHEN 'visitor' THEN parlor.visitor_name(organization, target)
    WHEN 'team' THEN (SELECT t.name FROM parlor.teams t
                        WHERE t.organization_id = organization AND t.id = target)
    END;
END $$;

-- As in 0014, with the name of what it is about.
CREATE OR REPLACE FUNCTION parlor.audit_json(a parlor.audit_log) RETURNS json LANGUAGE sql STABLE
AS $$
  SELECT pg_catalog.json_build_object('id', a.id::text, 'actorType', a.actor_type,
    'actorId', a.actor_id, 'actorName', parlor.actor_name(a.organization_id, a.actor_type, a.actor_id),
    'action', a.action, 'targetType', a.target_type, 'targetId', a.target_id,
    'targetName', parlor.target_name(a.organization_id, a.target_type, a.target_id),
    'changes', coalesce(parlor.lenient_json(a.data), '{}'::json), 'ipAddress', a.ip_address,
    'createdAt', parlor.rfc3339(a.created_at))
$$;

------------------------------------------------------------------------- the operator's commands --

-- Deletes at most batch rows of an organization's chat, what hangs on others first; returns how many.
-- 0: what is left goes with the row of the organization itself. For the owner of the tables only.
CREATE FUNCTION parlor.organization_drain(organization text, batch integer) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  relation regclass;
  gone integer;
BEGIN
  -- What its deletion told the pollers stays.
  IF NOT EXISTS (SELECT FROM public.organizations o WHERE o.id = organization) THEN
    RETURN 0;
  END IF;
  FOREACH relation IN ARRAY ARRAY['parlor.attachment_chunks', 'public.attachments',
      'public.messages', 'parlor.notes', 'parlor.page_views', 'parlor.visitor_tokens',
      'parlor.webhook_deliveries', 'parlor.events']::regclass[] LOOP
    EXECUTE format('DELETE FROM %s WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM %s WHERE organization_id = $1 LIMIT $2))', relation, relation)
      USING organization, batch;
    GET DIAGNOSTICS gone = ROW_COUNT;
    IF gone > 0 THEN
      RETURN gone;
    END IF;
  END LOOP;
  -- With assignments and ratings, of which each conversation has a few.
  DELETE FROM public.conversations c WHERE c.id = ANY (ARRAY(
    SELECT o.id FROM public.conversations o WHERE o.organization_id = organization
      LIMIT greatest(batch / 10, 1)));
  GET DIAGNOSTICS gone = ROW_COUNT;
  IF gone = 0 THEN
    DELETE FROM public.chat_users u WHERE u.id = ANY (ARRAY(
      SELECT o.id FROM public.chat_users o WHERE o.organization_id = organization LIMIT batch));
    GET DIAGNOSTICS gone = ROW_COUNT;
  END IF;
  RETURN gone;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA parlor FROM PUBLIC;

-- For parlor_app: what signing up, joining and a new password need, and what the pages of keys need.
INSERT INTO parlor.grants (role, what) VALUES
  ('parlor_app', 'EXECUTE ON FUNCTION parlor.user_create(text, text, text, boolean, text, text),
     parlor.user_set_password(text, text, text),
     parlor.organization_create(text, text, text, boolean, text, text, text, text, text, text),
     parlor.member_add(text, text, text, text, text)'),
  ('parlor_app', 'UPDATE (replaced_by) ON parlor.api_keys'),
  ('parlor_app', 'SELECT, INSERT, DELETE ON parlor.retired_keys'),
  ('parlor_app', 'EXECUTE ON FUNCTION parlor.auth_key_used(text), parlor.key_json(parlor.api_keys),
     parlor.key_in_place_of(text), parlor.target_name(text, text, text)'),
  ('parlor_poll', 'EXECUTE ON FUNCTION parlor.touch_keys(text[])');
