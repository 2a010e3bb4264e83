-- The second wall between tenants: roles that own nothing, and row-level security that binds them.
--
--   parlor_app    requests: reads and writes rows of the organization named by parlor.org, and, by
--                 the functions granted below, learns who is asking
--   parlor_jobs   parlor_app, and the functions that claim jobs and clear up
--   parlor_poll   reads events of all organizations, checks credentials, notes presence; nothing else
--   parlor_gate   holds the three without using their rights: a login role that is a member of it
--                 can SET ROLE to one of them
--
-- Why the gate: a policy for parlor_app binds every role that has parlor_app's privileges by
-- inheritance. Were the owner of the tables, who runs the SECURITY DEFINER functions and may be the
-- role Better Auth connects as, a direct member, it would see no row. parlor_gate is NOINHERIT, so
-- membership through it allows SET ROLE and nothing more.
--
-- Roles of other programs are not bound: a permissive policy lets everybody through, a restrictive
-- one holds parlor_app to its organization. An unset parlor.org means no rows. FORCE makes the
-- policies hold for the owner as well, for whom they are the permissive one.
--
-- A worker that logs in as the owner and takes a role by "SET ROLE" could, if an attacker ran SQL of
-- his own in it, go back. Where that matters, let the workers log in as a role that is a member of
-- parlor_gate and owns nothing.
--
-- Roles belong to the cluster, not to the database, and making them needs CREATEROLE. Therefore all
-- this is a function that "parlor migrate" runs each time: it does what is missing and returns a line
-- for each thing it may not do. A database restored into another cluster is mended by one run.

-- What each role may do; a later migration adds rows here.
CREATE TABLE parlor.grants (
  role text NOT NULL,
  what text NOT NULL, -- as between GRANT and TO
  PRIMARY KEY (role, what)
);

INSERT INTO parlor.grants (role, what)
SELECT 'parlor_app', what FROM unnest(ARRAY[
  'USAGE ON SCHEMA parlor, public',
  'SELECT, UPDATE (name, logo, metadata, chat_domain, chat_api_key, chat_is_active, chat_theme,
     chat_primary_color, chat_position, chat_welcome_message, chat_offline_message,
     chat_show_agent_avatar, chat_collect_email, chat_collect_name, chat_custom_css,
     chat_custom_fields, chat_webhook_url) ON public.organizations',
  'SELECT, UPDATE (role, chat_display_name, chat_role, chat_is_online, chat_max_concurrent_chats)
     ON public.members',
  'SELECT (id, name, email, email_verified, image, created_at, updated_at),
     UPDATE (name, image, updated_at) ON public.users',
  'SELECT (id, user_id, expires_at, created_at, updated_at, ip_address, user_agent,
     active_organization_id), INSERT, UPDATE (expires_at, updated_at, active_organization_id), DELETE
     ON public.sessions',
  'SELECT, INSERT, UPDATE (user_id, email, name, session_id, user_agent, ip_address, metadata,
     last_seen_at, verified, identity_key, email_verified, locale) ON public.chat_users',
  'SELECT, INSERT (id, organization_id, chat_user_id, assigned_agent_id, status, priority, subject,
     tags, page_url, referrer, metadata, created_at, updated_at, closed_at),
     UPDATE (assigned_agent_id, status, priority, subject, tags, page_url, referrer, metadata,
     updated_at, closed_at, agent_read_seq, visitor_read_seq) ON public.conversations',
  'SELECT, INSERT (id, organization_id, conversation_id, sender_id, sender_type, content,
     message_type, metadata, is_read, created_at, edited_at, client_id),
     UPDATE (content, metadata, is_read, edited_at) ON public.messages',
  'SELECT, INSERT ON public.attachments',
  'SELECT, INSERT (id, organization_id, conversation_id, agent_id, assigned_by, assigned_at,
     unassigned_at, reason), UPDATE (unassigned_at) ON public.conversation_assignments',
  'SELECT, INSERT, UPDATE (last_used_at, idle_expires_at, revoked_at) ON parlor.visitor_tokens',
  'SELECT, INSERT, UPDATE (name, scopes, last_used_at, expires_at, revoked_at), DELETE
     ON parlor.api_keys',
  'SELECT, INSERT, UPDATE (content, edited_at), DELETE ON parlor.notes',
  'SELECT, INSERT, UPDATE, DELETE ON parlor.teams, parlor.team_members, parlor.canned_responses,
     parlor.ratings, parlor.webhooks, parlor.webhook_deliveries',
  'SELECT, INSERT ON parlor.page_views, parlor.audit_log',
  'SELECT, INSERT, DELETE ON parlor.attachment_chunks',
  'SELECT, INSERT (organization_id, kind, payload, run_at, max_attempts, job_key) ON parlor.jobs',
  'SELECT ON parlor.events',
  'EXECUTE ON FUNCTION parlor.now(), parlor.rfc3339(timestamp), parlor.new_id(), parlor.timeline(),
     parlor.event_horizon(), parlor.tags_json(text), parlor.lenient_json(text),
     parlor.member_name(text, text), parlor.visitor_name(text, text),
     parlor.sender_name(text, text, text, text), parlor.attachments_json(text, text),
     parlor.message_json(public.messages), parlor.note_json(parlor.notes),
     parlor.conversation_json(public.conversations),
     parlor.conversation_visitor_json(public.conversations),
     parlor.visitor_json(public.chat_users), parlor.effective_chat_role(text, text),
     parlor.agent_read(text, bigint), parlor.visitor_read(text, text, bigint),
     parlor.auth_visitor(text), parlor.auth_session(text), parlor.auth_key(text),
     parlor.auth_login(text), parlor.memberships(text), parlor.session_renew(text, integer),
     parlor.session_end(text), parlor.organization_by_key(text), parlor.touch_visitors(text[]),
     parlor.rate_take(text, double precision, double precision),
     parlor.rate_return(text, double precision)'
]) AS what
UNION ALL
SELECT 'parlor_jobs', what FROM unnest(ARRAY[
  'EXECUTE ON FUNCTION parlor.job_claim(text[], integer), parlor.job_done(bigint, integer),
     parlor.job_failed(bigint, integer, text, integer), parlor.retain_events(integer),
     parlor.retain_visitor_tokens(integer), parlor.retain_rate_buckets(integer)'
]) AS what
UNION ALL
SELECT 'parlor_poll', what FROM unnest(ARRAY[
  'USAGE ON SCHEMA parlor',
  'SELECT ON parlor.events',
  'EXECUTE ON FUNCTION parlor.now(), parlor.timeline(), parlor.event_horizon(),
     parlor.auth_visitor(text), parlor.auth_session(text), parlor.auth_key(text),
     parlor.touch_visitors(text[])'
]) AS what;

-- Triggers need no right to execute: it is looked at when they are created.
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA parlor FROM PUBLIC;
REVOKE ALL ON SCHEMA parlor FROM PUBLIC;

-- Makes the roles. A line for each thing that is not allowed.
CREATE FUNCTION parlor.secure_roles() RETURNS SETOF text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['parlor_app', 'parlor_jobs', 'parlor_poll', 'parlor_gate'] LOOP
    IF to_regrole(name) IS NULL THEN
      BEGIN
        EXECUTE format('CREATE ROLE %I NOLOGIN %s', name,
                       CASE name WHEN 'parlor_gate' THEN 'NOINHERIT' ELSE 'INHERIT' END);
        IF name = 'parlor_gate' THEN
          GRANT parlor_app TO parlor_jobs;
          GRANT parlor_app, parlor_jobs, parlor_poll TO parlor_gate;
        END IF;
      EXCEPTION
        WHEN duplicate_object OR unique_violation THEN NULL; -- another database's run was faster
        WHEN insufficient_privilege THEN
          RETURN NEXT format('the role %I is missing and %I may not create it: let a superuser run '
            '"ALTER ROLE %I CREATEROLE", then run parlor migrate again', name, current_user,
            current_user);
          RETURN;
      END;
    END IF;
  END LOOP;
  IF EXISTS (SELECT FROM pg_roles WHERE rolname IN ('parlor_app', 'parlor_jobs', 'parlor_poll')
             AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb)) THEN
    RETURN NEXT 'a role of Parlor has more rights than it must have: let a superuser run '
      '"ALTER ROLE ... NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB" for parlor_app, '
      'parlor_jobs and parlor_poll';
  END IF;
  IF NOT pg_has_role(current_user, 'parlor_gate', 'MEMBER') THEN
    BEGIN
      EXECUTE format('GRANT parlor_gate TO %I', current_user);
    EXCEPTION WHEN insufficient_privilege THEN
      RETURN NEXT format('%I may not take the roles of Parlor: let a superuser run '
        '"GRANT parlor_gate TO %I"', current_user, current_user);
    END;
  END IF;
END $$;

-- Row-level security on every table of ours that names an organization.
CREATE FUNCTION parlor.secure_tables() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  t record;
BEGIN
  FOR t IN
    SELECT c.oid, c.oid::regclass AS name, c.relrowsecurity, c.relforcerowsecurity,
           CASE c.oid WHEN 'public.organizations'::regclass THEN 'id' ELSE 'organization_id' END
             AS tenant
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind = 'r'
        AND (n.nspname = 'parlor' OR c.oid IN (
          'public.organizations'::regclass, 'public.members'::regclass,
          'public.invitations'::regclass, 'public.chat_users'::regclass,
          'public.conversations'::regclass, 'public.messages'::regclass,
          'public.attachments'::regclass, 'public.conversation_assignments'::regclass))
        AND (c.oid = 'public.organizations'::regclass OR EXISTS (
          SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'organization_id'
            AND NOT a.attisdropped))
  LOOP
    -- Together with what follows in one transaction, so nobody meets the table half way.
    IF NOT t.relrowsecurity THEN
      EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t.name);
    END IF;
    IF NOT t.relforcerowsecurity THEN
      EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', t.name);
    END IF;
    IF NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = t.oid AND polname = 'parlor_others') THEN
      EXECUTE format('CREATE POLICY parlor_others ON %s TO PUBLIC USING (true) WITH CHECK (true)',
                     t.name);
    END IF;
    IF NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = t.oid AND polname = 'parlor_tenant') THEN
      EXECUTE format('CREATE POLICY parlor_tenant ON %s AS RESTRICTIVE TO parlor_app '
        'USING (%I = (SELECT nullif(current_setting(''parlor.org'', true), ''''))) '
        'WITH CHECK (%I = (SELECT nullif(current_setting(''parlor.org'', true), '''')))',
        t.name, t.tenant, t.tenant);
    END IF;
  END LOOP;
END $$;

-- What PUBLIC may do by default and our roles must not: temporary tables, and on databases that come
-- from PostgreSQL 14 or older objects in schema public. Roles that log in now keep both.
CREATE FUNCTION parlor.secure_public() RETURNS SETOF text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  r record;
BEGIN
  IF has_database_privilege('parlor_app', current_database(), 'TEMPORARY') THEN
    FOR r IN SELECT rolname FROM pg_roles WHERE rolcanlogin AND rolname !~ '^parlor_' LOOP
      EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO %I', current_database(), r.rolname);
    END LOOP;
    EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
  END IF;
  IF has_schema_privilege('parlor_app', 'public', 'CREATE') THEN
    FOR r IN SELECT rolname FROM pg_roles WHERE rolcanlogin AND rolname !~ '^parlor_' LOOP
      EXECUTE format('GRANT CREATE ON SCHEMA public TO %I', r.rolname);
    END LOOP;
    REVOKE CREATE ON SCHEMA public FROM PUBLIC;
  END IF;
  IF has_database_privilege('parlor_app', current_database(), 'TEMPORARY')
     OR has_schema_privilege('parlor_app', 'public', 'CREATE') THEN
    RETURN NEXT format('%I may not take the rights to make tables from PUBLIC: let the owner of the '
      'database run "REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC" and '
      '"REVOKE CREATE ON SCHEMA public FROM PUBLIC"', current_user, current_database());
  END IF;
EXCEPTION WHEN insufficient_privilege THEN
  RETURN NEXT format('%I may not take the right to make temporary tables from PUBLIC: let the owner '
    'of the database run "REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC"', current_user,
    current_database());
END $$;

-- All of it. Run by the owner of the tables; changes nothing where nothing is missing.
CREATE FUNCTION parlor.secure() RETURNS SETOF text
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
  FOR g IN SELECT role, what FROM parlor.grants LOOP
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
REVOKE ALL ON FUNCTION parlor.secure_roles(), parlor.secure_tables(), parlor.secure_public(),
  parlor.secure() FROM PUBLIC;
