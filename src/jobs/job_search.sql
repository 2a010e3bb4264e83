-- name: job_search
SELECT parlor.search_refresh($1::integer);
