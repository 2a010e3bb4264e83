-- Accounts that people make and mend themselves: proving an address, a forgotten password,
-- invitations, choosing, leaving and deleting an organization.

CREATE FUNCTION parlor.is_owner(role text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT role ~ '(^|,)\s*owner\s*(,|$)' $$;

---------------------------------------------------------------------------------- addresses --

-- The user proved that the address is theirs. account NULL: whoever has the address. fresh: it was not
-- proved before. No row: nobody, or another user, has it.
CREATE FUNCTION parlor.user_verify(address text, account text)
RETURNS TABLE (user_id text, fresh boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  SELECT u.id, NOT u.email_verified INTO user_id, fresh FROM public.users u
    WHERE u.email = lower(address) AND (account IS NULL OR u.id = account) FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  IF fresh THEN
    UPDATE public.users u SET email_verified = true, updated_at = parlor.now() WHERE u.id = user_id;
  END IF;
  RETURN NEXT;
END $$;

---------------------------------------------------------------------- forgotten passwords --

-- The request only notes that somebody asked: it does the same, and takes the same time, whether or not
-- the address is known. The job looks.
CREATE FUNCTION parlor.reset_ask(address text, ip text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  INSERT INTO parlor.jobs (kind, payload, max_attempts)
    VALUES ('reset-password', json_build_object('email', address, 'address', ip)::text, 5)
$$;

-- A row as Better Auth's requestPasswordReset makes it, so the token is good on either side. No row
-- comes back for an address that nobody has. What ran out is cleared in passing, as Better Auth does.
CREATE FUNCTION parlor.reset_begin(address text, row_id text, token text)
RETURNS TABLE (user_id text, name text, email text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF token !~ '^[0-9A-Za-z]{24}$' THEN
    RAISE invalid_parameter_value USING MESSAGE = 'not a token for a password';
  END IF;
  DELETE FROM public.verifications v
    WHERE v.identifier LIKE 'reset-password:%' AND v.expires_at < parlor.now();
  SELECT u.id, u.name, u.email INTO user_id, name, email FROM public.users u
    WHERE u.email = lower(address) AND NOT parlor.user_banned(to_jsonb(u));
  IF NOT FOUND THEN
    RETURN;
  END IF;
  INSERT INTO public.verifications (id, identifier, value, expires_at, created_at, updated_at)
    VALUES (row_id, 'reset-password:' || token, user_id, parlor.now() + interval '1 hour',
            parlor.now(), parlor.now());
  RETURN NEXT;
END $$;

CREATE FUNCTION parlor.reset_is_good(token text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT EXISTS (SELECT FROM public.verifications v JOIN public.users u ON u.id = v.value
                   WHERE v.identifier = 'reset-password:' || token AND v.expires_at > parlor.now()
                     AND NOT parlor.user_banned(to_jsonb(u)))
$$;

-- Uses the token up: of many at once one gets a row.
CREATE FUNCTION parlor.reset_take(token text)
RETURNS TABLE (user_id text, name text, email text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN QUERY
    WITH taken AS (
      DELETE FROM public.verifications v
        WHERE v.identifier = 'reset-password:' || token AND v.expires_at > parlor.now()
        RETURNING v.value)
    SELECT u.id, u.name, u.email FROM taken JOIN public.users u ON u.id = taken.value
      WHERE NOT parlor.user_banned(to_jsonb(u));
END $$;

-------------------------------------------------------------------------------- invitations --

CREATE UNIQUE INDEX IF NOT EXISTS invitations_organization_id_id_key
  ON public.invitations (organization_id, id);

-- What an invitation says besides what Better Auth's row holds.
CREATE TABLE parlor.invitation_chat (
  organization_id text NOT NULL REFERENCES public.organizations (id) ON DELETE CASCADE,
  invitation_id text NOT NULL,
  chat_role text NOT NULL CHECK (chat_role IN ('admin', 'supervisor', 'agent', 'viewer')),
  PRIMARY KEY (organization_id, invitation_id),
  FOREIGN KEY (organization_id, invitation_id)
    REFERENCES public.invitations (organization_id, id) ON DELETE CASCADE
);

-- Also where Better Auth accepts an invitation of ours, the member gets the chat role it named.
CREATE FUNCTION parlor.members_invited() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  SELECT c.chat_role INTO NEW.chat_role
    FROM public.invitations i
    JOIN parlor.invitation_chat c
      ON c.organization_id = i.organization_id AND c.invitation_id = i.id
    JOIN public.users u ON u.id = NEW.user_id
    WHERE i.organization_id = NEW.organization_id AND lower(i.email) = lower(u.email)
      AND i.status IN ('pending', 'accepted') AND i.expires_at > parlor.now()
    ORDER BY i.status, i.created_at DESC LIMIT 1;
  RETURN NEW;
END $$;
CREATE TRIGGER parlor_invited BEFORE INSERT ON public.members
  FOR EACH ROW WHEN (NEW.chat_role IS NULL) EXECUTE FUNCTION parlor.members_invited();

-- Whoever has the id of an invitation, before it is known who that is.
CREATE FUNCTION parlor.invitation_show(invitation text)
RETURNS TABLE (organization_id text, organization_name text, inviter_name text, email text,
               role text, chat_role text, status text, seconds_left bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN QUERY
    SELECT o.id, o.name, u.name, i.email, i.role, c.chat_role, i.status,
           floor(extract(epoch FROM i.expires_at - parlor.now()))::bigint
      FROM public.invitations i
      JOIN public.organizations o ON o.id = i.organization_id
      LEFT JOIN public.users u ON u.id = i.inviter_id
      LEFT JOIN parlor.invitation_chat c
        ON c.organization_id = i.organization_id AND c.invitation_id = i.id
      WHERE i.id = invitation;
END $$;

-- Those that wait for a user, by their address.
CREATE FUNCTION parlor.invitations_of(account text)
RETURNS TABLE (invitation_id text, organization_name text, inviter_name text, role text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN QUERY
    SELECT i.id, o.name, u.name, i.role
      FROM public.users me
      JOIN public.invitations i ON i.email = lower(me.email)
      JOIN public.organizations o ON o.id = i.organization_id
      LEFT JOIN public.users u ON u.id = i.inviter_id
      WHERE me.id = account AND i.status = 'pending' AND i.expires_at > parlor.now()
        AND NOT EXISTS (SELECT FROM public.members m
                          WHERE m.organization_id = i.organization_id AND m.user_id = account)
      ORDER BY i.created_at DESC, i.id LIMIT 50;
END $$;

-------------------------------------------------------------------------- belonging to one --

CREATE FUNCTION parlor.session_activate(session_token text, organization text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE public.sessions s SET active_organization_id = organization, updated_at = parlor.now()
    WHERE s.token = session_token AND s.expires_at > parlor.now()
      AND EXISTS (SELECT FROM public.members m
                    WHERE m.user_id = s.user_id AND m.organization_id = organization);
  RETURN FOUND;
END $$;

-- Of the organization that the connection speaks for, and never its last owner. The organization's lock
-- makes two who leave at once wait for one another.
CREATE FUNCTION parlor.member_remove(member text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  organization text := nullif(current_setting('parlor.org', true), '');
BEGIN
  PERFORM FROM public.organizations o WHERE o.id = organization FOR NO KEY UPDATE;
  DELETE FROM public.members m
    WHERE m.id = member AND m.organization_id = organization
      AND (NOT parlor.is_owner(m.role) OR EXISTS (
        SELECT FROM public.members other
          WHERE other.organization_id = organization AND other.id <> m.id
            AND parlor.is_owner(other.role)));
  RETURN FOUND;
END $$;

-- Closes the organization that the connection speaks for, when its name was typed as it stands: no
-- visitor comes in any more, nobody can join. A job deletes what is in it, which may take long.
CREATE FUNCTION parlor.organization_close(typed text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  organization text := nullif(current_setting('parlor.org', true), '');
BEGIN
  UPDATE public.organizations o SET chat_is_active = false
    WHERE o.id = organization AND o.name = typed;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  UPDATE public.invitations i SET status = 'canceled'
    WHERE i.organization_id = organization AND i.status = 'pending';
  INSERT INTO parlor.jobs (kind, payload, job_key, max_attempts)
    VALUES ('organization-delete', json_build_object('organization', organization)::text,
            'organization-delete ' || organization, 1000)
    ON CONFLICT (job_key) DO NOTHING;
  RETURN true;
END $$;

-- Of these, which are being deleted.
CREATE FUNCTION parlor.organizations_closing(organizations text[]) RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT o FROM unnest(organizations) AS o
    WHERE EXISTS (SELECT FROM parlor.jobs j WHERE j.job_key = 'organization-delete ' || o)
$$;

-- One step of the deletion: at most batch rows (parlor.organization_drain); at last the
-- organization with the rest. True when nothing is left. Only of one that was closed.
CREATE FUNCTION parlor.organization_purge(organization text, batch integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM parlor.jobs j WHERE j.job_key = 'organization-delete ' || organization)
  THEN
    RAISE SQLSTATE 'PL403' USING MESSAGE = 'this organization is not to be deleted';
  END IF;
  IF parlor.organization_drain(organization, batch) > 0 THEN
    RETURN false;
  END IF;
  DELETE FROM public.organizations o WHERE o.id = organization;
  RETURN true;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA parlor FROM PUBLIC;

INSERT INTO parlor.grants (role, what) VALUES
  ('parlor_app', 'SELECT, INSERT (id, organization_id, email, role, status, expires_at, created_at,
     inviter_id), UPDATE (status, expires_at) ON public.invitations'),
  ('parlor_app', 'SELECT, INSERT ON parlor.invitation_chat'),
  ('parlor_app', 'EXECUTE ON FUNCTION parlor.is_owner(text), parlor.user_verify(text, text),
     parlor.reset_ask(text, text), parlor.reset_is_good(text), parlor.reset_take(text),
     parlor.invitation_show(text), parlor.invitations_of(text),
     parlor.session_activate(text, text), parlor.member_remove(text),
     parlor.organization_close(text), parlor.organizations_closing(text[])'),
  ('parlor_jobs', 'EXECUTE ON FUNCTION parlor.reset_begin(text, text, text),
     parlor.organization_purge(text, integer)');
