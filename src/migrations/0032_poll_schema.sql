-- The poller, too, looks whether the schema is as new as the program.
INSERT INTO parlor.grants (role, what) VALUES ('parlor_poll', 'SELECT ON parlor.schema_migrations');
