-- name: scan_done
-- Here and not in core: only parlor_jobs may say what the scanner said. The trigger tells who waits.
UPDATE uploads SET state = $3, finding = $4
 WHERE organization_id = $1 AND id = $2 AND state = 'pending';
