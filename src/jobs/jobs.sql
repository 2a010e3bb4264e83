-- name: job_claim
SELECT id, organization_id, kind, payload, attempt, max_attempts
  FROM parlor.job_claim($1::text[], $2::integer);

-- name: job_done
SELECT parlor.job_done($1::bigint, $2::integer);

-- name: job_failed
-- $4 NULL: given up at once.
SELECT parlor.job_failed($1::bigint, $2::integer, $3, $4::integer);
