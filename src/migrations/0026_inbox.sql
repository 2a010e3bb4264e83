-- The staff's inbox: tags that can be looked for, teams that conversations wait for, canned responses.

---------------------------------------------------------------------------------------- tags --

-- conversations.tags is text that other programs write, too; these rows follow it, so that a tag is found by
-- an index. Written by the trigger below only. COLLATE "C": a list of tags is read from the index in its order.
CREATE TABLE parlor.conversation_tags (
  organization_id text NOT NULL,
  conversation_id text NOT NULL,
  tag text COLLATE "C" NOT NULL,
  PRIMARY KEY (organization_id, conversation_id, tag),
  FOREIGN KEY (organization_id, conversation_id)
    REFERENCES public.conversations (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX conversation_tags_tag_idx ON parlor.conversation_tags (organization_id, tag, conversation_id);

-- As in 0004, but of an array with what no text can hold (U+0000, half of a pair of surrogates) it makes tags as of any
-- other text: in an event it would be JSON that nobody can read, the job that looks what changed least of all.
CREATE OR REPLACE FUNCTION parlor.tags_json(tags text) RETURNS json LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  SELECT CASE
    WHEN tags IS NULL OR tags = '' THEN '[]'::json
    WHEN tags ~ '^\s*\[\s*("([^"\\\x01-\x1f]|\\(["\\/bfnrt]|u(?!0000|[dD][89a-fA-F])[0-9a-fA-F]{4}|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}))*"\s*(,\s*(?="))?)*\]\s*$'
      THEN tags::json
    ELSE pg_catalog.to_json(pg_catalog.string_to_array(tags, ',')) END
$$;

-- The tags of conversations.tags in their order.
CREATE FUNCTION parlor.tags_of(tags text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  SELECT ARRAY(SELECT x.t FROM pg_catalog.json_array_elements_text(parlor.tags_json(tags)) WITH ORDINALITY AS x (t, n)
                 ORDER BY x.n)
$$;

-- Those that can be looked for: as long as the API takes them, which an index holds, too.
CREATE FUNCTION parlor.tags_indexed(tags text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  SELECT ARRAY(SELECT DISTINCT t FROM unnest(parlor.tags_of(tags)) t WHERE pg_catalog.length(t) BETWEEN 1 AND 64)
$$;

CREATE FUNCTION parlor.conversations_tagged() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  wanted text[] := parlor.tags_indexed(NEW.tags);
BEGIN
  DELETE FROM parlor.conversation_tags t
    WHERE t.organization_id = NEW.organization_id AND t.conversation_id = NEW.id AND t.tag <> ALL (wanted);
  INSERT INTO parlor.conversation_tags (organization_id, conversation_id, tag)
    SELECT NEW.organization_id, NEW.id, w FROM unnest(wanted) w ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER parlor_tagged AFTER INSERT ON public.conversations
  FOR EACH ROW WHEN (NEW.tags IS NOT NULL) EXECUTE FUNCTION parlor.conversations_tagged();
-- A message assigns no tags and does not wake it.
CREATE TRIGGER parlor_retagged AFTER UPDATE OF tags ON public.conversations
  FOR EACH ROW WHEN (OLD.tags IS DISTINCT FROM NEW.tags) EXECUTE FUNCTION parlor.conversations_tagged();

-- The rows that were there before are taken in by a job, some at a time, each under its lock for as long as a
-- batch takes: a tag that is taken away meanwhile does not come back. Where to go on; NULL at the end.
CREATE FUNCTION parlor.tags_take(reached text, batch integer) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  ids text[] := ARRAY(SELECT c.id FROM public.conversations c WHERE c.id > reached ORDER BY c.id LIMIT batch);
BEGIN
  INSERT INTO parlor.conversation_tags (organization_id, conversation_id, tag)
    SELECT l.organization_id, l.id, t
      FROM (SELECT c.organization_id, c.id, c.tags FROM public.conversations c
              WHERE c.id = ANY (ids) AND c.tags IS NOT NULL ORDER BY c.id FOR NO KEY UPDATE) l,
           unnest(parlor.tags_indexed(l.tags)) t
    ON CONFLICT DO NOTHING;
  RETURN CASE WHEN cardinality(ids) = batch THEN ids[batch] END;
END $$;
INSERT INTO parlor.jobs (kind, job_key) SELECT 'tags', 'tags' WHERE EXISTS (SELECT FROM public.conversations);

------------------------------------------------------------------------------------- filters --

-- Whether the metadata of a visitor, which is text of whoever wrote it, holds all of wanted (names and their values
-- as text) on its top level. What is no JSON holds nothing. Text without the value in it, and without an escape that
-- could stand for it, is not parsed.
CREATE FUNCTION parlor.metadata_holds(metadata text, wanted jsonb) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN NOT EXISTS (
    SELECT FROM jsonb_each_text(wanted) w
      WHERE CASE WHEN strpos(metadata, w.value) > 0 OR strpos(metadata, '\') > 0
                 THEN metadata::json ->> w.key END IS DISTINCT FROM w.value);
EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
  RETURN false;
END $$;

--------------------------------------------------------------------------------------- teams --

-- The team that a conversation waits for or belongs to, besides its agent.
ALTER TABLE public.conversations ADD COLUMN IF NOT EXISTS team_id text;
SELECT parlor.ensure_constraint('public.conversations', 'conversations_team_fk',
  'FOREIGN KEY (organization_id, team_id)
   REFERENCES parlor.teams (organization_id, id) ON DELETE SET NULL (team_id)');
-- As that of the agents in 0002; it costs a message nothing where no team has the conversation.
CREATE INDEX IF NOT EXISTS conversations_inbox_team_idx
  ON public.conversations (team_id, organization_id, status, last_message_at DESC, id DESC)
  WHERE team_id IS NOT NULL;

CREATE FUNCTION parlor.team_json(t parlor.teams) RETURNS json LANGUAGE sql STABLE
AS $$
  SELECT pg_catalog.json_build_object('id', t.id, 'name', t.name,
    'memberIds', (SELECT coalesce(pg_catalog.json_agg(m.member_id ORDER BY m.created_at, m.member_id), '[]')
                    FROM parlor.team_members m WHERE m.organization_id = t.organization_id AND m.team_id = t.id),
    'createdAt', parlor.rfc3339(t.created_at))
$$;
CREATE FUNCTION parlor.team_version(t parlor.teams) RETURNS text LANGUAGE sql STABLE
AS $$
  SELECT pg_catalog.left(pg_catalog.md5(t.name), 12)
$$;

-- As in 0004, with the team.
CREATE OR REPLACE FUNCTION parlor.conversation_json(c public.conversations) RETURNS json LANGUAGE sql STABLE
AS $$
  SELECT pg_catalog.json_build_object('id', c.id, 'organizationId', c.organization_id,
    'chatUserId', c.chat_user_id,
    'visitorName', parlor.visitor_name(c.organization_id, c.chat_user_id),
    'assignedAgentId', c.assigned_agent_id,
    'assignedAgentName', parlor.member_name(c.organization_id, c.assigned_agent_id),
    'teamId', c.team_id,
    'status', c.status, 'priority', c.priority, 'subject', c.subject,
    'tags', parlor.tags_json(c.tags), 'pageUrl', c.page_url, 'referrer', c.referrer,
    'lastSeq', c.last_seq, 'lastMessageAt', parlor.rfc3339(c.last_message_at),
    'preview', c.preview, 'unread', c.agent_unread, 'visitorUnread', c.visitor_unread,
    'visitorReadSeq', c.visitor_read_seq, 'agentReadSeq', c.agent_read_seq,
    'waitingSince', parlor.rfc3339(c.waiting_since),
    'createdAt', parlor.rfc3339(c.created_at), 'updatedAt', parlor.rfc3339(c.updated_at),
    'closedAt', parlor.rfc3339(c.closed_at))
$$;

-- As in 0024, with the team.
CREATE OR REPLACE FUNCTION parlor.conversation_version(c public.conversations) RETURNS text LANGUAGE sql STABLE
AS $$
  SELECT pg_catalog.left(pg_catalog.md5(
    ROW(c.status, c.priority, c.subject, c.tags, c.assigned_agent_id, c.team_id)::text), 12)
$$;

-- As in 0006, with the team.
CREATE OR REPLACE FUNCTION parlor.conversations_follow() RETURNS trigger
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
     AND (OLD.status, OLD.priority, OLD.subject, OLD.tags, OLD.assigned_agent_id, OLD.team_id)
       IS DISTINCT FROM
         (NEW.status, NEW.priority, NEW.subject, NEW.tags, NEW.assigned_agent_id, NEW.team_id) THEN
    NEW.updated_at := parlor.now();
  END IF;
  RETURN NEW;
END $$;

-- As in 0006, with the team: whoever waits for work hears of it.
CREATE OR REPLACE FUNCTION parlor.conversations_created() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM parlor.emit(NEW.organization_id, NEW.id, NEW.chat_user_id, 'conversation.created',
    'agents', json_build_object('conversation', parlor.conversation_json(NEW)));
  PERFORM parlor.emit(NEW.organization_id, NEW.id, NEW.chat_user_id, 'conversation.created',
    'visitor', json_build_object('conversation', parlor.conversation_visitor_json(NEW)));
  IF NEW.assigned_agent_id IS NOT NULL OR NEW.team_id IS NOT NULL THEN
    PERFORM parlor.conversation_assigned(NEW);
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION parlor.conversation_assigned(c public.conversations) RETURNS void
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
      'agentName', parlor.member_name(c.organization_id, c.assigned_agent_id), 'teamId', c.team_id));
END $$;

CREATE OR REPLACE FUNCTION parlor.conversations_changed() RETURNS trigger
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
  IF (OLD.assigned_agent_id, OLD.team_id) IS DISTINCT FROM (NEW.assigned_agent_id, NEW.team_id) THEN
    PERFORM parlor.conversation_assigned(NEW);
  END IF;
  RETURN NULL;
END $$;

-- As in 0011, with the team.
DROP TRIGGER parlor_follow ON public.conversations;
CREATE TRIGGER parlor_follow
  BEFORE UPDATE OF status, priority, subject, tags, assigned_agent_id, team_id, agent_read_seq, visitor_read_seq
  ON public.conversations FOR EACH ROW WHEN (
    (OLD.status, OLD.priority, OLD.subject, OLD.tags, OLD.assigned_agent_id, OLD.team_id, OLD.agent_read_seq,
     OLD.visitor_read_seq)
    IS DISTINCT FROM
    (NEW.status, NEW.priority, NEW.subject, NEW.tags, NEW.assigned_agent_id, NEW.team_id, NEW.agent_read_seq,
     NEW.visitor_read_seq))
  EXECUTE FUNCTION parlor.conversations_follow();
DROP TRIGGER parlor_changed ON public.conversations;
CREATE TRIGGER parlor_changed
  AFTER UPDATE OF status, priority, subject, tags, assigned_agent_id, team_id ON public.conversations
  FOR EACH ROW WHEN (
    (OLD.status, OLD.priority, OLD.subject, OLD.tags, OLD.assigned_agent_id, OLD.team_id)
    IS DISTINCT FROM
    (NEW.status, NEW.priority, NEW.subject, NEW.tags, NEW.assigned_agent_id, NEW.team_id))
  EXECUTE FUNCTION parlor.conversations_changed();

---------------------------------------------------------------------------- canned responses --

-- Who made it. (member_id, whose alone it is, stays empty for those that the API makes.)
ALTER TABLE parlor.canned_responses
  ALTER COLUMN title SET DEFAULT '',
  ADD COLUMN created_by text,
  ADD FOREIGN KEY (organization_id, created_by)
    REFERENCES public.members (organization_id, id) ON DELETE SET NULL (created_by);
CREATE INDEX canned_responses_created_by_idx ON parlor.canned_responses (organization_id, created_by);

CREATE FUNCTION parlor.canned_response_json(r parlor.canned_responses) RETURNS json LANGUAGE sql STABLE
AS $$
  SELECT pg_catalog.json_build_object('id', r.id, 'shortcut', r.shortcut, 'title', r.title,
    'content', r.content, 'createdBy', r.created_by, 'createdAt', parlor.rfc3339(r.created_at),
    'updatedAt', parlor.rfc3339(r.updated_at))
$$;
CREATE FUNCTION parlor.canned_response_version(r parlor.canned_responses) RETURNS text LANGUAGE sql STABLE
AS $$
  SELECT pg_catalog.left(pg_catalog.md5(ROW(r.shortcut, r.title, r.content)::text), 12)
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA parlor FROM PUBLIC;

INSERT INTO parlor.grants (role, what) VALUES
  ('parlor_app', 'SELECT ON parlor.conversation_tags'),
  ('parlor_app', 'INSERT (team_id), UPDATE (team_id) ON public.conversations'),
  ('parlor_app', 'EXECUTE ON FUNCTION parlor.tags_of(text), parlor.metadata_holds(text, jsonb),
     parlor.team_json(parlor.teams), parlor.team_version(parlor.teams),
     parlor.canned_response_json(parlor.canned_responses),
     parlor.canned_response_version(parlor.canned_responses)'),
  ('parlor_jobs', 'EXECUTE ON FUNCTION parlor.tags_take(text, integer)');
