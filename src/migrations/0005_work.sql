-- Functions behind rate limits, jobs and retention. SECURITY DEFINER, because they work on rows of all
-- organizations; none returns more than its caller needs.

--------------------------------------------------------------------------------------- limits --

-- Takes one token from the bucket of a key (a hash made by the caller) that holds at most burst and
-- gains per_second. Returns 0 when it was there, else the seconds until it will be. The row's lock
-- makes it exact across workers.
CREATE FUNCTION parlor.rate_take(bucket text, burst double precision, per_second double precision)
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
  RETURN CASE WHEN b.admitted THEN 0 ELSE (1 - b.level) / per_second END;
END $$;

-- Puts a token back: what it was taken for is not to be counted.
CREATE FUNCTION parlor.rate_return(bucket text, burst double precision) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  UPDATE parlor.rate_buckets SET level = least(burst, level + 1) WHERE key = bucket
$$;

----------------------------------------------------------------------------------------- jobs --

-- Claims the oldest due job of the given kinds for lease_seconds. attempt is the claim's number: a
-- worker that lost its lease cannot finish what another has claimed since.
CREATE FUNCTION parlor.job_claim(kinds text[], lease_seconds integer)
RETURNS TABLE (id bigint, organization_id text, kind text, payload text, attempt integer,
               max_attempts integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  -- Its worker died at the last attempt.
  UPDATE parlor.jobs j SET failed_at = parlor.now(), last_error = 'the worker ended without result'
    WHERE j.run_at <= parlor.now() AND j.failed_at IS NULL AND j.every_seconds IS NULL
      AND j.attempts >= j.max_attempts;
  RETURN QUERY
    UPDATE parlor.jobs j
      SET attempts = j.attempts + 1,
          leased_until = parlor.now() + make_interval(secs => lease_seconds),
          run_at = parlor.now() + make_interval(secs => lease_seconds)
      FROM (SELECT d.id FROM parlor.jobs d
              WHERE d.run_at <= parlor.now() AND d.failed_at IS NULL AND d.kind = ANY (kinds)
              ORDER BY d.run_at LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED) due
      WHERE j.id = due.id
      RETURNING j.id, j.organization_id, j.kind, j.payload, j.attempts, j.max_attempts;
END $$;

CREATE FUNCTION parlor.job_done(job bigint, attempt integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE parlor.jobs SET run_at = parlor.now() + make_interval(secs => every_seconds),
      attempts = 0, leased_until = NULL, last_error = NULL
    WHERE id = job AND attempts = attempt AND every_seconds IS NOT NULL;
  IF FOUND THEN
    RETURN true;
  END IF;
  DELETE FROM parlor.jobs WHERE id = job AND attempts = attempt AND every_seconds IS NULL;
  RETURN FOUND;
END $$;

-- A periodic job is never given up; it waits at most its period.
CREATE FUNCTION parlor.job_failed(job bigint, attempt integer, error text, retry_seconds integer)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE parlor.jobs
    SET last_error = left(error, 500), leased_until = NULL,
        run_at = parlor.now()
          + make_interval(secs => least(retry_seconds, coalesce(every_seconds, retry_seconds))),
        failed_at = CASE WHEN every_seconds IS NULL AND attempts >= max_attempts
                         THEN parlor.now() END
    WHERE id = job AND attempts = attempt;
  RETURN FOUND;
END $$;

------------------------------------------------------------------------------------ retention --

-- Each deletes at most batch rows and returns how many, so that no transaction is long.
CREATE FUNCTION parlor.retain_events(batch integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  here bigint := (SELECT system_identifier FROM pg_control_system());
  gone integer;
  newest xid8;
BEGIN
  -- Restored from another cluster: these transaction ids mean nothing here, and those ahead of ours
  -- would be delivered again and again. Every cursor is asked to start anew.
  IF here <> (SELECT system FROM parlor.event_state) THEN
    DELETE FROM parlor.events;
    UPDATE parlor.event_state SET system = here, horizon = pg_current_xact_id();
    RETURN 0;
  END IF;
  -- Never beyond the oldest transaction under way, so that a new cursor is always above the horizon,
  -- even while somebody keeps a transaction open for days.
  WITH old AS (
    SELECT e.xid, e.id FROM parlor.events e
      WHERE e.created_at < parlor.now() - interval '48 hours'
        AND e.xid < pg_snapshot_xmin(pg_current_snapshot())
      ORDER BY e.xid, e.id LIMIT batch
  ), deleted AS (
    DELETE FROM parlor.events e USING old WHERE e.xid = old.xid AND e.id = old.id RETURNING e.xid
  )
  SELECT count(*), max(xid) INTO gone, newest FROM deleted;
  IF gone > 0 THEN
    UPDATE parlor.event_state SET horizon = greatest(horizon, newest);
  END IF;
  RETURN gone;
END $$;

CREATE FUNCTION parlor.retain_visitor_tokens(batch integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  gone integer;
BEGIN
  DELETE FROM parlor.visitor_tokens WHERE token_hash IN (
    SELECT token_hash FROM parlor.visitor_tokens
      WHERE idle_expires_at < parlor.now()
      LIMIT batch FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS gone = ROW_COUNT;
  RETURN gone;
END $$;

CREATE FUNCTION parlor.retain_rate_buckets(batch integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  gone integer;
BEGIN
  DELETE FROM parlor.rate_buckets WHERE key IN (
    SELECT key FROM parlor.rate_buckets WHERE full_at < parlor.now()
      LIMIT batch FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS gone = ROW_COUNT;
  RETURN gone;
END $$;
