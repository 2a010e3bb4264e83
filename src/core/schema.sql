-- name: schema_is_there
SELECT parlor.now();
