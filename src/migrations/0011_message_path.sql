-- The way of a message, made short: it is what the server does most.
--
-- Measured on 0006 (2 cores, PostgreSQL 15), of 0.33 ms a message: the WHEN clauses of four triggers on
-- conversations, which PostgreSQL parses anew for each UPDATE; the conversation's row locked, looked at
-- and changed by separate statements; the sender's name and the attachments looked up twice, once for
-- the event and once for the answer. The rules are the same as before.

-- A WHEN clause is only parsed once a column of the list is assigned, and a message assigns none.
DROP TRIGGER parlor_follow ON public.conversations;
CREATE TRIGGER parlor_follow
  BEFORE UPDATE OF status, priority, subject, tags, assigned_agent_id, agent_read_seq, visitor_read_seq
  ON public.conversations FOR EACH ROW WHEN (
    (OLD.status, OLD.priority, OLD.subject, OLD.tags, OLD.assigned_agent_id, OLD.agent_read_seq,
     OLD.visitor_read_seq)
    IS DISTINCT FROM
    (NEW.status, NEW.priority, NEW.subject, NEW.tags, NEW.assigned_agent_id, NEW.agent_read_seq,
     NEW.visitor_read_seq))
  EXECUTE FUNCTION parlor.conversations_follow();

DROP TRIGGER parlor_changed ON public.conversations;
CREATE TRIGGER parlor_changed
  AFTER UPDATE OF status, priority, subject, tags, assigned_agent_id ON public.conversations
  FOR EACH ROW WHEN ((OLD.status, OLD.priority, OLD.subject, OLD.tags, OLD.assigned_agent_id)
    IS DISTINCT FROM (NEW.status, NEW.priority, NEW.subject, NEW.tags, NEW.assigned_agent_id))
  EXECUTE FUNCTION parlor.conversations_changed();

DROP TRIGGER parlor_read_by_agent ON public.conversations;
CREATE TRIGGER parlor_read_by_agent AFTER UPDATE OF agent_read_seq ON public.conversations
  FOR EACH ROW WHEN (NEW.agent_read_seq > OLD.agent_read_seq AND OLD.agent_unread > 0)
  EXECUTE FUNCTION parlor.conversations_read('agent');

DROP TRIGGER parlor_read_by_visitor ON public.conversations;
CREATE TRIGGER parlor_read_by_visitor AFTER UPDATE OF visitor_read_seq ON public.conversations
  FOR EACH ROW WHEN (NEW.visitor_read_seq > OLD.visitor_read_seq AND OLD.visitor_unread > 0)
  EXECUTE FUNCTION parlor.conversations_read('visitor');

-- Gives a message its organization and its place, and brings the conversation's summary up to date,
-- all under the conversation's row lock, so that places have no gaps and no two are the same.
--
-- Our own statements have no ON CONFLICT: an id or client id that is there fails the whole statement,
-- and no place is taken. A statement of another program may have it, and go on without the row. So
-- there the lock comes first, and a row that repeats another gets the place of that one.
CREATE OR REPLACE FUNCTION parlor.messages_place() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  scope text := nullif(current_setting('parlor.org', true), '');
  at timestamp := least(NEW.created_at, parlor.now());
  by_visitor boolean := NEW.sender_type = 'user';
  by_agent boolean := NEW.sender_type = 'agent';
  c record;
BEGIN
  IF scope IS NULL THEN
    PERFORM FROM public.conversations v WHERE v.id = NEW.conversation_id FOR NO KEY UPDATE;
    SELECT m.seq, m.organization_id INTO c FROM public.messages m
      WHERE (m.conversation_id = NEW.conversation_id AND m.client_id = NEW.client_id)
         OR m.id = NEW.id LIMIT 1;
    IF FOUND THEN
      NEW.seq := c.seq;
      NEW.organization_id := coalesce(NEW.organization_id, c.organization_id);
      RETURN NEW;
    END IF;
  END IF;
  IF by_visitor OR by_agent THEN
    UPDATE public.conversations v SET last_seq = v.last_seq + 1,
        last_message_at = greatest(v.last_message_at, at), updated_at = greatest(v.updated_at, at),
        preview = parlor.preview(NEW.content),
        agent_unread = v.agent_unread + by_visitor::integer,
        visitor_unread = v.visitor_unread + by_agent::integer,
        waiting_since = CASE WHEN by_visitor THEN coalesce(v.waiting_since, at) END
      WHERE v.id = NEW.conversation_id AND v.organization_id = coalesce(scope, v.organization_id)
        AND v.organization_id = coalesce(NEW.organization_id, v.organization_id)
      RETURNING v.organization_id, v.last_seq, v.status, v.agent_unread, v.visitor_unread INTO c;
  ELSE
    UPDATE public.conversations v SET last_seq = v.last_seq + 1
      WHERE v.id = NEW.conversation_id AND v.organization_id = coalesce(scope, v.organization_id)
        AND v.organization_id = coalesce(NEW.organization_id, v.organization_id)
      RETURNING v.organization_id, v.last_seq, v.status, v.agent_unread, v.visitor_unread INTO c;
  END IF;
  IF NOT FOUND THEN
    RAISE foreign_key_violation USING MESSAGE = 'there is no such conversation',
      CONSTRAINT = 'messages_conversation_fk';
  END IF;
  NEW.organization_id := c.organization_id;
  NEW.seq := c.last_seq;
  -- Who answers has read what was there, and a visitor's word opens what was closed. Seldom, so apart:
  -- only these columns wake the triggers above.
  IF by_visitor AND c.status IN ('closed', 'resolved') THEN
    UPDATE public.conversations SET status = 'open' WHERE id = NEW.conversation_id;
  END IF;
  IF by_visitor AND c.visitor_unread > 0 THEN
    UPDATE public.conversations SET visitor_read_seq = NEW.seq WHERE id = NEW.conversation_id;
  ELSIF by_agent AND c.agent_unread > 0 THEN
    UPDATE public.conversations SET agent_read_seq = NEW.seq WHERE id = NEW.conversation_id;
  END IF;
  RETURN NEW;
END $$;

-- The shape of a message, for whoever knows its sender's name and attachments already.
CREATE FUNCTION parlor.message_json(m public.messages, sender_name text, attachments json)
RETURNS json LANGUAGE sql STABLE
AS $$
  SELECT pg_catalog.json_build_object('id', m.id, 'conversationId', m.conversation_id,
    'seq', m.seq, 'senderId', m.sender_id, 'senderType', m.sender_type,
    'senderName', sender_name,
    'content', m.content, 'messageType', m.message_type, 'clientId', m.client_id,
    'isRead', m.is_read, 'private', false, 'afterSeq', null,
    'createdAt', parlor.rfc3339(m.created_at), 'editedAt', parlor.rfc3339(m.edited_at),
    'attachments', attachments)
$$;
CREATE OR REPLACE FUNCTION parlor.message_json(m public.messages) RETURNS json LANGUAGE sql STABLE
AS $$
  SELECT parlor.message_json(m,
    parlor.sender_name(m.organization_id, m.sender_type, m.sender_id, m.conversation_id),
    parlor.attachments_json(m.organization_id, m.id))
$$;
REVOKE ALL ON FUNCTION parlor.message_json(public.messages, text, json) FROM PUBLIC;
INSERT INTO parlor.grants (role, what)
  VALUES ('parlor_app', 'EXECUTE ON FUNCTION parlor.message_json(public.messages, text, json)');

-- A new message has no attachments yet: they are rows that come after it.
CREATE FUNCTION parlor.messages_created() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  visitor text;
BEGIN
  INSERT INTO parlor.events (organization_id, conversation_id, chat_user_id, type, visibility, data)
    SELECT NEW.organization_id, NEW.conversation_id, c.chat_user_id, 'message.created', 'public',
           json_build_object('message', parlor.message_json(NEW,
             CASE WHEN NEW.sender_type = 'user' AND NEW.sender_id = u.id THEN u.name
                  ELSE parlor.sender_name(NEW.organization_id, NEW.sender_type, NEW.sender_id,
                                          NEW.conversation_id) END, '[]'))
      FROM public.conversations c JOIN public.chat_users u ON u.id = c.chat_user_id
      WHERE c.id = NEW.conversation_id
    RETURNING chat_user_id INTO visitor;
  IF coalesce(current_setting('parlor.org', true), '') = '' THEN
    PERFORM parlor.announce(NEW.organization_id, visitor);
  END IF;
  RETURN NULL;
END $$;
DROP TRIGGER parlor_created ON public.messages;
CREATE TRIGGER parlor_created AFTER INSERT ON public.messages
  FOR EACH ROW EXECUTE FUNCTION parlor.messages_created();

CREATE OR REPLACE FUNCTION parlor.messages_event() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  c record;
BEGIN
  SELECT v.chat_user_id, v.last_seq INTO c FROM public.conversations v
    WHERE v.id = NEW.conversation_id;
  IF NEW.seq = c.last_seq THEN
    UPDATE public.conversations SET preview = parlor.preview(NEW.content)
      WHERE id = NEW.conversation_id;
  END IF;
  PERFORM parlor.emit(NEW.organization_id, NEW.conversation_id, c.chat_user_id, 'message.updated',
    'public', json_build_object('message', parlor.message_json(NEW)));
  RETURN NULL;
END $$;

-- Tells the pollers of a row that another program has written.
CREATE FUNCTION parlor.announce(organization text, visitor text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM pg_notify('parlor', 'e ' || coalesce(organization, '-') || ' ' || coalesce(visitor, '-'));
END $$;
REVOKE ALL ON FUNCTION parlor.announce(text, text), parlor.messages_created() FROM PUBLIC;

CREATE OR REPLACE FUNCTION parlor.emit(organization text, conversation text, visitor text, type text,
                                       visibility text, data json) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO parlor.events (organization_id, conversation_id, chat_user_id, type, visibility, data)
    VALUES (organization, conversation, visitor, type, visibility, data);
  IF coalesce(current_setting('parlor.org', true), '') = '' THEN
    PERFORM parlor.announce(organization, visitor);
  END IF;
END $$;

---------------------------------------------------------------------------------------- events --

-- What a reader has not seen: committed since its snapshot, at most so many rows, those of the oldest
-- transactions. Plain SQL and no SECURITY DEFINER, so the planner puts the body in place of the call.
-- ORDER BY with LIMIT keeps the plan on the scope's index, whatever the statistics say; since_xmin is
-- pg_snapshot_xmin(since), computed by the caller, because under row-level security only a comparison
-- that calls nothing may use the index. The organization of a visitor is compared in a way that no
-- index serves: a plan made while the table was empty would as soon take the index of organizations,
-- and read all of a large one's events for each of its visitors.
CREATE FUNCTION parlor.visitor_events(of_organization text, of_visitor text, since pg_snapshot,
                                      since_xmin xid8, most integer)
RETURNS TABLE (id bigint, type text, conversation_id text, data json) LANGUAGE sql STABLE
AS $$
  SELECT e.id, e.type, e.conversation_id, e.data FROM parlor.events e
    WHERE e.chat_user_id = of_visitor AND e.organization_id IS NOT DISTINCT FROM of_organization
      AND e.visibility IN ('public', 'visitor')
      AND e.xid >= since_xmin AND NOT pg_visible_in_snapshot(e.xid, since)
    ORDER BY e.xid LIMIT most
$$;
CREATE FUNCTION parlor.agent_events(of_organization text, since pg_snapshot, since_xmin xid8,
                                    most integer)
RETURNS TABLE (id bigint, type text, conversation_id text, data json) LANGUAGE sql STABLE
AS $$
  SELECT e.id, e.type, e.conversation_id, e.data FROM parlor.events e
    WHERE e.organization_id = of_organization AND e.visibility IN ('public', 'agents')
      AND e.xid >= since_xmin AND NOT pg_visible_in_snapshot(e.xid, since)
    ORDER BY e.xid LIMIT most
$$;

-- PL/pgSQL, because a plain SQL function that cannot be put in place is planned for each call.
CREATE OR REPLACE FUNCTION parlor.event_horizon() RETURNS xid8 LANGUAGE plpgsql STABLE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN (SELECT horizon FROM parlor.event_state);
END $$;

-- Whether a cursor is of no use: older than what retention has left, or newer than anything this
-- server knows. NULL (from now on) is good.
CREATE FUNCTION parlor.cursor_is_gone(since pg_snapshot, horizon xid8, now_known xid8)
RETURNS boolean LANGUAGE sql IMMUTABLE
AS $$
  SELECT coalesce(pg_snapshot_xmin(since) <= horizon OR pg_snapshot_xmax(since) > now_known, false)
$$;
REVOKE ALL ON FUNCTION parlor.visitor_events(text, text, pg_snapshot, xid8, integer),
  parlor.agent_events(text, pg_snapshot, xid8, integer),
  parlor.cursor_is_gone(pg_snapshot, xid8, xid8) FROM PUBLIC;
INSERT INTO parlor.grants (role, what)
  SELECT role, 'EXECUTE ON FUNCTION parlor.visitor_events(text, text, pg_snapshot, xid8, integer),
    parlor.agent_events(text, pg_snapshot, xid8, integer),
    parlor.cursor_is_gone(pg_snapshot, xid8, xid8)'
  FROM unnest(ARRAY['parlor_app', 'parlor_poll']) AS role;

-- The organization (and, when the key has one, the member) that a secret key speaks for.
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
        AND (k.expires_at IS NULL OR k.expires_at > parlor.now());
END $$;
