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

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA parlor FROM PUBLIC;

-- What signing up, joining and a new password need.
INSERT INTO parlor.grants (role, what) VALUES
  ('parlor_app', 'EXECUTE ON FUNCTION parlor.user_create(text, text, text, boolean, text, text),
     parlor.user_set_password(text, text, text),
     parlor.organization_create(text, text, text, boolean, text, text, text, text, text, text),
     parlor.member_add(text, text, text, text, text)');
