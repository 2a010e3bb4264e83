-- name: doctor_server
-- The last column: whether an answered write can be lost when the server or the machine stops.
SELECT current_setting('server_version_num')::integer, current_setting('server_version'),
       current_setting('server_encoding'),
       current_setting('fsync') = 'off' OR current_setting('synchronous_commit') = 'off'
         OR current_setting('full_page_writes') = 'off';

-- name: doctor_login
SELECT rolname, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = session_user;

-- name: doctor_role
-- USAGE means that the login role has the rights of the role without taking it, and so is bound by
-- its policies even when it works as the owner.
SELECT rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb,
       pg_has_role(session_user, oid, 'MEMBER'), pg_has_role(session_user, oid, 'USAGE'),
       EXISTS (SELECT FROM pg_class WHERE relowner = pg_roles.oid)
  FROM pg_roles WHERE rolname = $1;

-- name: doctor_mail
SELECT count(*), (array_agg(last_error ORDER BY failed_at DESC))[1] FROM parlor.jobs
 WHERE kind = 'mail' AND failed_at > parlor.now() - interval '7 days';

-- name: doctor_open_tables
-- Tables of ours that name an organization and are not held to it for the role $1.
SELECT string_agg(c.oid::regclass::text, ', ' ORDER BY c.oid::regclass::text)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'r'
   AND (n.nspname = 'parlor' OR (n.nspname = 'public' AND c.relname IN (
         'organizations', 'members', 'invitations', 'chat_users', 'conversations', 'messages',
         'attachments', 'conversation_assignments')))
   AND (c.relname = 'organizations' OR EXISTS (
         SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'organization_id'
            AND NOT a.attisdropped))
   AND NOT (c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (
         SELECT FROM pg_policy p JOIN pg_roles r ON r.oid = ANY (p.polroles)
          WHERE p.polrelid = c.oid AND NOT p.polpermissive AND r.rolname = $1
            AND p.polqual IS NOT NULL));
