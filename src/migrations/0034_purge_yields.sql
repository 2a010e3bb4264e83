-- The deletion of an organization gives way to whoever still writes there, well before PostgreSQL looks for a deadlock
-- (deadlock_timeout, a second): a request that holds a row and goes on to need the organization's is not what has to fail.

CREATE OR REPLACE FUNCTION parlor.organization_purge(organization text, batch integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '200ms' AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM parlor.jobs j WHERE j.job_key = 'organization-delete ' || organization)
  THEN
    RAISE SQLSTATE 'PL403' USING MESSAGE = 'this organization is not to be deleted';
  END IF;
  IF parlor.organization_drain(organization, batch) > 0 THEN
    RETURN false;
  END IF;
  DELETE FROM public.organizations o WHERE o.id = organization;
  RETURN true;
EXCEPTION
  WHEN lock_not_available THEN
    RETURN false;
END $$;
