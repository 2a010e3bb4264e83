-- Search: one entry for each message, note, conversation and visitor, with its words. docs/search.md tells
-- why it is made so, with measurements.
--
-- Entries are written behind the requests, by a job (parlor.search_refresh): it reads what changed from
-- the events, with a snapshot for a cursor like any other reader, so that sending does nothing for it and
-- rows of other programs are found, too. What was there before is taken in batches.
--
-- One GIN index holds the words of all organizations. Every document also has a token of its
-- organization and week, which each search asks for as well: so an organization's search reads its own
-- entries, the newest first, however many others there are.

-- What an organization's people write in. While reached is set, documents are being made anew: those not
-- reached yet are in the language of before.
CREATE TABLE parlor.search_settings (
  organization_id text PRIMARY KEY REFERENCES public.organizations (id) ON DELETE CASCADE,
  language text DEFAULT 'english' NOT NULL CHECK (language IN ('simple', 'arabic', 'armenian', 'basque',
    'catalan', 'danish', 'dutch', 'english', 'finnish', 'french', 'german', 'greek', 'hindi', 'hungarian',
    'indonesian', 'irish', 'italian', 'lithuanian', 'nepali', 'norwegian', 'portuguese', 'romanian', 'russian',
    'serbian', 'spanish', 'swedish', 'tamil', 'turkish', 'yiddish')),
  previous text DEFAULT 'english' NOT NULL CHECK (previous ~ '^[a-z]+$'),
  stage text CHECK (stage IN ('m', 'n', 'c', 'v')),
  reached text
);

-- kind: m a message or a note, c a conversation, v a visitor. One of the four ids says of what; with it
-- the entry is deleted.
CREATE TABLE parlor.search_entries (
  organization_id text NOT NULL,
  kind text DEFAULT 'm' NOT NULL CHECK (kind IN ('m', 'c', 'v')),
  message_id text,
  note_id text,
  conversation_id text,
  chat_user_id text,
  created_at timestamp NOT NULL,
  document tsvector DEFAULT '' NOT NULL,
  FOREIGN KEY (organization_id, message_id)
    REFERENCES public.messages (organization_id, id) ON DELETE CASCADE,
  FOREIGN KEY (organization_id, note_id)
    REFERENCES parlor.notes (organization_id, id) ON DELETE CASCADE,
  FOREIGN KEY (organization_id, conversation_id)
    REFERENCES public.conversations (organization_id, id) ON DELETE CASCADE,
  FOREIGN KEY (organization_id, chat_user_id)
    REFERENCES public.chat_users (organization_id, id) ON DELETE CASCADE
) WITH (autovacuum_vacuum_insert_scale_factor = 0.05);
CREATE UNIQUE INDEX search_entries_message_key ON parlor.search_entries (organization_id, message_id)
  WHERE message_id IS NOT NULL;
CREATE UNIQUE INDEX search_entries_note_key ON parlor.search_entries (organization_id, note_id)
  WHERE note_id IS NOT NULL;
CREATE UNIQUE INDEX search_entries_conversation_key
  ON parlor.search_entries (organization_id, conversation_id) WHERE conversation_id IS NOT NULL;
CREATE UNIQUE INDEX search_entries_visitor_key ON parlor.search_entries (organization_id, chat_user_id)
  WHERE chat_user_id IS NOT NULL;
CREATE INDEX search_entries_time_idx ON parlor.search_entries (organization_id, kind, created_at);
-- The pending list is read by every search, so it is kept short.
CREATE INDEX search_entries_document_idx ON parlor.search_entries USING gin (document)
  WITH (gin_pending_list_limit = 512);

-- One row. cursor: up to where events were read, on the server timeline. stage and reached: how far
-- what was there before is taken in; NULL when all is.
CREATE TABLE parlor.search_state (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  cursor pg_snapshot NOT NULL,
  timeline text NOT NULL,
  stage text DEFAULT 'm' CHECK (stage IN ('m', 'n', 'c', 'v')),
  reached text DEFAULT ''
);
-- First from where on, then what is there: nothing can fall between.
INSERT INTO parlor.search_state (cursor, timeline) VALUES (pg_current_snapshot(), parlor.timeline());
INSERT INTO parlor.jobs (kind, job_key, every_seconds) VALUES ('search', 'search', 1);

--------------------------------------------------------------------------------------- words --

CREATE FUNCTION parlor.search_config(language text) RETURNS regconfig LANGUAGE sql STABLE
AS $$ SELECT ('pg_catalog.' || coalesce(language, 'english'))::regconfig $$;

CREATE FUNCTION parlor.search_week(at timestamp) RETURNS integer LANGUAGE sql IMMUTABLE
AS $$ SELECT pg_catalog.floor(extract(epoch FROM at) / 604800)::integer $$;

-- Of an organization, kind and week. Two organizations with the same one only cost time: every search
-- compares the organization, too.
CREATE FUNCTION parlor.search_token(organization text, kind text, week integer) RETURNS text
LANGUAGE sql IMMUTABLE
AS $$ SELECT '@' || kind || pg_catalog.left(pg_catalog.md5(organization), 10) || week $$;

CREATE FUNCTION parlor.search_words(content text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN ARRAY(SELECT DISTINCT left(w, 40)
                 FROM regexp_split_to_table(lower(left(content, 400)), '[^[:alnum:]]+') w
                 WHERE w <> '' LIMIT 12);
END $$;

-- PL/pgSQL, here and below, for what is called for each row: a plain SQL function that cannot be put in place is
-- planned for each call.
--
-- A word with each of its letters left out. Two words that differ by a letter too many, too few, wrong or
-- exchanged with its neighbour share one of these.
CREATE FUNCTION parlor.search_forms(words text[]) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN ARRAY(SELECT DISTINCT '~' || left(w, i - 1) || substr(w, i + 1)
                 FROM unnest(words) w, generate_series(1, length(w) + 1) i
                 WHERE length(w) BETWEEN 4 AND 24);
END $$;

-- Text as a tsquery of one word, whatever stands in it.
CREATE FUNCTION parlor.search_lexeme(word text, beginning boolean) RETURNS tsquery
LANGUAGE sql IMMUTABLE
AS $$
  SELECT ('''' || replace(replace(word, '\', '\\'), '''', '''''') || ''''
          || CASE WHEN beginning THEN ':*' ELSE '' END)::tsquery
$$;

-- Words, "phrases", -not, or; the last word may be the beginning of one, unless it is part of those.
-- Never fails: what has no meaning is text.
CREATE FUNCTION parlor.search_query(config regconfig, q text) RETURNS tsquery
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  last text := substring(q FROM '(?:^|\s)([[:alnum:]][[:alnum:]._@/:+-]*)$');
  head text := left(q, length(q) - length(last));
BEGIN
  IF length(last) >= 3 AND length(replace(head, '"', '')) % 2 = length(head) % 2
     AND head !~* '(^|\s)or\s+$'
     AND (numnode(websearch_to_tsquery(config, last)) > 0 OR head = '') THEN
    RETURN websearch_to_tsquery(config, head)
      && (websearch_to_tsquery(config, last) || parlor.search_lexeme(lower(last), true));
  END IF;
  RETURN websearch_to_tsquery(config, q);
END $$;

-- Visitors: every word is the beginning of one of the name or address; with forgiving, also one that is
-- nearly the same.
CREATE FUNCTION parlor.search_visitor_query(q text, forgiving boolean) RETURNS tsquery
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  word text;
  form text;
  one tsquery;
  wanted tsquery := '';
BEGIN
  FOREACH word IN ARRAY parlor.search_words(q) LOOP
    one := parlor.search_lexeme(word, true);
    IF forgiving THEN
      FOREACH form IN ARRAY parlor.search_forms(ARRAY[word]) LOOP
        one := one || parlor.search_lexeme(form, false);
      END LOOP;
    END IF;
    wanted := wanted && one;
  END LOOP;
  RETURN wanted;
END $$;

-- [{"text", "mark"}, ...]: the part of a text where what was wanted stands.
CREATE FUNCTION parlor.search_snippet(config regconfig, content text, wanted tsquery) RETURNS json
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN (SELECT coalesce(json_agg(json_build_object('text', p.part, 'mark', p.n % 2 = 0) ORDER BY p.n)
                    FILTER (WHERE p.part <> ''), '[]'::json)
    FROM regexp_split_to_table(
      ts_headline(config, translate(left(content, 20000), E'\x01\x02', '  '), wanted,
        E'StartSel="\x01", StopSel="\x02", MaxWords=32, MinWords=16, ShortWord=0'),
      E'[\x01\x02]') WITH ORDINALITY p (part, n));
END $$;

------------------------------------------------------------------------------------- entries --

CREATE FUNCTION parlor.search_put_messages(ids text[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  INSERT INTO parlor.search_entries (organization_id, kind, message_id, created_at, document)
    SELECT m.organization_id, 'm', m.id, m.created_at,
           to_tsvector(parlor.search_config(l.language), left(m.content, 50000))
             || array_to_tsvector(ARRAY[parlor.search_token(m.organization_id, 'm',
                  parlor.search_week(m.created_at))])
      FROM public.messages m LEFT JOIN parlor.search_settings l ON l.organization_id = m.organization_id
      WHERE m.id = ANY (ids) AND m.sender_type IN ('user', 'agent') AND m.message_type <> 'system'
      FOR KEY SHARE OF m
    ON CONFLICT (organization_id, message_id) WHERE message_id IS NOT NULL
      DO UPDATE SET document = EXCLUDED.document
      WHERE search_entries.document <> EXCLUDED.document
$$;

CREATE FUNCTION parlor.search_put_notes(ids text[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  INSERT INTO parlor.search_entries (organization_id, kind, note_id, created_at, document)
    SELECT n.organization_id, 'm', n.id, n.created_at,
           to_tsvector(parlor.search_config(l.language), left(n.content, 50000))
             || array_to_tsvector(ARRAY[parlor.search_token(n.organization_id, 'm',
                  parlor.search_week(n.created_at))])
      FROM parlor.notes n LEFT JOIN parlor.search_settings l ON l.organization_id = n.organization_id
      WHERE n.id = ANY (ids)
      FOR KEY SHARE OF n
    ON CONFLICT (organization_id, note_id) WHERE note_id IS NOT NULL
      DO UPDATE SET document = EXCLUDED.document
      WHERE search_entries.document <> EXCLUDED.document
$$;

-- What a conversation is found by.
CREATE FUNCTION parlor.search_conversation_text(c public.conversations) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN concat_ws(' · ', nullif(c.subject, ''),
    (SELECT string_agg(t, ', ') FROM json_array_elements_text(parlor.tags_json(c.tags)) t));
END $$;

CREATE FUNCTION parlor.search_put_conversations(ids text[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  INSERT INTO parlor.search_entries (organization_id, kind, conversation_id, created_at, document)
    SELECT c.organization_id, 'c', c.id, c.created_at,
           to_tsvector(parlor.search_config(l.language), left(parlor.search_conversation_text(c), 50000))
             || array_to_tsvector(ARRAY[parlor.search_token(c.organization_id, 'c',
                  parlor.search_week(c.created_at))])
      FROM public.conversations c
      LEFT JOIN parlor.search_settings l ON l.organization_id = c.organization_id
      WHERE c.id = ANY (ids)
      FOR KEY SHARE OF c
    ON CONFLICT (organization_id, conversation_id) WHERE conversation_id IS NOT NULL
      DO UPDATE SET document = EXCLUDED.document
      WHERE search_entries.document <> EXCLUDED.document
$$;

CREATE FUNCTION parlor.search_put_visitors(ids text[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  INSERT INTO parlor.search_entries (organization_id, kind, chat_user_id, created_at, document)
    SELECT u.organization_id, 'v', u.id, u.created_at,
           array_to_tsvector(w.words || parlor.search_forms(w.words)
             || parlor.search_token(u.organization_id, 'v', parlor.search_week(u.created_at)))
      FROM public.chat_users u, LATERAL (
        SELECT parlor.search_words(concat_ws(' ', u.name, u.email)) AS words) w
      WHERE u.id = ANY (ids)
      FOR KEY SHARE OF u
    ON CONFLICT (organization_id, chat_user_id) WHERE chat_user_id IS NOT NULL
      DO UPDATE SET document = EXCLUDED.document
      WHERE search_entries.document <> EXCLUDED.document
$$;

-- Takes in what follows reached, of one organization or (NULL) of all; where to go on, stage NULL at the end.
CREATE FUNCTION parlor.search_take(organization text, INOUT stage text, INOUT reached text, batch integer)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  ids text[];
BEGIN
  IF stage = 'm' AND organization IS NULL THEN
    ids := ARRAY(SELECT x.id FROM public.messages x WHERE x.id > reached ORDER BY x.id LIMIT batch);
  ELSIF stage = 'm' THEN
    ids := ARRAY(SELECT x.id FROM public.messages x
                   WHERE x.organization_id = organization AND x.id > reached ORDER BY x.id LIMIT batch);
  ELSIF stage = 'n' THEN
    ids := ARRAY(SELECT x.id FROM parlor.notes x
                   WHERE x.organization_id = coalesce(organization, x.organization_id)
                     AND x.id > reached ORDER BY x.id LIMIT batch);
  ELSIF stage = 'c' THEN
    ids := ARRAY(SELECT x.id FROM public.conversations x
                   WHERE x.organization_id = coalesce(organization, x.organization_id)
                     AND x.id > reached ORDER BY x.id LIMIT batch);
  ELSE
    ids := ARRAY(SELECT x.id FROM public.chat_users x
                   WHERE x.organization_id = coalesce(organization, x.organization_id)
                     AND x.id > reached ORDER BY x.id LIMIT batch);
  END IF;
  CASE stage
    WHEN 'm' THEN PERFORM parlor.search_put_messages(ids);
    WHEN 'n' THEN PERFORM parlor.search_put_notes(ids);
    WHEN 'c' THEN PERFORM parlor.search_put_conversations(ids);
    ELSE PERFORM parlor.search_put_visitors(ids);
  END CASE;
  IF cardinality(ids) = batch THEN
    reached := ids[batch];
  ELSE
    reached := '';
    stage := CASE stage WHEN 'm' THEN 'n' WHEN 'n' THEN 'c' WHEN 'c' THEN 'v' END;
  END IF;
END $$;

-- What a reader has seen that read, in their order, all events visible to it up to transaction last.
CREATE FUNCTION parlor.search_cursor(seen pg_snapshot, last xid8) RETURNS pg_snapshot
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT (coalesce(min(x)::text, beyond) || ':' || beyond || ':'
          || coalesce(string_agg(x::text, ',' ORDER BY x), ''))::pg_snapshot
    FROM (SELECT (last::text::numeric + 1)::text AS beyond) b
    LEFT JOIN pg_snapshot_xip(seen) x ON x <= last
    GROUP BY beyond
$$;

-- What changed since the last time, from at most batch events (and the rest of the last transaction).
-- Whether there is more.
CREATE FUNCTION parlor.search_follow(batch integer) RETURNS boolean
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
  PERFORM parlor.search_put_visitors(news.visitors);
  PERFORM parlor.search_put_conversations(news.conversations);
  PERFORM parlor.search_put_messages(news.messages);
  PERFORM parlor.search_put_notes(news.notes);
  -- Without news, too, before retention overtakes it.
  IF news.events > 0 OR pg_snapshot_xmin(news.seen)::text::bigint
                        - pg_snapshot_xmin(s.cursor)::text::bigint > 1000 THEN
    UPDATE parlor.search_state SET cursor = CASE WHEN news.events < batch THEN news.seen
                                                 ELSE parlor.search_cursor(news.seen, news.last) END;
  END IF;
  RETURN news.events >= batch;
END $$;

-- A step of the job: what changed, then a part of what was there before. Whether there is more to do.
-- A cursor that may have missed something (after a crash) goes back to the oldest event; when events were
-- deleted before they were read, everything is taken in again.
CREATE FUNCTION parlor.search_refresh(batch integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  s parlor.search_state;
  l parlor.search_settings;
  horizon xid8 := parlor.event_horizon();
  here text := parlor.timeline();
  more boolean;
  was pg_snapshot;
BEGIN
  SELECT * INTO s FROM parlor.search_state FOR UPDATE;
  was := s.cursor;
  IF split_part(s.timeline, '-', 1) = split_part(here, '-', 1) AND s.timeline <> here THEN
    s.cursor := parlor.search_cursor(pg_current_snapshot(), horizon);
  END IF;
  IF split_part(s.timeline, '-', 1) <> split_part(here, '-', 1)
     OR pg_snapshot_xmin(s.cursor) <= horizon THEN
    s.cursor := pg_current_snapshot();
    s.stage := 'm';
    s.reached := '';
  END IF;
  IF s.timeline <> here OR pg_snapshot_xmin(s.cursor) <> pg_snapshot_xmin(was) THEN
    UPDATE parlor.search_state x
      SET cursor = s.cursor, stage = s.stage, reached = s.reached, timeline = here;
  END IF;
  more := parlor.search_follow(batch);
  IF s.stage IS NOT NULL THEN
    UPDATE parlor.search_state x SET (stage, reached) =
      (SELECT t.stage, t.reached FROM parlor.search_take(NULL, s.stage, s.reached, batch) t);
    RETURN true;
  END IF;
  SELECT * INTO l FROM parlor.search_settings x WHERE x.stage IS NOT NULL LIMIT 1 FOR NO KEY UPDATE;
  IF FOUND THEN
    UPDATE parlor.search_settings x SET (stage, reached) =
      (SELECT t.stage, t.reached FROM parlor.search_take(l.organization_id, l.stage, l.reached, batch) t)
      WHERE x.organization_id = l.organization_id;
    RETURN true;
  END IF;
  RETURN more;
END $$;

-- Another language: all documents of the organization are made anew.
CREATE FUNCTION parlor.search_language_changed() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  NEW.previous := CASE TG_OP WHEN 'UPDATE' THEN OLD.language ELSE 'english' END;
  NEW.stage := 'm';
  NEW.reached := '';
  RETURN NEW;
END $$;
CREATE TRIGGER parlor_inserted BEFORE INSERT ON parlor.search_settings
  FOR EACH ROW EXECUTE FUNCTION parlor.search_language_changed();
CREATE TRIGGER parlor_changed BEFORE UPDATE OF language ON parlor.search_settings
  FOR EACH ROW WHEN (OLD.language <> NEW.language) EXECUTE FUNCTION parlor.search_language_changed();

------------------------------------------------------------------------------------- finding --

-- What the organization in force means by q. forgiving: for visitors, with typing errors.
CREATE FUNCTION parlor.search_wanted(of_kind text, q text, forgiving boolean,
                                     OUT config regconfig, OUT wanted tsquery)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  l parlor.search_settings;
BEGIN
  IF of_kind = 'v' THEN
    config := 'pg_catalog.simple';
    wanted := parlor.search_visitor_query(q, forgiving);
    RETURN;
  END IF;
  SELECT * INTO l FROM parlor.search_settings x
    WHERE x.organization_id = nullif(current_setting('parlor.org', true), '');
  config := parlor.search_config(l.language);
  wanted := parlor.search_query(config, q);
  IF l.stage IS NOT NULL THEN
    wanted := wanted || parlor.search_query(parlor.search_config(l.previous), q);
  END IF;
END $$;

-- The newest entries of the organization in force that have what is wanted, before a place in the list:
-- first among the newest few thousand, which finds common words; then by the index, through spans of weeks
-- that double, so that neither a rare word nor one that is everywhere reads much.
CREATE FUNCTION parlor.search_find(of_kind text, wanted tsquery, of_status text, of_assignee text,
                                   of_tag text, of_visitor text, since timestamp, until timestamp,
                                   before timestamp, before_id text, most integer)
RETURNS TABLE (message_id text, note_id text, conversation_id text, chat_user_id text, at timestamp, id text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  walk constant integer := 3000;
  organization text := nullif(current_setting('parlor.org', true), '');
  top timestamp := least(before, until);
  bottom timestamp;
  seen integer;
  found integer;
  week integer;
  oldest integer;
  span integer := 1;
BEGIN
  IF organization IS NULL OR numnode(wanted) = 0 THEN
    RETURN;
  END IF;
  -- GIN knows bitmap scans only; and a plan for any words would not know which are rare.
  PERFORM set_config('enable_bitmapscan', 'on', true), set_config('plan_cache_mode', 'force_custom_plan', true);
  SELECT count(*), min(w.created_at) INTO seen, bottom FROM (
    SELECT s.created_at FROM parlor.search_entries s
      WHERE s.organization_id = organization AND s.kind = of_kind
        AND s.created_at <= coalesce(top, 'infinity') AND s.created_at >= coalesce(since, '-infinity')
      ORDER BY s.created_at DESC LIMIT walk) w;
  -- All of that moment, so that nothing falls between the two.
  RETURN QUERY
    SELECT p.message_id, p.note_id, p.conversation_id, p.chat_user_id, p.at, p.id
      FROM (SELECT s.* FROM parlor.search_entries s
              WHERE s.organization_id = organization AND s.kind = of_kind
                AND s.created_at <= coalesce(top, 'infinity') AND s.created_at >= bottom
              OFFSET 0) s,
           LATERAL parlor.search_passes(s, of_status, of_assignee, of_tag, of_visitor) p
      WHERE s.document @@ wanted AND p.at < coalesce(until, 'infinity')
        AND (p.at, p.id) < (coalesce(before, 'infinity'), coalesce(before_id, ''))
      ORDER BY p.at DESC, p.id DESC LIMIT most;
  GET DIAGNOSTICS found = ROW_COUNT;
  IF seen < walk OR found >= most THEN
    RETURN;
  END IF;
  oldest := parlor.search_week(greatest(since, (
    SELECT s.created_at FROM parlor.search_entries s
      WHERE s.organization_id = organization AND s.kind = of_kind ORDER BY s.created_at LIMIT 1)));
  week := parlor.search_week(bottom);
  WHILE week >= oldest AND found < most LOOP
    RETURN QUERY
      WITH hits AS MATERIALIZED (
        SELECT s.* FROM parlor.search_entries s
          WHERE s.document @@ (wanted && (
            SELECT string_agg('''' || parlor.search_token(organization, of_kind, w) || '''', '|')::tsquery
              FROM generate_series(greatest(oldest, week - span + 1), week) w))
      )
      SELECT p.message_id, p.note_id, p.conversation_id, p.chat_user_id, p.at, p.id
        FROM hits s, LATERAL parlor.search_passes(s, of_status, of_assignee, of_tag, of_visitor) p
        WHERE s.organization_id = organization AND s.kind = of_kind
          AND p.at < bottom AND p.at >= coalesce(since, '-infinity')
        ORDER BY p.at DESC, p.id DESC LIMIT most - found;
    GET DIAGNOSTICS seen = ROW_COUNT;
    found := found + seen;
    week := week - span;
    span := least(span * 2, 128);
  END LOOP;
END $$;

-- The entry, if what it stands for has what is asked for. Filters of conversations let no visitor pass.
CREATE FUNCTION parlor.search_passes(s parlor.search_entries, of_status text, of_assignee text, of_tag text,
                                     of_visitor text)
RETURNS TABLE (message_id text, note_id text, conversation_id text, chat_user_id text, at timestamp, id text)
LANGUAGE sql STABLE
AS $$
  SELECT s.message_id, s.note_id, s.conversation_id, s.chat_user_id, s.created_at,
         coalesce(s.message_id, s.note_id, s.conversation_id, s.chat_user_id)
    WHERE of_status IS NULL AND of_assignee IS NULL AND of_tag IS NULL
      AND (of_visitor IS NULL OR s.chat_user_id = of_visitor)
       OR EXISTS (
         SELECT FROM public.conversations c
           WHERE c.organization_id = s.organization_id
             AND c.id = coalesce(s.conversation_id,
               (SELECT m.conversation_id FROM public.messages m
                  WHERE m.organization_id = s.organization_id AND m.id = s.message_id),
               (SELECT n.conversation_id FROM parlor.notes n
                  WHERE n.organization_id = s.organization_id AND n.id = s.note_id))
             AND (of_status IS NULL OR c.status = of_status)
             AND (of_assignee IS NULL OR coalesce(c.assigned_agent_id, 'none') = of_assignee)
             AND (of_visitor IS NULL OR c.chat_user_id = of_visitor)
             AND (of_tag IS NULL OR of_tag IN (
               SELECT t FROM pg_catalog.json_array_elements_text(parlor.tags_json(c.tags)) t)))
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA parlor FROM PUBLIC;

INSERT INTO parlor.grants (role, what) VALUES
  ('parlor_app', 'SELECT ON parlor.search_entries'),
  ('parlor_app', 'SELECT, INSERT (organization_id, language), UPDATE (language) ON parlor.search_settings'),
  ('parlor_app', 'SELECT (one, stage) ON parlor.search_state'),
  ('parlor_app', 'EXECUTE ON FUNCTION parlor.search_wanted(text, text, boolean),
     parlor.search_find(text, tsquery, text, text, text, text, timestamp, timestamp, timestamp, text,
       integer),
     parlor.search_snippet(regconfig, text, tsquery),
     parlor.search_conversation_text(public.conversations)'),
  ('parlor_jobs', 'EXECUTE ON FUNCTION parlor.search_refresh(integer)');
