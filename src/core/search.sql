-- name: search_limits
-- Of this transaction: how long a statement may take.
SELECT set_config('statement_timeout', $1, true);

-- name: search_messages
-- $2 what is asked for; $3 status, $4 assignee, $5 tag, $6 visitor, $7 from, $8 until; $9 and $10 the last
-- row of the page before, $11 how many. CASE, not coalesce(): that is not leakproof, and so would look for no row by
-- an index under row-level security.
SELECT json_build_object('type', 'message', 'conversationId', c.id,
         'message', CASE WHEN n.id IS NULL THEN message_json(m) ELSE note_json(n) END,
         'conversation', conversation_json(c),
         'snippet', search_snippet(w.config, coalesce(n.content, m.content), w.wanted),
         'createdAt', rfc3339(h.at))::text, h.at, h.id
  FROM search_wanted('m', $2, false) w,
       LATERAL search_find('m', w.wanted, $3, $4, $5, $6, $7::timestamp, $8::timestamp, $9::timestamp, $10,
                           $11::integer) h
  LEFT JOIN messages m ON m.organization_id = $1 AND m.id = h.message_id
  LEFT JOIN notes n ON n.organization_id = $1 AND n.id = h.note_id
  JOIN conversations c ON c.organization_id = $1 AND c.id = CASE WHEN n.id IS NULL THEN m.conversation_id ELSE n.conversation_id END
 ORDER BY h.at DESC, h.id DESC;

-- name: search_conversations
-- As above.
SELECT json_build_object('type', 'conversation', 'conversationId', c.id, 'conversation', conversation_json(c),
         'snippet', search_snippet(w.config, search_conversation_text(c), w.wanted),
         'createdAt', rfc3339(h.at))::text, h.at, h.id
  FROM search_wanted('c', $2, false) w,
       LATERAL search_find('c', w.wanted, $3, $4, $5, $6, $7::timestamp, $8::timestamp, $9::timestamp, $10,
                           $11::integer) h
  JOIN conversations c ON c.organization_id = $1 AND c.id = h.conversation_id
 ORDER BY h.at DESC, h.id DESC;

-- name: search_visitors
-- As above; $12 whether words may be nearly the same.
SELECT json_build_object('type', 'visitor', 'visitorId', u.id, 'visitor', visitor_json(u),
         'snippet', search_snippet(w.config, concat_ws(' · ', u.name, nullif(u.email, '')), w.wanted),
         'createdAt', rfc3339(h.at))::text, h.at, h.id
  FROM search_wanted('v', $2, $12::boolean) w,
       LATERAL search_find('v', w.wanted, $3, $4, $5, $6, $7::timestamp, $8::timestamp, $9::timestamp, $10,
                           $11::integer) h
  JOIN chat_users u ON u.organization_id = $1 AND u.id = h.chat_user_id
 ORDER BY h.at DESC, h.id DESC;

-- name: search_settings
SELECT json_build_object('language', coalesce(s.language, 'english'),
         'indexing', x.stage IS NOT NULL OR s.stage IS NOT NULL)::text
  FROM search_state x LEFT JOIN search_settings s ON s.organization_id = $1;

-- name: search_languages
-- As people call them; "simple" knows no language and stands last.
SELECT json_build_object('indexing', x.stage IS NOT NULL OR s.stage IS NOT NULL, 'languages',
         (SELECT json_agg(json_build_object('name', c.cfgname, 'current', c.cfgname = coalesce(s.language, 'english'),
                   'label', CASE c.cfgname WHEN 'simple' THEN 'Another language: words as they stand'
                                           ELSE initcap(c.cfgname) END)
                 ORDER BY c.cfgname = 'simple', c.cfgname)
            FROM pg_ts_config c WHERE c.cfgnamespace = 'pg_catalog'::regnamespace))::text
  FROM search_state x LEFT JOIN search_settings s ON s.organization_id = $1;

-- name: search_set_language
-- No row: it is the language already.
INSERT INTO search_settings AS s (organization_id, language)
SELECT $1, $2 WHERE $2 <> 'english' OR EXISTS (SELECT FROM search_settings x WHERE x.organization_id = $1)
    ON CONFLICT (organization_id) DO UPDATE SET language = EXCLUDED.language
 WHERE s.language <> EXCLUDED.language
RETURNING organization_id;
