-- Triggers that make a row first-class whoever inserts it: its place in the conversation, the
-- conversation's summary, the event that clients see. C inserts and updates; the rules stand here.
--
-- The functions are SECURITY DEFINER, so another program needs no right on schema parlor. Our own
-- connections say which organization they speak for (parlor.org), and a row outside it is refused as
-- one that does not exist; after the commit they wake the pollers themselves. Where parlor.org is
-- empty another program is writing, and the trigger sends NOTIFY.
--
-- Locks are taken conversation first, then its messages, and messages that somebody else holds are
-- skipped; so no two of these wait for each other.

-- Writes one event. Called by the triggers only.
CREATE FUNCTION parlor.emit(organization text, conversation text, visitor text, type text,
                            visibility text, data json) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO parlor.events (organization_id, conversation_id, chat_user_id, type, visibility, data)
    VALUES (organization, conversation, visitor, type, visibility, data);
  IF coalesce(current_setting('parlor.org', true), '') = '' THEN
    PERFORM pg_notify('parlor', 'e ' || coalesce(organization, '-') || ' '
                                     || coalesce(visitor, '-'));
  END IF;
END $$;

------------------------------------------------------------------------------------- visitors --

CREATE FUNCTION parlor.chat_users_fill() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF coalesce(NEW.name, '') = '' THEN
    -- Never NULL: Drizzle makes a nested object null when one of its first columns is.
    NEW.name := 'Visitor ' || upper(right(NEW.id, 4));
  END IF;
  NEW.created_at := coalesce(NEW.created_at, parlor.now());
  NEW.last_seen_at := coalesce(NEW.last_seen_at, NEW.created_at);
  RETURN NEW;
END $$;
CREATE TRIGGER parlor_fill BEFORE INSERT OR UPDATE OF name ON public.chat_users
  FOR EACH ROW EXECUTE FUNCTION parlor.chat_users_fill();

CREATE FUNCTION parlor.chat_users_event() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM parlor.emit(NEW.organization_id, NULL, NEW.id,
    CASE TG_OP WHEN 'INSERT' THEN 'visitor.created' ELSE 'visitor.identified' END, 'agents',
    json_build_object('visitor', parlor.visitor_json(NEW)));
  RETURN NULL;
END $$;
CREATE TRIGGER parlor_created AFTER INSERT ON public.chat_users
  FOR EACH ROW EXECUTE FUNCTION parlor.chat_users_event();
CREATE TRIGGER parlor_identified AFTER UPDATE ON public.chat_users
  FOR EACH ROW WHEN ((OLD.name, OLD.email, OLD.user_id, OLD.verified, OLD.identity_key)
    IS DISTINCT FROM (NEW.name, NEW.email, NEW.user_id, NEW.verified, NEW.identity_key))
  EXECUTE FUNCTION parlor.chat_users_event();

-------------------------------------------------------------------------------- conversations --

CREATE FUNCTION parlor.conversations_fill() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  NEW.last_seq := 0;
  NEW.last_message_at := NEW.created_at;
  NEW.agent_unread := 0;
  NEW.visitor_unread := 0;
  NEW.agent_read_seq := 0;
  NEW.visitor_read_seq := 0;
  IF NEW.status IN ('closed', 'resolved') THEN
    NEW.closed_at := coalesce(NEW.closed_at, NEW.updated_at);
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER parlor_fill BEFORE INSERT ON public.conversations
  FOR EACH ROW EXECUTE FUNCTION parlor.conversations_fill();

-- What follows from a change by hand (not from a message: parlor.messages_place sets all itself).
CREATE FUNCTION parlor.conversations_follow() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NEW.status IS DISTINCT FROM OLD.status THEN
    IF NEW.status NOT IN ('closed', 'resolved') THEN
      NEW.closed_at := NULL;
    ELSIF OLD.status NOT IN ('closed', 'resolved') THEN
      IF NEW.closed_at IS NOT DISTINCT FROM OLD.closed_at THEN
        NEW.closed_at := parlor.now();
      END IF;
      NEW.waiting_since := NULL;
    END IF;
  END IF;
  NEW.agent_read_seq := least(greatest(NEW.agent_read_seq, 0), NEW.last_seq);
  NEW.visitor_read_seq := least(greatest(NEW.visitor_read_seq, 0), NEW.last_seq);
  IF NEW.agent_read_seq <> OLD.agent_read_seq THEN
    NEW.agent_unread := CASE WHEN NEW.agent_read_seq = NEW.last_seq THEN 0 ELSE
      (SELECT count(*) FROM public.messages m WHERE m.conversation_id = NEW.id
         AND m.seq > NEW.agent_read_seq AND m.sender_type = 'user') END;
  END IF;
  IF NEW.visitor_read_seq <> OLD.visitor_read_seq THEN
    NEW.visitor_unread := CASE WHEN NEW.visitor_read_seq = NEW.last_seq THEN 0 ELSE
      (SELECT count(*) FROM public.messages m WHERE m.conversation_id = NEW.id
         AND m.seq > NEW.visitor_read_seq AND m.sender_type = 'agent') END;
  END IF;
  IF NEW.updated_at IS NOT DISTINCT FROM OLD.updated_at
     AND (OLD.status, OLD.priority, OLD.subject, OLD.tags, OLD.assigned_agent_id)
       IS DISTINCT FROM (NEW.status, NEW.priority, NEW.subject, NEW.tags, NEW.assigned_agent_id) THEN
    NEW.updated_at := parlor.now();
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER parlor_follow BEFORE UPDATE ON public.conversations
  FOR EACH ROW WHEN (NEW.last_seq = OLD.last_seq AND
    (OLD.status, OLD.priority, OLD.subject, OLD.tags, OLD.assigned_agent_id, OLD.agent_read_seq,
     OLD.visitor_read_seq)
    IS DISTINCT FROM
    (NEW.status, NEW.priority, NEW.subject, NEW.tags, NEW.assigned_agent_id, NEW.agent_read_seq,
     NEW.visitor_read_seq))
  EXECUTE FUNCTION parlor.conversations_follow();

CREATE FUNCTION parlor.conversations_created() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM parlor.emit(NEW.organization_id, NEW.id, NEW.chat_user_id, 'conversation.created',
    'agents', json_build_object('conversation', parlor.conversation_json(NEW)));
  PERFORM parlor.emit(NEW.organization_id, NEW.id, NEW.chat_user_id, 'conversation.created',
    'visitor', json_build_object('conversation', parlor.conversation_visitor_json(NEW)));
  IF NEW.assigned_agent_id IS NOT NULL THEN
    PERFORM parlor.conversation_assigned(NEW);
  END IF;
  RETURN NULL;
END $$;

-- Keeps conversation_assignments in step with a new assigned_agent_id, and tells the agents.
CREATE FUNCTION parlor.conversation_assigned(c public.conversations) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE public.conversation_assignments a SET unassigned_at = parlor.now()
    WHERE a.conversation_id = c.id AND a.unassigned_at IS NULL
      AND a.agent_id IS DISTINCT FROM c.assigned_agent_id;
  IF c.assigned_agent_id IS NOT NULL AND NOT EXISTS (
       SELECT FROM public.conversation_assignments a
         WHERE a.conversation_id = c.id AND a.agent_id = c.assigned_agent_id
           AND a.unassigned_at IS NULL) THEN
    INSERT INTO public.conversation_assignments
        (id, organization_id, conversation_id, agent_id, assigned_at, reason, by_trigger)
      VALUES (parlor.new_id(), c.organization_id, c.id, c.assigned_agent_id, parlor.now(),
              'manual', true);
  END IF;
  PERFORM parlor.emit(c.organization_id, c.id, c.chat_user_id, 'conversation.assigned', 'agents',
    json_build_object('conversationId', c.id, 'agentId', c.assigned_agent_id,
      'agentName', parlor.member_name(c.organization_id, c.assigned_agent_id)));
END $$;

CREATE TRIGGER parlor_created AFTER INSERT ON public.conversations
  FOR EACH ROW EXECUTE FUNCTION parlor.conversations_created();

CREATE FUNCTION parlor.conversations_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  -- Deleting an organization unassigns its conversations on the way; nobody is left to be told.
  IF NOT EXISTS (SELECT FROM public.organizations o WHERE o.id = NEW.organization_id) THEN
    RETURN NULL;
  END IF;
  PERFORM parlor.emit(NEW.organization_id, NEW.id, NEW.chat_user_id, 'conversation.updated',
    'agents', json_build_object('conversation', parlor.conversation_json(NEW)));
  IF (OLD.status, OLD.assigned_agent_id) IS DISTINCT FROM (NEW.status, NEW.assigned_agent_id) THEN
    PERFORM parlor.emit(NEW.organization_id, NEW.id, NEW.chat_user_id, 'conversation.updated',
      'visitor', json_build_object('conversation', parlor.conversation_visitor_json(NEW)));
  END IF;
  IF OLD.assigned_agent_id IS DISTINCT FROM NEW.assigned_agent_id THEN
    PERFORM parlor.conversation_assigned(NEW);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER parlor_changed AFTER UPDATE ON public.conversations
  FOR EACH ROW WHEN ((OLD.status, OLD.priority, OLD.subject, OLD.tags, OLD.assigned_agent_id)
    IS DISTINCT FROM (NEW.status, NEW.priority, NEW.subject, NEW.tags, NEW.assigned_agent_id))
  EXECUTE FUNCTION parlor.conversations_changed();

-- Somebody has read further: messages.is_read follows, and the other side hears of it. Only when
-- there was something unread, so that a dialogue does not send a read mark with each message.
CREATE FUNCTION parlor.conversations_read() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  by_agent boolean := TG_ARGV[0] = 'agent';
  upto bigint := CASE WHEN by_agent THEN NEW.agent_read_seq ELSE NEW.visitor_read_seq END;
BEGIN
  UPDATE public.messages m SET is_read = true
    FROM (SELECT r.id FROM public.messages r
            WHERE r.conversation_id = NEW.id AND NOT r.is_read AND r.seq <= upto
              AND r.sender_type = CASE WHEN by_agent THEN 'user' ELSE 'agent' END
            ORDER BY r.seq FOR NO KEY UPDATE SKIP LOCKED) unread
    WHERE m.id = unread.id;
  PERFORM parlor.emit(NEW.organization_id, NEW.id, NEW.chat_user_id, 'message.read', 'public',
    json_build_object('conversationId', NEW.id, 'reader', TG_ARGV[0], 'seq', upto));
  RETURN NULL;
END $$;
CREATE TRIGGER parlor_read_by_agent AFTER UPDATE ON public.conversations
  FOR EACH ROW WHEN (NEW.agent_read_seq > OLD.agent_read_seq AND OLD.agent_unread > 0)
  EXECUTE FUNCTION parlor.conversations_read('agent');
CREATE TRIGGER parlor_read_by_visitor AFTER UPDATE ON public.conversations
  FOR EACH ROW WHEN (NEW.visitor_read_seq > OLD.visitor_read_seq AND OLD.visitor_unread > 0)
  EXECUTE FUNCTION parlor.conversations_read('visitor');

-- Read marks of ours: never backwards. They return the mark now in force, no row for a foreign or
-- absent conversation.
CREATE FUNCTION parlor.agent_read(conversation text, upto bigint) RETURNS SETOF bigint
LANGUAGE sql VOLATILE AS $$
  UPDATE public.conversations
    SET agent_read_seq = greatest(agent_read_seq, least(upto, last_seq))
    WHERE id = conversation RETURNING agent_read_seq
$$;
CREATE FUNCTION parlor.visitor_read(conversation text, visitor text, upto bigint)
RETURNS SETOF bigint
LANGUAGE sql VOLATILE AS $$
  UPDATE public.conversations
    SET visitor_read_seq = greatest(visitor_read_seq, least(upto, last_seq))
    WHERE id = conversation AND chat_user_id = visitor RETURNING visitor_read_seq
$$;

---------------------------------------------------------------------------------- assignments --

CREATE FUNCTION parlor.assignments_fill() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  NEW.organization_id := parlor.organization_of(NEW.conversation_id, NEW.organization_id);
  RETURN NEW;
END $$;

-- The organization of a conversation, in the name of which the caller may write.
CREATE FUNCTION parlor.organization_of(conversation text, expected text) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  scope text := nullif(current_setting('parlor.org', true), '');
  found text;
BEGIN
  SELECT c.organization_id INTO found FROM public.conversations c
    WHERE c.id = conversation
      AND (scope IS NULL OR c.organization_id = scope)
      AND (expected IS NULL OR c.organization_id = expected);
  IF found IS NULL THEN
    RAISE foreign_key_violation USING MESSAGE = 'there is no such conversation';
  END IF;
  RETURN found;
END $$;
CREATE TRIGGER parlor_fill BEFORE INSERT ON public.conversation_assignments
  FOR EACH ROW EXECUTE FUNCTION parlor.assignments_fill();

-- A row of another program assigns and unassigns, whichever of the two tables it writes first.
CREATE FUNCTION parlor.assignments_follow() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP = 'INSERT' AND NEW.unassigned_at IS NULL THEN
    DELETE FROM public.conversation_assignments a
      WHERE a.conversation_id = NEW.conversation_id AND a.agent_id = NEW.agent_id
        AND a.by_trigger AND a.unassigned_at IS NULL AND a.id <> NEW.id;
    UPDATE public.conversations c SET assigned_agent_id = NEW.agent_id
      WHERE c.id = NEW.conversation_id AND c.assigned_agent_id IS DISTINCT FROM NEW.agent_id;
  ELSIF TG_OP = 'UPDATE' THEN
    UPDATE public.conversations c SET assigned_agent_id = NULL
      WHERE c.id = NEW.conversation_id AND c.assigned_agent_id = NEW.agent_id
        AND NOT EXISTS (SELECT FROM public.conversation_assignments a
                          WHERE a.conversation_id = NEW.conversation_id
                            AND a.agent_id = NEW.agent_id AND a.unassigned_at IS NULL);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER parlor_assigned AFTER INSERT ON public.conversation_assignments
  FOR EACH ROW WHEN (NOT NEW.by_trigger) EXECUTE FUNCTION parlor.assignments_follow();
CREATE TRIGGER parlor_unassigned AFTER UPDATE ON public.conversation_assignments
  FOR EACH ROW WHEN (OLD.unassigned_at IS NULL AND NEW.unassigned_at IS NOT NULL)
  EXECUTE FUNCTION parlor.assignments_follow();

------------------------------------------------------------------------------------- messages --

-- Gives a message its organization and its place, and brings the conversation's summary up to date,
-- all under the conversation's row lock, so that places have no gaps and no two are the same.
CREATE FUNCTION parlor.messages_place() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  scope text := nullif(current_setting('parlor.org', true), '');
  c public.conversations;
  at timestamp;
BEGIN
  SELECT * INTO c FROM public.conversations v
    WHERE v.id = NEW.conversation_id
      AND (scope IS NULL OR v.organization_id = scope)
      AND (NEW.organization_id IS NULL OR v.organization_id = NEW.organization_id)
    FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE foreign_key_violation USING MESSAGE = 'there is no such conversation',
      CONSTRAINT = 'messages_conversation_fk';
  END IF;
  NEW.organization_id := c.organization_id;
  -- An id or client id that is there ends in a conflict and must not take a place before: the row
  -- gets the place of the one it repeats.
  SELECT m.seq INTO NEW.seq FROM public.messages m
    WHERE m.conversation_id = c.id AND m.client_id = NEW.client_id;
  IF NOT FOUND THEN
    SELECT m.seq INTO NEW.seq FROM public.messages m WHERE m.id = NEW.id;
  END IF;
  IF FOUND THEN
    RETURN NEW;
  END IF;
  NEW.seq := c.last_seq + 1;
  at := least(NEW.created_at, parlor.now());
  IF NEW.sender_type = 'user' THEN
    UPDATE public.conversations SET last_seq = NEW.seq,
        last_message_at = greatest(c.last_message_at, at), updated_at = greatest(c.updated_at, at),
        preview = parlor.preview(NEW.content),
        agent_unread = c.agent_unread + 1, visitor_unread = 0, visitor_read_seq = NEW.seq,
        waiting_since = coalesce(c.waiting_since, at),
        status = CASE WHEN c.status IN ('closed', 'resolved') THEN 'open' ELSE c.status END,
        closed_at = CASE WHEN c.status IN ('closed', 'resolved') THEN NULL ELSE c.closed_at END
      WHERE id = c.id;
  ELSIF NEW.sender_type = 'agent' THEN
    UPDATE public.conversations SET last_seq = NEW.seq,
        last_message_at = greatest(c.last_message_at, at), updated_at = greatest(c.updated_at, at),
        preview = parlor.preview(NEW.content),
        visitor_unread = c.visitor_unread + 1, agent_unread = 0, agent_read_seq = NEW.seq,
        waiting_since = NULL
      WHERE id = c.id;
  ELSE
    UPDATE public.conversations SET last_seq = NEW.seq WHERE id = c.id;
  END IF;
  RETURN NEW;
END $$;

-- One line for lists.
CREATE FUNCTION parlor.preview(content text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT pg_catalog.left(pg_catalog.btrim(
        pg_catalog.regexp_replace(pg_catalog.left(content, 300), '\s+', ' ', 'g')), 140) $$;

CREATE TRIGGER parlor_place BEFORE INSERT ON public.messages
  FOR EACH ROW EXECUTE FUNCTION parlor.messages_place();

CREATE FUNCTION parlor.messages_event() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  c record;
BEGIN
  SELECT v.chat_user_id, v.last_seq INTO c FROM public.conversations v
    WHERE v.id = NEW.conversation_id;
  IF TG_OP = 'UPDATE' AND NEW.seq = c.last_seq THEN
    UPDATE public.conversations SET preview = parlor.preview(NEW.content)
      WHERE id = NEW.conversation_id;
  END IF;
  PERFORM parlor.emit(NEW.organization_id, NEW.conversation_id, c.chat_user_id,
    CASE TG_OP WHEN 'INSERT' THEN 'message.created' ELSE 'message.updated' END, 'public',
    json_build_object('message', parlor.message_json(NEW)));
  RETURN NULL;
END $$;
CREATE TRIGGER parlor_created AFTER INSERT ON public.messages
  FOR EACH ROW EXECUTE FUNCTION parlor.messages_event();
CREATE TRIGGER parlor_updated AFTER UPDATE ON public.messages
  FOR EACH ROW WHEN ((OLD.content, OLD.message_type, OLD.metadata, OLD.edited_at)
    IS DISTINCT FROM (NEW.content, NEW.message_type, NEW.metadata, NEW.edited_at))
  EXECUTE FUNCTION parlor.messages_event();

-- Another program sets messages.is_read: the conversation's read mark follows.
CREATE FUNCTION parlor.messages_read() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE public.conversations c
    SET agent_read_seq = greatest(c.agent_read_seq, r.by_agent),
        visitor_read_seq = greatest(c.visitor_read_seq, r.by_visitor)
    FROM (SELECT n.conversation_id,
                 coalesce(max(n.seq) FILTER (WHERE n.sender_type = 'user'), 0) AS by_agent,
                 coalesce(max(n.seq) FILTER (WHERE n.sender_type = 'agent'), 0) AS by_visitor
            FROM after n JOIN before o ON o.id = n.id
            WHERE n.is_read AND NOT o.is_read GROUP BY n.conversation_id) r
    WHERE c.id = r.conversation_id
      AND (c.agent_read_seq < r.by_agent OR c.visitor_read_seq < r.by_visitor);
  RETURN NULL;
END $$;
CREATE TRIGGER parlor_read AFTER UPDATE ON public.messages
  REFERENCING OLD TABLE AS before NEW TABLE AS after
  FOR EACH STATEMENT EXECUTE FUNCTION parlor.messages_read();

CREATE FUNCTION parlor.attachments_fill() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  scope text := nullif(current_setting('parlor.org', true), '');
BEGIN
  SELECT m.organization_id INTO NEW.organization_id FROM public.messages m
    WHERE m.id = NEW.message_id
      AND (scope IS NULL OR m.organization_id = scope)
      AND (NEW.organization_id IS NULL OR m.organization_id = NEW.organization_id);
  IF NOT FOUND THEN
    RAISE foreign_key_violation USING MESSAGE = 'there is no such message',
      CONSTRAINT = 'attachments_message_fk';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER parlor_fill BEFORE INSERT ON public.attachments
  FOR EACH ROW EXECUTE FUNCTION parlor.attachments_fill();

-- Programs insert the message first and its attachments after it.
CREATE FUNCTION parlor.attachments_event() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM parlor.emit(m.organization_id, m.conversation_id, c.chat_user_id, 'message.updated',
      'public', json_build_object('message', parlor.message_json(m)))
    FROM public.messages m JOIN public.conversations c ON c.id = m.conversation_id
    WHERE m.id = NEW.message_id;
  RETURN NULL;
END $$;
CREATE TRIGGER parlor_created AFTER INSERT ON public.attachments
  FOR EACH ROW EXECUTE FUNCTION parlor.attachments_event();

------------------------------------------------------------------------------ notes, ratings --

CREATE FUNCTION parlor.notes_fill() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  NEW.organization_id := parlor.organization_of(NEW.conversation_id, NEW.organization_id);
  SELECT c.last_seq INTO NEW.after_seq FROM public.conversations c WHERE c.id = NEW.conversation_id;
  RETURN NEW;
END $$;
CREATE TRIGGER parlor_fill BEFORE INSERT ON parlor.notes
  FOR EACH ROW EXECUTE FUNCTION parlor.notes_fill();

CREATE FUNCTION parlor.notes_event() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  visitor text := (SELECT chat_user_id FROM public.conversations WHERE id = NEW.conversation_id);
BEGIN
  PERFORM parlor.emit(NEW.organization_id, NEW.conversation_id, visitor,
    CASE TG_OP WHEN 'INSERT' THEN 'message.created' ELSE 'message.updated' END, 'agents',
    json_build_object('message', parlor.note_json(NEW)));
  RETURN NULL;
END $$;
CREATE TRIGGER parlor_created AFTER INSERT ON parlor.notes
  FOR EACH ROW EXECUTE FUNCTION parlor.notes_event();
CREATE TRIGGER parlor_updated AFTER UPDATE ON parlor.notes
  FOR EACH ROW WHEN (OLD.content <> NEW.content) EXECUTE FUNCTION parlor.notes_event();

CREATE FUNCTION parlor.ratings_fill() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  NEW.organization_id := parlor.organization_of(NEW.conversation_id, NEW.organization_id);
  RETURN NEW;
END $$;
CREATE TRIGGER parlor_fill BEFORE INSERT ON parlor.ratings
  FOR EACH ROW EXECUTE FUNCTION parlor.ratings_fill();

CREATE FUNCTION parlor.ratings_event() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  visitor text := (SELECT chat_user_id FROM public.conversations WHERE id = NEW.conversation_id);
BEGIN
  PERFORM parlor.emit(NEW.organization_id, NEW.conversation_id, visitor, 'rating.created', 'agents',
    json_build_object('rating', json_build_object('id', NEW.id,
      'conversationId', NEW.conversation_id, 'agentId', NEW.member_id, 'score', NEW.score,
      'comment', NEW.comment, 'createdAt', parlor.rfc3339(NEW.created_at))));
  RETURN NULL;
END $$;
CREATE TRIGGER parlor_created AFTER INSERT ON parlor.ratings
  FOR EACH ROW EXECUTE FUNCTION parlor.ratings_event();
CREATE TRIGGER parlor_updated AFTER UPDATE ON parlor.ratings
  FOR EACH ROW WHEN ((OLD.score, OLD.comment) IS DISTINCT FROM (NEW.score, NEW.comment))
  EXECUTE FUNCTION parlor.ratings_event();
