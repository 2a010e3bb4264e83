-- Where mail is configured, a session whose user never proved the address is none; the poller asks this
-- of each, and says by parlor.proof whether mail is.
CREATE FUNCTION parlor.session_may_wait(of_user text) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN current_setting('parlor.proof', true) IS DISTINCT FROM 'on'
      OR (SELECT u.email_verified FROM public.users u WHERE u.id = of_user);
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA parlor FROM PUBLIC;
INSERT INTO parlor.grants (role, what)
  VALUES ('parlor_poll', 'EXECUTE ON FUNCTION parlor.session_may_wait(text)');
