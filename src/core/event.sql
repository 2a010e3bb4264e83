-- name: event_timeline
SELECT parlor.timeline();

-- name: event_now
SELECT parlor.timeline(), pg_current_snapshot()::text;

-- name: event_read_visitors
-- For many readers at once: what each has not seen, at most $4 rows a reader, and in any case one row
-- that names the snapshot. Within a conversation ids were taken under its lock, so their order is
-- that of seq; transactions may have begun in another. Which rows the limit leaves out does not
-- matter: who would miss one starts again. LATERAL with ORDER BY and LIMIT keeps the plan on an index,
-- whatever the statistics were when it was made. No cursor: from now on. The third column
-- says that a cursor is too old, or newer than anything this server knows. What is the same for all
-- stands in sub-selects, which are computed once.
-- w.xmin is computed beforehand: under row-level security only a comparison that calls nothing may use
-- the index, since pg_snapshot_xmin() is not leakproof.
WITH w AS MATERIALIZED (
  SELECT r.*, pg_snapshot_xmin(r.cursor) AS xmin
    FROM unnest($1::text[], $2::text[], $3::pg_snapshot[])
         WITH ORDINALITY AS r(organization, visitor, cursor, n)
)
SELECT w.n, (SELECT pg_current_snapshot()::text),
       coalesce(w.xmin <= (SELECT parlor.event_horizon())
         OR pg_snapshot_xmax(w.cursor) > (SELECT pg_snapshot_xmax(pg_current_snapshot())), false),
       e.type, e.conversation_id, e.data
  FROM w
  LEFT JOIN LATERAL (
    SELECT v.type, v.conversation_id, v.data, v.id FROM parlor.events v
      WHERE v.organization_id = w.organization AND v.chat_user_id = w.visitor
        AND v.visibility IN ('public', 'visitor')
        AND v.xid >= w.xmin AND NOT pg_visible_in_snapshot(v.xid, w.cursor)
      ORDER BY v.xid LIMIT $4::integer) e ON true
  ORDER BY w.n, e.id;

-- name: event_read_agents
-- As above for the agents of organizations. $2 is not used: the statements take the same arguments.
WITH w AS MATERIALIZED (
  SELECT r.*, pg_snapshot_xmin(r.cursor) AS xmin
    FROM unnest($1::text[], $2::text[], $3::pg_snapshot[])
         WITH ORDINALITY AS r(organization, visitor, cursor, n)
)
SELECT w.n, (SELECT pg_current_snapshot()::text),
       coalesce(w.xmin <= (SELECT parlor.event_horizon())
         OR pg_snapshot_xmax(w.cursor) > (SELECT pg_snapshot_xmax(pg_current_snapshot())), false),
       e.type, e.conversation_id, e.data
  FROM w
  LEFT JOIN LATERAL (
    SELECT v.type, v.conversation_id, v.data, v.id FROM parlor.events v
      WHERE v.organization_id = w.organization AND v.visibility IN ('public', 'agents')
        AND v.xid >= w.xmin AND NOT pg_visible_in_snapshot(v.xid, w.cursor)
      ORDER BY v.xid LIMIT $4::integer) e ON true
  ORDER BY w.n, e.id;
