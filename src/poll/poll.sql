-- name: poll_start
SELECT parlor.timeline(), pg_current_snapshot()::text;

-- name: poll_settle
-- For this connection: short arrays look cheaper than the unknown, so each read would be planned anew,
-- which takes twice as long as reading. $1: whether addresses have to be proved (parlor.session_may_wait).
SELECT set_config('plan_cache_mode', 'force_generic_plan', false), set_config('parlor.proof', $1, false);

-- name: poll_listen
LISTEN parlor;

-- name: poll_notify
SELECT pg_notify('parlor', $1);

-- name: poll_auth_visitors
-- One row for each token (by its hash) that is good. Once, to know what a new client waits for.
SELECT w.n, a.organization_id, a.visitor_id, a.chat_domain
  FROM unnest($1::text[]) WITH ORDINALITY AS w(proof, n)
  CROSS JOIN LATERAL parlor.auth_visitor(w.proof) a;

-- name: poll_auth_sessions
SELECT w.n, a.organization_id, a.member_id, NULL
  FROM unnest($1::text[]) WITH ORDINALITY AS w(proof, n)
  CROSS JOIN LATERAL parlor.auth_session(w.proof) a
  WHERE parlor.session_may_wait(a.user_id);

-- name: poll_auth_keys
-- Without an organization: the key is good, but not for this.
SELECT w.n, CASE WHEN parlor.scope_allows(a.scopes, 'conversations:read') THEN a.organization_id END,
       a.member_id, NULL
  FROM unnest($1::text[]) WITH ORDINALITY AS w(proof, n)
  CROSS JOIN LATERAL parlor.auth_key(w.proof) a;

-- name: poll_read_visitors
-- For many readers at once: whether each may still read, and what it has not seen. At least one row a
-- reader; without an organization its credential is no longer good. What is the same for all stands in
-- sub-selects, which are computed once.
WITH w AS MATERIALIZED (
  SELECT r.*, pg_snapshot_xmin(r.cursor) AS xmin
    FROM unnest($1::text[], $2::pg_snapshot[]) WITH ORDINALITY AS r(proof, cursor, n)
)
SELECT w.n, (SELECT pg_current_snapshot()::text),
       parlor.cursor_is_gone(w.cursor, (SELECT parlor.event_horizon()),
                             (SELECT pg_snapshot_xmax(pg_current_snapshot()))),
       e.type, e.conversation_id, e.data, a.organization_id, a.visitor_id, a.chat_domain
  FROM w
  LEFT JOIN LATERAL parlor.auth_visitor(w.proof) a ON true
  LEFT JOIN LATERAL
    parlor.visitor_events(a.organization_id, a.visitor_id, w.cursor, w.xmin, $3::integer) e ON true
  ORDER BY w.n, e.id;

-- name: poll_read_sessions
-- As above for agents in a browser.
WITH w AS MATERIALIZED (
  SELECT r.*, pg_snapshot_xmin(r.cursor) AS xmin
    FROM unnest($1::text[], $2::pg_snapshot[]) WITH ORDINALITY AS r(proof, cursor, n)
)
SELECT w.n, (SELECT pg_current_snapshot()::text),
       parlor.cursor_is_gone(w.cursor, (SELECT parlor.event_horizon()),
                             (SELECT pg_snapshot_xmax(pg_current_snapshot()))),
       e.type, e.conversation_id, e.data, a.organization_id, a.member_id, NULL
  FROM w
  LEFT JOIN LATERAL parlor.auth_session(w.proof) a ON parlor.session_may_wait(a.user_id)
  LEFT JOIN LATERAL
    parlor.agent_events(a.organization_id, w.cursor, w.xmin, $3::integer) e ON true
  ORDER BY w.n, e.id;

-- name: poll_read_keys
-- As above for programs with a secret key.
WITH w AS MATERIALIZED (
  SELECT r.*, pg_snapshot_xmin(r.cursor) AS xmin
    FROM unnest($1::text[], $2::pg_snapshot[]) WITH ORDINALITY AS r(proof, cursor, n)
)
SELECT w.n, (SELECT pg_current_snapshot()::text),
       parlor.cursor_is_gone(w.cursor, (SELECT parlor.event_horizon()),
                             (SELECT pg_snapshot_xmax(pg_current_snapshot()))),
       e.type, e.conversation_id, e.data, a.organization_id, a.member_id, NULL
  FROM w
  LEFT JOIN LATERAL parlor.auth_key(w.proof) a
    ON parlor.scope_allows(a.scopes, 'conversations:read')
  LEFT JOIN LATERAL
    parlor.agent_events(a.organization_id, w.cursor, w.xmin, $3::integer) e ON true
  ORDER BY w.n, e.id;

-- name: poll_sweep
-- What the poller itself has not seen: whom to wake, and who lost access (apart, so that the limit
-- never cuts it). At least one row; sub-selects, so that what is the same for all is computed once. The
-- same visitor may come more than once: reads wait behind this statement, and sorting takes longer than
-- sending.
SELECT (SELECT parlor.timeline()), (SELECT pg_current_snapshot()::text),
       (SELECT pg_snapshot_xmin($1::pg_snapshot) <= parlor.event_horizon()),
       e.organization_id, e.visitor, e.xid, e.revoked
  FROM (SELECT) AS always LEFT JOIN LATERAL (
    SELECT v.organization_id, NULL AS visitor, v.xid, v.data::text AS revoked
      FROM parlor.events v
      WHERE v.xid >= pg_snapshot_xmin($1::pg_snapshot)
        AND NOT pg_visible_in_snapshot(v.xid, $1::pg_snapshot) AND v.visibility = 'poller'
    UNION ALL
    (SELECT v.organization_id,
            CASE WHEN v.visibility IN ('public', 'visitor') THEN v.chat_user_id END, v.xid, NULL
       FROM parlor.events v
       WHERE v.xid >= pg_snapshot_xmin($1::pg_snapshot)
         AND NOT pg_visible_in_snapshot(v.xid, $1::pg_snapshot) AND v.visibility <> 'poller'
       LIMIT $2::integer)) e ON true;

-- name: poll_touch
SELECT parlor.touch_visitors($1::text[]), parlor.touch_keys($2::text[]);
