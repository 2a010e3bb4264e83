-- Triggers that end the waits of those who lose access, and tell who is there. See 0006.

-- Ends the waits of those who have lost access: pollers read these events and close what waits under
-- the named credential. data: {"session": SHA-256 of the session token in hex} | {"member": id} |
-- {"token": hash of a visitor token} | {"key": hash of a secret key} | {"organization": id}.
CREATE FUNCTION parlor.revoke(organization text, visitor text, credential text, value text)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM parlor.emit(organization, NULL, visitor, 'access.revoked', 'poller',
                      json_build_object(credential, value));
END $$;

CREATE FUNCTION parlor.sessions_revoked() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM parlor.revoke(OLD.active_organization_id, NULL, 'session',
                        encode(sha256(convert_to(OLD.token, 'UTF8')), 'hex'));
  RETURN NULL;
END $$;
-- Not for a session that had expired: Better Auth deletes those in passing.
CREATE TRIGGER parlor_revoked AFTER DELETE ON public.sessions
  FOR EACH ROW WHEN (OLD.expires_at > now() AT TIME ZONE 'UTC')
  EXECUTE FUNCTION parlor.sessions_revoked();
CREATE TRIGGER parlor_changed AFTER UPDATE ON public.sessions
  FOR EACH ROW WHEN (OLD.token <> NEW.token OR OLD.user_id <> NEW.user_id
    OR OLD.active_organization_id IS DISTINCT FROM NEW.active_organization_id
    OR (NEW.expires_at < OLD.expires_at AND NEW.expires_at <= now() AT TIME ZONE 'UTC'))
  EXECUTE FUNCTION parlor.sessions_revoked();

CREATE FUNCTION parlor.members_revoked() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM parlor.revoke(OLD.organization_id, NULL, 'member', OLD.id);
  RETURN NULL;
END $$;
CREATE TRIGGER parlor_revoked AFTER DELETE ON public.members
  FOR EACH ROW EXECUTE FUNCTION parlor.members_revoked();
-- With other rights the same: the wait ends and the next one is judged anew.
CREATE TRIGGER parlor_changed AFTER UPDATE ON public.members
  FOR EACH ROW WHEN ((OLD.role, OLD.chat_role, OLD.user_id, OLD.organization_id)
    IS DISTINCT FROM (NEW.role, NEW.chat_role, NEW.user_id, NEW.organization_id))
  EXECUTE FUNCTION parlor.members_revoked();

CREATE FUNCTION parlor.members_online() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM parlor.emit(NEW.organization_id, NULL, NULL, 'member.online', 'agents',
    json_build_object('member', json_build_object('id', NEW.id,
      'name', parlor.member_name(NEW.organization_id, NEW.id),
      'online', coalesce(NEW.chat_is_online, false))));
  RETURN NULL;
END $$;
CREATE TRIGGER parlor_online AFTER UPDATE ON public.members
  FOR EACH ROW WHEN (coalesce(OLD.chat_is_online, false) <> coalesce(NEW.chat_is_online, false))
  EXECUTE FUNCTION parlor.members_online();

CREATE FUNCTION parlor.visitor_tokens_revoked() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM parlor.revoke(OLD.organization_id, OLD.chat_user_id, 'token', OLD.token_hash);
  RETURN NULL;
END $$;
CREATE TRIGGER parlor_revoked AFTER DELETE ON parlor.visitor_tokens
  FOR EACH ROW WHEN (OLD.revoked_at IS NULL AND OLD.idle_expires_at > now() AT TIME ZONE 'UTC')
  EXECUTE FUNCTION parlor.visitor_tokens_revoked();
CREATE TRIGGER parlor_changed AFTER UPDATE ON parlor.visitor_tokens
  FOR EACH ROW WHEN (OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL)
  EXECUTE FUNCTION parlor.visitor_tokens_revoked();

CREATE FUNCTION parlor.api_keys_revoked() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM parlor.revoke(OLD.organization_id, NULL, 'key', OLD.key_hash);
  RETURN NULL;
END $$;
CREATE TRIGGER parlor_revoked AFTER DELETE ON parlor.api_keys
  FOR EACH ROW WHEN (OLD.revoked_at IS NULL) EXECUTE FUNCTION parlor.api_keys_revoked();
CREATE TRIGGER parlor_changed AFTER UPDATE ON parlor.api_keys
  FOR EACH ROW WHEN ((OLD.revoked_at, OLD.scopes, OLD.member_id)
    IS DISTINCT FROM (NEW.revoked_at, NEW.scopes, NEW.member_id))
  EXECUTE FUNCTION parlor.api_keys_revoked();

-- An organization that is switched off or deleted; of a deleted one no event text stays behind.
CREATE FUNCTION parlor.organizations_revoked() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    DELETE FROM parlor.events e WHERE e.organization_id = OLD.id AND e.visibility <> 'poller';
  END IF;
  PERFORM parlor.revoke(OLD.id, NULL, 'organization', OLD.id);
  RETURN NULL;
END $$;
CREATE TRIGGER parlor_revoked AFTER DELETE ON public.organizations
  FOR EACH ROW EXECUTE FUNCTION parlor.organizations_revoked();
CREATE TRIGGER parlor_changed AFTER UPDATE ON public.organizations
  FOR EACH ROW WHEN (OLD.chat_is_active IS NOT FALSE AND NEW.chat_is_active IS FALSE)
  EXECUTE FUNCTION parlor.organizations_revoked();
