-- name: job_organization_purge
SELECT parlor.organization_purge($1, 1000);
