-- name: event_timeline
SELECT parlor.timeline();

-- name: event_now
SELECT parlor.timeline(), pg_current_snapshot()::text;

-- name: event_read_visitor
-- One reader's news, and in any case one row that names the snapshot. Within a conversation ids were
-- taken under its lock, so their order is that of seq; transactions may have begun in another. Which
-- rows the limit leaves out does not matter: who would miss one starts again. No cursor: from now on.
WITH w AS MATERIALIZED (
  SELECT $3::pg_snapshot AS cursor, pg_snapshot_xmin($3::pg_snapshot) AS xmin
)
SELECT pg_current_snapshot()::text,
       parlor.cursor_is_gone(w.cursor, parlor.event_horizon(), pg_snapshot_xmax(pg_current_snapshot())),
       e.type, e.conversation_id, e.data
  FROM w LEFT JOIN LATERAL
       parlor.visitor_events($1, $2, w.cursor, w.xmin, $4::integer) e ON true
 ORDER BY e.id;

-- name: event_read_agent
-- As above for the agents of an organization.
WITH w AS MATERIALIZED (
  SELECT $2::pg_snapshot AS cursor, pg_snapshot_xmin($2::pg_snapshot) AS xmin
)
SELECT pg_current_snapshot()::text,
       parlor.cursor_is_gone(w.cursor, parlor.event_horizon(), pg_snapshot_xmax(pg_current_snapshot())),
       e.type, e.conversation_id, e.data
  FROM w LEFT JOIN LATERAL
       parlor.agent_events($1, w.cursor, w.xmin, $3::integer) e ON true
 ORDER BY e.id;
