-- name: job_tags
SELECT parlor.tags_take($1, 500);
