-- Fills an organization with a word, and finds where the word has got to; see canary.mjs. Functions of one
-- session of psql.

-- The tables that name an organization, also those to come.
CREATE OR REPLACE FUNCTION pg_temp.canary_tables() RETURNS TABLE (rel regclass, tenant name) LANGUAGE sql AS $f$
  SELECT c.oid::regclass, CASE c.oid WHEN 'public.organizations'::regclass THEN 'id'::name ELSE 'organization_id' END
    FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace IN ('public'::regnamespace, 'parlor'::regnamespace)
     AND (c.oid = 'public.organizations'::regclass OR EXISTS (SELECT FROM pg_attribute a
       WHERE a.attrelid = c.oid AND a.attname = 'organization_id' AND NOT a.attisdropped))
$f$;

-- The column that a foreign key makes this one follow, and its table.
CREATE OR REPLACE FUNCTION pg_temp.canary_target(rel regclass, col smallint) RETURNS TABLE (target regclass, field name)
LANGUAGE sql AS $f$
  SELECT k.confrelid::regclass, a.attname FROM pg_constraint k, unnest(k.conkey, k.confkey) AS p (here, there)
    JOIN pg_attribute a ON a.attnum = p.there
   WHERE k.contype = 'f' AND k.conrelid = rel AND p.here = col AND a.attrelid = k.confrelid
   ORDER BY cardinality(k.conkey) DESC LIMIT 1
$f$;

-- The first of the words that a CHECK allows.
CREATE OR REPLACE FUNCTION pg_temp.canary_choice(rel regclass, col smallint) RETURNS text LANGUAGE sql AS $f$
  SELECT substring(pg_get_constraintdef(oid) FROM $$'([^']+)'::text$$) FROM pg_constraint
   WHERE contype = 'c' AND conrelid = rel AND col = ANY (conkey) LIMIT 1
$f$;

-- An id, or what refers to one.
CREATE OR REPLACE FUNCTION pg_temp.canary_is_key(rel regclass, col smallint) RETURNS boolean LANGUAGE sql AS $f$
  SELECT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = rel AND k.contype IN ('p', 'f') AND col = ANY (k.conkey))
$f$;

-- What stands in a new row. Of what is chosen from a list: the first.
CREATE OR REPLACE FUNCTION pg_temp.canary_value(rel regclass, tenant name, a pg_attribute, org text, word text, prefix text)
RETURNS text LANGUAGE plpgsql AS $f$
DECLARE
  t record;
  choice text := pg_temp.canary_choice(rel, a.attnum);
BEGIN
  IF a.attname = tenant THEN RETURN quote_literal(org); END IF;
  SELECT * INTO t FROM pg_temp.canary_target(rel, a.attnum);
  IF FOUND THEN
    RETURN CASE WHEN EXISTS (SELECT FROM pg_temp.canary_tables() x WHERE x.rel = t.target)
      THEN format('(SELECT %I FROM %s WHERE organization_id = %L LIMIT 1)', t.field, t.target, org)
      ELSE format('(SELECT user_id FROM public.members WHERE organization_id = %L LIMIT 1)', org) END;
  END IF;
  IF choice IS NOT NULL THEN RETURN CASE WHEN a.atthasdef THEN 'DEFAULT' ELSE quote_literal(choice) END; END IF;
  IF a.attname = 'id' AND a.atttypid = 'text'::regtype THEN RETURN format('%L || pg_catalog.md5(random()::text)', prefix); END IF;
  IF a.atttypid = 'text'::regtype AND NOT (a.atthasdef AND a.attnotnull) THEN
    RETURN format('%L || left(md5(random()::text), 8)', format('%s_%s_%s_', word, replace(rel::text, '.', '_'), a.attname));
  END IF;
  IF a.atthasdef OR a.attidentity <> '' OR NOT a.attnotnull THEN RETURN 'DEFAULT'; END IF;
  RETURN CASE a.atttypid WHEN 'boolean'::regtype THEN 'false'
    WHEN 'json'::regtype THEN format('json_build_object(%L, %L)', word, word)
    WHEN 'bytea'::regtype THEN format('convert_to(%L, %L)', word, 'UTF8')
    WHEN 'text[]'::regtype THEN format('ARRAY[%L]', word)
    WHEN 'timestamp'::regtype THEN 'parlor.now()' ELSE '1' END;
END $f$;

-- A row in each table that has none of the organization. Says which could not be made.
CREATE OR REPLACE FUNCTION pg_temp.canary_rows(org text, word text, prefix text) RETURNS SETOF text LANGUAGE plpgsql AS $f$
DECLARE
  t record;
  present boolean;
  columns text;
  cells text;
BEGIN
  FOR pass IN 1..6 LOOP
    FOR t IN SELECT * FROM pg_temp.canary_tables() LOOP
      EXECUTE format('SELECT EXISTS (SELECT FROM %s WHERE %I = %L)', t.rel, t.tenant, org) INTO present;
      CONTINUE WHEN present;
      SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY attnum),
             string_agg(pg_temp.canary_value(t.rel, t.tenant, a, org, word, prefix), ', ' ORDER BY attnum) INTO columns, cells
        FROM pg_attribute a WHERE attrelid = t.rel AND attnum > 0 AND NOT attisdropped AND attgenerated = '';
      BEGIN
        EXECUTE format('INSERT INTO %s (%s) VALUES (%s)', t.rel, columns, cells);
      EXCEPTION WHEN integrity_constraint_violation THEN
        -- What it refers to is perhaps made in this round.
        IF pass = 6 THEN RETURN NEXT format('%s has no row: %s', t.rel, SQLERRM); END IF;
      END;
    END LOOP;
  END LOOP;
END $f$;

-- The word into every text cell. Says which cells cannot hold it.
CREATE OR REPLACE FUNCTION pg_temp.canary_cells(org text, word text) RETURNS SETOF text LANGUAGE plpgsql AS $f$
DECLARE
  t record;
  cell text;
  left_over bigint;
BEGIN
  FOR t IN SELECT c.*, a.attname, a.attnum FROM pg_temp.canary_tables() c JOIN pg_attribute a ON a.attrelid = c.rel
    WHERE a.attnum > 0 AND NOT a.attisdropped AND a.atttypid = 'text'::regtype AND a.attname <> c.tenant
    ORDER BY 1, a.attnum LOOP
    CONTINUE WHEN pg_temp.canary_is_key(t.rel, t.attnum);
    cell := format('%s_%s_%s_', word, replace(t.rel::text, '.', '_'), t.attname);
    cell := CASE WHEN t.attname ~ 'metadata|data$|payload|custom_fields' THEN format('json_build_object(%L, %L || left(md5(random()::text), 8))::text', cell, cell)
      WHEN t.attname ~ 'tags|event_types' THEN format('json_build_array(%L || left(md5(random()::text), 8))::text', cell)
      ELSE format('%L || left(md5(random()::text), 8)', cell) END;
    BEGIN
      EXECUTE format('UPDATE %s SET %I = %s WHERE %I = %L AND coalesce(position(%L in %I), 0) = 0', t.rel, t.attname, cell,
        t.tenant, org, word, t.attname);
    EXCEPTION WHEN check_violation THEN NULL;
    END;
    EXECUTE format('SELECT count(*) FROM %s WHERE %I = %L AND coalesce(position(%L in %I), 0) = 0', t.rel, t.tenant, org, word,
      t.attname) INTO left_over;
    IF left_over > 0 THEN RETURN NEXT format('%s.%s', t.rel, t.attname); END IF;
  END LOOP;
END $f$;

-- Every column with the word in a row that belongs neither to the owners nor to a member of theirs.
CREATE OR REPLACE FUNCTION pg_temp.canary_stray(word text, owners text[]) RETURNS SETOF text LANGUAGE plpgsql AS $f$
DECLARE
  t record;
  others text;
  n bigint;
BEGIN
  FOR t IN SELECT a.attrelid::regclass AS rel, a.attname, x.tenant, a.atttypid = 'bytea'::regtype AS bytes,
                  (SELECT y.attname FROM pg_attribute y WHERE y.attrelid = c.oid AND y.attname = 'user_id') AS account
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_temp.canary_tables() x ON x.rel = c.oid::regclass
    WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
      AND c.relnamespace IN ('public'::regnamespace, 'parlor'::regnamespace)
      AND a.atttypid IN ('text'::regtype, 'json'::regtype, 'jsonb'::regtype, 'bytea'::regtype, 'text[]'::regtype) LOOP
    IF t.rel = 'public.users'::regclass THEN t.account := 'id'; END IF;
    others := CASE WHEN t.tenant IS NOT NULL THEN format('(%I IS NULL OR %I <> ALL (%L))', t.tenant, t.tenant, owners)
      WHEN t.account IS NOT NULL THEN format('%I NOT IN (SELECT m.user_id FROM public.members m WHERE m.organization_id = ANY (%L))',
        t.account, owners)
      ELSE 'true' END;
    EXECUTE format('SELECT count(*) FROM %s WHERE position(%L in %s) > 0 AND %s', t.rel, word,
      format(CASE WHEN t.bytes THEN 'encode(%I, ''escape'')' ELSE '%I::text' END, t.attname), others) INTO n;
    IF n > 0 THEN RETURN NEXT format('%s.%s: %s', t.rel, t.attname, n); END IF;
  END LOOP;
END $f$;
