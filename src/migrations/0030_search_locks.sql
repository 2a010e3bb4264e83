-- Who erases a visitor locks the conversations in the order of their ids, then takes away their messages, and the visitor at
-- the end. The job that makes entries locked the visitor first, so each could come to wait for the other. As in 0025, but
-- in the same order.
CREATE OR REPLACE FUNCTION parlor.search_follow(batch integer) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  s parlor.search_state;
  news record;
BEGIN
  SELECT * INTO s FROM parlor.search_state;
  SELECT pg_current_snapshot() AS seen, count(*) AS events, max(xid) AS last,
         array_agg(DISTINCT id) FILTER (WHERE type ~ '^message\.(created|updated)$' AND NOT note) AS messages,
         array_agg(DISTINCT id) FILTER (WHERE type ~ '^message\.(created|updated)$' AND note) AS notes,
         array_agg(DISTINCT conversation_id) FILTER (WHERE type ~ '^conversation\.') AS conversations,
         array_agg(DISTINCT chat_user_id) FILTER (WHERE type ~ '^visitor\.') AS visitors
    INTO news FROM (
      SELECT e.xid, e.type, e.conversation_id, e.chat_user_id, e.data -> 'message' ->> 'id' AS id,
             coalesce((e.data -> 'message' ->> 'private')::boolean, false) AS note
        FROM parlor.events e
        WHERE e.xid >= pg_snapshot_xmin(s.cursor) AND NOT pg_visible_in_snapshot(e.xid, s.cursor)
        ORDER BY e.xid FETCH FIRST batch ROWS WITH TIES) x;
  PERFORM parlor.search_put_conversations(news.conversations);
  PERFORM parlor.search_put_messages(news.messages);
  PERFORM parlor.search_put_notes(news.notes);
  PERFORM parlor.search_put_visitors(news.visitors);
  -- Without news, too, before retention overtakes it.
  IF news.events > 0 OR pg_snapshot_xmin(news.seen)::text::bigint
                        - pg_snapshot_xmin(s.cursor)::text::bigint > 1000 THEN
    UPDATE parlor.search_state SET cursor = CASE WHEN news.events < batch THEN news.seen
                                                 ELSE parlor.search_cursor(news.seen, news.last) END;
  END IF;
  RETURN news.events >= batch;
END $$;

CREATE OR REPLACE FUNCTION parlor.search_put_conversations(ids text[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  INSERT INTO parlor.search_entries (organization_id, kind, conversation_id, created_at, document)
    SELECT c.organization_id, 'c', c.id, c.created_at,
           to_tsvector(parlor.search_config(l.language), left(parlor.search_conversation_text(c), 50000))
             || array_to_tsvector(ARRAY[parlor.search_token(c.organization_id, 'c',
                  parlor.search_week(c.created_at))])
      FROM public.conversations c
      LEFT JOIN parlor.search_settings l ON l.organization_id = c.organization_id
      WHERE c.id = ANY (ids)
      ORDER BY c.id
      FOR KEY SHARE OF c
    ON CONFLICT (organization_id, conversation_id) WHERE conversation_id IS NOT NULL
      DO UPDATE SET document = EXCLUDED.document
      WHERE search_entries.document <> EXCLUDED.document
$$;
