-- Requests that are told apart by a key of their sender (Idempotency-Key), with the answers they got; versions
-- of what is changed only as it was seen (If-Match).

-- A row is written in the transaction of what the request did, so either both are there or neither. While
-- a request is under way its key is held by an advisory lock of that transaction, which ends with whoever
-- holds it: with the worker, with the connection, with the server.
CREATE TABLE parlor.idempotency_keys (
  organization_id text NOT NULL REFERENCES public.organizations (id) ON DELETE CASCADE,
  id text NOT NULL,           -- hash of caller and key
  request_hash text NOT NULL, -- of method, path, query and body
  status integer NOT NULL,
  answer text NOT NULL,       -- sealed: it may show what is shown once
  created_at timestamp NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'),
  PRIMARY KEY (organization_id, id)
);
CREATE INDEX idempotency_keys_created_idx ON parlor.idempotency_keys (created_at);

CREATE FUNCTION parlor.retain_idempotency_keys(batch integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  gone integer;
BEGIN
  DELETE FROM parlor.idempotency_keys WHERE (organization_id, id) IN (
    SELECT k.organization_id, k.id FROM parlor.idempotency_keys k
      WHERE k.created_at <= parlor.now() - interval '24 hours'
      LIMIT batch FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS gone = ROW_COUNT;
  RETURN gone;
END $$;

-- What PATCH can change of a conversation: an If-Match is held to it, so that a message or a read mark that
-- comes in between does no harm.
CREATE FUNCTION parlor.conversation_version(c public.conversations) RETURNS text LANGUAGE sql STABLE
AS $$
  SELECT pg_catalog.left(pg_catalog.md5(
    ROW(c.status, c.priority, c.subject, c.tags, c.assigned_agent_id)::text), 12)
$$;

INSERT INTO parlor.grants (role, what) VALUES
  ('parlor_app', 'SELECT, INSERT, UPDATE ON parlor.idempotency_keys'),
  ('parlor_app', 'EXECUTE ON FUNCTION parlor.conversation_version(public.conversations)'),
  ('parlor_jobs', 'EXECUTE ON FUNCTION parlor.retain_idempotency_keys(integer)');

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA parlor FROM PUBLIC;
