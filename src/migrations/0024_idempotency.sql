-- Requests that are told apart by a key of their sender (Idempotency-Key), with the answers they got; versions
-- of what is changed only as it was seen (If-Match); limits of the staff's API.

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

------------------------------------------------------------------------------------- limits --

-- As in 0005, but for what it tells of a token that was taken: minus the tokens that are left.
CREATE OR REPLACE FUNCTION parlor.rate_take(bucket text, burst double precision, per_second double precision)
RETURNS double precision
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  at timestamp := clock_timestamp() AT TIME ZONE 'UTC';
  b parlor.rate_buckets;
BEGIN
  INSERT INTO parlor.rate_buckets AS r (key, level, admitted, updated_at, full_at)
    VALUES (bucket, burst - 1, true, at, at + make_interval(secs => 1 / per_second))
    ON CONFLICT (key) DO UPDATE SET
      admitted = least(burst, r.level + per_second
        * greatest(0, extract(epoch FROM at - r.updated_at))) >= 1,
      level = least(burst, r.level + per_second
        * greatest(0, extract(epoch FROM at - r.updated_at)))
        - CASE WHEN least(burst, r.level + per_second
                 * greatest(0, extract(epoch FROM at - r.updated_at))) >= 1 THEN 1 ELSE 0 END,
      updated_at = greatest(r.updated_at, at),
      full_at = at + make_interval(secs => (burst + 1) / per_second)
    RETURNING * INTO b;
  RETURN CASE WHEN b.admitted THEN -b.level ELSE (1 - b.level) / per_second END;
END $$;

-- Requests a minute of each member and key at the staff's API, where it is not the usual number.
CREATE TABLE parlor.api_limits (
  organization_id text PRIMARY KEY REFERENCES public.organizations (id) ON DELETE CASCADE,
  per_minute integer NOT NULL CHECK (per_minute BETWEEN 1 AND 1000000)
);

CREATE FUNCTION parlor.api_rate(organization text) RETURNS integer LANGUAGE sql STABLE
AS $$
  SELECT coalesce((SELECT l.per_minute FROM parlor.api_limits l WHERE l.organization_id = organization), 600)
$$;

-- Up to wanted tokens at once; none: wait says for how many seconds.
CREATE FUNCTION parlor.rate_take_some(bucket text, burst double precision, wanted integer,
                                      OUT taken integer, OUT available integer, OUT wait double precision)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  at timestamp := clock_timestamp() AT TIME ZONE 'UTC';
  had double precision;
BEGIN
  INSERT INTO parlor.rate_buckets AS r (key, level, admitted, updated_at, full_at)
    VALUES (bucket, burst, true, at, at + interval '1 minute')
    ON CONFLICT (key) DO UPDATE SET
      level = least(burst, r.level + burst / 60 * greatest(0, extract(epoch FROM at - r.updated_at))),
      updated_at = greatest(r.updated_at, at), full_at = at + interval '1 minute'
    RETURNING level INTO had;
  taken := least(wanted, floor(had));
  available := floor(had) - taken;
  wait := CASE WHEN taken > 0 THEN 0 ELSE (1 - had) * 60 / burst END;
  UPDATE parlor.rate_buckets r SET level = r.level - taken WHERE r.key = bucket AND taken > 0;
END $$;

-- A share of a caller's minute for a worker, and as much of the organization's, which as a whole has five
-- times as much: what it does not have the caller gets back. available: in the caller's bucket.
CREATE FUNCTION parlor.api_rate_take(organization text, caller_bucket text, organization_bucket text,
                                     share integer)
RETURNS TABLE (per_minute integer, taken integer, available integer, wait double precision)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  o record;
BEGIN
  IF organization <> coalesce(nullif(current_setting('parlor.org', true), ''), organization) THEN
    RAISE SQLSTATE 'PL404' USING MESSAGE = 'there is no such organization';
  END IF;
  per_minute := parlor.api_rate(organization);
  SELECT s.taken, s.available, s.wait INTO taken, available, wait
    FROM parlor.rate_take_some(caller_bucket, per_minute, greatest(1, per_minute / share)) s;
  IF taken > 0 THEN
    SELECT * INTO o FROM parlor.rate_take_some(organization_bucket, per_minute * 5.0, taken);
    UPDATE parlor.rate_buckets r SET level = r.level + taken - o.taken
      WHERE r.key = caller_bucket AND o.taken < taken;
    available := available + taken - o.taken;
    taken := o.taken;
    wait := o.wait;
  END IF;
  RETURN NEXT;
END $$;

INSERT INTO parlor.grants (role, what) VALUES
  ('parlor_app', 'SELECT, INSERT, UPDATE (request_hash, status, answer, created_at) ON parlor.idempotency_keys'),
  ('parlor_app', 'EXECUTE ON FUNCTION parlor.conversation_version(public.conversations),
     parlor.api_rate(text), parlor.api_rate_take(text, text, text, integer)'),
  ('parlor_app', 'SELECT, INSERT, UPDATE (per_minute) ON parlor.api_limits'),
  ('parlor_jobs', 'EXECUTE ON FUNCTION parlor.retain_idempotency_keys(integer)');

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA parlor FROM PUBLIC;
