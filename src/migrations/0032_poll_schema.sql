-- The poller, too, looks whether the schema is as new as the program.
INSERT INTO parlor.grants (role, what) VALUES ('parlor_poll', 'SELECT ON parlor.schema_migrations');

-- As in 0008, but in one order: lists of rights are then the same whatever became of a migration before it came through.
CREATE OR REPLACE FUNCTION parlor.secure() RETURNS SETOF text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  g record;
  host text;
BEGIN
  RETURN QUERY SELECT * FROM parlor.secure_roles();
  IF to_regrole('parlor_app') IS NULL OR to_regrole('parlor_jobs') IS NULL
     OR to_regrole('parlor_poll') IS NULL THEN
    RETURN NEXT 'there is no second wall between organizations until the roles are there';
    RETURN;
  END IF;
  FOR g IN SELECT role, what FROM parlor.grants ORDER BY role, what LOOP
    EXECUTE format('GRANT %s TO %I', g.what, g.role);
  END LOOP;
  PERFORM parlor.secure_tables();
  RETURN QUERY SELECT * FROM parlor.secure_public();
  -- Where the Better Auth tables belong to another role, that role's program also uses the chat's.
  SELECT pg_get_userbyid(relowner) INTO host FROM pg_class
    WHERE oid = 'public.users'::regclass AND pg_get_userbyid(relowner) <> current_user;
  IF FOUND THEN
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON public.organizations, public.members, '
      'public.invitations, public.chat_users, public.conversations, public.messages, '
      'public.attachments, public.conversation_assignments TO %I', host);
  END IF;
END $$;
