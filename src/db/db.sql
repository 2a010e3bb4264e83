-- name: db_schema_number
-- Every role of ours may read it; an older schema does not let it, which is as good an answer.
SELECT coalesce(max(number), 0) FROM parlor.schema_migrations;
