-- Read models: one statement for each part of a page, as JSON in the shape the templates want. What
-- is presentation only (relative times, initials, names of devices) is added by web/view.c: a time is
-- {"iso"}, a person {"name", "key"}, a word {"value"}, a web address {"url"}.

-- name: dashboard_rows
-- $2 the member who looks, $3 mine, unassigned, all or search, $4 a status or NULL, $5 and $6 the last
-- row of the page before, $7 how many, $8 what is searched, $9 the query of the links, $10 the open one.
-- Each branch reads one page straight from an index, for each status; one branch runs.
WITH s AS (
  SELECT unnest(CASE WHEN $4::text IS NULL THEN ARRAY['open', 'waiting', 'resolved', 'closed']
                     ELSE ARRAY[$4] END) AS status
), start AS (
  SELECT coalesce($5::timestamp, 'infinity') AS at, coalesce($6, '') AS id
), page AS (
  SELECT p.* FROM s, start, LATERAL (
    SELECT c.* FROM conversations c
     WHERE $3 = 'all' AND organization_id = $1 AND c.status = s.status
       AND (last_message_at, c.id) < (start.at, start.id)
     ORDER BY last_message_at DESC, c.id DESC LIMIT $7::bigint) p
  UNION ALL
  SELECT p.* FROM s, start, LATERAL (
    SELECT c.* FROM conversations c
     WHERE $3 = 'unassigned' AND organization_id = $1 AND assigned_agent_id IS NULL
       AND c.status = s.status AND (last_message_at, c.id) < (start.at, start.id)
     ORDER BY last_message_at DESC, c.id DESC LIMIT $7::bigint) p
  UNION ALL
  SELECT p.* FROM s, start, LATERAL (
    SELECT c.* FROM conversations c
     WHERE $3 = 'mine' AND organization_id = $1 AND assigned_agent_id = $2
       AND c.status = s.status AND (last_message_at, c.id) < (start.at, start.id)
     ORDER BY last_message_at DESC, c.id DESC LIMIT $7::bigint) p
  UNION ALL
  SELECT p.* FROM start, LATERAL (
    SELECT v FROM find_visitors($8, 200) v WHERE $3 = 'search') found, LATERAL (
    SELECT c.* FROM conversations c
     WHERE organization_id = $1 AND c.chat_user_id = found.v AND ($4::text IS NULL OR c.status = $4)
       AND (last_message_at, c.id) < (start.at, start.id)
     ORDER BY last_message_at DESC LIMIT 20) p
), newest AS (
  SELECT * FROM page ORDER BY last_message_at DESC, id DESC LIMIT $7::bigint
)
SELECT json_build_object('id', c.id, 'href', concat('/inbox/', c.id, $9::text), 'current', c.id = $10,
         'key', u.id, 'name', u.name, 'preview', coalesce(c.preview, ''),
         'by', CASE WHEN l.sender_type <> 'agent' THEN NULL WHEN l.sender_id = $2 THEN 'You'
                    ELSE member_name(c.organization_id, l.sender_id) END,
         'unread', nullif(c.agent_unread, 0),
         'time', json_build_object('iso', rfc3339(c.last_message_at)),
         'waiting', CASE WHEN c.waiting_since IS NOT NULL THEN json_build_object(
           'iso', rfc3339(c.waiting_since),
           'late', c.waiting_since < parlor.now() - interval '10 minutes') END,
         'assignee', CASE WHEN c.assigned_agent_id IS NOT NULL THEN json_build_object(
           'name', member_name(c.organization_id, c.assigned_agent_id)) END,
         'status', json_build_object('value', c.status),
         'priority', CASE WHEN c.priority <> 'normal' THEN json_build_object('value', c.priority) END
       )::text, c.last_message_at, c.id
  FROM newest c
  JOIN chat_users u ON u.organization_id = c.organization_id AND u.id = c.chat_user_id
  LEFT JOIN LATERAL (
    SELECT m.sender_type, m.sender_id FROM messages m
     WHERE m.organization_id = c.organization_id AND m.conversation_id = c.id AND m.sender_type <> 'system'
     ORDER BY m.seq DESC LIMIT 1) l ON true
 ORDER BY c.last_message_at DESC, c.id DESC;

-- name: dashboard_counts
-- Counting stops at 100, and news are looked for among the newest 100 of each kind, so that this costs
-- the same however much there is.
WITH mine AS (
  SELECT agent_unread FROM conversations
   WHERE organization_id = $1 AND assigned_agent_id = $2 AND status = 'open'
   ORDER BY last_message_at DESC, id DESC LIMIT 100
), unassigned AS (
  SELECT agent_unread FROM conversations
   WHERE organization_id = $1 AND assigned_agent_id IS NULL AND status = 'open'
   ORDER BY last_message_at DESC, id DESC LIMIT 100
)
SELECT (SELECT count(*) FROM mine), (SELECT count(*) FROM unassigned),
       (SELECT count(*) FROM mine WHERE agent_unread > 0)
         + (SELECT count(*) FROM unassigned WHERE agent_unread > 0),
       EXISTS (SELECT FROM conversations WHERE organization_id = $1),
       (SELECT chat_api_key FROM organizations WHERE id = $1);

-- name: dashboard_lines
-- A page of $5 messages that ends before $4, or with $3 >= 0 what came after that seq. Notes stand
-- behind the message they followed. The message of seq $3 itself is read along, for the grouping.
WITH c AS (
  SELECT * FROM conversations WHERE organization_id = $1 AND id = $2
), page AS (
  (SELECT m.* FROM messages m, c
    WHERE $3::bigint < 0 AND m.organization_id = $1 AND m.conversation_id = c.id AND m.seq < $4::bigint
    ORDER BY m.seq DESC LIMIT $5::bigint)
  UNION ALL
  (SELECT m.* FROM messages m, c
    WHERE $3::bigint >= 0 AND m.organization_id = $1 AND m.conversation_id = c.id AND m.seq >= $3::bigint
    ORDER BY m.seq LIMIT $5::bigint)
), bounds AS (
  SELECT CASE WHEN $3::bigint >= 0 THEN $3::bigint ELSE coalesce(nullif(min(seq), 1), 0) END AS first,
         coalesce(max(seq), 0) AS last,
         min(seq) FILTER (WHERE seq > c.agent_read_seq AND sender_type = 'user') AS fresh
    FROM c LEFT JOIN page ON true GROUP BY c.id, c.agent_read_seq
), lines AS (
  SELECT id, seq, seq AS place, sender_type AS kind, sender_id, content, client_id, edited_at,
         created_at, message_type FROM page
  UNION ALL
  SELECT n.id, NULL, n.after_seq, 'note', n.member_id, n.content, n.client_id, n.edited_at,
         n.created_at, 'text'
    FROM notes n, bounds, c
   WHERE n.conversation_id = c.id AND n.organization_id = c.organization_id
     AND n.after_seq BETWEEN bounds.first AND bounds.last
), placed AS (
  SELECT *, lag(kind) OVER o AS kind_before, lag(sender_id) OVER o AS sender_before,
         lag(created_at) OVER o AS created_before
    FROM lines WINDOW o AS (ORDER BY place, seq IS NULL, created_at, id)
)
SELECT json_build_object(
         'first', coalesce((SELECT min(seq) FROM page), 0),
         'last', coalesce((SELECT max(seq) FROM page), 0),
         'items', coalesce((SELECT json_agg(json_build_object(
             'id', l.id, 'seq', l.seq, 'visitor', kind = 'user' AND NOT is_system,
             'agent', kind = 'agent' AND NOT is_system, 'note', kind = 'note',
             'system', is_system, 'clientId', l.client_id,
             'day', CASE WHEN created_before::date IS DISTINCT FROM l.created_at::date
                         THEN json_build_object('iso', l.created_at::date) END,
             'fresh', $3::bigint < 0 AND l.seq IS NOT DISTINCT FROM bounds.fresh
                      AND bounds.fresh IS NOT NULL,
             'leads', kind_before IS DISTINCT FROM kind OR sender_before IS DISTINCT FROM l.sender_id
                      OR l.created_at - created_before > interval '5 minutes',
             'sender', coalesce(CASE WHEN kind = 'note' THEN member_name(c.organization_id, l.sender_id)
                         ELSE sender_name(c.organization_id, kind, l.sender_id, c.id) END, ''),
             'content', l.content, 'read', coalesce(l.seq <= c.visitor_read_seq, true),
             'edited', l.edited_at IS NOT NULL,
             'files', (SELECT coalesce(json_agg(json_build_object('name', a.file_name,
                                'url', CASE WHEN f.state IN ('pending', 'infected') THEN '' ELSE a.url END,
                                'size', pg_size_pretty(a.file_size::bigint),
                                'pending', coalesce(f.state = 'pending', false),
                                'infected', coalesce(f.state = 'infected', false),
                                'picture', CASE WHEN f.state IN ('clean', 'unscanned') AND f.width > 0
                                  THEN json_build_object('width', f.width, 'height', f.height) END)
                                ORDER BY a.created_at, a.id), '[]'::json)
                         FROM attachments a
                         LEFT JOIN uploads f ON f.id = a.id
                           AND f.organization_id IS NOT DISTINCT FROM a.organization_id
                        WHERE l.message_type IN ('image', 'file') AND a.organization_id = $1
                          AND a.message_id = l.id),
             'time', json_build_object('iso', rfc3339(l.created_at)))
             ORDER BY place, seq IS NULL, l.created_at, l.id)
           FROM placed l, bounds, LATERAL (
             SELECT kind = 'system' OR message_type = 'system' AS is_system) k
          WHERE l.seq IS NULL OR l.seq > $3::bigint), '[]'::json))::text
  FROM c;

-- name: dashboard_conversation
-- $3 the member who looks, $4 the query of the links.
SELECT json_build_object('id', c.id, 'name', u.name, 'key', u.id, 'subject', c.subject,
         'began', CASE WHEN c.page_url <> '' THEN json_build_object('url', c.page_url) END,
         'status', json_build_object('value', c.status), 'closed', c.status IN ('closed', 'resolved'),
         'mine', coalesce(c.assigned_agent_id = $3, false),
         'assignee', CASE WHEN c.assigned_agent_id IS NOT NULL THEN json_build_object(
           'id', c.assigned_agent_id, 'key', c.assigned_agent_id,
           'name', member_name(c.organization_id, c.assigned_agent_id)) END,
         'lastSeq', c.last_seq, 'agentReadSeq', c.agent_read_seq, 'visitorReadSeq', c.visitor_read_seq,
         'unread', nullif(c.agent_unread, 0), 'tags', tags_json(c.tags),
         'started', json_build_object('iso', rfc3339(c.created_at)),
         'priorityNow', json_build_object('value', c.priority),
         'statusChoices', (SELECT json_agg(json_build_object('value', v, 'current', v = c.status))
            FROM unnest(ARRAY['open', 'waiting', 'resolved', 'closed']) v),
         'priorityChoices', (SELECT json_agg(json_build_object('value', v, 'current', v = c.priority))
            FROM unnest(ARRAY['urgent', 'high', 'normal', 'low']) v),
         'agents', (SELECT coalesce(json_agg(json_build_object('id', a.id, 'name', a.name,
              'online', a.online, 'current', a.id IS NOT DISTINCT FROM c.assigned_agent_id)
              ORDER BY a.name), '[]'::json)
            FROM (SELECT m.id, member_name(m.organization_id, m.id) AS name,
                         coalesce(m.chat_is_online, false) AS online FROM members m
                   WHERE m.organization_id = $1
                     AND effective_chat_role(m.role, m.chat_role) <> 'viewer' LIMIT 200) a),
         'person', json_build_object('id', u.id, 'key', u.id, 'name', u.name, 'email', nullif(u.email, ''),
           'verified', u.verified, 'userId', CASE WHEN u.verified THEN u.identity_key END,
           'emailVerified', u.email_verified AND u.email <> '',
           'online', u.last_seen_at > parlor.now() - interval '90 seconds',
           'seen', json_build_object('iso', rfc3339(u.last_seen_at)),
           'since', json_build_object('iso', rfc3339(u.created_at)),
           'userAgent', u.user_agent, 'address', nullif(u.ip_address, ''), 'locale', nullif(u.locale, ''),
           'at', (SELECT json_build_object('url', v.url) FROM (
                    (SELECT p.url FROM page_views p
                      WHERE p.organization_id = $1 AND p.chat_user_id = u.id
                      ORDER BY p.created_at DESC LIMIT 1)
                    UNION ALL SELECT c.page_url) v WHERE v.url <> '' LIMIT 1),
           'from', CASE WHEN c.referrer <> '' THEN json_build_object('url', c.referrer) END,
           'data', (SELECT coalesce(json_agg(json_build_object('name', left(d.key, 60),
                             'value', left(d.value, 300))), '[]'::json)
                      FROM (SELECT * FROM json_each_text(
                              CASE WHEN json_typeof(lenient_json(u.metadata)) = 'object'
                                   THEN lenient_json(u.metadata) ELSE '{}'::json END) LIMIT 20) d),
           'past', (SELECT coalesce(json_agg(json_build_object('href', concat('/inbox/', p.id, $4::text),
                             'preview', coalesce(p.preview, ''),
                             'status', json_build_object('value', p.status),
                             'time', json_build_object('iso', rfc3339(p.last_message_at)))
                             ORDER BY p.last_message_at DESC), '[]'::json)
                      FROM (SELECT * FROM conversations o
                             WHERE o.organization_id = $1 AND o.chat_user_id = u.id AND o.id <> c.id
                             ORDER BY o.last_message_at DESC LIMIT 5) p)))::text
  FROM conversations c
  JOIN chat_users u ON u.organization_id = c.organization_id AND u.id = c.chat_user_id
 WHERE c.organization_id = $1 AND c.id = $2;

-- name: dashboard_visitors
-- $2 and $3 the last row of the page before, $4 how many. The order is that of an index.
WITH page AS (
  SELECT * FROM chat_users
   WHERE organization_id = $1
     AND (last_seen_at, id) < (coalesce($2::timestamp, 'infinity'), coalesce($3, ''))
   ORDER BY last_seen_at DESC, id DESC LIMIT $4::bigint
)
SELECT json_build_object('id', u.id, 'key', u.id, 'name', u.name, 'email', nullif(u.email, ''),
         'verified', u.verified, 'online', u.last_seen_at > parlor.now() - interval '90 seconds',
         'seen', json_build_object('iso', rfc3339(u.last_seen_at)), 'userAgent', u.user_agent,
         'count', (SELECT count(*) FROM (SELECT FROM conversations o
                     WHERE o.organization_id = $1 AND o.chat_user_id = u.id LIMIT 100) n),
         'href', CASE WHEN l.id IS NOT NULL THEN concat('/inbox/', l.id, '?view=all&status=any') END,
         'status', CASE WHEN l.id IS NOT NULL THEN json_build_object('value', l.status) END,
         'at', CASE WHEN coalesce(v.url, l.page_url) <> ''
                    THEN json_build_object('url', coalesce(v.url, l.page_url)) END
       )::text, u.last_seen_at, u.id
  FROM page u
  LEFT JOIN LATERAL (
    SELECT o.id, o.status, o.page_url FROM conversations o
     WHERE o.organization_id = $1 AND o.chat_user_id = u.id
     ORDER BY o.last_message_at DESC LIMIT 1) l ON true
  LEFT JOIN LATERAL (
    SELECT p.url FROM page_views p WHERE p.organization_id = $1 AND p.chat_user_id = u.id
     ORDER BY p.created_at DESC LIMIT 1) v ON true
 ORDER BY u.last_seen_at DESC, u.id DESC;

-- name: dashboard_presence
UPDATE members SET chat_is_online = $3::boolean WHERE organization_id = $1 AND id = $2;
