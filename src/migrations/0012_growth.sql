-- What must not cost more when there is more.

-- As in 0005, but the age is looked at among the oldest rows only. Looking for old rows in the order of
-- xid read all events of two days each time there was none to delete. Rows are as old as their xid but
-- for the length of a transaction, so what is left out is deleted by one of the next runs.
CREATE OR REPLACE FUNCTION parlor.retain_events(batch integer) RETURNS integer
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
  WITH oldest AS (
    SELECT e.xid, e.id, e.created_at FROM parlor.events e ORDER BY e.xid, e.id LIMIT batch
  ), deleted AS (
    DELETE FROM parlor.events e USING oldest o
      WHERE e.xid = o.xid AND e.id = o.id AND o.created_at < parlor.now() - interval '48 hours'
        AND o.xid < pg_snapshot_xmin(pg_current_snapshot())
      RETURNING e.xid
  )
  SELECT count(*), max(xid) INTO gone, newest FROM deleted;
  IF gone > 0 THEN
    UPDATE parlor.event_state SET horizon = greatest(horizon, newest);
  END IF;
  RETURN gone;
END $$;
