-- name: event_timeline
SELECT parlor.timeline();

-- name: event_now
SELECT parlor.timeline(), pg_current_snapshot()::text;

-- name: event_read_visitors
-- For many readers at once: what each has not seen, in the order of the transactions, at most $4 rows
-- a reader, and in any case one row that names the snapshot. LATERAL with LIMIT keeps the plan on
-- the index, whatever the statistics were when it was made. No cursor: from now on. The third column
-- says that a cursor is too old, or newer than anything this server knows. What is the same for all
-- stands in sub-selects, which are computed once.
SELECT w.n, (SELECT pg_current_snapshot()::text),
       coalesce(pg_snapshot_xmin(w.cursor) <= (SELECT parlor.event_horizon())
         OR pg_snapshot_xmax(w.cursor) > (SELECT pg_snapshot_xmax(pg_current_snapshot())), false),
       e.type, e.conversation_id, e.data
  FROM unnest($1::text[], $2::text[], $3::pg_snapshot[])
       WITH ORDINALITY AS w(organization, visitor, cursor, n)
  LEFT JOIN LATERAL (
    SELECT v.type, v.conversation_id, v.data, v.xid, v.id FROM parlor.events v
      WHERE v.organization_id = w.organization AND v.chat_user_id = w.visitor
        AND v.visibility IN ('public', 'visitor')
        AND v.xid >= pg_snapshot_xmin(w.cursor) AND NOT pg_visible_in_snapshot(v.xid, w.cursor)
      ORDER BY v.xid, v.id LIMIT $4::integer) e ON true
  ORDER BY w.n, e.xid, e.id;

-- name: event_read_agents
-- As above for the agents of organizations. $2 is not used: the statements take the same arguments.
SELECT w.n, (SELECT pg_current_snapshot()::text),
       coalesce(pg_snapshot_xmin(w.cursor) <= (SELECT parlor.event_horizon())
         OR pg_snapshot_xmax(w.cursor) > (SELECT pg_snapshot_xmax(pg_current_snapshot())), false),
       e.type, e.conversation_id, e.data
  FROM unnest($1::text[], $2::text[], $3::pg_snapshot[])
       WITH ORDINALITY AS w(organization, visitor, cursor, n)
  LEFT JOIN LATERAL (
    SELECT v.type, v.conversation_id, v.data, v.xid, v.id FROM parlor.events v
      WHERE v.organization_id = w.organization AND v.visibility IN ('public', 'agents')
        AND v.xid >= pg_snapshot_xmin(w.cursor) AND NOT pg_visible_in_snapshot(v.xid, w.cursor)
      ORDER BY v.xid, v.id LIMIT $4::integer) e ON true
  ORDER BY w.n, e.xid, e.id;
