-- What rules out by a look at the text that a visitor's metadata holds something: parlor.metadata_holds() costs more than
-- ten times as much, and most rows that are looked at hold nothing of it.

-- For each value of wanted a pattern that text with it fits, NULL for NULL.
CREATE FUNCTION parlor.metadata_patterns(wanted jsonb) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT
SET search_path = pg_catalog, pg_temp AS $$
  SELECT array_agg('%' || regexp_replace(w.value, '([\\%_])', '\\\1', 'g') || '%') FROM jsonb_each_text(wanted) w
$$;

-- False only where metadata_holds() is. An escape could stand for anything. Without a SET clause, so that it becomes a
-- part of the statement that calls it.
CREATE FUNCTION parlor.metadata_may_hold(metadata text, patterns text[]) RETURNS boolean LANGUAGE sql IMMUTABLE
AS $$ SELECT metadata LIKE ALL (patterns) OR pg_catalog.strpos(metadata, '\') > 0 $$;

INSERT INTO parlor.grants (role, what) VALUES
  ('parlor_app', 'EXECUTE ON FUNCTION parlor.metadata_patterns(jsonb), parlor.metadata_may_hold(text, text[])');
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA parlor FROM PUBLIC;
