-- name: retention_events
SELECT parlor.retain_events($1::integer);

-- name: retention_tokens
SELECT parlor.retain_visitor_tokens($1::integer);

-- name: retention_jobs
SELECT parlor.retain_jobs($1::integer);

-- name: retention_idempotency
SELECT parlor.retain_idempotency_keys($1::integer);

-- name: retention_buckets
SELECT parlor.retain_rate_buckets($1::integer);

-- name: retention_uploads
SELECT parlor.retain_uploads($1::integer);

-- name: retention_page_views
SELECT parlor.retain_page_views($1::integer);
