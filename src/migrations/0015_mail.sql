-- Mail is sent, or given up: at once when that is for good. What was given up is kept for a while.

-- retry_seconds NULL: no repetition would mend it. A periodic job is never given up; it waits at most
-- its period. (least() leaves nulls out.)
CREATE OR REPLACE FUNCTION parlor.job_failed(job bigint, attempt integer, error text,
                                             retry_seconds integer)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE parlor.jobs
    SET last_error = left(error, 500), leased_until = NULL,
        run_at = parlor.now()
          + make_interval(secs => coalesce(least(retry_seconds, every_seconds), 0)),
        failed_at = CASE WHEN every_seconds IS NULL
                          AND (retry_seconds IS NULL OR attempts >= max_attempts)
                         THEN parlor.now() END
    WHERE id = job AND attempts = attempt;
  RETURN FOUND;
END $$;

-- Twenty attempts are some eleven hours: a mail server is mended in a morning.
CREATE OR REPLACE FUNCTION parlor.mail_queue(organization text, mail text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  INSERT INTO parlor.jobs (organization_id, kind, payload, max_attempts)
    SELECT organization, 'mail', mail, 20
      WHERE organization IS NULL
         OR organization = coalesce(nullif(current_setting('parlor.org', true), ''), organization)
$$;

-- A mail that was given up shows whom it was for. Its data, which may hold a link that lets somebody
-- in, is no longer needed.
CREATE FUNCTION parlor.mail_forget() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  mail json := parlor.lenient_json(NEW.payload);
BEGIN
  NEW.payload := jsonb_build_object('to', mail ->> 'to', 'template', mail ->> 'template');
  RETURN NEW;
END $$;
CREATE TRIGGER parlor_mail_forget BEFORE UPDATE OF failed_at ON parlor.jobs
  FOR EACH ROW WHEN (NEW.kind = 'mail' AND OLD.failed_at IS NULL AND NEW.failed_at IS NOT NULL)
  EXECUTE FUNCTION parlor.mail_forget();

-- Jobs that were given up 30 days ago. Deletes at most batch rows and returns how many.
CREATE FUNCTION parlor.retain_jobs(batch integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  gone integer;
BEGIN
  DELETE FROM parlor.jobs WHERE id IN (
    SELECT j.id FROM parlor.jobs j WHERE j.failed_at < parlor.now() - interval '30 days'
      LIMIT batch FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS gone = ROW_COUNT;
  RETURN gone;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA parlor FROM PUBLIC;

INSERT INTO parlor.grants (role, what) VALUES
  ('parlor_jobs', 'EXECUTE ON FUNCTION parlor.retain_jobs(integer)');
