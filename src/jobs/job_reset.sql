-- name: job_reset_begin
SELECT user_id, name, email FROM parlor.reset_begin($1, $2, $3);
