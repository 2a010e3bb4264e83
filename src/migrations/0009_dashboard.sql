-- What the dashboard's pages look for.

-- Searching visitors by how their name or e-mail address begins. Under row-level security an index on
-- lower() would not be used for parlor_app (lower() is not leakproof), so the search is a function of
-- the owner's that names the organization itself.
CREATE INDEX IF NOT EXISTS chat_users_org_name_idx
  ON public.chat_users (organization_id, lower(name) text_pattern_ops);
CREATE INDEX IF NOT EXISTS chat_users_org_email_idx
  ON public.chat_users (organization_id, lower(email) text_pattern_ops);

-- At most most ids of the organization that the connection speaks for. wanted is taken as it stands:
-- no wildcards.
CREATE FUNCTION parlor.find_visitors(wanted text, most integer) RETURNS SETOF text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  organization text := nullif(current_setting('parlor.org', true), '');
  low text := lower(wanted);
  high text := lower(wanted) || chr(1114111);
BEGIN
  RETURN QUERY
    SELECT x.id FROM (
      (SELECT u.id FROM public.chat_users u
         WHERE u.organization_id = organization AND lower(u.name) ~>=~ low AND lower(u.name) ~<~ high
         LIMIT most)
      UNION
      (SELECT u.id FROM public.chat_users u
         WHERE u.organization_id = organization AND lower(u.email) ~>=~ low AND lower(u.email) ~<~ high
         LIMIT most)) x LIMIT most;
END $$;
REVOKE ALL ON FUNCTION parlor.find_visitors(text, integer) FROM PUBLIC;

INSERT INTO parlor.grants (role, what)
  VALUES ('parlor_app', 'EXECUTE ON FUNCTION parlor.find_visitors(text, integer)');
