-- name: migrate_lock
-- Any number of runners: one works, the others wait here and find nothing to do.
SELECT pg_advisory_lock(5931, 1);

-- name: migrate_unlock
SELECT pg_advisory_unlock(5931, 1);

-- name: migrate_server
SELECT current_setting('server_version_num')::integer, current_setting('server_version'),
       current_setting('server_encoding'), to_regclass('parlor.schema_migrations') IS NOT NULL;

-- name: migrate_applied
SELECT number, name, hash FROM parlor.schema_migrations ORDER BY number;

-- name: migrate_limit_waiting
SELECT set_config('lock_timeout', '2s', true);

-- name: migrate_note
INSERT INTO parlor.schema_migrations (number, name, hash) VALUES ($1, $2, $3);

-- name: migrate_secure
SELECT line FROM parlor.secure() AS line;

-- name: migrate_secure_path
SELECT line FROM parlor.secure_path() AS line;

-- name: migrate_unvalidated
-- Constraints that rows of before break.
SELECT format('rows of %s break the constraint %I; it holds for new rows only', conrelid::regclass,
              conname)
  FROM pg_constraint
 WHERE NOT convalidated AND connamespace IN ('public'::regnamespace, 'parlor'::regnamespace)
   AND conrelid IN ('public.chat_users'::regclass, 'public.conversations'::regclass,
                    'public.messages'::regclass, 'public.attachments'::regclass,
                    'public.conversation_assignments'::regclass);
