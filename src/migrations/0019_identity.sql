-- Who a visitor is: the secrets by which an organization's server proves it, what is asked for, and
-- visitors who are signed in at this site. docs/identity.md tells the rules.

-- What an organization asks for; without a row, the defaults.
--   optional   a page may claim who its visitor is; what is proven is marked
--   users      whom a page names must be proven; visitors without a name may write
--   everybody  nobody may write without proof
-- follow_sign_in: the visitors' accounts are those of this site.
CREATE TABLE parlor.identity_rules (
  organization_id text PRIMARY KEY REFERENCES public.organizations (id) ON DELETE CASCADE,
  mode text DEFAULT 'optional' NOT NULL CHECK (mode IN ('optional', 'users', 'everybody')),
  follow_sign_in boolean DEFAULT false NOT NULL
);

-- At most two: while one is exchanged, both are good. Sealed with a key that is not in the database.
CREATE TABLE parlor.identity_secrets (
  id text PRIMARY KEY,
  organization_id text NOT NULL REFERENCES public.organizations (id) ON DELETE CASCADE,
  slot smallint NOT NULL CHECK (slot IN (1, 2)),
  secret text NOT NULL,
  hint text NOT NULL,
  created_at timestamp DEFAULT (now() AT TIME ZONE 'UTC') NOT NULL,
  last_used_at timestamp,
  UNIQUE (organization_id, id),
  UNIQUE (organization_id, slot)
);

-- Of a visitor who is known by a sign-in at this site: SHA-256 of that session's token. The visitor's
-- token ends with the session.
ALTER TABLE parlor.visitor_tokens ADD COLUMN session_hash text;
CREATE INDEX visitor_tokens_session_idx ON parlor.visitor_tokens (session_hash)
  WHERE session_hash IS NOT NULL;

-- As in 0004, and where everybody is asked for proof, who has none is nobody.
CREATE OR REPLACE FUNCTION parlor.auth_visitor(hash text)
RETURNS TABLE (organization_id text, visitor_id text, name text, email text, chat_domain text,
               last_used_at timestamp, idle_expires_at timestamp, expires_at timestamp)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN QUERY
    SELECT t.organization_id, u.id, u.name, u.email, o.chat_domain, t.last_used_at,
           t.idle_expires_at, t.expires_at
      FROM parlor.visitor_tokens t
      JOIN public.chat_users u ON u.id = t.chat_user_id AND u.organization_id = t.organization_id
      JOIN public.organizations o ON o.id = t.organization_id
      WHERE t.token_hash = hash AND t.revoked_at IS NULL
        AND t.expires_at > parlor.now() AND t.idle_expires_at > parlor.now()
        AND o.chat_is_active IS NOT FALSE
        AND (u.verified OR NOT EXISTS (
          SELECT FROM parlor.identity_rules r
            WHERE r.organization_id = t.organization_id AND r.mode = 'everybody'));
END $$;

-- Ends the waits of those who are nobody from now on; the others just ask again.
CREATE FUNCTION parlor.identity_demanded() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM parlor.revoke(NEW.organization_id, NULL, 'organization', NEW.organization_id);
  RETURN NULL;
END $$;
CREATE TRIGGER parlor_demanded AFTER INSERT OR UPDATE ON parlor.identity_rules
  FOR EACH ROW WHEN (NEW.mode = 'everybody') EXECUTE FUNCTION parlor.identity_demanded();

-- As in 0008; also ends the visitors' tokens that were given for the session.
CREATE OR REPLACE FUNCTION parlor.sessions_revoked() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  hash text := encode(sha256(convert_to(OLD.token, 'UTF8')), 'hex');
BEGIN
  PERFORM parlor.revoke(OLD.active_organization_id, NULL, 'session', hash);
  IF TG_OP = 'DELETE' OR OLD.token <> NEW.token OR OLD.user_id <> NEW.user_id
     OR NEW.expires_at <= parlor.now() THEN
    UPDATE parlor.visitor_tokens SET revoked_at = parlor.now()
      WHERE session_hash = hash AND revoked_at IS NULL;
  END IF;
  RETURN NULL;
END $$;

-- One who is known from the beginning is told of twice: as new, and as identified.
CREATE FUNCTION parlor.chat_users_identified() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM parlor.emit(NEW.organization_id, NULL, NEW.id, 'visitor.identified', 'agents',
    json_build_object('visitor', parlor.visitor_json(NEW)));
  RETURN NULL;
END $$;
CREATE TRIGGER parlor_identified_new AFTER INSERT ON public.chat_users
  FOR EACH ROW WHEN (NEW.verified) EXECUTE FUNCTION parlor.chat_users_identified();

-- Members of the old that the new one has are replaced; what is no object is as if it were empty.
CREATE FUNCTION parlor.metadata_merge(old text, new text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  was json := parlor.lenient_json(old);
BEGIN
  RETURN CASE WHEN new IS NULL THEN old
              WHEN json_typeof(was) = 'object' THEN (was::jsonb || new::jsonb)::text
              ELSE new END;
END $$;

-- The one visitor of the organization who is this person, made when there is none; a row that another
-- program wrote for the account (users.id) becomes it. What is new about the person is noted.
-- An id of 16 characters or more that is an account's is no accident: the visitor is linked to the
-- account. A shorter one (a serial number) can be anybody's, so it is linked only where the
-- organization says that its users are those of this site.
-- attributes are proven and noted each time; what a page claimed is noted of a new visitor only.
-- proven: whether the e-mail address is. An address that was proven is not replaced by a claim.
CREATE FUNCTION parlor.identify_visitor(organization text, new_id text, person text, the_name text,
  the_email text, proven boolean, attributes text, claimed text, agent text, address text, the_locale text)
RETURNS text LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  account text := (SELECT a.id FROM public.users a WHERE a.id = person AND (length(person) >= 16
    OR (SELECT r.follow_sign_in FROM parlor.identity_rules r WHERE r.organization_id = organization)));
  found text := (SELECT u.id FROM public.chat_users u
                   WHERE u.organization_id = organization AND u.identity_key = person);
BEGIN
  IF found IS NULL THEN
    -- One at a time makes a person's row; the next ones find it.
    PERFORM pg_advisory_xact_lock(hashtextextended(organization || E'\n' || person, 19));
    found := (SELECT u.id FROM public.chat_users u
                WHERE u.organization_id = organization AND u.identity_key = person);
  END IF;
  IF found IS NULL AND account IS NOT NULL THEN
    UPDATE public.chat_users SET identity_key = person, verified = true
      WHERE organization_id = organization AND id = (
        SELECT u.id FROM public.chat_users u
          WHERE u.organization_id = organization AND u.user_id = account AND u.identity_key IS NULL
          ORDER BY (SELECT max(c.last_message_at) FROM public.conversations c
                      WHERE c.organization_id = organization AND c.chat_user_id = u.id)
                   DESC NULLS LAST, u.created_at, u.id
          LIMIT 1)
      RETURNING id INTO found;
    -- Whoever held a token of it before has proven nothing.
    UPDATE parlor.visitor_tokens SET revoked_at = parlor.now()
      WHERE organization_id = organization AND chat_user_id = found AND revoked_at IS NULL;
  END IF;
  IF found IS NULL THEN
    INSERT INTO public.chat_users (id, organization_id, user_id, email, name, session_id, user_agent,
        ip_address, metadata, locale, created_at, last_seen_at, verified, identity_key, email_verified)
      VALUES (new_id, organization, account, the_email, the_name, new_id, agent, address,
        parlor.metadata_merge(claimed, attributes), the_locale, parlor.now(), parlor.now(), true, person, proven AND the_email IS NOT NULL);
    RETURN new_id;
  END IF;
  UPDATE public.chat_users u
    SET user_id = coalesce(u.user_id, account), name = coalesce(the_name, u.name),
        email = CASE WHEN proven OR NOT u.email_verified THEN coalesce(the_email, u.email)
                     ELSE u.email END,
        email_verified = u.email_verified OR (proven AND the_email IS NOT NULL),
        metadata = parlor.metadata_merge(u.metadata, attributes),
        user_agent = coalesce(agent, u.user_agent), ip_address = coalesce(address, u.ip_address),
        locale = coalesce(the_locale, u.locale), last_seen_at = parlor.now()
    WHERE u.organization_id = organization AND u.id = found
      AND (u.name IS DISTINCT FROM coalesce(the_name, u.name)
        OR u.email IS DISTINCT FROM coalesce(the_email, u.email)
        OR (proven AND the_email IS NOT NULL AND NOT u.email_verified)
        OR (u.user_id IS NULL AND account IS NOT NULL)
        OR u.metadata IS DISTINCT FROM parlor.metadata_merge(u.metadata, attributes)
        OR coalesce(u.last_seen_at, '-infinity') < parlor.now() - interval '1 minute');
  RETURN found;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA parlor FROM PUBLIC;

INSERT INTO parlor.grants (role, what) VALUES
  ('parlor_app', 'SELECT, INSERT, UPDATE (mode, follow_sign_in) ON parlor.identity_rules'),
  ('parlor_app', 'SELECT, INSERT, UPDATE (last_used_at), DELETE ON parlor.identity_secrets'),
  ('parlor_app', 'EXECUTE ON FUNCTION parlor.metadata_merge(text, text),
     parlor.identify_visitor(text, text, text, text, text, boolean, text, text, text, text,
     text)');
