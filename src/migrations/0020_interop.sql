-- Living beside other programs: the path on which they find their tables, and the number of the schema
-- for programs of ours that are newer than it.

-- PostgreSQL looks for a name first in the schema that is called like the role. For a role "parlor" that is
-- ours, and in it are tables with names that an application has, too: of its "teams" it would read ours.
-- Our own connections say their path themselves. A line for what is not allowed.
CREATE FUNCTION parlor.secure_path() RETURNS SETOF text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  here oid := (SELECT oid FROM pg_database WHERE datname = current_database());
BEGIN
  IF to_regrole('parlor') IS NULL OR EXISTS (
       SELECT FROM pg_db_role_setting, unnest(setconfig) AS setting
         WHERE setrole = to_regrole('parlor') AND setdatabase IN (0, here)
           AND setting LIKE 'search\_path=%') THEN
    RETURN;
  END IF;
  EXECUTE format('ALTER ROLE parlor IN DATABASE %I SET search_path = public', current_database());
EXCEPTION WHEN insufficient_privilege THEN
  RETURN NEXT format('the role "parlor" finds the schema "parlor" before "public": let a superuser run '
    '"ALTER ROLE parlor IN DATABASE %I SET search_path = public"', current_database());
END $$;

-- So that a worker sees that the schema is older than it is, and says so.
INSERT INTO parlor.grants (role, what) VALUES ('parlor_app', 'SELECT ON parlor.schema_migrations');

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA parlor FROM PUBLIC;
