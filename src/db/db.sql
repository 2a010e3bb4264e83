-- name: db_schema_number
-- All roles of workers may read it; an older schema does not let them, which is as good an answer.
SELECT coalesce(max(number), 0) FROM parlor.schema_migrations;
