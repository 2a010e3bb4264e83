-- After a crash PostgreSQL may give a transaction id out again: one that had ended without its record
-- having reached the disk (a rollback, or the commit of a transaction that wrote to unlogged tables
-- only). A cursor from before the crash takes that id as seen, and would miss the events of its second
-- owner. So a cursor must not outlive a crash.
--
-- Crash recovery empties unlogged tables, and so does promotion of a standby; a clean restart keeps
-- them. The one row here is made anew by whoever first misses it.
CREATE UNLOGGED TABLE parlor.event_epoch (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  epoch text NOT NULL
);

-- The server whose transaction ids a cursor counts: the cluster, its timeline, and the time since the
-- last crash.
CREATE OR REPLACE FUNCTION parlor.timeline() RETURNS text LANGUAGE plpgsql VOLATILE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  since text := (SELECT e.epoch FROM parlor.event_epoch e);
BEGIN
  IF since IS NULL THEN
    INSERT INTO parlor.event_epoch (epoch) VALUES (left(md5(gen_random_uuid()::text), 12))
      ON CONFLICT DO NOTHING;
    since := (SELECT e.epoch FROM parlor.event_epoch e);
  END IF;
  RETURN (SELECT to_hex(system_identifier) FROM pg_control_system())
    || '-' || left(pg_walfile_name(pg_current_wal_lsn()), 8) || '-' || since;
END $$;
