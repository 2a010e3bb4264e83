-- What visitors tell besides messages: ratings, the pages they look at; and mail that goes to them.

-- For agents, and in the event.
CREATE FUNCTION parlor.rating_json(r parlor.ratings) RETURNS json LANGUAGE sql STABLE
AS $$
  SELECT pg_catalog.json_build_object('id', r.id, 'conversationId', r.conversation_id,
    'agentId', r.member_id, 'agentName', parlor.member_name(r.organization_id, r.member_id),
    'score', r.score, 'comment', r.comment,
    'createdAt', parlor.rfc3339(r.created_at), 'updatedAt', parlor.rfc3339(r.updated_at))
$$;

-- As in 0006, in the shape that the lists have.
CREATE OR REPLACE FUNCTION parlor.ratings_event() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  visitor text := (SELECT chat_user_id FROM public.conversations WHERE id = NEW.conversation_id);
BEGIN
  PERFORM parlor.emit(NEW.organization_id, NEW.conversation_id, visitor, 'rating.created', 'agents',
    json_build_object('rating', parlor.rating_json(NEW)));
  RETURN NULL;
END $$;

-- Pages that were looked at 30 days ago. Deletes at most batch rows and returns how many.
CREATE FUNCTION parlor.retain_page_views(batch integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  gone integer;
BEGIN
  DELETE FROM parlor.page_views WHERE id IN (
    SELECT p.id FROM parlor.page_views p WHERE p.created_at < parlor.now() - interval '30 days'
      LIMIT batch FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS gone = ROW_COUNT;
  RETURN gone;
END $$;

-- A job that is about a visitor, such as mail to them, goes with the visitor: whether it waits, or was
-- given up and is kept for a while.
ALTER TABLE parlor.jobs ADD COLUMN chat_user_id text;
ALTER TABLE parlor.jobs ADD FOREIGN KEY (organization_id, chat_user_id)
  REFERENCES public.chat_users (organization_id, id) ON DELETE CASCADE;
CREATE INDEX jobs_visitor_idx ON parlor.jobs (organization_id, chat_user_id)
  WHERE chat_user_id IS NOT NULL;

-- As the one of 0015, which is left to workers that are older; visitor: whom the mail is about, or NULL.
CREATE FUNCTION parlor.mail_queue(organization text, visitor text, mail text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  INSERT INTO parlor.jobs (organization_id, chat_user_id, kind, payload, max_attempts)
    SELECT organization, visitor, 'mail', mail, 20
      WHERE organization IS NULL
         OR organization = coalesce(nullif(current_setting('parlor.org', true), ''), organization)
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA parlor FROM PUBLIC;

INSERT INTO parlor.grants (role, what) VALUES
  ('parlor_app', 'DELETE ON parlor.page_views'),
  ('parlor_app', 'EXECUTE ON FUNCTION parlor.rating_json(parlor.ratings),
     parlor.mail_queue(text, text, text)'),
  ('parlor_jobs', 'EXECUTE ON FUNCTION parlor.retain_page_views(integer)');
