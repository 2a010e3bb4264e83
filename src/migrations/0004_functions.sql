-- Functions that statements call: projections to JSON, and lookups before the tenant is known.
-- Execution is granted in 0008, function by function.
--
-- SECURITY DEFINER functions run as the owner of the tables, whom row-level security lets pass; each
-- has a pinned search_path, names the organization it reads, and returns only what its caller needs.
-- They are PL/pgSQL where they are called often: its plans are kept for the connection. Projections
-- are plain SQL expressions without sub-selects, which the planner inlines.

CREATE FUNCTION parlor.now() RETURNS timestamp LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT pg_catalog.now() AT TIME ZONE 'UTC' $$;

CREATE FUNCTION parlor.rfc3339(at timestamp) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT pg_catalog.to_char(at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') $$;

-- An id like those of crypt_id(): milliseconds and at least 96 random bits in base 62.
CREATE FUNCTION parlor.new_id() RETURNS text LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  digits constant text := '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  ms bigint := extract(epoch FROM clock_timestamp()) * 1000;
  random bytea := sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));
  id text := '';
BEGIN
  FOR i IN 1..9 LOOP
    id := substr(digits, 1 + (ms % 62)::int, 1) || id;
    ms := ms / 62;
  END LOOP;
  FOR i IN 0..16 LOOP
    id := id || substr(digits, 1 + get_byte(random, i) % 62, 1);
  END LOOP;
  RETURN id;
END $$;

-- The server whose transaction ids a cursor counts: the cluster and its timeline. Changes with a
-- restore into another cluster and with the promotion of a standby.
CREATE FUNCTION parlor.timeline() RETURNS text LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ SELECT to_hex(system_identifier) || '-' || left(pg_walfile_name(pg_current_wal_lsn()), 8)
        FROM pg_control_system() $$;

-- The newest transaction whose events are gone: a cursor must have a greater xmin.
CREATE FUNCTION parlor.event_horizon() RETURNS xid8 LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ SELECT horizon FROM parlor.event_state $$;

---------------------------------------------------------------------------------- projections --

-- tags as a JSON array of strings. Another program may have stored plain text: a list with commas.
CREATE FUNCTION parlor.tags_json(tags text) RETURNS json LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  SELECT CASE
    WHEN tags IS NULL OR tags = '' THEN '[]'::json
    WHEN tags ~ '^\s*\[\s*("([^"\\\x01-\x1f]|\\(["\\/bfnrt]|u[0-9a-fA-F]{4}))*"\s*(,\s*(?="))?)*\]\s*$'
      THEN tags::json
    ELSE pg_catalog.to_json(pg_catalog.string_to_array(tags, ',')) END
$$;

-- text as JSON, and as a JSON string when it is none.
CREATE FUNCTION parlor.lenient_json(data text) RETURNS json LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN data::json;
EXCEPTION WHEN invalid_text_representation OR untranslatable_character THEN
  RETURN to_json(data);
END $$;

CREATE FUNCTION parlor.member_name(organization text, member text) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF member IS NULL THEN
    RETURN NULL;
  END IF;
  RETURN (SELECT coalesce(nullif(m.chat_display_name, ''), u.name)
            FROM public.members m JOIN public.users u ON u.id = m.user_id
            WHERE m.id = member AND m.organization_id = organization);
END $$;

CREATE FUNCTION parlor.visitor_name(organization text, visitor text) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN (SELECT u.name FROM public.chat_users u
            WHERE u.id = visitor AND u.organization_id = organization);
END $$;

-- Other programs may write a user's id as the sender of an agent's message, or none at all.
CREATE FUNCTION parlor.sender_name(organization text, kind text, sender text, conversation text)
RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF kind = 'user' THEN
    RETURN coalesce(parlor.visitor_name(organization, sender),
      (SELECT u.name FROM public.conversations c JOIN public.chat_users u ON u.id = c.chat_user_id
         WHERE c.id = conversation AND c.organization_id = organization));
  ELSIF kind = 'agent' THEN
    RETURN coalesce(parlor.member_name(organization, sender),
      (SELECT coalesce(nullif(m.chat_display_name, ''), u.name)
         FROM public.members m JOIN public.users u ON u.id = m.user_id
         WHERE m.user_id = sender AND m.organization_id = organization LIMIT 1),
      (SELECT o.name FROM public.organizations o WHERE o.id = organization));
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION parlor.attachments_json(organization text, message text) RETURNS json
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN coalesce((SELECT json_agg(json_build_object('id', a.id, 'fileName', a.file_name,
             'fileSize', a.file_size, 'mimeType', a.mime_type, 'url', a.url,
             'thumbnailUrl', a.thumbnail_url, 'createdAt', parlor.rfc3339(a.created_at))
             ORDER BY a.created_at, a.id)
           FROM public.attachments a
           WHERE a.message_id = message AND a.organization_id = organization), '[]'::json);
END $$;

CREATE FUNCTION parlor.message_json(m public.messages) RETURNS json LANGUAGE sql STABLE
AS $$
  SELECT pg_catalog.json_build_object('id', m.id, 'conversationId', m.conversation_id,
    'seq', m.seq, 'senderId', m.sender_id, 'senderType', m.sender_type,
    'senderName',
      parlor.sender_name(m.organization_id, m.sender_type, m.sender_id, m.conversation_id),
    'content', m.content, 'messageType', m.message_type, 'clientId', m.client_id,
    'isRead', m.is_read, 'private', false, 'afterSeq', null,
    'createdAt', parlor.rfc3339(m.created_at), 'editedAt', parlor.rfc3339(m.edited_at),
    'attachments', parlor.attachments_json(m.organization_id, m.id))
$$;

-- A note looks like a message, with private true, no seq, and the place it stands behind.
CREATE FUNCTION parlor.note_json(n parlor.notes) RETURNS json LANGUAGE sql STABLE
AS $$
  SELECT pg_catalog.json_build_object('id', n.id, 'conversationId', n.conversation_id,
    'seq', null, 'senderId', n.member_id, 'senderType', 'agent',
    'senderName', parlor.member_name(n.organization_id, n.member_id),
    'content', n.content, 'messageType', 'text', 'clientId', n.client_id,
    'isRead', true, 'private', true, 'afterSeq', n.after_seq,
    'createdAt', parlor.rfc3339(n.created_at), 'editedAt', parlor.rfc3339(n.edited_at),
    'attachments', '[]'::json)
$$;

-- For agents.
CREATE FUNCTION parlor.conversation_json(c public.conversations) RETURNS json LANGUAGE sql STABLE
AS $$
  SELECT pg_catalog.json_build_object('id', c.id, 'organizationId', c.organization_id,
    'chatUserId', c.chat_user_id,
    'visitorName', parlor.visitor_name(c.organization_id, c.chat_user_id),
    'assignedAgentId', c.assigned_agent_id,
    'assignedAgentName', parlor.member_name(c.organization_id, c.assigned_agent_id),
    'status', c.status, 'priority', c.priority, 'subject', c.subject,
    'tags', parlor.tags_json(c.tags), 'pageUrl', c.page_url, 'referrer', c.referrer,
    'lastSeq', c.last_seq, 'lastMessageAt', parlor.rfc3339(c.last_message_at),
    'preview', c.preview, 'unread', c.agent_unread, 'visitorUnread', c.visitor_unread,
    'visitorReadSeq', c.visitor_read_seq, 'agentReadSeq', c.agent_read_seq,
    'waitingSince', parlor.rfc3339(c.waiting_since),
    'createdAt', parlor.rfc3339(c.created_at), 'updatedAt', parlor.rfc3339(c.updated_at),
    'closedAt', parlor.rfc3339(c.closed_at))
$$;

-- For the visitor: without what agents keep to themselves (priority, tags, subject, queue).
CREATE FUNCTION parlor.conversation_visitor_json(c public.conversations) RETURNS json
LANGUAGE sql STABLE
AS $$
  SELECT pg_catalog.json_build_object('id', c.id, 'chatUserId', c.chat_user_id,
    'assignedAgentName', parlor.member_name(c.organization_id, c.assigned_agent_id),
    'status', c.status, 'lastSeq', c.last_seq,
    'lastMessageAt', parlor.rfc3339(c.last_message_at), 'preview', c.preview,
    'visitorUnread', c.visitor_unread, 'visitorReadSeq', c.visitor_read_seq,
    'agentReadSeq', c.agent_read_seq, 'createdAt', parlor.rfc3339(c.created_at),
    'updatedAt', parlor.rfc3339(c.updated_at), 'closedAt', parlor.rfc3339(c.closed_at))
$$;

-- For agents.
CREATE FUNCTION parlor.visitor_json(v public.chat_users) RETURNS json LANGUAGE sql STABLE
AS $$
  SELECT pg_catalog.json_build_object('id', v.id, 'organizationId', v.organization_id,
    'userId', v.user_id, 'name', v.name, 'email', v.email, 'emailVerified', v.email_verified,
    'verified', v.verified, 'identityKey', v.identity_key, 'locale', v.locale,
    'userAgent', v.user_agent, 'ipAddress', v.ip_address,
    'metadata', parlor.lenient_json(v.metadata), 'createdAt', parlor.rfc3339(v.created_at),
    'lastSeenAt', parlor.rfc3339(v.last_seen_at))
$$;

------------------------------------------------------------- lookups before the tenant is known --

-- The visitor of a live token.
CREATE FUNCTION parlor.auth_visitor(hash text)
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
        AND o.chat_is_active IS NOT FALSE;
END $$;

-- What a member may do in the chat: chat_role, or what follows from Better Auth's role.
CREATE FUNCTION parlor.effective_chat_role(role text, chat_role text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  SELECT coalesce(nullif(chat_role, ''),
    CASE WHEN role ~ '(^|,)\s*(owner|admin)\s*(,|$)' THEN 'admin' ELSE 'agent' END)
$$;

-- The user of a session that has not expired, with the active organization when the user is a
-- member there, else the oldest membership, else NULLs. A banned user (Better Auth's admin plugin,
-- whose columns may be absent) has no session.
CREATE FUNCTION parlor.auth_session(session_token text)
RETURNS TABLE (session_id text, user_id text, user_name text, email text, expires_at timestamp,
               created_at timestamp, organization_id text, organization_name text, member_id text,
               role text, chat_role text, display_name text, is_online boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN QUERY
    SELECT s.id, u.id, u.name, u.email, s.expires_at, s.created_at, x.organization_id, x.name, x.id,
           x.role, parlor.effective_chat_role(x.role, x.chat_role),
           coalesce(nullif(x.chat_display_name, ''), u.name), coalesce(x.chat_is_online, false)
      FROM public.sessions s
      JOIN public.users u ON u.id = s.user_id
      LEFT JOIN LATERAL (
        SELECT m.*, o.name FROM public.members m
          JOIN public.organizations o ON o.id = m.organization_id
          WHERE m.user_id = u.id
          ORDER BY m.organization_id IS NOT DISTINCT FROM s.active_organization_id DESC,
                   m.created_at, m.id
          LIMIT 1) x ON true
      WHERE s.token = session_token AND s.expires_at > parlor.now()
        AND NOT parlor.user_banned(to_jsonb(u));
END $$;

CREATE FUNCTION parlor.user_banned(u jsonb) RETURNS boolean LANGUAGE sql STABLE
AS $$
  SELECT coalesce((u ->> 'banned')::boolean, false)
     AND coalesce((u ->> 'ban_expires')::timestamp > parlor.now(), true)
$$;

-- By token, so that no role of ours needs to read the tokens of others.
CREATE FUNCTION parlor.session_renew(session_token text, seconds integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE public.sessions
    SET expires_at = parlor.now() + make_interval(secs => seconds), updated_at = parlor.now()
    WHERE token = session_token AND expires_at > parlor.now();
  RETURN FOUND;
END $$;

CREATE FUNCTION parlor.session_end(session_token text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  DELETE FROM public.sessions WHERE token = session_token;
  RETURN FOUND;
END $$;

CREATE FUNCTION parlor.memberships(of_user text)
RETURNS TABLE (organization_id text, organization_name text, slug text, member_id text, role text,
               chat_role text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN QUERY
    SELECT o.id, o.name, o.slug, m.id, m.role, parlor.effective_chat_role(m.role, m.chat_role)
      FROM public.members m JOIN public.organizations o ON o.id = m.organization_id
      WHERE m.user_id = of_user ORDER BY m.created_at, m.id;
END $$;

-- The credential of an e-mail address. name is the user's; password is NULL without a credential.
CREATE FUNCTION parlor.auth_login(address text)
RETURNS TABLE (user_id text, name text, password text, two_factor_enabled boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN QUERY
    SELECT u.id, u.name, (SELECT a.password FROM public.accounts a
                            WHERE a.user_id = u.id AND a.provider_id = 'credential'
                            ORDER BY a.account_id = u.id DESC, a.created_at LIMIT 1),
           coalesce((to_jsonb(u) ->> 'two_factor_enabled')::boolean, false)
      FROM public.users u
      WHERE u.email = lower(address) AND NOT parlor.user_banned(to_jsonb(u));
END $$;

-- The organization (and, when the key has one, the member) that a secret key speaks for.
CREATE FUNCTION parlor.auth_key(hash text)
RETURNS TABLE (key_id text, organization_id text, organization_name text, name text, scopes text,
               member_id text, role text, chat_role text, display_name text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN QUERY
    SELECT k.id, o.id, o.name, k.name, k.scopes, m.id, m.role,
           parlor.effective_chat_role(m.role, m.chat_role),
           coalesce(parlor.member_name(o.id, m.id), o.name)
      FROM parlor.api_keys k
      JOIN public.organizations o ON o.id = k.organization_id
      LEFT JOIN public.members m ON m.id = k.member_id AND m.organization_id = k.organization_id
      WHERE k.key_hash = hash AND k.revoked_at IS NULL
        AND (k.expires_at IS NULL OR k.expires_at > parlor.now());
END $$;

-- Up to three agents for the head of the widget, those online first.
CREATE FUNCTION parlor.team_faces(organization text) RETURNS json
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(json_agg(json_build_object('name', f.name,
           'initials', left(f.name, 1) || coalesce(left(substring(f.name FROM '\s(\S+)$'), 1), ''))
           ORDER BY f.online DESC, f.created_at, f.id), '[]'::json)
    FROM (SELECT coalesce(nullif(m.chat_display_name, ''), u.name) AS name, m.id, m.created_at,
                 coalesce(m.chat_is_online, false) AS online
            FROM public.members m JOIN public.users u ON u.id = m.user_id
            WHERE m.organization_id = organization
            ORDER BY coalesce(m.chat_is_online, false) DESC, m.created_at, m.id LIMIT 3) f
$$;

-- The settings a widget starts with, by publishable key.
CREATE FUNCTION parlor.organization_by_key(key text)
RETURNS TABLE (organization_id text, name text, chat_domain text, theme text, primary_color text,
               "position" text, welcome_message text, offline_message text,
               show_agent_avatar boolean, collect_email boolean, collect_name boolean,
               custom_css text, online boolean, agents json)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN QUERY
    SELECT o.id, o.name, o.chat_domain, coalesce(o.chat_theme, 'auto'),
           coalesce(o.chat_primary_color, '#2f6fed'), coalesce(o.chat_position, 'bottom-right'),
           o.chat_welcome_message, o.chat_offline_message,
           coalesce(o.chat_show_agent_avatar, true), coalesce(o.chat_collect_email, false),
           coalesce(o.chat_collect_name, false), o.chat_custom_css,
           EXISTS (SELECT FROM public.members m
                     WHERE m.organization_id = o.id AND m.chat_is_online),
           parlor.team_faces(o.id)
      FROM public.organizations o
      WHERE o.chat_api_key = key AND o.chat_is_active IS NOT FALSE
      ORDER BY o.created_at LIMIT 1;
END $$;

-- Batched write-back of presence. At most one write a visitor in 30 seconds.
CREATE FUNCTION parlor.touch_visitors(visitors text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE public.chat_users u SET last_seen_at = parlor.now()
    FROM (SELECT v.id FROM public.chat_users v
            WHERE v.id = ANY (visitors)
              AND coalesce(v.last_seen_at, '-infinity') < parlor.now() - interval '30 seconds'
            ORDER BY v.id FOR NO KEY UPDATE SKIP LOCKED) seen
    WHERE u.id = seen.id;
  UPDATE parlor.visitor_tokens t
    SET last_used_at = parlor.now(),
        idle_expires_at = least(t.expires_at, parlor.now() + interval '30 days')
    FROM (SELECT k.token_hash FROM parlor.visitor_tokens k
            JOIN public.chat_users u ON u.id = k.chat_user_id
              AND u.organization_id = k.organization_id
            WHERE u.id = ANY (visitors) AND k.revoked_at IS NULL
              AND k.idle_expires_at > parlor.now()
              AND k.last_used_at < parlor.now() - interval '1 hour'
            ORDER BY k.token_hash FOR NO KEY UPDATE OF k SKIP LOCKED) used
    WHERE t.token_hash = used.token_hash;
END $$;
