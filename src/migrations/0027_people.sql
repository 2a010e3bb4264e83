-- What programs do with visitors and members: find, change, export, erase.

--------------------------------------------------------------------- metadata of other programs --

-- As in 0004; also JSON that is nested deeper than the server's stack is none, and what has in it what no text can
-- hold (U+0000, half of a pair of surrogates), which the cast takes, but nobody can read.
CREATE OR REPLACE FUNCTION parlor.lenient_json(data text) RETURNS json LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  parsed json;
BEGIN
  parsed := data;
  PERFORM parsed -> '';
  RETURN parsed;
EXCEPTION WHEN data_exception OR statement_too_complex THEN
  RETURN to_json(data);
END $$;

-- What is no object, or none that jsonb takes (U+0000, numbers without end), is as if it were empty.
CREATE FUNCTION parlor.metadata_object(data text) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN CASE WHEN jsonb_typeof(data::jsonb) = 'object' THEN data::jsonb ELSE '{}'::jsonb END;
EXCEPTION WHEN data_exception OR statement_too_complex THEN
  RETURN '{}'::jsonb;
END $$;

-- As in 0019, whatever the old text is.
CREATE OR REPLACE FUNCTION parlor.metadata_merge(old text, new text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN CASE WHEN new IS NULL THEN old ELSE (parlor.metadata_object(old) || new::jsonb)::text END;
END $$;

-- The same, but a member of the new one that is null takes the old one away (RFC 7396, at the top).
CREATE FUNCTION parlor.metadata_patch(old text, new text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN ((parlor.metadata_object(old) || new::jsonb) - ARRAY(
    SELECT e.key FROM jsonb_each(new::jsonb) e WHERE e.value = 'null'::jsonb))::text;
END $$;

----------------------------------------------------------------------------------------- finding --

-- Of the organization in force, by an address in any case.
CREATE FUNCTION parlor.visitors_by_email(address text) RETURNS SETOF text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN QUERY
    SELECT u.id FROM public.chat_users u
      WHERE u.organization_id = nullif(current_setting('parlor.org', true), '')
        AND lower(u.email) = lower(address);
END $$;

-- Whether a visitor is one of those asked for; what is NULL is not asked.
CREATE FUNCTION parlor.visitor_fits(u public.chat_users, is_verified boolean, created_from timestamp,
                                    created_until timestamp, attributes jsonb)
RETURNS boolean LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF u.verified <> is_verified OR u.created_at < created_from OR u.created_at >= created_until THEN
    RETURN false;
  END IF;
  RETURN attributes IS NULL OR parlor.metadata_holds(u.metadata, attributes);
END $$;

-- What PATCH changes of each: an If-Match is held to it.
CREATE FUNCTION parlor.visitor_version(u public.chat_users) RETURNS text LANGUAGE sql STABLE
AS $$ SELECT pg_catalog.left(pg_catalog.md5(ROW(u.name, u.email, u.metadata)::text), 12) $$;

CREATE FUNCTION parlor.member_version(m public.members) RETURNS text LANGUAGE sql STABLE
AS $$
  SELECT pg_catalog.left(pg_catalog.md5(
    ROW(m.role, m.chat_role, m.chat_display_name, m.chat_max_concurrent_chats)::text), 12)
$$;

CREATE FUNCTION parlor.member_json(m public.members) RETURNS json LANGUAGE sql STABLE
AS $$
  SELECT pg_catalog.json_build_object('id', m.id, 'userId', m.user_id, 'name', u.name,
    'displayName', nullif(m.chat_display_name, ''), 'email', u.email, 'emailVerified', u.email_verified,
    'role', m.role, 'chatRole', nullif(m.chat_role, ''),
    'effectiveChatRole', parlor.effective_chat_role(m.role, m.chat_role),
    'isOnline', coalesce(m.chat_is_online, false),
    'maxConcurrentChats', m.chat_max_concurrent_chats, 'createdAt', parlor.rfc3339(m.created_at))
    FROM public.users u WHERE u.id = m.user_id
$$;

CREATE FUNCTION parlor.invitation_json(i public.invitations, link text) RETURNS json LANGUAGE sql STABLE
AS $$
  SELECT pg_catalog.json_build_object('id', i.id, 'email', i.email, 'role', i.role,
    'chatRole', (SELECT c.chat_role FROM parlor.invitation_chat c
                   WHERE c.organization_id = i.organization_id AND c.invitation_id = i.id),
    'inviterName', (SELECT u.name FROM public.users u WHERE u.id = i.inviter_id),
    'link', link || i.id, 'expired', i.expires_at <= parlor.now(),
    'expiresAt', parlor.rfc3339(i.expires_at), 'createdAt', parlor.rfc3339(i.created_at))
$$;

----------------------------------------------------------------------------------------- erasing --

-- One step of a visitor's erasure: about batch rows. True when nothing is left but what the audit log says.
-- Until then the visitor is one without a name, and nobody holds a token of it.
--
-- What is sent meanwhile waits for the rows that are deleted and then finds no conversation; the events of
-- what was faster are deleted last.
CREATE FUNCTION parlor.visitor_erase(organization text, visitor text, batch integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  ids text[];
  gone integer;
  left_of_batch integer := batch;
BEGIN
  IF organization IS DISTINCT FROM nullif(current_setting('parlor.org', true), '') THEN
    RAISE SQLSTATE 'PL404' USING MESSAGE = 'there is no such visitor';
  END IF;
  DELETE FROM parlor.visitor_tokens t
    WHERE t.organization_id = organization AND t.chat_user_id = visitor;
  -- Conversations before their messages, as everybody locks them.
  PERFORM FROM public.conversations c
    WHERE c.organization_id = organization AND c.chat_user_id = visitor ORDER BY c.id FOR UPDATE;
  ids := ARRAY(SELECT m.id FROM public.conversations c
    JOIN public.messages m ON m.organization_id = c.organization_id AND m.conversation_id = c.id
    WHERE c.organization_id = organization AND c.chat_user_id = visitor LIMIT batch);
  -- Files apart, for their bytes weigh more than rows do.
  DELETE FROM parlor.attachment_chunks k WHERE k.ctid = ANY (ARRAY(
    SELECT b.ctid FROM public.attachments a
      JOIN parlor.uploads u ON u.organization_id = a.organization_id AND u.attachment_id = a.id
      JOIN parlor.attachment_chunks b ON b.organization_id = u.organization_id AND b.upload_id = u.id
      WHERE a.organization_id = organization AND a.message_id = ANY (ids)
      LIMIT greatest(batch / 20, 1)));
  GET DIAGNOSTICS gone = ROW_COUNT;
  IF gone < greatest(batch / 20, 1) THEN
    DELETE FROM public.messages m WHERE m.organization_id = organization AND m.id = ANY (ids);
    left_of_batch := batch - cardinality(ids);
    DELETE FROM parlor.page_views p WHERE p.ctid = ANY (ARRAY(
      SELECT v.ctid FROM parlor.page_views v
        WHERE v.organization_id = organization AND v.chat_user_id = visitor LIMIT left_of_batch));
    GET DIAGNOSTICS gone = ROW_COUNT;
    left_of_batch := left_of_batch - gone;
    DELETE FROM public.conversations c WHERE c.id = ANY (ARRAY(
      SELECT v.id FROM public.conversations v
        WHERE v.organization_id = organization AND v.chat_user_id = visitor LIMIT left_of_batch));
    GET DIAGNOSTICS gone = ROW_COUNT;
    left_of_batch := left_of_batch - gone;
    DELETE FROM parlor.events e WHERE e.ctid = ANY (ARRAY(
      SELECT v.ctid FROM parlor.events v
        WHERE v.organization_id = organization AND v.chat_user_id = visitor
          AND v.visibility <> 'poller' LIMIT left_of_batch));
    GET DIAGNOSTICS gone = ROW_COUNT;
    left_of_batch := left_of_batch - gone;
  ELSE
    left_of_batch := 0;
  END IF;
  IF left_of_batch = 0 THEN
    UPDATE public.chat_users u SET name = '', email = NULL, email_verified = false, user_id = NULL,
        identity_key = NULL, verified = false, metadata = NULL, user_agent = NULL, ip_address = NULL,
        locale = NULL
      WHERE u.organization_id = organization AND u.id = visitor;
    RETURN false;
  END IF;
  DELETE FROM parlor.uploads u
    WHERE u.organization_id = organization AND u.chat_user_id = visitor AND u.attachment_id IS NULL;
  DELETE FROM public.chat_users u WHERE u.organization_id = organization AND u.id = visitor;
  GET DIAGNOSTICS gone = ROW_COUNT;
  DELETE FROM parlor.events e
    WHERE e.organization_id = organization AND e.chat_user_id = visitor AND e.visibility <> 'poller';
  IF gone > 0 THEN
    PERFORM parlor.emit(organization, NULL, NULL, 'visitor.deleted', 'agents',
      json_build_object('visitorId', visitor));
  END IF;
  RETURN true;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA parlor FROM PUBLIC;

INSERT INTO parlor.grants (role, what) VALUES
  ('parlor_app', 'EXECUTE ON FUNCTION parlor.metadata_object(text), parlor.metadata_patch(text, text),
     parlor.visitors_by_email(text),
     parlor.visitor_fits(public.chat_users, boolean, timestamp, timestamp, jsonb),
     parlor.visitor_version(public.chat_users), parlor.member_version(public.members),
     parlor.member_json(public.members), parlor.invitation_json(public.invitations, text),
     parlor.visitor_erase(text, text, integer)');
